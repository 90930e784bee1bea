//! A token's row and its user's, and where in SQLite's file they stand.

use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::cache::Places;
use crate::models::Token;
use crate::schema::authtoken_token;
use vitamin_auth::models::User;
use vitamin_auth::schema::auth_user;
use vitamin_framework::database::sqlite::places::{sqlite_offset, tells_places};
use vitamin_framework::database::sqlite::sentinel::Stamp;
use vitamin_framework::database::{DatabaseError, DbConnection, Moment, Prepared};

/// What was found.
pub(super) struct Rows {
    pub(super) token: Token,
    pub(super) user: User,
    /// Of the records of both, where they were asked for.
    offsets: [Option<i64>; 2],
}

/// What [`Rows`] are made of, as SQLite sends it.
type Columns = (Moment, User, (Option<i64>, Option<i64>));

impl Rows {
    /// As [`Token::get_with_user`], where [`tell_places`] says so with the places.
    pub(super) fn get(
        connection: &mut DbConnection,
        key: &str,
        with_places: bool,
    ) -> Result<Option<Self>, DatabaseError> {
        let connection = match connection {
            DbConnection::Sqlite(connection) if with_places => connection,
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

    /// The pages that both stand on, of a database in this state or a later one.
    pub(super) fn places(&self, stamp: &Stamp) -> Places {
        match self.offsets.map(|offset| stamp.page(offset?)) {
            [Some(token), Some(user)] => Some([token, user]),
            _ => None,
        }
    }
}

/// Whether [`Rows::get`] finds places, as long as the schema stays the same: of the columns that it asks for.
pub(super) fn tell_places(connection: &mut DbConnection) -> Result<bool, DatabaseError> {
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
