//! The app's models: a struct for each table, with the options of Django's model fields.

use vitamin::rest_framework::prelude::*;

use crate::schema::polls_item;

/// A row of `polls_item`.
#[derive(Model)]
#[model(table = polls_item, ordering("id"))]
pub struct Item {
    /// Primary key.
    pub id: i64,
    /// Its text.
    #[model(max_length = 200)]
    pub text: String,
    /// Whether it is done.
    #[model(default = false)]
    pub done: bool,
    /// The owner.
    #[model(references(PublicUser))]
    pub user_id: UserId,
}
