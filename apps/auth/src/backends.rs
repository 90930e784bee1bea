//! `authenticate()` with Django's ModelBackend (`django/contrib/auth/backends.py`).

use actix_web::{HttpRequest, web::Data};

use super::hashers::{Verdict, unusable_password};
use super::models::User;
use super::passwords::Passwords;
use super::user_model::UserModel;
use vitamin_framework::database::{Database, DatabaseError, DbConnection};
use vitamin_framework::worker_pool::Busy;

/// Why nothing can be said about a name and a password.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The database gave no answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Too many passwords are being hashed already.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The project did not install the `auth` app.
    #[error("the auth app is not in INSTALLED_APPS")]
    NotInstalled,
}

/// The user of this name and password, or `None`: unknown, wrong and inactive look alike, also in the time they take.
///
/// As Django does, a right password whose hash is of another scheme or cost than the preferred one is hashed anew and
/// stored, if the database lets us.
///
/// # Errors
/// [`AuthenticationError`], which says nothing of the user.
pub async fn authenticate(
    request: &HttpRequest,
    username: &str,
    password: &str,
) -> Result<Option<User>, AuthenticationError> {
    let (Some(database), Some(passwords)) =
        (request.app_data::<Data<Database>>(), request.app_data::<Data<Passwords>>())
    else {
        return Err(AuthenticationError::NotInstalled);
    };
    let name = username.to_owned();
    let user = database.run(move |connection| User::get_by_natural_key(connection, &name)).await?;
    let encoded = user.as_ref().map(|user| user.password.as_str());
    let Verdict::Correct { rehashed } = passwords.check_password(password, encoded).await? else {
        return Ok(None);
    };
    let Some(mut user) = user else { return Ok(None) };
    if let Some(encoded) = rehashed {
        upgrade_password(database, &mut user, encoded).await;
    }
    Ok(user.is_active.then_some(user))
}

/// Trusts the name that a server in front gives, which has checked the user itself (Django's backend of this name).
pub struct RemoteUserBackend {
    /// Whether a user of an unknown name is created, without rights and without a password. Django's default is true.
    pub create_unknown_user: bool,
    /// Makes the user's name of the name that came, e.g. takes a realm off. Django's default leaves it alone.
    pub clean_username: fn(&str) -> &str,
}

impl Default for RemoteUserBackend {
    fn default() -> Self {
        Self { create_unknown_user: true, clean_username: |username| username }
    }
}

impl RemoteUserBackend {
    /// The active user of this name, or `None`. An empty name is nobody's.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate(
        &self,
        request: &HttpRequest,
        remote_user: &str,
    ) -> Result<Option<User>, AuthenticationError> {
        let database = request.app_data::<Data<Database>>().ok_or(AuthenticationError::NotInstalled)?;
        if remote_user.is_empty() {
            return Ok(None);
        }
        let username = (self.clean_username)(remote_user).to_owned();
        let model =
            request.app_data::<Data<UserModel>>().map(|model| model.as_ref().clone()).unwrap_or_default();
        let create = self.create_unknown_user && username.chars().count() <= model.max_length();
        let find = move |connection: &mut DbConnection| {
            if create {
                return User::get_or_create(connection, &model, &username, &unusable_password())
                    .map(|(user, _)| Some(user));
            }
            User::get_by_natural_key(connection, &username)
        };
        let user = database.run(find).await?;
        Ok(user.filter(|user| user.is_active))
    }
}

/// Best effort: a login does not fail because a better hash could not be stored.
async fn upgrade_password(database: &Database, user: &mut User, encoded: String) {
    let (row, new) = (user.clone(), encoded.clone());
    let stored: Result<(), DatabaseError> =
        database.run(move |connection| row.upgrade_password(connection, &new)).await;
    match stored {
        Ok(()) => user.password = encoded,
        Err(error) => log::warn!("The password of user {} was not hashed anew: {error}", user.id),
    }
}
