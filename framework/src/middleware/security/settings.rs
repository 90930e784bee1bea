//! Django's settings `SECURE_…` and `X_FRAME_OPTIONS`.

use actix_web::http::header::HeaderValue;
use vitamin_parsing::python::Regex;

use crate::conf::{Env, ImproperlyConfigured, Setting};

/// What `SECURE_REFERRER_POLICY` may contain.
pub(crate) const REFERRER_POLICIES: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

/// What `SECURE_CROSS_ORIGIN_OPENER_POLICY` may be.
pub(crate) const OPENER_POLICIES: [&str; 3] = ["same-origin", "same-origin-allow-popups", "unsafe-none"];

const SAME_ORIGIN: &str = "same-origin";
const DENY: &str = "DENY";

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "SECURE_SSL_REDIRECT",
        "Redirects http to https. Behind a proxy that ends TLS, set `SECURE_PROXY_SSL_HEADER` too.",
    )
    .default("false"),
    Setting::new(
        "SECURE_SSL_HOST",
        "The host that `SECURE_SSL_REDIRECT` redirects to. Unset: the request's.",
    ),
    Setting::new(
        "SECURE_REDIRECT_EXEMPT",
        "Python's regular expressions of paths, without the first slash, that `SECURE_SSL_REDIRECT` leaves alone, as a Python \
         list or comma-separated: `^health/$`.",
    ),
    Setting::new(
        "SECURE_HSTS_SECONDS",
        "The seconds of `Strict-Transport-Security`, which responses over https get. `0`: no header.",
    )
    .default("0"),
    Setting::new("SECURE_HSTS_INCLUDE_SUBDOMAINS", "Adds `includeSubDomains` to it.").default("false"),
    Setting::new("SECURE_HSTS_PRELOAD", "Adds `preload` to it.").default("false"),
    Setting::new("SECURE_CONTENT_TYPE_NOSNIFF", "Sends `X-Content-Type-Options: nosniff`.").default("true"),
    Setting::new(
        "SECURE_REFERRER_POLICY",
        "The value of `Referrer-Policy`, or several, comma-separated. `None`: no header.",
    )
    .default(SAME_ORIGIN),
    Setting::new(
        "SECURE_CROSS_ORIGIN_OPENER_POLICY",
        "The value of `Cross-Origin-Opener-Policy`. `None`: no header.",
    )
    .default(SAME_ORIGIN),
    Setting::new(
        "X_FRAME_OPTIONS",
        "The value of `X-Frame-Options`: `DENY` or `SAMEORIGIN`. `None`: no header, as without XFrameOptionsMiddleware.",
    )
    .default(DENY),
];

/// Django's settings of the same names.
#[derive(Clone, Debug)]
pub struct SecuritySettings {
    /// `SECURE_SSL_REDIRECT` (default false): redirect http to https.
    pub ssl_redirect: bool,
    /// `SECURE_SSL_HOST`: the host of that redirect, if it is not the request's.
    pub ssl_host: Option<String>,
    /// `SECURE_REDIRECT_EXEMPT`: paths, without the first slash, that are not redirected.
    pub redirect_exempt: Vec<Regex>,
    /// `SECURE_HSTS_SECONDS` (default 0: no header).
    pub hsts_seconds: u64,
    /// `SECURE_HSTS_INCLUDE_SUBDOMAINS` (default false).
    pub hsts_include_subdomains: bool,
    /// `SECURE_HSTS_PRELOAD` (default false).
    pub hsts_preload: bool,
    /// `SECURE_CONTENT_TYPE_NOSNIFF` (default true).
    pub content_type_nosniff: bool,
    /// `SECURE_REFERRER_POLICY` (default `same-origin`). `None`: no header.
    pub referrer_policy: Option<String>,
    /// `SECURE_CROSS_ORIGIN_OPENER_POLICY` (default `same-origin`). `None`: no header.
    pub cross_origin_opener_policy: Option<String>,
    /// `X_FRAME_OPTIONS` (default `DENY`), in capitals. `None`: no header.
    pub x_frame_options: Option<String>,
}

