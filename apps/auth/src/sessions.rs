//! Finds a session's user (`get_user` of `django/contrib/auth/__init__.py`, over the database's sessions).
//!
//! Sessions are only read here. Django deletes a session whose hash does not match, and renews one that was signed with
//! an older key; both wait until the user's next request to Django.

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;
use actix_web::web::Data;
use diesel::prelude::*;

use super::backends::AuthenticationError;
use super::models::User;
use super::session_data::{SessionData, SessionHash, verify_session_hash};
use crate::schema::django_session;
use vitamin_framework::conf::{Env, Setting};
use vitamin_framework::database::{Database, DatabaseError, DbConnection, KeyType, now};
use vitamin_framework::http::get_cookie;
use vitamin_framework::middleware::{Site, is_session_key};

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[Setting::new(
    "AUTHENTICATION_BACKENDS",
    "Class paths, comma-separated, as in your Django project. A session is accepted if one of these \
         backends created it.",
)
.default("django.contrib.auth.backends.ModelBackend")
.public()];

/// Which sessions are accepted. The cookies' names and the signing keys are the framework's
/// ([`HttpSettings`](vitamin_framework::middleware::HttpSettings)).
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// `AUTHENTICATION_BACKENDS`, comma-separated, as in your Django project: a session is accepted if one of these
    /// created it. The default is Django's, ModelBackend alone.
    ///
    /// In any case the user must be active.
    pub authentication_backends: Vec<String>,
    /// The type of the user key in a session: [`UserModel::key`](super::UserModel::key).
    pub user_key: KeyType,
}

impl SessionSettings {
    /// Reads the settings.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        let backends = env.words("AUTHENTICATION_BACKENDS");
        if backends.is_empty() {
            Self::default()
        } else {
            Self { authentication_backends: backends, ..Self::default() }
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            authentication_backends: vec!["django.contrib.auth.backends.ModelBackend".to_owned()],
            user_key: KeyType::default(),
        }
    }
}

/// Returns the active user of the request's session cookie. Returns `None` if there is no cookie or no such session, or
/// if the session has expired, was signed with another key, or predates the last password change. Without a cookie it
/// does not query the database.
///
/// The database failed, or the auth app is not installed.
pub async fn get_user(request: &HttpRequest) -> Result<Option<User>, AuthenticationError> {
    if !request.headers().contains_key(COOKIE) {
        return Ok(None);
    }
    let (Some(site), Some(database), Some(settings)) = (
        request.app_data::<Data<Site>>(),
        request.app_data::<Data<Database>>(),
        request.app_data::<Data<SessionSettings>>(),
    ) else {
        return Err(AuthenticationError::NotInstalled);
    };
    let session_key = get_cookie(request.headers(), &site.settings.session_cookie_name);
    // PostgreSQL accepts no text with a NUL, which a quoted cookie can contain.
    let Some(session_key) = session_key.filter(|key| is_session_key(key) && !key.contains('\0')) else {
        return Ok(None);
    };
    let (site, settings) = (site.clone(), settings.clone());
    let load = move |connection: &mut DbConnection| {
        let Some(session_data) = load(connection, &session_key)? else { return Ok(None) };
        find_session_user(connection, &session_data, &settings, &site.settings.signing_keys())
    };
    database.run(load).await.map_err(|error: DatabaseError| error.into())
}

/// Returns the data of an unexpired session.
fn load(connection: &mut DbConnection, session_key: &str) -> Result<Option<String>, DatabaseError> {
    let now = now(connection)?;
    let live = django_session::table.find(session_key).filter(django_session::expire_date.gt(now));
    Ok(live.select(django_session::session_data).get_result(connection).optional()?)
}

fn find_session_user(
    connection: &mut DbConnection,
    session_data: &str,
    settings: &SessionSettings,
    keys: &[&[u8]],
) -> Result<Option<User>, DatabaseError> {
    let session = match SessionData::decode(session_data, keys) {
        Ok(session) => session,
        Err(error) => {
            log::warn!("Session data corrupted: {error}");
            return Ok(None);
        }
    };
    let backend = session.backend().unwrap_or_default();
    let id = session.user_id(settings.user_key);
    let known = settings.authentication_backends.iter().any(|known| known == backend);
    let Some(id) = id.filter(|_| known) else { return Ok(None) };
    let user = User::get(connection, id)?.filter(|user| user.is_active);
    Ok(user.filter(|user| {
        verify_session_hash(session.auth_hash(), &user.password, keys) != SessionHash::Refused
    }))
}
