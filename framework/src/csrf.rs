//! CSRF protection after `django/middleware/csrf.py`: the checks and tokens, over plain values.
//!
//! The cookie holds a secret of 32 letters and digits. Forms and headers carry the secret, or a token of 64: a random
//! mask and the secret shifted by it, so that no two responses contain the same text.

use actix_web::http::header::HeaderName;

use super::crypto::{RANDOM_STRING_CHARS, constant_time_compare, get_random_string};
use super::http::{SplitUrl, is_same_domain};

mod cookie;
mod settings;
mod stored;

pub use cookie::set_cookie;
pub use settings::CsrfSettings;
pub(crate) use settings::{SETTINGS, SameSite};
pub use stored::{CSRF_SESSION_KEY, SessionSecret, stored_secret};

/// The length of a secret.
pub const CSRF_SECRET_LENGTH: usize = 32;
/// The length of a masked token.
pub const CSRF_TOKEN_LENGTH: usize = 2 * CSRF_SECRET_LENGTH;

/// The parts of a request that the checks use.
#[derive(Clone, Copy)]
pub struct CsrfRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The secret as it is stored ([`stored_secret`]), if there is one: usually the value of the cookie.
    pub cookie: Option<&'a str>,
    /// The `X-CSRFToken` header, if there is one.
    pub header: Option<&'a str>,
    /// The `Origin` header, if there is one.
    pub origin: Option<&'a str>,
    /// The `Referer` header, if there is one.
    pub referer: Option<&'a str>,
    /// The request's host, with its port if given; `None` if it is not in `ALLOWED_HOSTS`.
    pub host: Option<&'a str>,
    /// Whether the request came over https.
    pub is_secure: bool,
    /// `CSRF_TRUSTED_ORIGINS`, e.g. `https://example.com`, `https://*.example.com`.
    pub trusted_origins: &'a [String],
    /// [`CsrfSettings::referer_domain`] and the server's port.
    pub cookie_domain: Option<(&'a str, &'a str)>,
}

/// The place of a token in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// The form field `csrfmiddlewaretoken`.
    Post,
    /// The `X-CSRFToken` header.
    Header,
}

/// A malformed cookie or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidTokenFormat {
    /// The length is neither 32 nor 64.
    IncorrectLength,
    /// A character is not an ASCII letter or digit.
    InvalidCharacters,
}

/// Why a request is rejected. The texts are Django's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectRequest {
    /// The Origin is not trusted.
    BadOrigin(String),
    /// Neither Origin nor Referer over https.
    NoReferer,
    /// The Referer is not trusted.
    BadReferer(String),
    /// The Referer is not a URL.
    MalformedReferer,
    /// The Referer is http, the request https.
    InsecureReferer,
    /// No cookie.
    NoCsrfCookie,
    /// The cookie is malformed.
    BadCookie(InvalidTokenFormat),
    /// No token.
    CsrfTokenMissing,
    /// The token is malformed.
    BadToken(TokenSource, InvalidTokenFormat),
    /// The token does not match the cookie.
    IncorrectToken(TokenSource),
}

impl RejectRequest {
    /// The detail of the 403 from Django REST framework's `SessionAuthentication`. `header_name` is
    /// [`CsrfSettings::header_name`].
    pub fn detail(&self, header_name: &HeaderName) -> String {
        format!("CSRF Failed: {}", self.reason(header_name.as_str()))
    }

    fn reason(&self, header_name: &str) -> String {
        let bad = |what: &str, of: &str| {
            format!("{what} checking failed - {of} does not match any trusted origins.")
        };
        let source = |source: &TokenSource| match source {
            TokenSource::Post => "POST".to_owned(),
            TokenSource::Header => format!("the '{}' HTTP header", title(header_name)),
        };
        let format = |reason: &InvalidTokenFormat| match reason {
            InvalidTokenFormat::IncorrectLength => "has incorrect length",
            InvalidTokenFormat::InvalidCharacters => "has invalid characters",
        };
        match self {
            Self::BadOrigin(origin) => bad("Origin", origin),
            Self::NoReferer => "Referer checking failed - no Referer.".to_owned(),
            Self::BadReferer(referer) => bad("Referer", referer),
            Self::MalformedReferer => "Referer checking failed - Referer is malformed.".to_owned(),
            Self::InsecureReferer => {
                "Referer checking failed - Referer is insecure while host is secure.".to_owned()
            }
            Self::NoCsrfCookie => "CSRF cookie not set.".to_owned(),
            Self::BadCookie(reason) => format!("CSRF cookie {}.", format(reason)),
            Self::CsrfTokenMissing => "CSRF token missing.".to_owned(),
            Self::BadToken(from, reason) => format!("CSRF token from {} {}.", source(from), format(reason)),
            Self::IncorrectToken(from) => format!("CSRF token from {} incorrect.", source(from)),
        }
    }
}

impl std::fmt::Display for RejectRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.reason("x-csrftoken"))
    }
}

impl std::error::Error for RejectRequest {}