impl SecuritySettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let referrer_policy = match env.words("SECURE_REFERRER_POLICY").join(",") {
            unset if unset.is_empty() => Some(SAME_ORIGIN.to_owned()),
            policies => unless_none(policies),
        };
        let opener_policy = env.text("SECURE_CROSS_ORIGIN_OPENER_POLICY").unwrap_or(SAME_ORIGIN);
        let settings = Self {
            ssl_redirect: env.flag("SECURE_SSL_REDIRECT", false)?,
            ssl_host: env.text("SECURE_SSL_HOST").map(str::to_owned).and_then(unless_none),
            redirect_exempt: env.regexes("SECURE_REDIRECT_EXEMPT")?,
            hsts_seconds: env.parse("SECURE_HSTS_SECONDS", 0)?,
            hsts_include_subdomains: env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", false)?,
            hsts_preload: env.flag("SECURE_HSTS_PRELOAD", false)?,
            content_type_nosniff: env.flag("SECURE_CONTENT_TYPE_NOSNIFF", true)?,
            referrer_policy,
            cross_origin_opener_policy: unless_none(opener_policy.to_owned()),
            x_frame_options: unless_none(env.text("X_FRAME_OPTIONS").unwrap_or(DENY).to_uppercase()),
        };
        let headers = [
            ("SECURE_SSL_HOST", settings.ssl_host.as_deref()),
            ("SECURE_REFERRER_POLICY", settings.referrer_policy.as_deref()),
            ("SECURE_CROSS_ORIGIN_OPENER_POLICY", settings.cross_origin_opener_policy.as_deref()),
            ("X_FRAME_OPTIONS", settings.x_frame_options.as_deref()),
        ];
        for (name, value) in headers {
            if let Err(error) = value.map(HeaderValue::from_str).transpose() {
                return Err(ImproperlyConfigured::new(format!("{name}: {error}")));
            }
        }
        Ok(settings)
    }

    /// Whether a response depends on http or https.
    #[must_use]
    pub fn depends_on_scheme(&self) -> bool {
        self.ssl_redirect || self.hsts_seconds > 0
    }

    /// The value of `Strict-Transport-Security`.
    pub(super) fn strict_transport_security(&self) -> Option<String> {
        let mut value = format!("max-age={}", self.hsts_seconds);
        if self.hsts_include_subdomains {
            value.push_str("; includeSubDomains");
        }
        if self.hsts_preload {
            value.push_str("; preload");
        }
        (self.hsts_seconds > 0).then_some(value)
    }
}

/// Python's `None`.
fn unless_none(text: String) -> Option<String> {
    Some(text).filter(|text| !text.eq_ignore_ascii_case("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<SecuritySettings, String> {
        SecuritySettings::from_env(&Env::from_iter([(name, value)])).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_those_of_python_too() {
        let policy = |value| read("SECURE_REFERRER_POLICY", value).unwrap().referrer_policy;
        assert_eq!(policy("no-referrer, origin").as_deref(), Some("no-referrer,origin"));
        assert_eq!(policy("['no-referrer', 'origin']").as_deref(), Some("no-referrer,origin"));
        assert_eq!((policy("None"), policy("").as_deref()), (None, Some("same-origin")));
        let frame_options = |value| read("X_FRAME_OPTIONS", value).unwrap().x_frame_options;
        assert_eq!(
            (frame_options("sameorigin").as_deref(), frame_options("None")),
            (Some("SAMEORIGIN"), None)
        );
        let exempt = read("SECURE_REDIRECT_EXEMPT", "[r'^health/$', r'^a{1,2}$']").unwrap().redirect_exempt;
        assert_eq!(exempt.iter().map(Regex::as_str).collect::<Vec<_>>(), ["^health/$", "^a{1,2}$"]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (name, value) in [
            ("SECURE_HSTS_SECONDS", "a year"),
            ("SECURE_REDIRECT_EXEMPT", "(?<!x"),
            ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "a\nb"),
            ("SECURE_SSL_REDIRECT", "https"),
        ] {
            let error = read(name, value).unwrap_err();
            assert!(error.starts_with(name), "{error}");
        }
    }
}
