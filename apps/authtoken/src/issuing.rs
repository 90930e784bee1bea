//! Tokens in exchange for a username and a password.
//!
//! Hashing a password takes long enough for the user to be deactivated, or for the password to be changed, which often means
//! that it was stolen. So the statement that reads or stores the token compares both with what was checked.

use actix_web::web::Data;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Integer, Text, Timestamp};

use crate::models::Token;
use crate::schema::authtoken_token;
use crate::settings::TokenSettings;
use vitamin_auth::authenticate;
use vitamin_auth::models::User;
use vitamin_auth::schema::auth_user;
use vitamin_framework::audit::{self, Entry, Event};
use vitamin_framework::database::{Database, DatabaseError, DbConnection, Truth, now};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::request::Request;

/// How often a login is checked anew because the user's row was changed meanwhile, e.g. by a rehash at another login.
const TRIES: usize = 3;

impl Token {
    /// Returns the token of the user with this name and password, and creates it if there is none. `None` if they are wrong,
    /// or the user is inactive.
    ///
    /// A login that began before a change of the password, or before the user was deactivated, returns no token after it. A
    /// token whose time is over is replaced.
    ///
    /// # Errors
    /// 429: too many logins have failed. 503: the database or the password threads are busy.
    pub async fn log_in(
        request: &Request,
        username: &str,
        password: &str,
    ) -> Result<Option<Self>, APIException> {
        let settings = request.app_data::<Data<TokenSettings>>();
        let settings = settings.map(|settings| settings.as_ref().clone()).unwrap_or_default();
        for _ in 0..TRIES {
            let Some(user) = authenticate(request, username, password).await? else { return Ok(None) };
            let database = request.database()?;
            let Some((token, event)) = Self::issue_later(database, &settings, &user).await? else { continue };
            match event {
                Some(event) => audit::record(request, || Entry::new(event).user(user.id, &user.username)),
                // The login is a use. If the token ended this very moment, the next login replaces it.
                None => _ = settings.accepts(database, &token).await?,
            }
            return Ok(Some(token));
        }
        Ok(None)
    }

    /// [`issue`](Self::issue) in a request. On SQLite only a login without a token writes, on the thread for writes: no
    /// connection of the pool waits for a lock, which others need to read.
    async fn issue_later(
        database: &Database,
        settings: &TokenSettings,
        user: &User,
    ) -> Result<Option<(Self, Option<Event>)>, DatabaseError> {
        let (user, settings) = (user.clone(), settings.clone());
        if database.is_postgres() {
            return database.run(move |db| Self::issue(db, &settings, &user)).await;
        }
        let (checked, ages) = (user.clone(), settings.clone());
        let valid = move |db: &mut DbConnection| match Self::of_unchanged(db, &checked)? {
            Some(token) if !ages.has_expired(db, &token)? => Ok::<_, DatabaseError>(Some(token)),
            _ => Ok(None),
        };
        match database.read(valid).await? {
            Some(token) => Ok(Some((token, None))),
            None => database.write(move |db| Self::issue(db, &settings, &user)).await,
        }
    }

    /// Returns the user's token, and what was done, for the audit stream: `None` if there was one. Only if the user is still
    /// active and has still the password of `user`, which was checked before; else `None`, also if the user was deleted. A token
    /// whose time is over is replaced.
    ///
    /// # Errors
    /// A query fails.
    pub fn issue(
        connection: &mut DbConnection,
        settings: &TokenSettings,
        user: &User,
    ) -> Result<Option<(Self, Option<Event>)>, DatabaseError> {
        let mut event = Event::TokenCreated;
        if let Some(token) = Self::of_unchanged(connection, user)? {
            if !settings.has_expired(connection, &token)? {
                return Ok(Some((token, None)));
            }
            // If the user changes now, no token replaces it. It was worth nothing.
            if token.delete(connection)? {
                event = Event::TokenRotated;
            }
        }
        let (key, created) = (settings.generate_key(), now(connection)?);
        match Self::insert_if_unchanged(connection, user, &key, created) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some((Self { key, created, user_id: user.id }, Some(event)))),
            // A concurrent login inserted first.
            Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                Ok(Self::of_unchanged(connection, user)?.map(|token| (token, None)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn of_unchanged(connection: &mut DbConnection, user: &User) -> Result<Option<Self>, DatabaseError> {
        let unchanged = authtoken_token::table
            .inner_join(auth_user::table)
            .filter(auth_user::id.eq(user.id))
            .filter(auth_user::password.eq(&user.password));
        // Not a condition of the query: the column may be an integer.
        let found: Option<(Self, Truth)> =
            unchanged.select((Self::as_select(), auth_user::is_active)).get_result(connection).optional()?;
        Ok(found.filter(|(_, is_active)| (*is_active).into()).map(|(token, _)| token))
    }

    /// Returns the number of inserted rows.
    fn insert_if_unchanged(
        connection: &mut DbConnection,
        user: &User,
        key: &str,
        created: NaiveDateTime,
    ) -> QueryResult<usize> {
        let row = (key.into_sql::<Text>(), created.into_sql::<Timestamp>(), auth_user::id);
        let columns = (authtoken_token::key, authtoken_token::created, authtoken_token::user_id);
        let unchanged = auth_user::table
            .filter(auth_user::id.eq(user.id))
            .filter(auth_user::password.eq(&user.password))
            // The column may be an integer.
            .filter(auth_user::is_active.cast::<Integer>().ne(0))
            .select(row);
        match connection {
            DbConnection::Sqlite(connection) => {
                unchanged.insert_into(authtoken_token::table).into_columns(columns).execute(connection)
            }
            // The lock makes a change of the row wait for this statement's commit, or this statement for the change, whose
            // result it then compares.
            #[cfg(feature = "postgres")]
            DbConnection::Postgres(connection) => unchanged
                .for_share()
                .insert_into(authtoken_token::table)
                .into_columns(columns)
                .execute(connection),
        }
    }
}
