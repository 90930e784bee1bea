//! The tables of tokens that refer to users: this app's, and that of django-rest-knox if it exists.

use crate::schema::authtoken_token;
use crate::uses::vitamin_token_use;
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
    vec![
        UserRelation::new(authtoken_token::user_id),
        UserRelation::new(vitamin_token_use::user_id).if_exists(),
        UserRelation::new(knox_authtoken::user_id).if_exists(),
    ]
}
