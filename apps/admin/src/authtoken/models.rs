//! The token as the admin site knows it: without its key (`TokenProxy` of `rest_framework/authtoken/models.py`).

use chrono::NaiveDateTime;
use vitamin_auth::{PublicUser, UserId};
use vitamin_framework::models::{Model, QuerySet};

diesel::table! {
    authtoken_token (user_id) {
        user_id -> vitamin_framework::database::UserKey,
        created -> Timestamp,
        key -> Text,
    }
}

/// A row of `authtoken_token` by its user, of whom no other row is. What is not in this type can't be shown by mistake.
#[derive(Model)]
#[diesel(table_name = authtoken_token)]
#[model(crate = vitamin_framework, app_label = "authtoken")]
pub(crate) struct TokenProxy {
    #[model(primary_key, unique, references(PublicUser), translated, verbose_name = "User")]
    pub(crate) user_id: UserId,
    #[model(auto_now_add, translated, verbose_name = "Created")]
    pub(crate) created: NaiveDateTime,
}

/// The annotation with the end of the key.
pub(super) const LAST_FOUR: &str = "last_four";

#[diesel::declare_sql_function]
extern "SQL" {
    /// The number of characters.
    fn length(text: diesel::sql_types::Text) -> diesel::sql_types::Integer;
    /// The text from this character on, counted from 1.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}

/// The tokens, each with the last four characters of its key. The database cuts it: the rest does not come here.
pub(super) fn with_last_four(tokens: QuerySet<TokenProxy>) -> QuerySet<TokenProxy> {
    let key = authtoken_token::key;
    tokens.annotate(LAST_FOUR, substr(key, length(key) - 3))
}
