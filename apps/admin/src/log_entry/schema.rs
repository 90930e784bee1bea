//! The table, for diesel.

diesel::table! {
    django_admin_log (id) {
        id -> Integer,
        action_time -> Timestamp,
        object_id -> Nullable<Text>,
        object_repr -> Text,
        action_flag -> SmallInt,
        change_message -> Text,
        content_type_id -> Nullable<Integer>,
        user_id -> vitamin_framework::database::UserKey,
    }
}
