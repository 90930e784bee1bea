//! What Django's `MIDDLEWARE` means for the settings.

use serde_json::{Map, Value, json};

use super::values::is_true;

const SECURITY: &str = "django.middleware.security.SecurityMiddleware";
const COMMON: &str = "django.middleware.common.CommonMiddleware";
const FRAMES: &str = "django.middleware.clickjacking.XFrameOptionsMiddleware";
const CORS: &str = "corsheaders.middleware.CorsMiddleware";
const LOCALE: &str = "django.middleware.locale.LocaleMiddleware";

/// Middleware that need no counterpart, or have one.
const FOLLOWED: [&str; 10] = [
    SECURITY,
    COMMON,
    FRAMES,
    CORS,
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    // They serve static files and a developer's pages.
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
];

/// The middleware whose effect is missing here.
pub(super) fn unknown<'a>(middleware: &[&'a str], follows_languages: bool) -> Vec<&'a str> {
    let is_known = |name: &str| FOLLOWED.contains(&name) || (follows_languages && name == LOCALE);
    middleware.iter().copied().filter(|name| !is_known(name)).collect()
}

/// The settings as they work: those of a middleware that is not in `MIDDLEWARE` do nothing.
pub(super) fn effective(settings: &Map<String, Value>, middleware: &[&str]) -> Map<String, Value> {
    let mut settings = settings.clone();
    let has = |name: &str| middleware.contains(&name);
    let mut set = |values: &[(&str, Value)]| {
        settings.extend(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    };
    if !has(SECURITY) {
        set(&[
            ("SECURE_SSL_REDIRECT", json!(false)),
            ("SECURE_HSTS_SECONDS", json!(0)),
            ("SECURE_CONTENT_TYPE_NOSNIFF", json!(false)),
            ("SECURE_REFERRER_POLICY", Value::Null),
            ("SECURE_CROSS_ORIGIN_OPENER_POLICY", Value::Null),
        ]);
    }
    if !has(FRAMES) {
        set(&[("X_FRAME_OPTIONS", Value::Null)]);
    }
    if !has(COMMON) {
        set(&[
            ("APPEND_SLASH", json!(false)),
            ("PREPEND_WWW", json!(false)),
            ("DISALLOWED_USER_AGENTS", json!([])),
        ]);
    }
    cors(&mut settings, middleware);
    settings
}

fn cors(settings: &mut Map<String, Value>, middleware: &[&str]) {
    let former = [
        ("CORS_ORIGIN_WHITELIST", "CORS_ALLOWED_ORIGINS"),
        ("CORS_ORIGIN_REGEX_WHITELIST", "CORS_ALLOWED_ORIGIN_REGEXES"),
        ("CORS_ORIGIN_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGINS"),
    ];
    for (former, name) in former {
        if let Some(value) = settings.remove(former) {
            settings.entry(name).or_insert(value);
        }
    }
    let place = |name: &str| middleware.iter().position(|other| *other == name);
    let Some(cors) = place(CORS) else {
        settings.retain(|name, _| !name.starts_with("CORS_"));
        for name in ["CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES"] {
            settings.insert(name.to_owned(), json!([]));
        }
        settings.insert("CORS_ALLOW_ALL_ORIGINS".to_owned(), json!(false));
        return;
    };
    if is_true(settings.get("SECURE_SSL_REDIRECT")) || place(SECURITY).is_some() {
        let is_first = place(SECURITY).is_none_or(|security| cors < security);
        settings.insert("CORS_BEFORE_SECURITY".to_owned(), json!(is_first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_middleware_does_nothing() {
        let settings = json!({
            "SECURE_SSL_REDIRECT": true, "X_FRAME_OPTIONS": "DENY", "APPEND_SLASH": true,
            "CORS_ORIGIN_WHITELIST": ["https://a.example"],
        });
        let settings = settings.as_object().unwrap();
        let all = effective(settings, &[SECURITY, CORS, COMMON, FRAMES]);
        assert_eq!(all["CORS_ALLOWED_ORIGINS"], json!(["https://a.example"]));
        assert_eq!((&all["CORS_BEFORE_SECURITY"], &all["X_FRAME_OPTIONS"]), (&json!(false), &json!("DENY")));
        assert_eq!(effective(settings, &[CORS, SECURITY])["CORS_BEFORE_SECURITY"], json!(true));
        let none = effective(settings, &[]);
        assert_eq!((&none["CORS_ALLOWED_ORIGINS"], &none["APPEND_SLASH"]), (&json!([]), &json!(false)));
        assert_eq!((&none["SECURE_SSL_REDIRECT"], &none["X_FRAME_OPTIONS"]), (&json!(false), &Value::Null));
    }

    #[test]
    fn others_have_no_counterpart() {
        let gzip = "django.middleware.gzip.GZipMiddleware";
        assert_eq!(unknown(&[SECURITY, gzip, LOCALE], true), [gzip]);
        assert_eq!(unknown(&[LOCALE], false), [LOCALE]);
    }
}
