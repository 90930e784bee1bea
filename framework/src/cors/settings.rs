//! The settings of django-cors-headers, by their names there.

use actix_web::http::header::HeaderValue;
use vitamin_parsing::python::Regex;

use crate::checks::CheckMessage;
use crate::conf::{Env, ImproperlyConfigured, Setting, list};
use crate::http::SplitUrl;

const ALLOW_HEADERS: &str = "accept,authorization,content-type,user-agent,x-csrftoken,x-requested-with";
const ALLOW_METHODS: &str = "DELETE,GET,OPTIONS,PATCH,POST,PUT";
pub(super) const URLS_REGEX: &str = "^.*$";

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "CORS_ALLOWED_ORIGINS",
        "Origins whose scripts may read the responses, comma-separated: `https://app.example.com`. CORS is off unless \
         this, `CORS_ALLOWED_ORIGIN_REGEXES` or `CORS_ALLOW_ALL_ORIGINS` allows an origin.",
    ),
    Setting::new("CORS_ORIGIN_WHITELIST", "The former name of `CORS_ALLOWED_ORIGINS`."),
    Setting::new(
        "CORS_ALLOWED_ORIGIN_REGEXES",
        "Python's regular expressions of origins that are allowed too, as a Python list or comma-separated: \
         `^https://\\w+\\.example\\.com$`. An expression must match from the start of the origin.",
    ),
    Setting::new("CORS_ORIGIN_REGEX_WHITELIST", "The former name of `CORS_ALLOWED_ORIGIN_REGEXES`."),
    Setting::new("CORS_ALLOW_ALL_ORIGINS", "Allows any origin.").default("false"),
    Setting::new("CORS_ORIGIN_ALLOW_ALL", "The former name of `CORS_ALLOW_ALL_ORIGINS`."),
    Setting::new(
        "CORS_URLS_REGEX",
        "A regular expression of the paths that CORS applies to: `^/api/.*$`. It must match from the start of the path.",
    )
    .default(URLS_REGEX),
    Setting::new("CORS_ALLOW_METHODS", "Methods that a script of another origin may use, comma-separated.")
        .default(ALLOW_METHODS),
    Setting::new("CORS_ALLOW_HEADERS", "Headers that a script of another origin may send, comma-separated.")
        .default(ALLOW_HEADERS),
    Setting::new(
        "CORS_EXPOSE_HEADERS",
        "Headers of a response that a script of another origin may read besides the simple ones, comma-separated.",
    ),
    Setting::new("CORS_ALLOW_CREDENTIALS", "Lets scripts of the allowed origins send cookies.")
        .default("false"),
    Setting::new(
        "CORS_PREFLIGHT_MAX_AGE",
        "Seconds that a browser may keep the answer to a preflight request. `0`: no header.",
    )
    .default("86400"),
    Setting::new(
        "CORS_ALLOW_PRIVATE_NETWORK",
        "Lets public sites that are allowed reach this server in a private network.",
    )
    .default("false"),
    Setting::new(
        "CORS_BEFORE_SECURITY",
        "Whether `CorsMiddleware` comes before `SecurityMiddleware` in Django's `MIDDLEWARE`. `false`: it comes after it, so \
         that preflight responses have the security headers, and the redirect to https has none of CORS.",
    )
    .default("true"),
];

/// Which origins may read the responses, and what their scripts may do.
#[derive(Clone, Debug)]
pub struct CorsSettings {
    /// `CORS_ALLOWED_ORIGINS`.
    pub allowed_origins: Vec<String>,
    /// `CORS_ALLOWED_ORIGIN_REGEXES`.
    pub allowed_origin_regexes: Vec<Regex>,
    /// `CORS_ALLOW_ALL_ORIGINS` (default false).
    pub allow_all_origins: bool,
    /// `CORS_URLS_REGEX` (default any path).
    pub urls_regex: Regex,
    /// `CORS_ALLOW_METHODS`.
    pub allow_methods: Vec<String>,
    /// `CORS_ALLOW_HEADERS`.
    pub allow_headers: Vec<String>,
    /// `CORS_EXPOSE_HEADERS` (default: none).
    pub expose_headers: Vec<String>,
    /// `CORS_ALLOW_CREDENTIALS` (default false).
    pub allow_credentials: bool,
    /// `CORS_PREFLIGHT_MAX_AGE` in seconds (default a day).
    pub preflight_max_age: u64,
    /// `CORS_ALLOW_PRIVATE_NETWORK` (default false).
    pub allow_private_network: bool,
    /// `CORS_BEFORE_SECURITY` (default true): where the middleware is.
    pub before_security: bool,
}

