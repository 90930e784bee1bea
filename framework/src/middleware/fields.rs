//! Which fields of a request the middleware have to read.

use actix_web::http::header::{COOKIE, HeaderMap};

use super::security::X_REQUEST_ID;

/// Found in one pass over the names: to look up each costs more, and most requests have none of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields {
    pub(super) has_cookie: bool,
    pub(super) has_request_id: bool,
}

impl Fields {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut fields = Self::default();
        for name in headers.keys() {
            match *name {
                COOKIE => fields.has_cookie = true,
                ref name => fields.has_request_id |= *name == X_REQUEST_ID,
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HOST, HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn fields_are_found_among_others() {
        for (names, expected) in [
            (vec![HOST], (false, false)),
            (vec![HOST, COOKIE], (true, false)),
            (vec![HOST, HeaderName::from_static("x-request-idx"), X_REQUEST_ID], (false, true)),
            (vec![COOKIE, COOKIE, X_REQUEST_ID], (true, true)),
        ] {
            let mut headers = HeaderMap::new();
            names.into_iter().for_each(|name| headers.append(name, HeaderValue::from_static("a")));
            let fields = Fields::of(&headers);
            assert_eq!((fields.has_cookie, fields.has_request_id), expected);
        }
    }
}
