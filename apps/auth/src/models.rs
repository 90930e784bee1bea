//! The user: a row of Django's table `auth_user` (`django/contrib/auth/models.py`, `base_user.py`).

use std::fmt;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use unicode_normalization::UnicodeNormalization;

use super::new_user::NewUser;
use super::user_model::UserModel;
use crate::schema::auth_user;
use vitamin_framework::app::Apps;
use vitamin_framework::audit::Event;
use vitamin_framework::database::{
    DatabaseError, DbConnection, Inferred, Moment, OptionalMoment, TextOrEmpty, Truth, UserId, now,
};

/// A row of `auth_user`, or of the project's own user table ([`UserModel`]). Its `Debug` omits the password hash.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Identifiable)]
#[diesel(table_name = auth_user)]
pub struct User {
    /// Primary key.
    pub id: UserId,
    /// The encoded hash, in one of Django's formats.
    pub password: String,
    /// See [`now`] for the time zone. Using a token does not count as a login.
    #[diesel(deserialize_as = OptionalMoment)]
    pub last_login: Option<NaiveDateTime>,
    /// Has all permissions implicitly.
    #[diesel(deserialize_as = Truth)]
    pub is_superuser: bool,
    /// The login: unique, 150 characters at most; or the column that `USERNAME_FIELD` names. Empty if that is NULL, as in a project's
    /// `EmailField(null=True, unique=True)`: nobody logs in with an empty name.
    #[diesel(deserialize_as = TextOrEmpty)]
    pub username: String,
    /// 150 characters at most; empty also if the column is NULL.
    #[diesel(deserialize_as = TextOrEmpty)]
    pub first_name: String,
    /// 150 characters at most; empty also if the column is NULL.
    #[diesel(deserialize_as = TextOrEmpty)]
    pub last_name: String,
    /// 254 characters at most; empty also if the column is NULL, as in a project's `EmailField(null=True)`.
    #[diesel(deserialize_as = TextOrEmpty)]
    pub email: String,
    /// May use Django's admin site.
    #[diesel(deserialize_as = Truth)]
    pub is_staff: bool,
    /// Whether the account is active: Django deactivates users instead of deleting them.
    #[diesel(deserialize_as = Truth)]
    pub is_active: bool,
    /// UTC, except on SQLite without `USE_TZ` ([`now`]).
    #[diesel(deserialize_as = Moment)]
    pub date_joined: NaiveDateTime,
}

/// The maximum number of characters in `auth_user.username`; PostgreSQL enforces it.
pub const MAX_USERNAME_LENGTH: usize = 150;

impl User {
    /// Returns the user of this name, as the database compares it: exactly, unless the column's type or collation ignores case.
    /// `None`: there is none.
    ///
    /// # Errors
    /// The query fails.
    pub fn get_by_natural_key(
        connection: &mut DbConnection,
        username: &str,
    ) -> Result<Option<Self>, DatabaseError> {
        // PostgreSQL accepts no text with a NUL.
        if username.contains('\0') {
            return Ok(None);
        }
        let query = auth_user::table
            .filter(auth_user::username.eq(Inferred(username.to_owned())))
            .select(Self::as_select());
        // Not `first`: SQLite re-prepares a statement with a bound LIMIT each time.
        Ok(query.get_result(connection).optional()?)
    }

    /// Returns the user of this primary key, or `None`.
    ///
    /// # Errors
    /// The query fails.
    pub fn get(connection: &mut DbConnection, id: UserId) -> Result<Option<Self>, DatabaseError> {
        let query = auth_user::table.find(id).select(Self::as_select());
        Ok(query.get_result(connection).optional()?)
    }

    /// Returns the user of this name, and whether it was just created: without permissions or an e-mail address, and
    /// with this password hash. Concurrent calls all get the same user.
    ///
    /// # Errors
    /// A query fails.
    pub fn get_or_create(
        connection: &mut DbConnection,
        model: &UserModel,
        username: &str,
        encoded_password: &str,
    ) -> Result<(Self, bool), DatabaseError> {
        if let Some(user) = Self::get_by_natural_key(connection, username)? {
            return Ok((user, false));
        }
        let user = NewUser {
            username,
            password: encoded_password,
            email: "",
            is_superuser: false,
            date_joined: now(connection)?,
        };
        let created = match user.insert(connection, model) {
            Ok(_) => true,
            // A concurrent call inserted first.
            Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => false,
            Err(error) => return Err(error.into()),
        };
        let user = Self::get_by_natural_key(connection, username)?;
        user.map(|user| (user, created)).ok_or_else(|| QueryError::NotFound.into())
    }

