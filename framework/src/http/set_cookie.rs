//! `Set-Cookie` (`HttpResponse.set_cookie` and `delete_cookie` of `django/http/response.py`).

use std::time::{Duration, SystemTime};

use actix_web::http::header::{HeaderValue, HttpDate};

/// A cookie of a response.
#[derive(Clone, Copy)]
pub struct SetCookie<'a> {
    /// The name.
    pub name: &'a str,
    /// The value. It needs no quotes.
    pub value: &'a str,
    /// The domain; `None` for the host that answers.
    pub domain: Option<&'a str>,
    /// The path.
    pub path: &'a str,
    /// Seconds; `None` until the browser closes.
    pub max_age: Option<u32>,
    /// Whether it is sent over https only.
    pub secure: bool,
    /// Whether it is hidden from scripts.
    pub httponly: bool,
    /// As written in the settings; `None` omits the attribute.
    pub samesite: Option<&'a str>,
}

impl SetCookie<'_> {
    /// The header's value. `None` if a name, domain or path of the settings has no place in a header.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.text(SystemTime::now())).ok()
    }

    /// The header's value that deletes the cookie.
    #[must_use]
    pub fn deletion(&self) -> Option<HeaderValue> {
        let is_cross_site = self.samesite.is_some_and(|samesite| samesite.eq_ignore_ascii_case("none"));
        let deletion = Self {
            value: "\"\"",
            max_age: Some(0),
            secure: is_cross_site || self.name.starts_with("__Secure-") || self.name.starts_with("__Host-"),
            httponly: false,
            ..*self
        };
        HeaderValue::from_str(&deletion.text(SystemTime::UNIX_EPOCH)).ok()
    }

    /// Attributes are sorted by lower-case name, as in Python's `http.cookies`.
    pub(crate) fn text(&self, now: SystemTime) -> String {
        let expires = |age: u32| HttpDate::from(now + Duration::from_secs(age.into()));
        let attributes = [
            self.domain.map(|domain| format!("Domain={domain}")),
            self.max_age.map(|age| format!("expires={}", expires(age))),
            self.httponly.then(|| "HttpOnly".to_owned()),
            self.max_age.map(|age| format!("Max-Age={age}")),
            Some(format!("Path={}", self.path)),
            self.samesite.map(|value| format!("SameSite={value}")),
            self.secure.then(|| "Secure".to_owned()),
        ];
        let cookie = format!("{}={}", self.name, self.value);
        std::iter::once(cookie).chain(attributes.into_iter().flatten()).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were made with Django 5.2.
    #[test]
    fn a_cookie_is_deleted_as_in_django() {
        let cookie = SetCookie {
            name: "sessionid",
            value: "secret",
            domain: None,
            path: "/",
            max_age: Some(1_209_600),
            secure: true,
            httponly: true,
            samesite: Some("Lax"),
        };
        let expected =
            "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax";
        assert_eq!(cookie.deletion().unwrap(), expected);
        let cross_site = SetCookie { samesite: Some("None"), domain: Some(".example.com"), ..cookie };
        let expected = "sessionid=\"\"; Domain=.example.com; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; \
                        SameSite=None; Secure";
        assert_eq!(cross_site.deletion().unwrap(), expected);
    }
}
