//! Django's `CSRF_…` settings.

use std::num::ParseIntError;
use std::str::FromStr;

use actix_web::http::header::HeaderName;

use crate::conf::{Env, ImproperlyConfigured, Setting};
use crate::http::{SplitUrl, header_name};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("CSRF_COOKIE_NAME", "The name of the cookie that holds the CSRF secret.")
        .default("csrftoken")
        .public(),
    Setting::new("CSRF_COOKIE_DOMAIN", "The cookie's domain. A `Referer` of this domain is accepted.")
        .public(),
    Setting::new("CSRF_COOKIE_PATH", "The cookie's path.").default("/").public(),
    Setting::new("CSRF_COOKIE_AGE", "The cookie's lifetime in seconds. `None`: until the browser closes.")
        .default("31449600")
        .public(),
    Setting::new("CSRF_COOKIE_SECURE", "Sends the cookie over https only.").default("false").public(),
    Setting::new("CSRF_COOKIE_HTTPONLY", "Hides the cookie from scripts.").default("false").public(),
    Setting::new("CSRF_COOKIE_SAMESITE", "`Lax`, `Strict`, `None`, or `False` to omit the attribute.")
        .default("Lax")
        .public(),
    Setting::new(
        "CSRF_USE_SESSIONS",
        "Keeps the secret in Django's session instead of the cookie. Only Django puts it there.",
    )
    .default("false"),
    Setting::new(
        "CSRF_HEADER_NAME",
        "The header of the CSRF token, by its own name (`X-CSRFToken`) or Django's.",
    )
    .default("HTTP_X_CSRFTOKEN"),
    Setting::new(
        "CSRF_TRUSTED_ORIGINS",
        "Further origins that may send unsafe requests, comma-separated: `https://example.com`, \
         `https://*.example.com`.",
    ),
];

/// Where the secret and the token are, and which origins are trusted.
#[derive(Clone, Debug)]
pub struct CsrfSettings {
    /// `CSRF_COOKIE_NAME` (default `csrftoken`).
    pub cookie_name: String,
    /// `CSRF_COOKIE_DOMAIN`: the cookie's domain. A Referer of this domain, or below it if it starts with a dot, is
    /// accepted.
    pub cookie_domain: Option<String>,
    /// `CSRF_COOKIE_PATH` (default `/`).
    pub cookie_path: String,
    /// `CSRF_COOKIE_AGE`: the cookie's lifetime in seconds (default 52 weeks), or `None` for a session cookie.
    pub cookie_age: Option<u32>,
    /// `CSRF_COOKIE_SECURE` (default false): send the cookie over https only.
    pub cookie_secure: bool,
    /// `CSRF_COOKIE_HTTPONLY` (default false): hide the cookie from scripts.
    pub cookie_httponly: bool,
    /// `CSRF_COOKIE_SAMESITE` (default `Lax`), as written; `None` omits the attribute.
    pub cookie_samesite: Option<String>,
    /// `CSRF_USE_SESSIONS` (default false): the secret is in the session.
    pub use_sessions: bool,
    /// `SESSION_COOKIE_DOMAIN`.
    pub session_cookie_domain: Option<String>,
    /// `CSRF_HEADER_NAME` (default `X-CSRFToken`; in Django's form `HTTP_X_CSRFTOKEN`).
    pub header_name: HeaderName,
    /// `CSRF_TRUSTED_ORIGINS`, comma-separated: `https://example.com`, `https://*.example.com`.
    pub trusted_origins: Vec<String>,
}