/// Capitalizes the first letter of each word: `X-Csrftoken`.
fn title(header_name: &str) -> String {
    let mut before = ' ';
    let letters = header_name.chars().map(|letter| {
        let first = !before.is_ascii_alphabetic();
        before = letter;
        if first { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    });
    letters.collect()
}

/// Checks a request: `CsrfViewMiddleware.process_view`. `form_token` returns the last `csrfmiddlewaretoken` of the
/// form. It is called only for a POST, after the Origin and cookie checks; an empty token counts as missing.
///
/// # Errors
/// [`RejectRequest`] with the first reason, in Django's order.
pub fn check(
    request: &CsrfRequest<'_>,
    form_token: impl FnOnce() -> Option<String>,
) -> Result<(), RejectRequest> {
    if matches!(request.method, "GET" | "HEAD" | "OPTIONS" | "TRACE") {
        return Ok(());
    }
    match request.origin {
        Some(origin) if !origin_verified(request, origin) => {
            return Err(RejectRequest::BadOrigin(origin.to_owned()));
        }
        None if request.is_secure => check_referer(request)?,
        _ => {}
    }
    check_token(request, form_token)
}

/// Returns a new secret for the cookie (`rotate_token`).
pub fn get_new_csrf_string() -> String {
    get_random_string(CSRF_SECRET_LENGTH)
}

/// Returns a newly masked token for a form. Drops characters that a secret cannot have.
pub fn mask_cipher_secret(secret: &str) -> String {
    let mut token = get_new_csrf_string();
    let cipher = shift(secret, &token, |letter, mask| letter + mask);
    token.push_str(&cipher);
    token
}

/// Returns a cookie's secret. Older versions of Django masked it.
///
/// # Errors
/// [`InvalidTokenFormat`].
pub fn secret_from_cookie(cookie: &str) -> Result<String, InvalidTokenFormat> {
    check_token_format(cookie)?;
    Ok(unmask(cookie))
}

/// Returns whether `token`, masked or not, matches `secret`; false if it is malformed.
pub fn does_token_match(token: &str, secret: &str) -> bool {
    check_token_format(token).is_ok() && constant_time_compare(unmask(token).as_bytes(), secret.as_bytes())
}

/// Returns the secret in a token of 64 characters; any other text unchanged.
fn unmask(token: &str) -> String {
    match token.split_at_checked(CSRF_SECRET_LENGTH) {
        Some((mask, cipher)) if cipher.len() == CSRF_SECRET_LENGTH => {
            shift(cipher, mask, |letter, mask| letter + RANDOM_STRING_CHARS.len() - mask)
        }
        _ => token.to_owned(),
    }
}

fn shift(text: &str, mask: &str, by: impl Fn(usize, usize) -> usize) -> String {
    let index = |byte: u8| RANDOM_STRING_CHARS.iter().position(|letter| *letter == byte);
    let shifted = text.bytes().zip(mask.bytes()).filter_map(|(letter, mask)| {
        let at = by(index(letter)?, index(mask)?) % RANDOM_STRING_CHARS.len();
        RANDOM_STRING_CHARS.get(at).map(|letter| char::from(*letter))
    });
    shifted.collect()
}

fn check_token_format(token: &str) -> Result<(), InvalidTokenFormat> {
    if !matches!(token.chars().count(), CSRF_SECRET_LENGTH | CSRF_TOKEN_LENGTH) {
        return Err(InvalidTokenFormat::IncorrectLength);
    }
    let alphanumeric = token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if alphanumeric { Ok(()) } else { Err(InvalidTokenFormat::InvalidCharacters) }
}

fn check_token(
    request: &CsrfRequest<'_>,
    form_token: impl FnOnce() -> Option<String>,
) -> Result<(), RejectRequest> {
    let cookie = request.cookie.ok_or(RejectRequest::NoCsrfCookie)?;
    let secret = secret_from_cookie(cookie).map_err(RejectRequest::BadCookie)?;
    let form_token = if request.method == "POST" { form_token() } else { None };
    let (token, source) = match (form_token.filter(|token| !token.is_empty()), request.header) {
        (Some(token), _) => (token, TokenSource::Post),
        (None, Some(header)) => (header.to_owned(), TokenSource::Header),
        (None, None) => return Err(RejectRequest::CsrfTokenMissing),
    };
    check_token_format(&token).map_err(|reason| RejectRequest::BadToken(source, reason))?;
    if does_token_match(&token, &secret) { Ok(()) } else { Err(RejectRequest::IncorrectToken(source)) }
}

fn origin_verified(request: &CsrfRequest<'_>, origin: &str) -> bool {
    let scheme = if request.is_secure { "https" } else { "http" };
    let own = request.host.is_some_and(|host| origin == format!("{scheme}://{host}"));
    if own || request.trusted_origins.iter().any(|trusted| !trusted.contains('*') && trusted == origin) {
        return true;
    }
    let Some(origin) = SplitUrl::parse(origin) else { return false };
    let patterns = request.trusted_origins.iter().filter(|trusted| trusted.contains('*'));
    patterns.filter_map(|trusted| SplitUrl::parse(trusted)).any(|trusted| {
        trusted.scheme == origin.scheme
            && is_same_domain(&origin.netloc, trusted.netloc.trim_start_matches('*'))
    })
}

fn check_referer(request: &CsrfRequest<'_>) -> Result<(), RejectRequest> {
    let referer = request.referer.ok_or(RejectRequest::NoReferer)?;
    let referer = SplitUrl::parse(referer).ok_or(RejectRequest::MalformedReferer)?;
    if referer.scheme.is_empty() || referer.netloc.is_empty() {
        return Err(RejectRequest::MalformedReferer);
    }
    if referer.scheme != "https" {
        return Err(RejectRequest::InsecureReferer);
    }
    let mut trusted = request.trusted_origins.iter().filter_map(|trusted| SplitUrl::parse(trusted));
    if trusted.any(|trusted| is_same_domain(&referer.netloc, trusted.netloc.trim_start_matches('*'))) {
        return Ok(());
    }
    let allowed = match request.cookie_domain {
        Some((domain, "80" | "443")) => Some(domain.to_owned()),
        Some((domain, port)) => Some(format!("{domain}:{port}")),
        None => request.host.map(str::to_owned),
    };
    if allowed.is_some_and(|allowed| is_same_domain(&referer.netloc, &allowed)) {
        return Ok(());
    }
    Err(RejectRequest::BadReferer(referer.geturl()))
}

#[cfg(test)]
mod tests;
