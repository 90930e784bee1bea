//! Reads a token's row and its user's, and their location in SQLite's file.

use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::cache::RowPages;
use crate::models::Token;
use crate::schema::authtoken_token;
use crate::token_model::TokenModel;
use vitamin_auth::models::User;
use vitamin_auth::schema::auth_user;
use vitamin_framework::database::sqlite::places::{sqlite_offset, tells_places};
use vitamin_framework::database::sqlite::sentinel::Stamp;
use vitamin_framework::database::{DatabaseError, DbConnection, Moment, Prepared, RenamingConnection};

/// A token with its user, and the location of both rows.
pub struct TokenRow<M> {
    pub(super) token: M,
    pub(super) user: User,
    /// File offsets of the two records, if requested.
    offsets: [Option<i64>; 2],
}

/// [`TokenModel::find`] with the offsets of both rows.
type FindWithOffsets<M> = fn(&mut DbConnection, &str) -> Result<Option<TokenRow<M>>, DatabaseError>;

/// How SQLite reports where a model's rows and their users' are.
#[derive(Clone, Copy)]
pub struct Places<M> {
    /// Whether SQLite reports the offsets of the columns that `find` selects. Valid while the schema stays the same.
    pub(super) reports_pages: fn(&mut DbConnection) -> Result<bool, DatabaseError>,
    find: FindWithOffsets<M>,
}

impl Places<Token> {
    /// The places of the model [`Token`].
    pub(crate) const fn of_tokens() -> Self {
        Self { reports_pages, find: find_with_offsets }
    }
}

impl<M: TokenModel> TokenRow<M> {
    /// [`TokenModel::find`], with the offsets if `places` are given and SQLite reports them.
    pub(super) fn find(
        connection: &mut DbConnection,
        key: &str,
        places: Option<Places<M>>,
    ) -> Result<Option<Self>, DatabaseError> {
        match places {
            Some(places) => (places.find)(connection, key),
            None => Ok(M::find(connection, key)?.map(Self::without_offsets)),
        }
    }

    fn without_offsets((token, user): (M, User)) -> Self {
        Self { token, user, offsets: [None; 2] }
    }

    /// The pages of both rows, in a database in this state or a later one.
    pub(super) fn pages(&self, stamp: &Stamp) -> RowPages {
        match self.offsets.map(|offset| stamp.page(offset?)) {
            [Some(token), Some(user)] => Some([token, user]),
            _ => None,
        }
    }
}

/// The columns as SQLite returns them.
type Columns = (Moment, User, (Option<i64>, Option<i64>));

fn find_with_offsets(
    connection: &mut DbConnection,
    key: &str,
) -> Result<Option<TokenRow<Token>>, DatabaseError> {
    match connection {
        DbConnection::Sqlite(connection) => find_in_sqlite(connection, key),
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => Ok(Token::find(connection, key)?.map(TokenRow::without_offsets)),
    }
}

fn find_in_sqlite(
    connection: &mut RenamingConnection<SqliteConnection>,
    key: &str,
) -> Result<Option<TokenRow<Token>>, DatabaseError> {
    let query = authtoken_token::table.inner_join(auth_user::table).filter(authtoken_token::key.eq(key));
    let offsets = (sqlite_offset(authtoken_token::created), sqlite_offset(auth_user::password));
    let query = query.select((authtoken_token::created, User::as_select(), offsets));
    let query = Prepared::new(query, AsExpression::<Text>::as_expression(key));
    let found: Option<Columns> = query.get_result(connection).optional()?;
    Ok(found.map(|(created, user, offsets)| {
        let token = Token { key: key.to_owned(), created: created.into(), user_id: user.id };
        TokenRow { token, user, offsets: offsets.into() }
    }))
}

/// Whether SQLite reports the offsets of the columns that [`find_with_offsets`] selects.
fn reports_pages(connection: &mut DbConnection) -> Result<bool, DatabaseError> {
    match connection {
        DbConnection::Sqlite(connection) => {
            for (table, column) in [("authtoken_token", "created"), ("auth_user", "password")] {
                let names = connection.names();
                let (table, column) = (names.table(table).to_owned(), names.column(table, column).to_owned());
                if !tells_places(connection.inner()?, &table, &column)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        #[cfg(feature = "postgres")]
        DbConnection::Postgres(_) => Ok(false),
    }
}
