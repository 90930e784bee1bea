//! Authentication classes (`rest_framework/authentication.py`): they identify the user of a request.

mod basic;
mod remote_user;
mod session;

use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;

pub use self::basic::BasicAuthentication;
pub use self::remote_user::RemoteUserAuthentication;
pub use self::session::SessionAuthentication;
use super::policy_result::PolicyResult;
use super::request::Request;
use super::schemas::SecurityScheme;
use vitamin_auth::models::User;
use vitamin_framework::diagnosis::class_name;
use vitamin_framework::http::get_header;

/// Identifies the user of a request. A view calls its authentication classes in order until one finds a user or fails.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication class",
    label = "not an `Authentication`",
    note = "implement `Authentication` for it: `authenticate` returns the user of a request",
    note = "a class is a value: `TokenAuthentication::new()`"
)]
pub trait Authentication: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

    /// - `None`: the request has no credentials of this kind. The view tries the next class.
    /// - `Some(identity)`: the request is authenticated.
    ///
    /// The result should be ready if the request has no credentials of this kind, or if their user is known at once: that
    /// saves a future for most requests.
    ///
    /// # Errors
    /// The credentials are of this kind, but invalid. The view tries no other class and returns the error.
    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>>;

    /// The value of `WWW-Authenticate` in a 401, or `None` if the response is 403 instead. Only the view's first class
    /// counts.
    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        None
    }

    /// How the OpenAPI document describes the credentials (`OpenApiAuthenticationExtension`). `None`: it leaves them out,
    /// with a warning.
    fn security_scheme(&self) -> Option<SecurityScheme> {
        None
    }
}

/// A class that was chosen at run time.
impl<A: Authentication + ?Sized> Authentication for Arc<A> {
    fn class_name(&self) -> &'static str {
        (**self).class_name()
    }

    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        (**self).authenticate(request)
    }

    fn authenticate_header(&self, request: &Request) -> Option<Cow<'static, str>> {
        (**self).authenticate_header(request)
    }

    fn security_scheme(&self) -> Option<SecurityScheme> {
        (**self).security_scheme()
    }
}

/// A user, and the credential of the request (`request.user`, `request.auth`).
pub struct Identity {
    pub(super) user: Rc<User>,
    pub(super) auth: Option<Rc<dyn Any>>,
}

impl Identity {
    /// A user without a credential to keep, as after login by password or session.
    #[must_use]
    pub fn new(user: impl Into<Rc<User>>) -> Self {
        Self { user: user.into(), auth: None }
    }

    /// Adds the credential. A handler extracts it as [`Auth<T>`](super::request::Auth).
    #[must_use]
    pub fn auth<T: 'static>(self, auth: T) -> Self {
        self.shared_auth(Rc::new(auth))
    }

    /// [`Identity::auth`] with a shared credential.
    #[must_use]
    pub fn shared_auth<T: 'static>(mut self, auth: Rc<T>) -> Self {
        self.auth = Some(auth);
        self
    }
}

/// The `Authorization` header. Repeated headers are joined with a comma, as by a WSGI server.
#[must_use]
pub fn get_authorization_header(request: &Request) -> Cow<'_, [u8]> {
    get_header(request.headers(), AUTHORIZATION).unwrap_or_default()
}

/// The credentials in an `Authorization` header for a given keyword.
#[derive(Debug, PartialEq, Eq)]
pub enum Credentials<'a> {
    /// Another keyword, or no header.
    NotMine,
    /// Nothing after the keyword.
    Missing,
    /// One word after the keyword.
    One(&'a [u8]),
    /// Several words after the keyword.
    Several,
}

/// Splits a header at white space as Python's `bytes.split`. The keyword is case-insensitive.
#[must_use]
pub fn credentials<'a>(header: &'a [u8], keyword: &str) -> Credentials<'a> {
    if let Some(credentials) = single_word(header, keyword) {
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

/// Fast path for the usual header: the keyword, one space, one word.
fn single_word<'a>(header: &'a [u8], keyword: &str) -> Option<Credentials<'a>> {
    let (scheme, rest) = header.split_at_checked(keyword.len())?;
    let word = rest.strip_prefix(b" ").filter(|word| !word.is_empty())?;
    // No early exit, so that the compiler vectorizes the loop. All white space is at or below the space.
    let has_space = word.iter().fold(false, |any, byte| any | (*byte <= b' '));
    (!has_space && scheme.eq_ignore_ascii_case(keyword.as_bytes())).then_some(Credentials::One(word))
}

#[cfg(test)]
mod tests;
