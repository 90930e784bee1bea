//! `authenticate()` with Django's ModelBackend (`django/contrib/auth/backends.py`).

use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, web::Data};

use super::hashers::{Verdict, unusable_password};
use super::models::User;
use super::passwords::Passwords;
use super::user_model::UserModel;
use vitamin_framework::database::{Database, DatabaseError, DbConnection};
use vitamin_framework::logging::warn_sometimes;
use vitamin_framework::worker_pool::Busy;

/// Why a username and password could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Too many passwords are being hashed already.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The project did not install the `auth` app.
    #[error("the auth app is not in INSTALLED_APPS")]
    NotInstalled,
}

/// Returns the user of this name and password. Returns `None` for an unknown name, a wrong password and an inactive
/// user alike, after the same time.
///
/// As in Django, a correct password whose hash has another scheme or cost than the preferred one is rehashed and
/// stored, if the database allows it.
///
/// [`AuthenticationError`], which reveals nothing about the user.
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

/// Trusts the username from a proxy that has authenticated the user (Django's backend of this name).
pub struct RemoteUserBackend {
    /// Whether to create a user, without permissions or password, for an unknown name. Django's default is true.
    pub create_unknown_user: bool,
    /// Converts the received name to the username, e.g. by removing a realm. Django's default changes nothing.
    pub clean_username: fn(&str) -> &str,
}

impl Default for RemoteUserBackend {
    fn default() -> Self {
        Self { create_unknown_user: true, clean_username: |username| username }
    }
}

impl RemoteUserBackend {
    /// Returns the active user of this name, or `None`. An empty name matches no user.
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

/// How long a login waits until its better hash is stored.
const REHASH_PATIENCE: Duration = Duration::from_millis(300);

/// Best effort: a login does not fail if the better hash cannot be stored, and hardly waits. The next login tries again.
async fn upgrade_password(database: &Database, user: &mut User, encoded: String) {
    let (row, new) = (user.clone(), encoded.clone());
    let store = database.run(move |connection| row.upgrade_password(connection, &new));
    let stored: Result<(), DatabaseError> = timeout(REHASH_PATIENCE, store)
        .await
        .unwrap_or_else(|_| Err(DatabaseError::Unavailable("it took too long".to_owned())));
    match stored {
        Ok(()) => user.password = encoded,
        Err(error) => {
            warn_sometimes(module_path!(), &format!("A password could not be rehashed at its login: {error}"))
        }
    }
}
