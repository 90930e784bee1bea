//! The token: a row of Django REST framework's table `authtoken_token` (`rest_framework/authtoken/models.py`).

use std::fmt::{self, Write};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::Text;

use crate::lookup::Places;
use crate::schema::authtoken_token;
use crate::settings::TokenSettings;
#[cfg(feature = "postgres")]
use crate::token_model::FoundTokens;
use crate::token_model::TokenModel;
use vitamin_auth::models::User;
use vitamin_auth::schema::auth_user;
use vitamin_framework::audit::Event;
use vitamin_framework::crypto::fill_random;
#[cfg(feature = "postgres")]
use vitamin_framework::database::Database;
use vitamin_framework::database::{DatabaseError, DbConnection, Moment, Prepared, UserId, now, on_variant};

/// Shorter lists of keys are padded by repeating a key, which costs the index nothing. PostgreSQL's planner assumes ten
/// keys for an array of unknown length. If the first queries have fewer, it prefers a custom plan for each query over a
/// generic one, and planning takes several times as long as running.
#[cfg(feature = "postgres")]
const MIN_KEYS: usize = 16;

/// A row of `authtoken_token`. Its `Debug` omits the key.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Identifiable, Insertable)]
#[diesel(table_name = authtoken_token, primary_key(key))]
pub struct Token {
    /// The key that the client sends: 40 lower-case hexadecimal digits, or what `TOKEN_PREFIX` makes of it.
    pub key: String,
    /// UTC, except on SQLite without `USE_TZ` ([`now`]).
    #[diesel(deserialize_as = Moment)]
    pub created: NaiveDateTime,
    /// The owner; a user has at most one token.
    pub user_id: UserId,
}

impl Token {
    /// Generates a key of Django REST framework's own form: 20 random bytes in hexadecimal. See also
    /// [`TokenSettings::generate_key`].
    #[must_use]
    pub fn generate_key() -> String {
        let mut bytes = [0; 20];
        fill_random(&mut bytes);
        bytes.iter().fold(String::with_capacity(40), |mut key, byte| {
            // Writing to a String can't fail.
            let _ = write!(key, "{byte:02x}");
            key
        })
    }

    /// Returns the token of this key with its user, or `None`.
    ///
    /// # Errors
    /// The query fails.
    pub fn get_with_user(
        connection: &mut DbConnection,
        key: &str,
    ) -> Result<Option<(Self, User)>, DatabaseError> {
        let query = authtoken_token::table.inner_join(auth_user::table).filter(authtoken_token::key.eq(key));
        // On the variant itself: `MultiConnection` builds a query's text each time, which costs more than running this
        // one.
        let found: Option<(Moment, User)> = on_variant!(connection, |inner| {
            // The token's two other columns are already known.
            let query = query.select((authtoken_token::created, User::as_select()));
            Prepared::new(query, key.into_sql::<Text>()).get_result(inner)
        })
        .optional()?;
        Ok(found.map(|(created, user)| {
            (Self { key: key.to_owned(), created: created.into(), user_id: user.id }, user)
        }))
    }

