//! The statements. diesel prepares each once for a connection, finds it by its type, and reads its rows.

use diesel::sql_types::{BigInt, Bool, Double, Integer, Nullable, SmallInt, Text};

use crate::values::sql::{Key, Moment, Span, Time};

/// Declares a statement: its parameters, the types of its rows, and its text, in which parameters stand by their names.
macro_rules! statement {
    (
        $(#[$doc:meta])*
        $name:ident $(<$life:lifetime>)? { $($field:ident: $sql:ty => $rust:ty),* $(,)? } -> $row:ty {
            $($text:literal $($bind:ident)?)*
        }
    ) => {
        $(#[$doc])*
        pub struct $name $(<$life>)? {
            $(pub $field: $rust,)*
        }
        const _: () = {
            pub struct Id;
            impl $(<$life>)? diesel::query_builder::QueryId for $name $(<$life>)? {
                type QueryId = Id;
                const HAS_STATIC_QUERY_ID: bool = true;
            }
        };
        impl $(<$life>)? diesel::query_builder::Query for $name $(<$life>)? {
            type SqlType = $row;
        }
        impl<$($life,)? C> diesel::RunQueryDsl<C> for $name $(<$life>)? {}
        impl<$($life,)? DB> diesel::query_builder::QueryFragment<DB> for $name $(<$life>)?
        where
            DB: diesel::backend::Backend,
            $(DB: diesel::sql_types::HasSqlType<$sql>, $rust: diesel::serialize::ToSql<$sql, DB>,)*
        {
            fn walk_ast<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, DB>) -> diesel::QueryResult<()> {
                $(
                    out.push_sql($text);
                    $(out.push_bind_param(&self.$bind)?;)?
                )*
                Ok(())
            }
        }
    };
}
pub(crate) use statement;

pub type PersonColumns = (Integer, Text, Text, Text);
pub type LabelColumns = (BigInt, Text, Text, Text);
pub type CommentColumns = (BigInt, PersonColumns, Text, Moment);
pub type IssueColumns = (
    BigInt,
    Key,
    Integer,
    Text,
    Text,
    Text,
    SmallInt,
    Nullable<Double>,
    Nullable<Span>,
    Nullable<Moment>,
    Nullable<Time>,
    Text,
    Nullable<Text>,
    Nullable<BigInt>,
    Moment,
    Moment,
);

statement! {
    /// The user of a token.
    UserOfToken<'a> { key: Text => &'a str } -> (PersonColumns, Bool) {
        "SELECT u.id, u.username, u.first_name, u.last_name, u.is_active FROM authtoken_token t \
         JOIN auth_user u ON u.id = t.user_id WHERE t.key = " key
    }
}

statement! {
    /// How many issues a user can see.
    CountIssues { user: Integer => i32 } -> BigInt {
        "SELECT COUNT(*) FROM tracker_issue WHERE project_id IN (\
         SELECT id FROM tracker_project WHERE is_public OR owner_id = " user
        " OR id IN (SELECT project_id FROM tracker_membership WHERE user_id = " user "))"
    }
}

statement! {
    /// A page of the issues that a user can see.
    PageOfIssues { user: Integer => i32, limit: BigInt => i64, offset: BigInt => i64 } -> IssueColumns {
        "SELECT i.id, i.project_id, i.number, i.title, i.body, i.status, i.priority, i.weight, i.estimate, i.due, i.at, \
         reporter.username, assignee.username, i.parent_id, i.created, i.updated FROM tracker_issue i \
         JOIN auth_user reporter ON reporter.id = i.reporter_id \
         LEFT JOIN auth_user assignee ON assignee.id = i.assignee_id \
         WHERE i.project_id IN (SELECT id FROM tracker_project WHERE is_public OR owner_id = " user
        " OR id IN (SELECT project_id FROM tracker_membership WHERE user_id = " user ")) ORDER BY i.id LIMIT " limit
        " OFFSET " offset
    }
}

statement! {
    /// An issue that a user can see.
    IssueOfUser { user: Integer => i32, id: BigInt => i64 } -> (IssueColumns, Nullable<PersonColumns>, Text) {
        "SELECT i.id, i.project_id, i.number, i.title, i.body, i.status, i.priority, i.weight, i.estimate, i.due, i.at, \
         reporter.username, assignee.username, i.parent_id, i.created, i.updated, \
         assignee.id, assignee.username, assignee.first_name, assignee.last_name, p.name FROM tracker_issue i \
         JOIN tracker_project p ON p.id = i.project_id JOIN auth_user reporter ON reporter.id = i.reporter_id \
         LEFT JOIN auth_user assignee ON assignee.id = i.assignee_id WHERE i.id = " id
        " AND (p.is_public OR p.owner_id = " user
        " OR EXISTS (SELECT 1 FROM tracker_membership m WHERE m.project_id = p.id AND m.user_id = " user "))"
    }
}

statement! {
    /// The issue's id, if a user can see it.
    IsVisible { user: Integer => i32, id: BigInt => i64 } -> BigInt {
        "SELECT i.id FROM tracker_issue i JOIN tracker_project p ON p.id = i.project_id WHERE i.id = " id
        " AND (p.is_public OR p.owner_id = " user
        " OR EXISTS (SELECT 1 FROM tracker_membership m WHERE m.project_id = p.id AND m.user_id = " user "))"
    }
}

statement! {
    /// All labels.
    AllLabels {} -> LabelColumns { "SELECT id, name, slug, color FROM tracker_label ORDER BY name" }
}

statement! {
    /// The labels of an issue.
    LabelsOfIssue { issue: BigInt => i64 } -> LabelColumns {
        "SELECT l.id, l.name, l.slug, l.color FROM tracker_issue_labels il JOIN tracker_label l ON l.id = il.label_id \
         WHERE il.issue_id = " issue " ORDER BY l.name"
    }
}

statement! {
    /// The comments of an issue.
    CommentsOfIssue { issue: BigInt => i64 } -> CommentColumns {
        "SELECT c.id, u.id, u.username, u.first_name, u.last_name, c.body, c.created FROM tracker_comment c \
         JOIN auth_user u ON u.id = c.author_id WHERE c.issue_id = " issue " ORDER BY c.id"
    }
}
