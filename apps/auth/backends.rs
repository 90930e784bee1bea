//! `authenticate()` with Django's ModelBackend (`django/contrib/auth/backends.py`).

use actix_web::{HttpRequest, web::Data};

use super::hashers::Verdict;
use super::models::User;
use super::passwords::Passwords;
use crate::framework::database::{Database, DatabaseError};
use crate::framework::worker_pool::Busy;

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
