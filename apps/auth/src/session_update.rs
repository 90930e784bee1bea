//! Keeps the session of users who change their own password (`update_session_auth_hash` of `django/contrib/auth/__init__.py`). A new
//! password ends all other sessions of its user.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use chrono::TimeDelta;

use super::session_data::session_auth_hash;
use super::session_engine::SessionEngine;
use super::session_login::{SESSION_KEY_LENGTH, delete, insert};
use super::sessions::{SessionSettings, load, session_key};
use vitamin_framework::crypto::get_random_string;
use vitamin_framework::database::{DatabaseError, DbConnection, UserId, now};
use vitamin_framework::middleware::Site;

/// A request's session, which is about to get another password's hash, and with it another key.
///
/// ```no_run
/// use actix_web::HttpRequest;
/// use actix_web::http::header::HeaderValue;
/// use vitamin_auth::{SessionUpdate, User};
/// use vitamin_framework::app::Apps;
/// use vitamin_framework::database::{Database, DatabaseError};
///
/// /// Changes the own password. Returns the value of `Set-Cookie`.
/// async fn change(
///     request: &HttpRequest,
///     database: &Database,
///     (user, apps, encoded): (User, Apps, String),
/// ) -> Result<Option<HeaderValue>, DatabaseError> {
///     let session = SessionUpdate::of(request);
///     database
///         .write(move |connection| {
///             user.set_password(connection, &apps, &encoded)?;
///             match session {
///                 Some(session) => session.store(connection, user.id, &encoded),
///                 None => Ok(None),
///             }
///         })
///         .await
/// }
/// ```
pub struct SessionUpdate {
    site: Data<Site>,
    settings: Data<SessionSettings>,
    old_key: String,
}

impl SessionUpdate {
    /// The request's session. `None` if it has no session cookie, or its session is kept in the cookie itself, which Django alone
    /// writes.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let site = request.app_data::<Data<Site>>()?.clone();
        let settings = request.app_data::<Data<SessionSettings>>()?.clone();
        if let SessionEngine::SignedCookies { .. } = settings.engine {
            return None;
        }
        let old_key = session_key(request, &site)?;
        Some(Self { site, settings, old_key })
    }

    /// Stores the hash of the user's new password in the session, under a new key. Returns the value of `Set-Cookie`; `None` if the
    /// session is not this user's, and then nothing is changed.
    ///
    /// Call it in the transaction that changes the password.
    ///
    /// # Errors
    /// A query fails.
    pub fn store(
        &self,
        connection: &mut DbConnection,
        user_id: UserId,
        encoded_password: &str,
    ) -> Result<Option<HeaderValue>, DatabaseError> {
        let settings = &self.site.settings;
        let keys = settings.signing_keys();
        let mut session = load(connection, &self.old_key, self.settings.engine, &keys)?;
        let new_key = get_random_string(SESSION_KEY_LENGTH);
        let cookie = settings.session_cookie.cookie(&settings.session_cookie_name, &new_key).header();
        if session.user_id(self.settings.user_key) != Some(user_id) || cookie.is_none() {
            return Ok(None);
        }
        session
            .set_auth_hash(&session_auth_hash(encoded_password, keys.first().copied().unwrap_or_default()));
        let data = session.encode(&keys).map_err(|error| DatabaseError::Unavailable(error.to_string()))?;
        let lifetime = TimeDelta::seconds(settings.session_cookie.age.into());
        let expire_date = now(connection)? + lifetime;
        insert(connection, &new_key, &data, expire_date)?;
        delete(connection, &self.old_key)?;
        Ok(cookie)
    }
}
