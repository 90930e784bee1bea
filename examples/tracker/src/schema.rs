//! The app's tables, for diesel.

use diesel::query_source::TableNotEqual;
use vitamin::auth::schema::auth_user;

diesel::table! {
    tracker_label (id) {
        id -> BigInt,
        name -> Text,
        slug -> Text,
        color -> Text,
    }
}

diesel::table! {
    tracker_project (id) {
        id -> vitamin::database::UuidKey,
        owner_id -> vitamin::database::UserKey,
        name -> Text,
        slug -> Text,
        description -> Text,
        homepage -> Nullable<Text>,
        budget -> Nullable<Numeric>,
        starts -> Nullable<Date>,
        settings -> vitamin::models::sql_types::JsonType,
        is_public -> Bool,
        created -> Timestamp,
        updated -> Timestamp,
    }
}

diesel::table! {
    tracker_membership (id) {
        id -> BigInt,
        project_id -> vitamin::database::UuidKey,
        user_id -> vitamin::database::UserKey,
        role -> Text,
    }
}

diesel::table! {
    tracker_issue (id) {
        id -> BigInt,
        project_id -> vitamin::database::UuidKey,
        number -> Integer,
        title -> Text,
        body -> Text,
        status -> Text,
        priority -> SmallInt,
        weight -> Nullable<Double>,
        estimate -> Nullable<vitamin::models::sql_types::Duration>,
        due -> Nullable<Timestamp>,
        at -> Nullable<Time>,
        reporter_id -> vitamin::database::UserKey,
        assignee_id -> Nullable<vitamin::database::UserKey>,
        parent_id -> Nullable<BigInt>,
        created -> Timestamp,
        updated -> Timestamp,
    }
}

diesel::table! {
    tracker_issue_labels (id) {
        id -> BigInt,
        issue_id -> BigInt,
        label_id -> BigInt,
    }
}

diesel::table! {
    tracker_comment (id) {
        id -> BigInt,
        issue_id -> BigInt,
        author_id -> vitamin::database::UserKey,
        body -> Text,
        created -> Timestamp,
    }
}

diesel::joinable!(tracker_project -> auth_user (owner_id));
diesel::joinable!(tracker_membership -> auth_user (user_id));
diesel::joinable!(tracker_membership -> tracker_project (project_id));
diesel::joinable!(tracker_issue -> auth_user (assignee_id));
diesel::joinable!(tracker_issue -> tracker_project (project_id));
diesel::joinable!(tracker_issue_labels -> tracker_issue (issue_id));
diesel::joinable!(tracker_issue_labels -> tracker_label (label_id));
diesel::joinable!(tracker_comment -> auth_user (author_id));
diesel::joinable!(tracker_comment -> tracker_issue (issue_id));

diesel::allow_tables_to_appear_in_same_query!(
    tracker_comment, tracker_issue, tracker_issue_labels, tracker_label, tracker_membership, tracker_project,
);

// diesel's macro for these fails across crates where PostgreSQL is compiled in (E0117).
impl TableNotEqual<auth_user::table> for tracker_comment::table {}
impl TableNotEqual<tracker_comment::table> for auth_user::table {}
impl TableNotEqual<auth_user::table> for tracker_issue::table {}
impl TableNotEqual<tracker_issue::table> for auth_user::table {}
impl TableNotEqual<auth_user::table> for tracker_membership::table {}
impl TableNotEqual<tracker_membership::table> for auth_user::table {}
impl TableNotEqual<auth_user::table> for tracker_project::table {}
impl TableNotEqual<tracker_project::table> for auth_user::table {}
