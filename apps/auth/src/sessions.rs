//! Finds a session's user (`get_user` of `django/contrib/auth/__init__.py`, over the database's sessions).
//!
//! Sessions are only read here, [`login`](crate::login) makes them. Django deletes a session whose hash does not match, and renews one that was signed with
//! an older key; both wait until the user's next request to Django.

use actix_web::http::header::COOKIE;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use diesel::prelude::*;

use super::backends::AuthenticationError;
use super::models::User;
use super::session_data::{SessionData, SessionHash, verify_session_hash};
use super::session_engine::SessionEngine;
use crate::schema::django_session;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::csrf::{CSRF_SESSION_KEY, SessionSecret};
use vitamin_framework::database::{Database, DatabaseError, DbConnection, KeyType, now};
use vitamin_framework::http::get_cookie;
use vitamin_framework::middleware::{Site, is_session_key};

/// The backend of passwords in `auth_user`.
const MODEL_BACKEND: &str = "django.contrib.auth.backends.ModelBackend";

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
    /// Where the sessions are (`SESSION_ENGINE`).
    pub engine: SessionEngine,
}

impl SessionSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Sessions that can't be read here ([`SessionEngine::from_env`]).
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let engine = SessionEngine::from_env(env)?;
        let backends = env.words("AUTHENTICATION_BACKENDS");
        if backends.is_empty() {
            Ok(Self { engine, ..Self::default() })
        } else {
            Ok(Self { engine, authentication_backends: backends, ..Self::default() })
        }
    }
}

impl SessionSettings {
    /// The backend that a session of a password names: Django's ModelBackend if it is accepted, else the first one.
    pub(super) fn login_backend(&self) -> &str {
        let backends = &self.authentication_backends;
        let model_backend = backends.iter().find(|backend| *backend == MODEL_BACKEND);
        model_backend.or(backends.first()).map_or(MODEL_BACKEND, String::as_str)
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            authentication_backends: vec![MODEL_BACKEND.to_owned()],
            user_key: KeyType::default(),
            engine: SessionEngine::Database,
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
    let Some(session_key) = session_key(request, site) else { return Ok(None) };
    let (use_sessions, site, settings) = (site.settings.csrf.use_sessions, site.clone(), settings.clone());
    let find = move |connection: &mut DbConnection| {
        let keys = site.settings.signing_keys();
        let session = load(connection, &session_key, settings.engine, &keys)?;
        let secret = session.get(CSRF_SESSION_KEY).and_then(|secret| secret.as_str().map(str::to_owned));
        let user = find_session_user(connection, &session, &settings, &keys)?;
        Ok::<_, DatabaseError>(user.map(|user| (user, secret)))
    };
    let Some((user, secret)) = database.run(find).await? else { return Ok(None) };
    if let Some(secret) = secret.filter(|_| use_sessions) {
        request.extensions_mut().insert(SessionSecret(secret));
    }
    Ok(Some(user))
}

/// The key in the request's session cookie, if it can be one.
pub(super) fn session_key(request: &HttpRequest, site: &Site) -> Option<String> {
    let session_key = get_cookie(request.headers(), &site.settings.session_cookie_name);
    // PostgreSQL accepts no text with a NUL, which a quoted cookie can contain.
    session_key.filter(|key| is_session_key(key) && !key.contains('\0'))
}

/// Returns the data of an unexpired session. They are empty if there is none.
pub(super) fn load(
    connection: &mut DbConnection,
    session_key: &str,
    engine: SessionEngine,
    keys: &[&[u8]],
) -> Result<SessionData, DatabaseError> {
    if let SessionEngine::SignedCookies { max_age } = engine {
        // Anybody can send a cookie that is none, so the log is silent.
        return Ok(SessionData::decode_cookie(session_key, keys, max_age).unwrap_or_default());
    }
    let now = now(connection)?;
    let live = django_session::table.find(session_key).filter(django_session::expire_date.gt(now));
    let stored: Option<String> =
        live.select(django_session::session_data).get_result(connection).optional()?;
    let Some(stored) = stored else { return Ok(SessionData::default()) };
    Ok(SessionData::decode(&stored, keys).unwrap_or_else(|error| {
        log::warn!("Session data corrupted: {error}");
        SessionData::default()
    }))
}

fn find_session_user(
    connection: &mut DbConnection,
    session: &SessionData,
    settings: &SessionSettings,
    keys: &[&[u8]],
) -> Result<Option<User>, DatabaseError> {
    let backend = session.backend().unwrap_or_default();
    let id = session.user_id(settings.user_key);
    let known = settings.authentication_backends.iter().any(|known| known == backend);
    let Some(id) = id.filter(|_| known) else { return Ok(None) };
    let user = User::get(connection, id)?.filter(|user| user.is_active);
    Ok(user.filter(|user| {
        verify_session_hash(session.auth_hash(), &user.password, keys) != SessionHash::Refused
    }))
}
