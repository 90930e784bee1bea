//! The app's tables, for diesel.

diesel::table! {
    polls_item (id) {
        id -> BigInt,
        text -> Text,
        done -> Bool,
        user_id -> vitamin::database::UserKey,
    }
}
