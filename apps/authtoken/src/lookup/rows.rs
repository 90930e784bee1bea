//! Reads a token's row and its user's, and their location in SQLite's file.

use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::cache::RowPages;
use crate::models::Token;
use crate::schema::authtoken_token;
use vitamin_auth::models::User;
use vitamin_auth::schema::auth_user;
use vitamin_framework::database::sqlite::places::{sqlite_offset, tells_places};
use vitamin_framework::database::sqlite::sentinel::Stamp;
use vitamin_framework::database::{DatabaseError, DbConnection, Moment, Prepared};

/// A token with its user, and the location of both rows.
pub(super) struct TokenRow {
    pub(super) token: Token,
    pub(super) user: User,
    /// File offsets of the two records, if requested.
    offsets: [Option<i64>; 2],
}

/// The columns as SQLite returns them.
type Columns = (Moment, User, (Option<i64>, Option<i64>));

impl TokenRow {
    /// Like [`Token::get_with_user`]; also reads the offsets if `with_offsets` is set, which requires
    /// [`reports_pages`].
    pub(super) fn find(
        connection: &mut DbConnection,
        key: &str,
        with_offsets: bool,
    ) -> Result<Option<Self>, DatabaseError> {
        let connection = match connection {
            DbConnection::Sqlite(connection) if with_offsets => connection,
            other => {
                let found = Token::get_with_user(other, key)?;
                return Ok(found.map(|(token, user)| Self { token, user, offsets: [None; 2] }));
            }
        };
        let query = authtoken_token::table.inner_join(auth_user::table).filter(authtoken_token::key.eq(key));
        let offsets = (sqlite_offset(authtoken_token::created), sqlite_offset(auth_user::password));
        let query = query.select((authtoken_token::created, User::as_select(), offsets));
        let query = Prepared::new(query, AsExpression::<Text>::as_expression(key));
        let found: Option<Columns> = query.get_result(connection).optional()?;
        Ok(found.map(|(created, user, offsets)| {
            let token = Token { key: key.to_owned(), created: created.into(), user_id: user.id };
            Self { token, user, offsets: offsets.into() }
        }))
    }

    /// The pages of both rows, in a database in this state or a later one.
    pub(super) fn pages(&self, stamp: &Stamp) -> RowPages {
        match self.offsets.map(|offset| stamp.page(offset?)) {
            [Some(token), Some(user)] => Some([token, user]),
            _ => None,
        }
    }
}

/// Whether SQLite reports the offsets of the columns that [`TokenRow::find`] selects. Valid while the schema stays the
/// same.
pub(super) fn reports_pages(connection: &mut DbConnection) -> Result<bool, DatabaseError> {
    match connection {
        DbConnection::Sqlite(connection) => {
            for (table, column) in [("authtoken_token", "created"), ("auth_user", "password")] {
                let names = connection.names();
                let (table, column) = (names.table(table).to_owned(), names.column(table, column).to_owned());
                if !tells_places(connection.inner(), &table, &column)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => Ok(false),
    }
}
