// @generated automatically by Diesel CLI.

diesel::table! {
    auth_group (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::table! {
    auth_group_permissions (id) {
        id -> BigInt,
        group_id -> Integer,
        permission_id -> Integer,
    }
}

diesel::table! {
    auth_permission (id) {
        id -> Integer,
        content_type_id -> Integer,
        codename -> Text,
        name -> Text,
    }
}

diesel::table! {
    auth_user (id) {
        id -> vitamin_framework::database::UserKey,
        password -> Text,
        last_login -> Nullable<Timestamp>,
        is_superuser -> Bool,
        username -> Text,
        last_name -> Text,
        email -> Text,
        is_staff -> Bool,
        is_active -> Bool,
        date_joined -> Timestamp,
        first_name -> Text,
    }
}

diesel::table! {
    auth_user_groups (id) {
        id -> BigInt,
        user_id -> vitamin_framework::database::UserKey,
        group_id -> Integer,
    }
}

diesel::table! {
    auth_user_user_permissions (id) {
        id -> BigInt,
        user_id -> vitamin_framework::database::UserKey,
        permission_id -> Integer,
    }
}

diesel::table! {
    django_content_type (id) {
        id -> Integer,
        app_label -> Text,
        model -> Text,
    }
}

diesel::table! {
    django_session (session_key) {
        session_key -> Text,
        session_data -> Text,
        expire_date -> Timestamp,
    }
}

diesel::joinable!(auth_group_permissions -> auth_group (group_id));
diesel::joinable!(auth_group_permissions -> auth_permission (permission_id));
diesel::joinable!(auth_permission -> django_content_type (content_type_id));
diesel::joinable!(auth_user_groups -> auth_group (group_id));
diesel::joinable!(auth_user_groups -> auth_user (user_id));
diesel::joinable!(auth_user_user_permissions -> auth_permission (permission_id));
diesel::joinable!(auth_user_user_permissions -> auth_user (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    auth_group,
    auth_group_permissions,
    auth_permission,
    auth_user,
    auth_user_groups,
    auth_user_user_permissions,
    django_content_type,
    django_session,
);
