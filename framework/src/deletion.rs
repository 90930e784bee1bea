//! What happens to an app's rows when their user is deleted (`django/db/models/deletion.py`).
//!
//! The foreign keys have no `ON DELETE`: Django cascades itself, and so must the code that deletes a user here. An app
//! lists its columns once, in [`App::related_to_user`](crate::app::App::related_to_user):
//!
//! ```ignore
//! fn related_to_user(&self) -> Vec<UserRelation> {
//!     vec![UserRelation::new(polls_vote::user_id), UserRelation::new(polls_poll::closed_by_id).set_null()]
//! }
//! ```
//!
//! `manage doctor` compares the list with the database's foreign keys.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{Column, QueryResult, RunQueryDsl};

use crate::database::migrations::has_table;
use crate::database::{DatabaseError, DbConnection, UserId};

/// A column that refers to users, and what happens to its rows when their user is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRelation {
    table: String,
    column: &'static str,
    on_delete: OnDelete,
    is_optional: bool,
}

/// Django's `on_delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDelete {
    Cascade,
    SetNull,
    DoNothing,
}

impl UserRelation {
    /// The rows are deleted with their user (Django's `CASCADE`): `UserRelation::new(polls_vote::user_id)`.
    #[must_use]
    pub fn new<C: Column + QueryFragment<Sqlite>>(column: C) -> Self {
        // diesel does not expose the table's name; this text is `table`.`column`.
        let quoted = diesel::debug_query::<Sqlite, _>(&column).to_string();
        Self {
            table: quoted.split('`').nth(1).unwrap_or_default().to_owned(),
            column: C::NAME,
            on_delete: OnDelete::Cascade,
            is_optional: false,
        }
    }

    /// The rows stay, and the column becomes NULL (Django's `SET_NULL`).
    #[must_use]
    pub const fn set_null(mut self) -> Self {
        self.on_delete = OnDelete::SetNull;
        self
    }

    /// The app's own [`delete_user`](crate::app::App::delete_user) deals with the rows, or they must prevent the deletion
    /// (Django's `DO_NOTHING` and `PROTECT`).
    #[must_use]
    pub const fn do_nothing(mut self) -> Self {
        self.on_delete = OnDelete::DoNothing;
        self
    }

    /// The table may be missing: it belongs to an app of Django that not every project has.
    #[must_use]
    pub const fn if_exists(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// The table's name in `schema.rs`.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The column's name in `schema.rs`.
    #[must_use]
    pub const fn column(&self) -> &'static str {
        self.column
    }
}

/// Deletes or detaches the rows of these columns that refer to the user. An app that overrides
/// [`delete_user`](crate::app::App::delete_user) calls it for the rest.
///
/// # Errors
/// A query fails.
pub fn delete_related(
    connection: &mut DbConnection,
    relations: &[UserRelation],
    user_id: UserId,
) -> Result<(), DatabaseError> {
    for relation in relations.iter().filter(|relation| relation.on_delete != OnDelete::DoNothing) {
        let live = connection.names().table(&relation.table).to_owned();
        if relation.is_optional && !has_table(connection, &live)? {
            continue;
        }
        Cascade { relation, user_id }.execute(connection)?;
    }
    Ok(())
}

struct Cascade<'a> {
    relation: &'a UserRelation,
    user_id: UserId,
}

impl<DB: Backend> QueryFragment<DB> for Cascade<'_>
where
    UserId: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        if self.relation.on_delete == OnDelete::SetNull {
            pass.push_sql("UPDATE ");
            pass.push_identifier(&self.relation.table)?;
            pass.push_sql(" SET ");
            pass.push_identifier(self.relation.column)?;
            pass.push_sql(" = NULL");
        } else {
            pass.push_sql("DELETE FROM ");
            pass.push_identifier(&self.relation.table)?;
        }
        pass.push_sql(" WHERE ");
        pass.push_identifier(self.relation.column)?;
        pass.push_sql(" = ");
        self.user_id.walk_ast(pass)
    }
}

impl QueryId for Cascade<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Cascade<'_> {}
