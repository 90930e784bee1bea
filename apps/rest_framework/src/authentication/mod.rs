//! Authentication classes (`rest_framework/authentication.py`): who sends the request?

mod basic;
mod remote_user;
mod session;

use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

use actix_web::http::header::AUTHORIZATION;
use async_trait::async_trait;

pub use self::basic::BasicAuthentication;
pub use self::remote_user::RemoteUserAuthentication;
pub use self::session::SessionAuthentication;
use super::exceptions::APIException;
use super::request::Request;
use vitamin_auth::models::User;
use vitamin_framework::http::get_header;

/// Tells whose request it is. A view asks its classes in order, until one answers.
#[async_trait(?Send)]
pub trait Authentication: Send + Sync {
    /// - `Ok(None)`: the request has no credentials of this kind; the next class is asked.
    /// - `Ok(Some(identity))`: this user.
    ///
    /// # Errors
    /// The credentials are of this kind, and bad: nobody else is asked, the client gets the exception.
    async fn authenticate(&self, request: &Request) -> Result<Option<Identity>, APIException>;

    /// [`authenticate`](Self::authenticate) as far as it need not wait for anything: the request has no credentials of this
    /// kind, or their owner is known already. It is asked first, which spares most requests a future, and decides unless
    /// it is `None`.
    fn authenticate_now(&self, _request: &Request) -> Option<Result<Option<Identity>, APIException>> {
        None
    }

    /// The value of `WWW-Authenticate` in a 401, or `None` where this scheme answers 403 instead. A view asks its
    /// first class only.
    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        None
    }
}

/// A user, and the credential that proved it (`request.user`, `request.auth`).
pub struct Identity {
    pub(super) user: Rc<User>,
    pub(super) auth: Option<Rc<dyn Any>>,
}

impl Identity {
    /// A user known without anything to keep: by name and password, or by session.
    #[must_use]
    pub fn new(user: impl Into<Rc<User>>) -> Self {
        Self { user: user.into(), auth: None }
    }

    /// Keeps the credential: a handler gets it as [`Auth<T>`](super::request::Auth).
    #[must_use]
    pub fn auth<T: 'static>(self, auth: T) -> Self {
        self.shared_auth(Rc::new(auth))
    }

    /// [`Identity::auth`] with a credential that others have too.
    #[must_use]
    pub fn shared_auth<T: 'static>(mut self, auth: Rc<T>) -> Self {
        self.auth = Some(auth);
        self
    }
}

/// The `Authorization` header: several are joined with a comma, as a WSGI server joins them.
#[must_use]
pub fn get_authorization_header(request: &Request) -> Cow<'_, [u8]> {
    get_header(request.headers(), AUTHORIZATION).unwrap_or_default()
}

/// What an `Authorization` header of a given keyword holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Credentials<'a> {
    /// Another keyword, or no header: not ours.
    NotMine,
    /// The keyword alone.
    Missing,
    /// The one word behind the keyword.
    One(&'a [u8]),
    /// Several words behind it.
    Several,
}

/// Splits a header at white space, as Python splits bytes, and compares the keyword without regard to case.
#[must_use]
pub fn credentials<'a>(header: &'a [u8], keyword: &str) -> Credentials<'a> {
    if let Some(credentials) = usual(header, keyword) {
        return credentials;
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let mut words = header.split(is_space).filter(|word| !word.is_empty());
    match words.next() {
        Some(word) if word.eq_ignore_ascii_case(keyword.as_bytes()) => {}
        _ => return Credentials::NotMine,
    }
    match (words.next(), words.next()) {
        (None, _) => Credentials::Missing,
        (Some(word), None) => Credentials::One(word),
        (Some(_), Some(_)) => Credentials::Several,
    }
}

/// The keyword, one space, one word: what every request sends is split without a look at each byte in turn.
fn usual<'a>(header: &'a [u8], keyword: &str) -> Option<Credentials<'a>> {
    let (found, rest) = header.split_at_checked(keyword.len())?;
    let word = rest.strip_prefix(b" ").filter(|word| !word.is_empty())?;
    // Without an early end, so that it is done for many bytes at once. All white space lies below.
    let has_space = word.iter().fold(false, |found, byte| found | (*byte <= b' '));
    (!has_space && found.eq_ignore_ascii_case(keyword.as_bytes())).then_some(Credentials::One(word))
}

#[cfg(test)]
mod tests;
