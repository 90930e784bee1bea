//! Authentication classes (`rest_framework/authentication.py`): who sends the request?

use std::any::Any;
use std::rc::Rc;

use actix_web::http::header::AUTHORIZATION;
use async_trait::async_trait;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};

use super::exceptions::APIException;
use super::mediatypes::latin1;
use super::request::Request;
use crate::apps::auth::authenticate;
use crate::apps::auth::models::User;

/// Tells whose request it is. A view asks its classes in order, until one answers.
#[async_trait(?Send)]
pub trait Authentication: Send + Sync {
    /// - `Ok(None)`: the request has no credentials of this kind; the next class is asked.
    /// - `Ok(Some(identity))`: this user.
    ///
    /// # Errors
    /// The credentials are of this kind, and bad: nobody else is asked, the client gets the exception.
    async fn authenticate(&self, request: &Request) -> Result<Option<Identity>, APIException>;

    /// The value of `WWW-Authenticate` in a 401, or `None` where this scheme answers 403 instead. A view asks its
    /// first class only.
    fn authenticate_header(&self, _request: &Request) -> Option<String> {
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
    pub fn new(user: User) -> Self {
        Self { user: Rc::new(user), auth: None }
    }

    /// Keeps the credential: a handler gets it as [`Auth<T>`](super::request::Auth).
    #[must_use]
    pub fn auth<T: 'static>(mut self, auth: T) -> Self {
        self.auth = Some(Rc::new(auth));
        self
    }
}

/// The `Authorization` header: several are joined with a comma, as a WSGI server joins them.
#[must_use]
pub fn get_authorization_header(request: &Request) -> Vec<u8> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let mut header = values.next().map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    for value in values {
        header.push(b',');
        header.extend_from_slice(value.as_bytes());
    }
    header
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

/// `Authorization: Basic <base64 of name:password>` (RFC 7617).
pub struct BasicAuthentication {
    /// The realm of the challenge.
    pub www_authenticate_realm: &'static str,
}

impl BasicAuthentication {
    /// With the realm `api`.
    #[must_use]
    pub const fn new() -> Self {
        Self { www_authenticate_realm: "api" }
    }
}

impl Default for BasicAuthentication {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait(?Send)]
impl Authentication for BasicAuthentication {
    async fn authenticate(&self, request: &Request) -> Result<Option<Identity>, APIException> {
        let header = get_authorization_header(request);
        let decoded = match credentials(&header, "basic") {
            Credentials::NotMine => return Ok(None),
            Credentials::Missing => Err("Invalid basic header. No credentials provided."),
            Credentials::Several => {
                Err("Invalid basic header. Credentials string should not contain spaces.")
            }
            Credentials::One(word) => {
                decode(word).ok_or("Invalid basic header. Credentials not correctly base64 encoded.")
            }
        };
        let (username, password) = decoded.map_err(APIException::authentication_failed)?;
        let user = authenticate(request, &username, &password).await?;
        // An inactive user is not told apart: authenticate() gives none.
        let user = user.ok_or_else(|| APIException::authentication_failed("Invalid username/password."))?;
        Ok(Some(Identity::new(user)))
    }

    fn authenticate_header(&self, _request: &Request) -> Option<String> {
        Some(format!("Basic realm=\"{}\"", self.www_authenticate_realm))
    }
}

/// Name and password, in UTF-8 or else in Latin-1.
fn decode(word: &[u8]) -> Option<(String, String)> {
    let bytes = b64decode(word)?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| latin1(error.as_bytes()).into_owned());
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

/// Base64 as Python's `b64decode` takes it: what is not of the alphabet is passed over, and so is all that follows the
/// padding.
fn b64decode(word: &[u8]) -> Option<Vec<u8>> {
    let alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut kept = Vec::with_capacity(word.len());
    let mut padding = 0;
    for byte in word {
        if *byte == b'=' {
            padding += 1;
            // The end, where the group of four is complete; padding elsewhere is passed over.
            if kept.len() % 4 >= 2 && kept.len() % 4 + padding >= 4 {
                break;
            }
        } else if alphabet(byte) {
            padding = 0;
            kept.push(*byte);
        }
    }
    let complete = kept.len() % 4 == 0 || (kept.len() % 4 >= 2 && kept.len() % 4 + padding >= 4);
    complete.then(|| LENIENT.decode(kept).ok()).flatten()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_split_as_python_splits_it() {
        for (header, expected) in [
            (&b""[..], Credentials::NotMine),
            (b"Tokenx abc", Credentials::NotMine),
            (b"Bearer abc", Credentials::NotMine),
            (b"tOkEn", Credentials::Missing),
            (b"Token \t ", Credentials::Missing),
            (b" Token\tabc ", Credentials::One(b"abc")),
            (b"Token a b", Credentials::Several),
            (b"Token a,Token b", Credentials::Several),
            (b"Token \xff", Credentials::One(b"\xff")),
        ] {
            assert_eq!(credentials(header, "Token"), expected, "{header:?}");
        }
    }
}
