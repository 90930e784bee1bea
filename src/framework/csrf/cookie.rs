//! The cookie that holds the secret, as Django's `CsrfViewMiddleware._set_csrf_cookie` sends it.

use std::time::{Duration, SystemTime};

use actix_web::http::header::{HeaderValue, HttpDate};

use super::CsrfSettings;

/// Django's default of `CSRF_COOKIE_AGE`: a year of 52 weeks.
const CSRF_COOKIE_AGE: Duration = Duration::from_secs(60 * 60 * 24 * 7 * 52);

/// The value of `Set-Cookie`, or `None` where the settings name a cookie or a domain that can't be one.
#[must_use]
pub fn set_cookie(settings: &CsrfSettings, secret: &str) -> Option<HeaderValue> {
    let domain =
        settings.cookie_domain.as_ref().map_or_else(String::new, |domain| format!("Domain={domain}; "));
    let cookie = format!(
        "{name}={secret}; {domain}expires={expires}; Max-Age={age}; Path=/; SameSite=Lax",
        name = settings.cookie_name,
        expires = HttpDate::from(SystemTime::now() + CSRF_COOKIE_AGE),
        age = CSRF_COOKIE_AGE.as_secs(),
    );
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::conf::Env;

    #[test]
    fn the_cookie_is_django_s() {
        let settings =
            CsrfSettings::from_env(&Env::from_iter([("CSRF_COOKIE_DOMAIN", ".example.com")])).unwrap();
        let cookie = set_cookie(&settings, "secret").unwrap();
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("csrftoken=secret; Domain=.example.com; expires="), "{cookie}");
        assert!(cookie.ends_with(" GMT; Max-Age=31449600; Path=/; SameSite=Lax"), "{cookie}");
    }
}
