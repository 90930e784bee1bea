//! The CSRF cookie, as Django's `CsrfViewMiddleware._set_csrf_cookie` sends it.
//!
//! It replaces Django's cookie in the browser, so it must be as strict: the settings are Django's.

use std::time::SystemTime;

use actix_web::http::header::HeaderValue;

use super::CsrfSettings;
use crate::http::SetCookie;

/// Returns the value of `Set-Cookie`, or `None` if the settings have an invalid name, domain or path.
#[must_use]
pub fn set_cookie(settings: &CsrfSettings, secret: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&text(settings, secret, SystemTime::now())).ok()
}

fn text(settings: &CsrfSettings, secret: &str, now: SystemTime) -> String {
    let cookie = SetCookie {
        name: &settings.cookie_name,
        value: secret,
        domain: settings.cookie_domain.as_deref(),
        path: &settings.cookie_path,
        max_age: settings.cookie_age,
        secure: settings.cookie_secure,
        httponly: settings.cookie_httponly,
        samesite: settings.cookie_samesite.as_deref(),
    };
    cookie.text(now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::conf::Env;

    /// The expected values were made with Django 5.2's `set_cookie`, at this time.
    #[test]
    fn the_cookie_matches_django() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        for (settings, expected) in COOKIES {
            let settings = CsrfSettings::from_env(&settings.iter().copied().collect::<Env>()).unwrap();
            assert_eq!(text(&settings, "secret", now), *expected);
            assert!(set_cookie(&settings, "secret").is_some());
        }
    }

    const COOKIES: &[(&[(&str, &str)], &str)] = &[
        (
            &[],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax",
        ),
        (
            &[("CSRF_COOKIE_NAME", "own"), ("CSRF_COOKIE_DOMAIN", ".example.com")],
            "own=secret; Domain=.example.com; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax",
        ),
        (
            &[("CSRF_COOKIE_SECURE", "True")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
        ),
        (
            &[("CSRF_COOKIE_HTTPONLY", "True")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; HttpOnly; Max-Age=31449600; Path=/; SameSite=Lax",
        ),
        (
            &[("CSRF_COOKIE_SAMESITE", "Strict")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Strict",
        ),
        (
            &[("CSRF_COOKIE_SAMESITE", "None"), ("CSRF_COOKIE_SECURE", "True")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=None; Secure",
        ),
        (
            &[("CSRF_COOKIE_SAMESITE", "False")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/",
        ),
        (
            &[("CSRF_COOKIE_SAMESITE", "lax")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/; SameSite=lax",
        ),
        (
            &[("CSRF_COOKIE_PATH", "/app/")],
            "csrftoken=secret; expires=Fri, 14 Jan 2028 08:00:00 GMT; Max-Age=31449600; Path=/app/; SameSite=Lax",
        ),
        (
            &[("CSRF_COOKIE_AGE", "3600")],
            "csrftoken=secret; expires=Fri, 15 Jan 2027 09:00:00 GMT; Max-Age=3600; Path=/; SameSite=Lax",
        ),
        (
            &[("CSRF_COOKIE_AGE", "0")],
            "csrftoken=secret; expires=Fri, 15 Jan 2027 08:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax",
        ),
        (&[("CSRF_COOKIE_AGE", "None")], "csrftoken=secret; Path=/; SameSite=Lax"),
        (
            &[
                ("CSRF_COOKIE_DOMAIN", "example.com"),
                ("CSRF_COOKIE_HTTPONLY", "True"),
                ("CSRF_COOKIE_AGE", "None"),
                ("CSRF_COOKIE_PATH", "/a"),
                ("CSRF_COOKIE_SAMESITE", "Strict"),
                ("CSRF_COOKIE_SECURE", "True"),
            ],
            "csrftoken=secret; Domain=example.com; HttpOnly; Path=/a; SameSite=Strict; Secure",
        ),
        (
            &[
                ("CSRF_COOKIE_DOMAIN", "example.com"),
                ("CSRF_COOKIE_HTTPONLY", "True"),
                ("CSRF_COOKIE_AGE", "60"),
                ("CSRF_COOKIE_PATH", "/a"),
                ("CSRF_COOKIE_SAMESITE", "Strict"),
                ("CSRF_COOKIE_SECURE", "True"),
            ],
            "csrftoken=secret; Domain=example.com; expires=Fri, 15 Jan 2027 08:01:00 GMT; HttpOnly; Max-Age=60; Path=/a; SameSite=Strict; Secure",
        ),
    ];
}
