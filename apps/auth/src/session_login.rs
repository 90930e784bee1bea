//! Logs users in and out of Django's sessions (`login` and `logout` of `django/contrib/auth/__init__.py`).

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::backends::AuthenticationError;
use super::models::User;
use super::schema::{auth_user, django_session};
use super::session_data::{SessionData, SessionHash, session_auth_hash, verify_session_hash};
use super::session_engine::SessionEngine;
use super::sessions::{SessionSettings, load, session_key};
use vitamin_framework::crypto::get_random_string;
use vitamin_framework::database::{Database, DatabaseError, DbConnection, now};
use vitamin_framework::middleware::Site;

/// The length of a session key.
pub(super) const SESSION_KEY_LENGTH: usize = 32;

/// Logs a user in, whose password was checked: makes a session, deletes that of the request, and stores the time as
/// `last_login`. Returns the value of `Set-Cookie`.
///
/// The new session has a key of its own, so that nobody who knew the old key is logged in too. It keeps the old one's data,
/// unless they are another user's.
///
/// # Errors
/// The database fails; the auth app or `SECRET_KEY` is missing; `SESSION_ENGINE` is `signed_cookies`.
pub async fn login(request: &HttpRequest, user: &User) -> Result<HeaderValue, AuthenticationError> {
    let (Some(site), Some(database), Some(settings)) = (
        request.app_data::<Data<Site>>().cloned(),
        request.app_data::<Data<Database>>(),
        request.app_data::<Data<SessionSettings>>().cloned(),
    ) else {
        return Err(AuthenticationError::NotInstalled);
    };
    if let SessionEngine::SignedCookies { .. } = settings.engine {
        log::error!(
            "SESSION_ENGINE=signed_cookies: such a session is made by Django alone, so nobody can log in here."
        );
        return Err(AuthenticationError::NotInstalled);
    }
    let new_key = get_random_string(SESSION_KEY_LENGTH);
    let cookie = site.settings.session_cookie.cookie(&site.settings.session_cookie_name, &new_key).header();
    let cookie = cookie.ok_or(AuthenticationError::NotInstalled)?;
    let (old_key, user) = (session_key(request, &site), user.clone());
    let store = move |connection: &mut DbConnection| {
        let keys = site.settings.signing_keys();
        let hash = session_auth_hash(&user.password, keys.first().copied().unwrap_or_default());
        let now = now(connection)?;
        let mut session = match &old_key {
            Some(key) => kept_data(connection, key, &user, &settings, &keys)?,
            None => SessionData::default(),
        };
        session.log_in(user.id, settings.login_backend(), &hash);
        let data = session.encode(&keys).map_err(|error| DatabaseError::Unavailable(error.to_string()))?;
        let lifetime = TimeDelta::seconds(site.settings.session_cookie.age.into());
        insert(connection, &new_key, &data, now + lifetime)?;
        if let Some(key) = &old_key {
            delete(connection, key)?;
        }
        // A user model may have no such field.
        if connection.names().constant("auth_user", "last_login").is_none() {
            let row = auth_user::table.find(user.id);
            diesel::update(row).set(auth_user::last_login.eq(Some(now))).execute(connection)?;
        }
        Ok::<_, DatabaseError>(())
    };
    database.write(store).await?;
    Ok(cookie)
}

/// Logs the request's user out: deletes its session. Returns the value of `Set-Cookie` that deletes the cookie.
///
/// # Errors
/// The database fails; the auth app is missing.
pub async fn logout(request: &HttpRequest) -> Result<HeaderValue, AuthenticationError> {
    let (Some(site), Some(database)) =
        (request.app_data::<Data<Site>>(), request.app_data::<Data<Database>>())
    else {
        return Err(AuthenticationError::NotInstalled);
    };
    if let Some(key) = session_key(request, site) {
        database.write(move |connection| delete(connection, &key)).await?;
    }
    let cookie = site.settings.session_cookie.cookie(&site.settings.session_cookie_name, "").deletion();
    cookie.ok_or(AuthenticationError::NotInstalled)
}

/// The data of the old session that the new one takes over: none if they are another user's, or the password has changed.
fn kept_data(
    connection: &mut DbConnection,
    key: &str,
    user: &User,
    settings: &SessionSettings,
    keys: &[&[u8]],
) -> Result<SessionData, DatabaseError> {
    let session = load(connection, key, settings.engine, keys)?;
    let is_own = !session.has_user()
        || session.user_id(settings.user_key) == Some(user.id)
            && verify_session_hash(session.auth_hash(), &user.password, keys) != SessionHash::Refused;
    Ok(if is_own { session } else { SessionData::default() })
}

pub(super) fn insert(
    connection: &mut DbConnection,
    key: &str,
    data: &str,
    expire_date: NaiveDateTime,
) -> Result<(), DatabaseError> {
    let row = (
        django_session::session_key.eq(key),
        django_session::session_data.eq(data),
        django_session::expire_date.eq(expire_date),
    );
    diesel::insert_into(django_session::table).values(row).execute(connection)?;
    Ok(())
}

pub(super) fn delete(connection: &mut DbConnection, key: &str) -> Result<(), DatabaseError> {
    diesel::delete(django_session::table.find(key)).execute(connection)?;
    Ok(())
}
