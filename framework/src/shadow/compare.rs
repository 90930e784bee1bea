//! Compares two responses, and describes differences without quoting content.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue};
use bytes::Bytes;
use serde_json::Value;

/// Headers that Django or Django REST framework sets. Headers that only an HTTP server sets are not compared. The
/// values of `retry-after` and `set-cookie` vary, so only their presence is compared.
const COMPARED_HEADERS: [&str; 12] = [
    "allow",
    "cache-control",
    "content-language",
    "content-type",
    "cross-origin-opener-policy",
    "location",
    "referrer-policy",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "content-disposition",
];
const PRESENT_HEADERS: [&str; 2] = ["retry-after", "set-cookie"];
/// The most differing places of a JSON body to report.
const MAX_PLACES: usize = 20;
/// The greatest depth to compare.
const MAX_DEPTH: usize = 32;

/// A response. The body is `None` if it is too large to compare.
pub(super) struct ComparedResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

/// Returns the differences that a client could see.
pub(super) fn differences(theirs: &ComparedResponse, ours: &ComparedResponse) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if theirs.status != ours.status {
        found.insert(format!("status {} there, {} here", theirs.status.as_u16(), ours.status.as_u16()));
    }
    for name in COMPARED_HEADERS {
        let values = |response: &ComparedResponse| {
            response.headers.get_all(name).cloned().collect::<Vec<HeaderValue>>()
        };
        match (values(theirs), values(ours)) {
            (a, b) if a == b => {}
            (a, _) if a.is_empty() => drop(found.insert(format!("header {name} only here"))),
            (_, b) if b.is_empty() => drop(found.insert(format!("header {name} only there"))),
            _ => drop(found.insert(format!("header {name}"))),
        }
    }
    for name in PRESENT_HEADERS {
        match (theirs.headers.contains_key(name), ours.headers.contains_key(name)) {
            (false, true) => drop(found.insert(format!("header {name} only here"))),
            (true, false) => drop(found.insert(format!("header {name} only there"))),
            _ => {}
        }
    }
    if let (Some(a), Some(b)) = (&theirs.body, &ours.body)
        && a != b
    {
        match (serde_json::from_slice(a), serde_json::from_slice(b)) {
            (Ok(a), Ok(b)) => json(&a, &b, &mut found),
            _ => drop(found.insert(format!("body: {} bytes there, {} here", a.len(), b.len()))),
        }
    }
    found
}

fn json(theirs: &Value, ours: &Value, found: &mut BTreeSet<String>) {
    let mut places = BTreeSet::new();
    walk(theirs, ours, "$", 0, &mut places);
    if places.is_empty() {
        found.insert("body: the same JSON, formatted or ordered differently".to_owned());
    }
    found.extend(places.into_iter().map(|place| format!("body: {place}")));
}

fn walk(theirs: &Value, ours: &Value, place: &str, depth: usize, places: &mut BTreeSet<String>) {
    if theirs == ours || places.len() >= MAX_PLACES {
        return;
    }
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) if depth < MAX_DEPTH => {
            for (key, value) in a {
                let place = format!("{place}.{}", redacted_key(key));
                match b.get(key) {
                    Some(other) => walk(value, other, &place, depth + 1, places),
                    None => drop(places.insert(format!("{place} only there"))),
                }
            }
            for key in b.keys().filter(|key| !a.contains_key(*key)) {
                places.insert(format!("{place}.{} only here", redacted_key(key)));
            }
        }
        (Value::Array(a), Value::Array(b)) if depth < MAX_DEPTH => {
            if a.len() != b.len() {
                places.insert(format!("{place}: {} items there, {} here", a.len(), b.len()));
            }
            for (value, other) in a.iter().zip(b) {
                walk(value, other, &format!("{place}[]"), depth + 1, places);
            }
        }
        _ => drop(places.insert(place.to_owned())),
    }
}

/// Returns the key if it looks like a field's name, else an asterisk: keys can be data.
fn redacted_key(key: &str) -> &str {
    let name = key.len() <= 30
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && key.bytes().filter(u8::is_ascii_digit).count() <= 4;
    if name { key } else { "*" }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{CONTENT_TYPE, HeaderName, SET_COOKIE};

    use super::*;

    fn response(status: u16, headers: &[(HeaderName, &str)], body: &str) -> ComparedResponse {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        ComparedResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: Some(Bytes::copy_from_slice(body.as_bytes())),
        }
    }

    fn bodies(theirs: &str, ours: &str) -> Vec<String> {
        differences(&response(200, &[], theirs), &response(200, &[], ours)).into_iter().collect()
    }

    #[test]
    fn visible_differences_are_reported() {
        let json = |value| (CONTENT_TYPE, value);
        let theirs = response(200, &[json("application/json"), (SET_COOKIE, "a=1")], "");
        let ours = response(404, &[json("text/html")], "");
        let found: Vec<_> = differences(&theirs, &ours).into_iter().collect();
        assert_eq!(
            found,
            ["header content-type", "header set-cookie only there", "status 200 there, 404 here"]
        );
        let same = [json("application/json"), (SET_COOKIE, "a=2")];
        assert!(differences(&theirs, &response(200, &same, "")).is_empty());
    }

    #[test]
    fn places_are_reported_without_values() {
        let theirs = r#"{"users":[{"name":"a","secret-a":1},{"name":"b"}],"401f7ac837da42b9":1}"#;
        let ours = r#"{"users":[{"name":"x"},{"name":"y"},{}],"401f7ac837da42b9":2}"#;
        let reported = [
            "body: $.*",
            "body: $.users: 2 items there, 3 here",
            "body: $.users[].name",
            "body: $.users[].secret-a only there",
        ];
        assert_eq!(bodies(theirs, ours), reported);
        assert_eq!(
            bodies(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
            ["body: the same JSON, formatted or ordered differently"]
        );
        assert_eq!(bodies("<p>abc", "<p>"), ["body: 6 bytes there, 3 here"]);
        assert!(bodies("[1]", "[1]").is_empty());
    }

    #[test]
    fn a_deep_or_wide_body_is_bounded() {
        let deep = |leaf: &str| format!("{}{leaf}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(bodies(&deep("1"), &deep("2")), [format!("body: ${}", "[]".repeat(MAX_DEPTH))]);
        let wide = |value: u8| {
            let fields: Vec<String> = (0..200_u8)
                .map(|n| {
                    format!(
                        "\"k{}\":{value}",
                        char::from(b'a' + n % 26).to_string().repeat(1 + usize::from(n / 26))
                    )
                })
                .collect();
            format!("{{{}}}", fields.join(","))
        };
        assert_eq!(bodies(&wide(1), &wide(2)).len(), MAX_PLACES);
    }
}
