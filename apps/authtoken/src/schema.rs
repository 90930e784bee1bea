// @generated automatically by Diesel CLI.

use vitamin_auth::schema::auth_user;

diesel::table! {
    authtoken_token (key) {
        key -> Text,
        created -> Timestamp,
        user_id -> vitamin_framework::database::UserKey,
    }
}

diesel::joinable!(authtoken_token -> auth_user (user_id));

// diesel's macro for these fails across crates where PostgreSQL is compiled in (E0117).
impl diesel::query_source::TableNotEqual<auth_user::table> for authtoken_token::table {}
impl diesel::query_source::TableNotEqual<authtoken_token::table> for auth_user::table {}
