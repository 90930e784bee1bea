//! Compares two responses, and describes differences without quoting content.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use uuid::Uuid;

/// Headers that the HTTP server sets, or that name one response. They are not compared. The headers of a connection are
/// not even here.
const SERVER_HEADERS: [&str; 4] = ["content-length", "date", "server", "x-request-id"];
/// Headers whose values vary: only their presence is compared.
const PRESENT_HEADERS: [&str; 2] = ["age", "retry-after"];
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
    compare(theirs, ours, false)
}

/// The same for requests that write. Both programs may have made a time, a UUID or a token of their own.
pub(super) fn differences_of_writes(theirs: &ComparedResponse, ours: &ComparedResponse) -> BTreeSet<String> {
    compare(theirs, ours, true)
}

fn compare(theirs: &ComparedResponse, ours: &ComparedResponse, is_write: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if theirs.status != ours.status {
        found.insert(format!("status {} there, {} here", theirs.status.as_u16(), ours.status.as_u16()));
    }
    let names: BTreeSet<&str> =
        theirs.headers.keys().chain(ours.headers.keys()).map(HeaderName::as_str).collect();
    for name in names.into_iter().filter(|name| !SERVER_HEADERS.contains(name)) {
        let comparable = |headers| comparable(headers, name, is_write && name == "location");
        match (comparable(&theirs.headers), comparable(&ours.headers)) {
            (a, b) if a == b => {}
            (a, _) if a.is_empty() => drop(found.insert(format!("header {name} only here"))),
            (_, b) if b.is_empty() => drop(found.insert(format!("header {name} only there"))),
            _ => drop(found.insert(format!("header {name}"))),
        }
    }
    if let (Some(a), Some(b)) = (&theirs.body, &ours.body)
        && a != b
    {
        match (serde_json::from_slice(a), serde_json::from_slice(b)) {
            (Ok(a), Ok(b)) => json(&a, &b, is_write, &mut found),
            _ => drop(found.insert(format!("body: {} bytes there, {} here", a.len(), b.len()))),
        }
    }
    found
}

/// The values of a header, as far as both programs must send the same.
fn comparable(headers: &HeaderMap, name: &str, varies: bool) -> Vec<Vec<u8>> {
    let values = headers.get_all(name).map(HeaderValue::as_bytes);
    if varies || PRESENT_HEADERS.contains(&name) {
        return values.map(|_| Vec::new()).collect();
    }
    if name == "set-cookie" {
        let mut cookies: Vec<_> = values.map(cookie).collect();
        cookies.sort();
        return cookies;
    }
    values.map(<[u8]>::to_vec).collect()
}

/// A cookie without its value and its end: its name, and its attributes in order.
fn cookie(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    let mut parts = text.split(';');
    let name = parts.next().and_then(|pair| pair.split('=').next()).unwrap_or_default();
    let attributes = parts.map(|part| part.trim().to_ascii_lowercase());
    let mut attributes: Vec<String> = attributes.filter(|part| !part.starts_with("expires=")).collect();
    attributes.sort();
    format!("{name};{}", attributes.join(";")).into_bytes()
}

fn json(theirs: &Value, ours: &Value, is_write: bool, found: &mut BTreeSet<String>) {
    let mut places = BTreeSet::new();
    walk((theirs, ours), "$", 0, is_write, &mut places);
    // What a write makes differs in its text.
    if places.is_empty() && (!is_write || theirs == ours) {
        found.insert("body: the same JSON, formatted or ordered differently".to_owned());
    }
    found.extend(places.into_iter().map(|place| format!("body: {place}")));
}

fn walk(
    (theirs, ours): (&Value, &Value),
    place: &str,
    depth: usize,
    is_write: bool,
    places: &mut BTreeSet<String>,
) {
    if theirs == ours || places.len() >= MAX_PLACES || is_write && are_generated(theirs, ours) {
        return;
    }
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) if depth < MAX_DEPTH => {
            for (key, value) in a {
                let place = format!("{place}.{}", redacted_key(key));
                match b.get(key) {
                    Some(other) => walk((value, other), &place, depth + 1, is_write, places),
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
                walk((value, other), &format!("{place}[]"), depth + 1, is_write, places);
            }
        }
        _ => drop(places.insert(place.to_owned())),
    }
}