    /// Whether any user exists.
    ///
    /// # Errors
    /// The query fails.
    pub fn exists(connection: &mut DbConnection) -> Result<bool, DatabaseError> {
        Ok(diesel::select(diesel::dsl::exists(auth_user::table.select(auth_user::id)))
            .get_result(connection)?)
    }

    /// Creates a superuser with this password hash. Name and e-mail are normalized as in Django. `email` is ignored if
    /// the e-mail address is the login.
    ///
    /// The query fails, e.g. because the name is taken.
    pub fn create_superuser(
        connection: &mut DbConnection,
        model: &UserModel,
        username: &str,
        email: &str,
        encoded_password: &str,
    ) -> Result<(), DatabaseError> {
        let user = NewUser {
            username: &model.normalize(username),
            password: encoded_password,
            email: &normalize_email(email),
            is_superuser: true,
            date_joined: now(connection)?,
        };
        user.insert(connection, model)?;
        Ok(())
    }

    /// Stores the hash of a new password, in one transaction with what the apps do then
    /// ([`App::password_changed`](vitamin_framework::app::App::password_changed)). Returns the events for the audit stream. Handlers
    /// get the apps from app data (`Data<Apps>`).
    ///
    /// A user who was deleted has no event.
    ///
    /// # Errors
    /// A query fails, and nothing is changed.
    pub fn set_password(
        &self,
        connection: &mut DbConnection,
        apps: &Apps,
        encoded: &str,
    ) -> Result<Vec<Event>, DatabaseError> {
        connection.transaction(|connection| {
            let changed = diesel::update(self).set(auth_user::password.eq(encoded)).execute(connection)?;
            if changed == 0 {
                return Ok(Vec::new());
            }
            let mut events = vec![Event::PasswordChanged];
            for app in apps.iter() {
                events.extend(app.password_changed(connection, self.id)?);
            }
            Ok(events)
        })
    }

    /// Stores a new hash of the same password, and returns whether it did: not if the stored hash was changed meanwhile.
    ///
    /// # Errors
    /// The query fails.
    pub fn upgrade_password(
        &self,
        connection: &mut DbConnection,
        encoded: &str,
    ) -> Result<bool, DatabaseError> {
        let unchanged = auth_user::table.find(self.id).filter(auth_user::password.eq(&self.password));
        Ok(diesel::update(unchanged).set(auth_user::password.eq(encoded)).execute(connection)? == 1)
    }

    /// Returns the password hashes of the newest users, at most `limit`.
    ///
    /// # Errors
    /// The query fails.
    pub fn newest_passwords(connection: &mut DbConnection, limit: i64) -> Result<Vec<String>, DatabaseError> {
        let newest = auth_user::table.order(auth_user::id.desc()).limit(limit);
        Ok(newest.select(auth_user::password).load(connection)?)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("username", &self.username)
            .field("is_active", &self.is_active)
            .finish_non_exhaustive()
    }
}

/// Normalizes to NFKC, so that names that look alike are equal (`AbstractBaseUser.normalize_username`).
#[must_use]
pub fn normalize_username(username: &str) -> String {
    username.nfkc().collect()
}

/// Lower-cases the domain (`BaseUserManager.normalize_email`).
#[must_use]
pub fn normalize_email(email: &str) -> String {
    match email.trim().rsplit_once('@') {
        Some((name, domain)) => format!("{name}@{}", domain.to_lowercase()),
        None => email.to_owned(),
    }
}

#[cfg(any(test, feature = "testing"))]
impl User {
    /// An active user without permissions, for tests.
    #[must_use]
    pub fn named(id: i64, username: &str) -> Self {
        Self {
            id: id.into(),
            password: String::new(),
            last_login: None,
            is_superuser: false,
            username: username.to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            email: String::new(),
            is_staff: false,
            is_active: true,
            date_joined: NaiveDateTime::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_normalized_as_in_django() {
        assert_eq!(normalize_username("ﬁnn Ⅳ"), "finn IV");
        assert_eq!(normalize_email("Normal@DOMAIN.COM"), "Normal@domain.com");
        assert_eq!(normalize_email("no address"), "no address");
    }

    #[test]
    fn debug_omits_the_hash() {
        let user = User { password: "bcrypt$hash".to_owned(), ..User::named(1, "Pepe") };
        assert_eq!(format!("{user:?}"), "User { id: Integer(1), username: \"Pepe\", is_active: true, .. }");
    }
}