impl CsrfSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// An invalid header name, an origin without a scheme, which would match nothing, or an invalid cookie attribute.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let name = env.text("CSRF_HEADER_NAME").unwrap_or("HTTP_X_CSRFTOKEN");
        let trusted_origins = env.words("CSRF_TRUSTED_ORIGINS");
        if let Some(origin) = trusted_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ImproperlyConfigured::new(format!(
                "CSRF_TRUSTED_ORIGINS: '{origin}' does not start with a scheme (usually http:// or https://)."
            )));
        }
        Ok(Self {
            cookie_name: env.text("CSRF_COOKIE_NAME").unwrap_or("csrftoken").to_owned(),
            cookie_domain: env.text("CSRF_COOKIE_DOMAIN").map(str::to_owned),
            cookie_path: env.text("CSRF_COOKIE_PATH").unwrap_or("/").to_owned(),
            cookie_age: env.parse("CSRF_COOKIE_AGE", Age::default())?.0,
            cookie_secure: env.flag("CSRF_COOKIE_SECURE", false)?,
            cookie_httponly: env.flag("CSRF_COOKIE_HTTPONLY", false)?,
            cookie_samesite: env.parse("CSRF_COOKIE_SAMESITE", SameSite::default())?.0,
            use_sessions: env.flag("CSRF_USE_SESSIONS", false)?,
            session_cookie_domain: env.text("SESSION_COOKIE_DOMAIN").map(str::to_owned),
            header_name: header_name(name)
                .map_err(|reason| ImproperlyConfigured::new(format!("CSRF_HEADER_NAME: {reason}")))?,
            trusted_origins,
        })
    }
}

impl CsrfSettings {
    /// The domain whose `Referer` is accepted: that of the cookie which the secret depends on.
    #[must_use]
    pub fn referer_domain(&self) -> Option<&str> {
        if self.use_sessions { self.session_cookie_domain.as_deref() } else { self.cookie_domain.as_deref() }
    }
}

/// Seconds, or Python's `None`.
struct Age(Option<u32>);

impl Default for Age {
    fn default() -> Self {
        Self(Some(60 * 60 * 24 * 7 * 52))
    }
}

impl FromStr for Age {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("none") {
            Ok(Self(None))
        } else {
            text.parse().map(|age| Self(Some(age)))
        }
    }
}

/// The values that `set_cookie` of `django/http/response.py` accepts, in any case. `'None'` is a value of the
/// attribute; `False` omits it.
pub(crate) struct SameSite(pub(crate) Option<String>);

impl Default for SameSite {
    fn default() -> Self {
        Self(Some("Lax".to_owned()))
    }
}

impl FromStr for SameSite {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "lax" | "none" | "strict" => Ok(Self(Some(text.to_owned()))),
            "false" => Ok(Self(None)),
            _ => Err("it is not Lax, Strict, None or False"),
        }
    }
}

fn is_origin(origin: &str) -> bool {
    SplitUrl::parse(origin).is_some_and(|url| !url.scheme.is_empty() && !url.netloc.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<CsrfSettings, String> {
        CsrfSettings::from_env(&Env::from_iter([(name, value)])).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms_of_a_header_name_are_accepted() {
        for name in ["X-XSRF-Token", "HTTP_X_XSRF_TOKEN"] {
            assert_eq!(read("CSRF_HEADER_NAME", name).unwrap().header_name, "x-xsrf-token");
        }
        assert!(read("CSRF_HEADER_NAME", "a b").unwrap_err().starts_with("CSRF_HEADER_NAME: "));
    }

    #[test]
    fn an_origin_needs_a_scheme() {
        assert_eq!(read("CSRF_TRUSTED_ORIGINS", "https://a, https://*.b").unwrap().trusted_origins.len(), 2);
        assert!(read("CSRF_TRUSTED_ORIGINS", "example.com").unwrap_err().contains("'example.com' does not"));
    }

    #[test]
    fn invalid_cookie_attributes_are_rejected() {
        for (name, value, why) in [
            ("CSRF_COOKIE_SAMESITE", "maybe", "not Lax, Strict, None or False"),
            ("CSRF_COOKIE_AGE", "a year", "invalid digit"),
            ("CSRF_COOKIE_SECURE", "None", "neither true nor false"),
        ] {
            let error = read(name, value).unwrap_err();
            assert!(error.starts_with(name) && error.contains(why), "{error}");
        }
    }
}