impl CorsSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let origins = first_set(env, ["CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST"]);
        let regexes = first_set(env, ["CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"]);
        let allow_all = first_set(env, ["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"]);
        Ok(Self {
            allowed_origins: env.words(origins),
            allowed_origin_regexes: env.regexes(regexes)?,
            allow_all_origins: env.flag(allow_all, false)?,
            urls_regex: env.regex("CORS_URLS_REGEX", URLS_REGEX)?,
            allow_methods: names(env, "CORS_ALLOW_METHODS", ALLOW_METHODS)?,
            allow_headers: names(env, "CORS_ALLOW_HEADERS", ALLOW_HEADERS)?,
            expose_headers: names(env, "CORS_EXPOSE_HEADERS", "")?,
            allow_credentials: env.flag("CORS_ALLOW_CREDENTIALS", false)?,
            preflight_max_age: env.parse("CORS_PREFLIGHT_MAX_AGE", 86400)?,
            allow_private_network: env.flag("CORS_ALLOW_PRIVATE_NETWORK", false)?,
            before_security: env.flag("CORS_BEFORE_SECURITY", true)?,
        })
    }

    /// Whether any origin is allowed. If not, the middleware is not used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.allow_all_origins || !self.allowed_origins.is_empty() || !self.allowed_origin_regexes.is_empty()
    }

    /// Finds origins that are no origins (corsheaders.E013, E014).
    pub(crate) fn checks(&self) -> Vec<CheckMessage> {
        let of_browsers = ["null", "file://"];
        let origins = self.allowed_origins.iter().filter(|origin| !of_browsers.contains(&origin.as_str()));
        origins.filter_map(|origin| check_origin(origin)).collect()
    }
}

fn check_origin(origin: &str) -> Option<CheckMessage> {
    let url = SplitUrl::parse(origin).filter(|url| !url.scheme.is_empty() && !url.netloc.is_empty());
    let Some(url) = url else {
        let message = format!("CORS_ALLOWED_ORIGINS has {origin:?}, which lacks a scheme or a host.");
        return Some(
            CheckMessage::error("corsheaders.E013", message)
                .hint("An origin is a scheme, a host and perhaps a port: https://app.example.com:8443."),
        );
    };
    let [path, query, fragment] = url.parts();
    let parts = [("a path", path), ("a query", query), ("a fragment", fragment)];
    let (what, _) = parts.into_iter().find(|(_, part)| !part.is_empty())?;
    let message = format!("CORS_ALLOWED_ORIGINS has {origin:?}: an origin must not have {what}.");
    Some(CheckMessage::error("corsheaders.E014", message))
}

/// The first of these settings that is set, or the first one.
fn first_set(env: &Env, names: [&'static str; 2]) -> &'static str {
    let [name, _] = names;
    names.into_iter().find(|name| env.text(name).is_some()).unwrap_or(name)
}

/// A list that becomes a header.
fn names(env: &Env, name: &str, default: &str) -> Result<Vec<String>, ImproperlyConfigured> {
    let names = list::words(env.text(name).unwrap_or(default));
    match HeaderValue::from_str(&names.join(", ")) {
        Ok(_) => Ok(names),
        Err(error) => Err(ImproperlyConfigured::new(format!("{name}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<CorsSettings, String> {
        CorsSettings::from_env(&pairs.iter().copied().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_are_those_of_python_too() {
        let settings = read(&[
            ("CORS_ALLOWED_ORIGINS", "['https://a.example', \"http://localhost:3000\"]"),
            ("CORS_ALLOWED_ORIGIN_REGEXES", r#"[r"^https://\w{1,3}\.b\.example$"]"#),
        ])
        .unwrap();
        assert_eq!(settings.allowed_origins, ["https://a.example", "http://localhost:3000"]);
        assert!(settings.allowed_origin_regexes[0].matches_start("https://x.b.example"));
        assert!(settings.is_active() && !read(&[]).unwrap().is_active());
    }

    #[test]
    fn former_names_are_read() {
        for (name, value) in [
            ("CORS_ORIGIN_ALLOW_ALL", "True"),
            ("CORS_ORIGIN_WHITELIST", "https://a.example"),
            ("CORS_ORIGIN_REGEX_WHITELIST", "^https://"),
        ] {
            assert!(read(&[(name, value)]).unwrap().is_active(), "{name}");
        }
        // The present name wins.
        let both = [("CORS_ALLOW_ALL_ORIGINS", "False"), ("CORS_ORIGIN_ALLOW_ALL", "True")];
        assert!(!read(&both).unwrap().is_active());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (name, value) in [
            ("CORS_ALLOW_ALL_ORIGINS", "maybe"),
            ("CORS_ALLOWED_ORIGIN_REGEXES", "^(https"),
            ("CORS_URLS_REGEX", "^/(?!admin"),
            ("CORS_PREFLIGHT_MAX_AGE", "-1"),
            ("CORS_EXPOSE_HEADERS", "x-\u{1}"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn origins_that_are_none_are_reported() {
        for (origin, id) in [
            ("https://a.example", None),
            ("http://localhost:3000", None),
            ("null", None),
            ("file://", None),
            ("a.example", Some("corsheaders.E013")),
            ("localhost:3000", Some("corsheaders.E013")),
            ("https://", Some("corsheaders.E013")),
            ("*", Some("corsheaders.E013")),
            ("http://[::1", Some("corsheaders.E013")),
            ("https://a.example/", Some("corsheaders.E014")),
            ("https://a.example?x", Some("corsheaders.E014")),
            ("https://a.example#x", Some("corsheaders.E014")),
        ] {
            let checks = read(&[("CORS_ALLOWED_ORIGINS", origin)]).unwrap().checks();
            assert_eq!(checks.first().map(|message| message.id), id, "{origin}");
        }
    }
}