/// Whether both are values that a write makes anew: times within a minute, UUIDs, or tokens.
fn are_generated(theirs: &Value, ours: &Value) -> bool {
    let (Value::String(theirs), Value::String(ours)) = (theirs, ours) else { return false };
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    if let (Some(a), Some(b)) = (time(theirs), time(ours)) {
        return a.offset() == b.offset() && (a - b).abs() < TimeDelta::minutes(1);
    }
    let is_token = |text: &str| text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let are_tokens = theirs.len() == ours.len() && is_token(theirs) && is_token(ours);
    are_tokens || Uuid::try_parse(theirs).is_ok() && Uuid::try_parse(ours).is_ok()
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
    use actix_web::http::header::{
        CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, STRICT_TRANSPORT_SECURITY,
    };

    use super::*;

    fn response(status: u16, headers: &[(HeaderName, &str)], body: &str) -> ComparedResponse {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        ComparedResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
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
    fn every_header_counts() {
        let theirs = [
            (STRICT_TRANSPORT_SECURITY, "max-age=60"),
            (CACHE_CONTROL, "max-age=0"),
            (HeaderName::from_static("access-control-allow-origin"), "*"),
            (HeaderName::from_static("date"), "Mon"),
            (RETRY_AFTER, "1"),
            (SET_COOKIE, "b=1; Path=/; HttpOnly; expires=Mon"),
            (SET_COOKIE, "a=1"),
        ];
        let ours = [
            (CACHE_CONTROL, "no-store"),
            (RETRY_AFTER, "2"),
            (HeaderName::from_static("x-own"), "1"),
            (SET_COOKIE, "a=2"),
            (SET_COOKIE, "b=2; HttpOnly; Path=/"),
        ];
        let found: Vec<_> =
            differences(&response(200, &theirs, ""), &response(200, &ours, "")).into_iter().collect();
        assert_eq!(
            found,
            [
                "header access-control-allow-origin only there",
                "header cache-control",
                "header strict-transport-security only there",
                "header x-own only here"
            ]
        );
        let [strict, lax] = ["a=1; SameSite=Strict", "a=1; SameSite=Lax"].map(|text| [(SET_COOKIE, text)]);
        let found = differences(&response(200, &strict, ""), &response(200, &lax, ""));
        assert_eq!(found, BTreeSet::from(["header set-cookie".to_owned()]));
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
    fn what_a_write_makes_may_differ() {
        let writes = |theirs: &str, ours: &str| {
            let url = |url| [(actix_web::http::header::LOCATION, url)];
            let (theirs, ours) = (response(201, &url("/a/1/"), theirs), response(201, &url("/a/2/"), ours));
            differences_of_writes(&theirs, &ours).into_iter().collect::<Vec<_>>()
        };
        let theirs =
            r#"{"created":"2026-11-30T10:00:00.123Z","id":"6f1a2b3c-4d5e-4f60-8a9b-0c1d2e3f4a5b","n":1}"#;
        let ours = r#"{"created":"2026-11-30T10:00:59Z","id":"00000000-0000-4000-8000-000000000000","n":1}"#;
        assert!(writes(theirs, ours).is_empty());
        let found = writes(theirs, r#"{"created":"2026-11-30T10:02:00Z","id":"x","n":2}"#);
        assert_eq!(found, ["body: $.created", "body: $.id", "body: $.n"]);
        let [token, other] = ["a", "b"].map(|letter| format!(r#"{{"token":"{}"}}"#, letter.repeat(40)));
        assert!(writes(&token, &other).is_empty());
        assert_eq!(bodies(&token, &other), ["body: $.token"]);
        assert_eq!(
            writes(r#"{"created":"2026-11-30T10:00:00Z"}"#, r#"{"created":"2026-11-30T11:00:00+01:00"}"#),
            ["body: $.created"]
        );
        assert_eq!(
            writes(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
            ["body: the same JSON, formatted or ordered differently"]
        );
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