    /// Returns the user's token, and what was done, for the audit stream: `None` if there was one. A token whose time is over
    /// is replaced. Concurrent calls all get the same token.
    ///
    /// After a login, use [`log_in`](Self::log_in) or [`issue`](Self::issue): the user may have changed since the check.
    ///
    /// # Errors
    /// A query fails, or the user does not exist.
    pub fn get_or_create(
        connection: &mut DbConnection,
        settings: &TokenSettings,
        user_id: UserId,
    ) -> Result<(Self, Option<Event>), DatabaseError> {
        let mut event = Event::TokenCreated;
        if let Some(token) = Self::of_user(connection, user_id)? {
            if !settings.has_expired(connection, &token)? {
                return Ok((token, None));
            }
            if token.delete(connection)? {
                event = Event::TokenRotated;
            }
        }
        let token = Self { key: settings.generate_key(), created: now(connection)?, user_id };
        match diesel::insert_into(authtoken_token::table).values(&token).execute(connection) {
            Ok(_) => Ok((token, Some(event))),
            // A concurrent call inserted first: return its token.
            Err(error @ QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                let token = Self::of_user(connection, user_id)?;
                token.map(|token| (token, None)).ok_or_else(|| error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the user's token, or `None`.
    ///
    /// # Errors
    /// The query fails.
    pub fn of_user(connection: &mut DbConnection, user_id: UserId) -> Result<Option<Self>, DatabaseError> {
        let query =
            authtoken_token::table.filter(authtoken_token::user_id.eq(user_id)).select(Self::as_select());
        Ok(query.get_result(connection).optional()?)
    }

    /// Revokes this token, and returns whether it was still stored. Another token of its user stays.
    ///
    /// # Errors
    /// The query fails.
    pub fn delete(&self, connection: &mut DbConnection) -> Result<bool, DatabaseError> {
        Ok(diesel::delete(authtoken_token::table.find(&self.key)).execute(connection)? > 0)
    }

    /// Revokes all tokens, and returns the users who had one.
    ///
    /// # Errors
    /// The query fails.
    pub fn delete_all(connection: &mut DbConnection) -> Result<Vec<UserId>, DatabaseError> {
        let all = diesel::delete(authtoken_token::table);
        Ok(on_variant!(connection, |inner| all.returning(authtoken_token::user_id).get_results(inner))?)
    }

    /// Revokes the user's token, and returns whether there was one.
    ///
    /// # Errors
    /// The query fails.
    pub fn delete_of_user(connection: &mut DbConnection, user_id: UserId) -> Result<bool, DatabaseError> {
        let tokens = authtoken_token::table.filter(authtoken_token::user_id.eq(user_id));
        Ok(diesel::delete(tokens).execute(connection)? > 0)
    }
}

impl TokenModel for Token {
    fn find(connection: &mut DbConnection, key: &str) -> Result<Option<(Self, User)>, DatabaseError> {
        Self::get_with_user(connection, key)
    }

    #[cfg(feature = "postgres")]
    fn find_many(connection: &mut DbConnection, keys: &[&str]) -> FoundTokens<Self> {
        let keys = padded(keys.to_vec());
        let query = authtoken_token::table.inner_join(auth_user::table);
        // On the variant itself the keys are one array parameter, so one prepared statement serves any number of keys.
        let query = query.filter(authtoken_token::key.eq_any(&keys));
        let rows: Vec<(Self, User)> = on_variant!(connection, |inner| query
            .select((Self::as_select(), User::as_select()))
            .load(inner))?;
        Ok(with_keys(rows))
    }

    #[cfg(feature = "postgres")]
    async fn find_many_pipelined(database: &Database, keys: &[String]) -> Option<FoundTokens<Self>> {
        let keys = padded(keys.iter().map(String::as_str).collect());
        let query = authtoken_token::table.inner_join(auth_user::table);
        let query = query.filter(authtoken_token::key.eq_any(&keys));
        let rows = database.load_pipelined(query.select((Self::as_select(), User::as_select())));
        Some(rows.await?.map(with_keys))
    }

    fn key(&self) -> Option<&str> {
        Some(&self.key)
    }

    fn as_token(&self) -> Option<&Token> {
        Some(self)
    }

    fn places() -> Option<Places<Self>> {
        Some(Places::of_tokens())
    }
}

#[cfg(feature = "postgres")]
fn padded(mut keys: Vec<&str>) -> Vec<&str> {
    if let Some(last) = keys.last().copied() {
        keys.resize(keys.len().max(MIN_KEYS), last);
    }
    keys
}

#[cfg(feature = "postgres")]
fn with_keys(rows: Vec<(Token, User)>) -> Vec<(String, Token, User)> {
    rows.into_iter().map(|(token, user)| (token.key.clone(), token, user)).collect()
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_forty_hexadecimal_digits_and_never_printed() {
        let token =
            Token { key: Token::generate_key(), created: NaiveDateTime::default(), user_id: 7.into() };
        assert_eq!(token.key.len(), 40);
        assert!(token.key.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)));
        assert_ne!(token.key, Token::generate_key());
        assert_eq!(format!("{token:?}"), "Token { user_id: Integer(7), .. }");
    }
}
