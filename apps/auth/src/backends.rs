//! `authenticate()` with Django's ModelBackend (`django/contrib/auth/backends.py`).

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::rt::time::timeout;
use actix_web::web::Data;

use super::hashers::{Verdict, unusable_password};
use super::login_counts::LoginCounts;
use super::login_throttle::LoginThrottle;
use super::models::User;
use super::passwords::{Login, Passwords};
use super::user_model::UserModel;
use vitamin_framework::audit::{self, Entry, Event};
use vitamin_framework::cache::{Outcome, Refused};
use vitamin_framework::database::{Database, DatabaseError, DbConnection};
use vitamin_framework::http::client_address;
use vitamin_framework::logging::{OrDash, Quoted, warn_sometimes};
use vitamin_framework::worker_pool::{Busy, JobOwner};

/// The target of the log's lines about logins.
const TARGET: &str = "vitamin::login";

/// Why a username and password could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Too many passwords are being hashed already.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Too many logins of this name or address have failed. The client may try again after this time.
    #[error("too many logins have failed")]
    Throttled(Duration),
    /// The project did not install the `auth` app.
    #[error("the auth app is not in INSTALLED_APPS")]
    NotInstalled,
}

/// Returns the user of this name and password. Returns `None` for an unknown name, a wrong password and an inactive
/// user alike, after the same time.
///
/// Failures are limited by user name and address ([`LoginThrottle`]), logged, and recorded in the audit stream.
///
/// As in Django, a correct password whose hash has another scheme or cost than the preferred one is rehashed and
/// stored, if the settings and the database allow it ([`Rewriting`](super::passwords::Rewriting)).
///
/// The password may be changed, or the user deactivated, right after the check. What is stored for the user because of it
/// must compare both again in the statement that stores it, as
/// `Token::issue` of `vitamin-authtoken` does.
///
/// # Errors
/// [`AuthenticationError`], which reveals nothing about the user.
pub async fn authenticate(
    request: &HttpRequest,
    username: &str,
    password: &str,
) -> Result<Option<User>, AuthenticationError> {
    let outcome = log_in(request, username, password).await;
    if let Some(counts) = request.app_data::<Data<LoginCounts>>() {
        counts.record(&outcome);
    }
    outcome
}

async fn log_in(
    request: &HttpRequest,
    username: &str,
    password: &str,
) -> Result<Option<User>, AuthenticationError> {
    let (Some(database), Some(passwords), Some(throttle)) = (
        request.app_data::<Data<Database>>(),
        request.app_data::<Data<Passwords>>(),
        request.app_data::<Data<LoginThrottle>>(),
    ) else {
        return Err(AuthenticationError::NotInstalled);
    };
    let address = client_address(request);
    let attempt = match throttle.begin(request, username, address).await {
        Ok(attempt) => attempt,
        Err(refused) => {
            report_lockout(request, username, address, refused);
            return Err(AuthenticationError::Throttled(refused.wait));
        }
    };
    // Not before: a login may wait for others to end, and the time of the query must not follow that.
    let arrived = Instant::now();
    // If the client goes meanwhile, the attempt counts as failed.
    let owner = JobOwner::new(request, username);
    let checked = check(database, passwords, owner, username, password, arrived).await;
    let accepted = matches!(&checked, Ok((_, Login { verdict: Verdict::Correct { .. }, .. })));
    let outcome = if accepted || checked.is_err() { Outcome::Released } else { Outcome::Failed };
    throttle.end(request, attempt, outcome).await;
    let (user, login) = checked?;
    if let (Some(mut user), Verdict::Correct { rehashed }) = (user.clone(), login.verdict.clone()) {
        if let Some(encoded) = rehashed {
            upgrade_password(database, &mut user, encoded).await;
        }
        audit::record(request, || Entry::new(Event::Login).user(user.id, &user.username));
        return Ok(Some(user));
    }
    log::warn!(target: TARGET, "Login failed: user={} address={}", Quoted(username), OrDash(address));
    audit::record(request, || Entry {
        user_id: user.map(|user| user.id),
        ..Entry::new(Event::LoginFailed).username(username)
    });
    passwords.wait(&login).await;
    Ok(None)
}

/// Finds the user and checks the password.
async fn check(
    database: &Database,
    passwords: &Passwords,
    owner: JobOwner,
    username: &str,
    password: &str,
    arrived: Instant,
) -> Result<(Option<User>, Login), AuthenticationError> {
    let name = username.to_owned();
    let user = database.run(move |connection| User::get_by_natural_key(connection, &name)).await?;
    let login = passwords.check_login(owner, password, user.as_ref(), arrived).await?;
    Ok((user, login))
}

/// The log names each name and address once in a period, so that a flood of requests is no flood of lines.
fn report_lockout(request: &HttpRequest, username: &str, address: Option<IpAddr>, refused: Refused) {
    if refused.is_first {
        // Otherwise all clients of the proxy count as one.
        let is_behind_proxy = address == request.peer_addr().map(|peer| peer.ip().to_canonical())
            && request.headers().contains_key("x-forwarded-for");
        let hint = if is_behind_proxy {
            ". The request has X-Forwarded-For: if your proxy wrote it, add the proxy to TRUSTED_PROXIES"
        } else {
            ""
        };
        log::warn!(
            target: TARGET,
            "Logins are refused for {:.0} s, because too many failed: user={} address={}{hint}",
            refused.wait.as_secs_f64().ceil(),
            Quoted(username),
            OrDash(address),
        );
        audit::record(request, || Entry::new(Event::Lockout).username(username));
    }
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

/// Best effort: a login does not fail if the better hash cannot be stored, and hardly waits. The next login tries again. If the
/// stored hash has changed meanwhile, `user` keeps the one that was checked.
async fn upgrade_password(database: &Database, user: &mut User, encoded: String) {
    let (row, new) = (user.clone(), encoded.clone());
    let store = database.run(move |connection| row.upgrade_password(connection, &new));
    let stored: Result<bool, DatabaseError> = timeout(REHASH_PATIENCE, store)
        .await
        .unwrap_or_else(|_| Err(DatabaseError::Unavailable("it took too long".to_owned())));
    match stored {
        Ok(true) => user.password = encoded,
        Ok(false) => {}
        Err(error) => {
            warn_sometimes(
                module_path!(),
                &format!("A password could not be rehashed at its login: {error}"),
            );
        }
    }
}
