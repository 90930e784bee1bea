//! The settings of the session cookie (`SESSION_COOKIE_…` of `django/conf/global_settings.py`). Its name is one of
//! [`HttpSettings`](crate::middleware::HttpSettings).

use super::SetCookie;
use crate::conf::{Env, ImproperlyConfigured, Setting};
use crate::csrf::SameSite;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "SESSION_COOKIE_AGE",
        "The lifetime in seconds of sessions that are made here, and of those in `signed_cookies`.",
    )
    .default("1209600")
    .public(),
    Setting::new(
        "SESSION_COOKIE_DOMAIN",
        "The session cookie's domain. With `CSRF_USE_SESSIONS`, a `Referer` of this domain is accepted.",
    )
    .public(),
    Setting::new("SESSION_COOKIE_PATH", "The session cookie's path.").default("/").public(),
    Setting::new("SESSION_COOKIE_SECURE", "Sends the session cookie over https only.").default("false").public(),
    Setting::new("SESSION_COOKIE_HTTPONLY", "Hides the session cookie from scripts.").default("true").public(),
    Setting::new(
        "SESSION_COOKIE_SAMESITE",
        "`Lax`, `Strict`, `None`, or `False` to omit the session cookie's attribute.",
    )
    .default("Lax")
    .public(),
    Setting::new(
        "SESSION_EXPIRE_AT_BROWSER_CLOSE",
        "Lets the browser forget the session cookie when it closes. In the database the session still has its lifetime.",
    )
    .default("false"),
];

/// How the session cookie is sent.
#[derive(Clone, Debug)]
pub struct SessionCookieSettings {
    /// `SESSION_COOKIE_AGE`: the lifetime of a session in seconds (default two weeks).
    pub age: u32,
    /// `SESSION_COOKIE_DOMAIN`.
    pub domain: Option<String>,
    /// `SESSION_COOKIE_PATH` (default `/`).
    pub path: String,
    /// `SESSION_COOKIE_SECURE` (default false).
    pub secure: bool,
    /// `SESSION_COOKIE_HTTPONLY` (default true).
    pub httponly: bool,
    /// `SESSION_COOKIE_SAMESITE` (default `Lax`), as written; `None` omits the attribute.
    pub samesite: Option<String>,
    /// `SESSION_EXPIRE_AT_BROWSER_CLOSE` (default false).
    pub expire_at_browser_close: bool,
}

impl SessionCookieSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            age: env.parse("SESSION_COOKIE_AGE", 60 * 60 * 24 * 7 * 2)?,
            domain: env.text("SESSION_COOKIE_DOMAIN").map(str::to_owned),
            path: env.text("SESSION_COOKIE_PATH").unwrap_or("/").to_owned(),
            secure: env.flag("SESSION_COOKIE_SECURE", false)?,
            httponly: env.flag("SESSION_COOKIE_HTTPONLY", true)?,
            samesite: env.parse("SESSION_COOKIE_SAMESITE", SameSite::default())?.0,
            expire_at_browser_close: env.flag("SESSION_EXPIRE_AT_BROWSER_CLOSE", false)?,
        })
    }

    /// The cookie of this name and session key.
    #[must_use]
    pub fn cookie<'a>(&'a self, name: &'a str, session_key: &'a str) -> SetCookie<'a> {
        SetCookie {
            name,
            value: session_key,
            domain: self.domain.as_deref(),
            path: &self.path,
            max_age: (!self.expire_at_browser_close).then_some(self.age),
            secure: self.secure,
            httponly: self.httponly,
            samesite: self.samesite.as_deref(),
        }
    }
}
