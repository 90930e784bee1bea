//! The user, as Django's table `auth_user` has it (`django/contrib/auth/models.py`, `base_user.py`).

use std::fmt;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use unicode_normalization::UnicodeNormalization;

use super::user_model::UserModel;
use crate::schema::auth_user;
use vitamin_framework::database::{
    DatabaseError, DbConnection, KeyType, Moment, OptionalMoment, UserId, now,
};

/// A row of `auth_user`, or of the table that the project's own user model has ([`UserModel`]). Its `Debug` leaves the password hash out.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Identifiable)]
#[diesel(table_name = auth_user)]
pub struct User {
    /// Primary key.
    pub id: UserId,
    /// The encoded hash, in one of Django's formats.
    pub password: String,
    /// As [`now`] has it. A token's use does not count as a login.
    #[diesel(deserialize_as = OptionalMoment)]
    pub last_login: Option<NaiveDateTime>,
    /// Has all permissions without having been given them.
    pub is_superuser: bool,
    /// The login: unique, 150 characters at most. Where `USERNAME_FIELD` names another column, that one.
    pub username: String,
    /// 150 characters at most.
    pub first_name: String,
    /// 150 characters at most.
    pub last_name: String,
    /// 254 characters at most, may be empty.
    pub email: String,
    /// May use Django's admin site.
    pub is_staff: bool,
    /// Whether the account counts: Django deactivates users instead of deleting them.
    pub is_active: bool,
    /// As [`now`] has it: UTC, but for SQLite without `USE_TZ`.
    #[diesel(deserialize_as = Moment)]
    pub date_joined: NaiveDateTime,
}

/// Characters that `auth_user.username` takes, on PostgreSQL at least.
pub const MAX_USERNAME_LENGTH: usize = 150;

#[derive(Insertable)]
#[diesel(table_name = auth_user)]
struct NewUser<'a> {
    id: Option<UserId>,
    password: &'a str,
    is_superuser: bool,
    username: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    is_staff: bool,
    is_active: bool,
    date_joined: NaiveDateTime,
}

impl<'a> NewUser<'a> {
    fn new(model: &UserModel, username: &'a str, password: &'a str, date_joined: NaiveDateTime) -> Self {
        Self {
            // A database counts by itself; a UUID is the model's default to Django, which the database knows nothing of.
            id: (model.key() == KeyType::Uuid).then(|| uuid::Uuid::new_v4().into()),
            password,
            is_superuser: false,
            username,
            first_name: "",
            last_name: "",
            is_staff: false,
            is_active: true,
            date_joined,
        }
    }

    fn insert(self, connection: &mut DbConnection, model: &UserModel, email: &str) -> QueryResult<usize> {
        let table = diesel::insert_into(auth_user::table);
        if model.is_email() {
            // One column is both.
            table.values(self).execute(connection)
        } else {
            table.values((self, auth_user::email.eq(email))).execute(connection)
        }
    }
}

impl User {
    /// The user of this name, exactly as it is written, or `None`.
    ///
    /// # Errors
    /// Those of the query.
    pub fn get_by_natural_key(
        connection: &mut DbConnection,
        username: &str,
    ) -> Result<Option<Self>, DatabaseError> {
        // PostgreSQL can't even be asked for such a name.
        if username.contains('\0') {
            return Ok(None);
        }
        let query = auth_user::table.filter(auth_user::username.eq(username)).select(Self::as_select());
        // Not `first`: SQLite prepares a statement with a bound LIMIT anew each time.
        Ok(query.get_result(connection).optional()?)
    }

    /// The user of this primary key, or `None`.
    ///
    /// # Errors
    /// Those of the query.
    pub fn get(connection: &mut DbConnection, id: UserId) -> Result<Option<Self>, DatabaseError> {
        let query = auth_user::table.find(id).select(Self::as_select());
        Ok(query.get_result(connection).optional()?)
    }

