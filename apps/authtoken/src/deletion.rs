//! What a deleted user's tokens are: this app's, and knox's if it is installed beside it.

use crate::schema::authtoken_token;
use vitamin_framework::deletion::UserRelation;

mod knox_schema {
    diesel::table! {
        knox_authtoken (digest) {
            digest -> Text,
            user_id -> vitamin_framework::database::UserKey,
        }
    }
}
use knox_schema::knox_authtoken;

pub(super) fn related_to_user() -> Vec<UserRelation> {
    vec![UserRelation::new(authtoken_token::user_id), UserRelation::new(knox_authtoken::user_id).if_exists()]
}
