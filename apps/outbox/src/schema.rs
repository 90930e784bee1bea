//! The table, for diesel.

diesel::table! {
    vitamin_outbox_event (id) {
        id -> BigInt,
        created -> Timestamp,
        app_label -> Text,
        model -> Text,
        object_pk -> Text,
        event -> Text,
        is_new -> Bool,
        update_fields -> Nullable<vitamin_framework::models::sql_types::JsonType>,
        data -> Nullable<vitamin_framework::models::sql_types::JsonType>,
        replayed -> Nullable<Timestamp>,
    }
}