    /// The user of this name, and whether it was created just now: one without rights, without an address, and with
    /// this password hash. When several ask at once, all get the same.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn get_or_create(
        connection: &mut DbConnection,
        model: &UserModel,
        username: &str,
        encoded_password: &str,
    ) -> Result<(Self, bool), DatabaseError> {
        if let Some(user) = Self::get_by_natural_key(connection, username)? {
            return Ok((user, false));
        }
        let user = NewUser::new(model, username, encoded_password, now(connection)?);
        let created = match user.insert(connection, model, "") {
            Ok(_) => true,
            // Somebody else was faster.
            Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => false,
            Err(error) => return Err(error.into()),
        };
        let user = Self::get_by_natural_key(connection, username)?;
        user.map(|user| (user, created)).ok_or_else(|| QueryError::NotFound.into())
    }

    /// Whether there is any user at all.
    ///
    /// # Errors
    /// Those of the query.
    pub fn exists(connection: &mut DbConnection) -> Result<bool, DatabaseError> {
        Ok(diesel::select(diesel::dsl::exists(auth_user::table.select(auth_user::id)))
            .get_result(connection)?)
    }

    /// Creates a superuser with this password hash. Name and e-mail are normalized as Django does. Where the address is the
    /// login, `email` is not looked at.
    ///
    /// # Errors
    /// Those of the query, a name that is taken among them.
    pub fn create_superuser(
        connection: &mut DbConnection,
        model: &UserModel,
        username: &str,
        email: &str,
        encoded_password: &str,
    ) -> Result<(), DatabaseError> {
        let username = model.normalize(username);
        let user = NewUser {
            is_superuser: true,
            is_staff: true,
            ..NewUser::new(model, &username, encoded_password, now(connection)?)
        };
        user.insert(connection, model, &normalize_email(email))?;
        Ok(())
    }

    /// Stores a password hash.
    ///
    /// # Errors
    /// Those of the query.
    pub fn set_password(&self, connection: &mut DbConnection, encoded: &str) -> Result<(), DatabaseError> {
        diesel::update(self).set(auth_user::password.eq(encoded)).execute(connection)?;
        Ok(())
    }

    /// Stores a hash made anew of the same password, unless the password was changed meanwhile.
    ///
    /// # Errors
    /// Those of the query.
    pub fn upgrade_password(
        &self,
        connection: &mut DbConnection,
        encoded: &str,
    ) -> Result<(), DatabaseError> {
        let unchanged = auth_user::table.find(self.id).filter(auth_user::password.eq(&self.password));
        diesel::update(unchanged).set(auth_user::password.eq(encoded)).execute(connection)?;
        Ok(())
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

/// NFKC, so that names that look alike are alike (`AbstractBaseUser.normalize_username`).
#[must_use]
pub fn normalize_username(username: &str) -> String {
    username.nfkc().collect()
}

/// Lower-cases the part behind the last `@` (`BaseUserManager.normalize_email`).
#[must_use]
pub fn normalize_email(email: &str) -> String {
    match email.trim().rsplit_once('@') {
        Some((name, domain)) => format!("{name}@{}", domain.to_lowercase()),
        None => email.to_owned(),
    }
}

#[cfg(any(test, feature = "testing"))]
impl User {
    /// Somebody of whom nothing is known but this, for tests: active, and without any right.
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
    fn names_and_addresses_are_normalized_as_django_does() {
        assert_eq!(normalize_username("ﬁnn Ⅳ"), "finn IV");
        assert_eq!(normalize_email("Normal@DOMAIN.COM"), "Normal@domain.com");
        assert_eq!(normalize_email("no address"), "no address");
    }

    #[test]
    fn a_hash_never_prints() {
        let user = User { password: "bcrypt$hash".to_owned(), ..User::named(1, "Pepe") };
        assert_eq!(format!("{user:?}"), "User { id: Integer(1), username: \"Pepe\", is_active: true, .. }");
    }
}
