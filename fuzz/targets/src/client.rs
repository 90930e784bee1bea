//! Parsers of what a client sends.

use std::hint::black_box;

use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use vitamin::csrf::{self, CsrfRequest};
use vitamin::http::{TrustedProxies, get_cookie};
use vitamin::parsing::data::QueryDict;
use vitamin::parsing::form::parse_form;
use vitamin::parsing::json::{decode, to_bytes};
use vitamin::parsing::mediatypes::parameters::parse_header_parameters;
use vitamin::parsing::mediatypes::{MediaType, latin1};
use vitamin::parsing::multipart::{Limits, parse_multipart};
use vitamin::parsing::python;
use vitamin::parsing::python::codecs::Charset;
use vitamin::rest_framework::authentication::credentials as split_credentials;
use vitamin::rest_framework::filters::{FilterKind, Form, FormContext, FormField, RangeOf};
use vitamin::rest_framework::negotiation::{json_indent, select_parser, select_renderer};
use vitamin::rest_framework::pagination::parse_position;
use vitamin::rest_framework::{filters, fuzzing};
use vitamin::signing;
use vitamin::timezone::TimeZone;
use vitamin::urls::{Location, Pattern, Resolver, UrlConf, View, path};

use crate::{lines, text};

/// A document, in one of three character sets.
pub fn json(bytes: &[u8]) {
    for charset in [Charset::Utf8, Charset::Latin1, Charset::Utf16(None)] {
        let Ok(value) = decode(bytes, charset) else { continue };
        black_box((python::str(&value), python::repr(&value)));
        // Not: `NaN`, and half a surrogate pair.
        let Ok(written) = to_bytes(&value, None) else { continue };
        let again = decode(&written, Charset::Utf8).map(|value| to_bytes(&value, None));
        assert!(matches!(again, Ok(Ok(again)) if again == written), "what was written is read differently");
        black_box(to_bytes(&value, Some(4)).is_ok());
    }
}

/// A form, or a query string.
pub fn form(bytes: &[u8]) {
    for charset in [Charset::Utf8, Charset::Latin1, Charset::Ascii] {
        let fields = parse_form(bytes, charset, None).unwrap_or_default();
        assert!(fields.len() <= bytes.len());
        assert!(parse_form(bytes, charset, Some(3)).is_err() || fields.len() <= 3);
    }
}

/// The `Content-Type`, a line feed, and the body.
pub fn multipart(bytes: &[u8]) {
    let (head, body) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let body = Bytes::copy_from_slice(body.get(1..).unwrap_or_default());
    let limits =
        Limits { max_memory_size: Some(1000), max_number_fields: Some(10), max_number_files: Some(3) };
    for charset in [Charset::Utf8, Charset::Latin1] {
        if let Ok(form) = parse_multipart(&latin1(head), &body, charset, limits) {
            assert!(form.data.len() <= 10 && form.files.len() <= 3);
            assert!(form.files.iter().all(|(_, file)| file.size() <= body.len()));
        }
    }
}

/// A header with parameters, such as a `Content-Type`.
pub fn media_types(bytes: &[u8]) {
    let header = latin1(bytes);
    let media_type = MediaType::parse(&header);
    let other = MediaType::parse("application/json; indent=4");
    black_box((media_type.matches(&other), other.matches(&media_type), media_type.precedence()));
    black_box(json_indent(&header));
    if let Ok(parameters) = parse_header_parameters(&header) {
        black_box(Charset::of_body(&parameters, bytes).is_ok());
    }
    black_box(select_parser(["application/json", "multipart/form-data", "*/*"], Some(bytes)));
}

/// `Accept`.
pub fn accept(bytes: &[u8]) {
    let renderers =
        [("application/json", "json"), ("text/html", "api"), ("application/json; indent=4", "admin")];
    let values = || bytes.split(|byte| *byte == b'\n');
    for format in [None, Some("json"), Some("xml")] {
        black_box(select_renderer(&renderers, values(), format, None).is_ok());
        black_box(select_renderer(&renderers, values(), None, format).is_ok());
    }
}

/// A label of a character set, a line feed, and text in it.
pub fn charset(bytes: &[u8]) {
    let [label, _] = lines(bytes);
    black_box(Charset::is_binary(&label));
    let Ok(Some(charset)) = Charset::lookup(&label) else { return };
    let rest = bytes.get(label.len() + 1..).unwrap_or_default();
    let lossy = charset.decode_lossy(rest);
    if let Some(strict) = charset.decode_strict(rest) {
        assert_eq!(strict, lossy, "{label}");
    }
    black_box(charset.decode_stream(rest).is_ok());
}

/// `Authorization`, and base64.
pub fn credentials(bytes: &[u8]) {
    for keyword in ["Token", "Basic", ""] {
        black_box(split_credentials(bytes, keyword));
    }
    if let Some(decoded) = python::base64::b64decode(bytes) {
        let encoded = python::base64::b64encode(&decoded);
        assert_eq!(python::base64::b64decode(encoded.as_bytes()), Some(decoded));
    }
}

/// `Cookie`.
pub fn cookies(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for value in bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(COOKIE, value);
    }
    for name in ["sessionid", "csrftoken", "", "a"] {
        black_box(get_cookie(&headers, name));
    }
}

/// The cookie, the header, `Origin`, `Referer` and the form's token, a line each.
pub fn csrf(bytes: &[u8]) {
    let [cookie, header, origin, referer, token] = lines(bytes);
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (cookie, header, origin, referer) = (some(&cookie), some(&header), some(&origin), some(&referer));
    for is_secure in [false, true] {
        let request = CsrfRequest {
            method: "POST",
            cookie: cookie.as_deref(),
            header: header.as_deref(),
            origin: origin.as_deref(),
            referer: referer.as_deref(),
            host: Some("example.com"),
            is_secure,
            trusted_origins: &["https://*.example.org".to_owned()],
            cookie_domain: Some((".example.com", "443")),
        };
        if let Err(reason) = csrf::check(&request, || some(&token)) {
            black_box(reason.detail(&HeaderName::from_static("x-csrftoken")));
        } else {
            assert!(cookie.is_some(), "a request without a cookie passes");
        }
    }
    if let Some(Ok(secret)) = cookie.as_deref().map(csrf::secret_from_cookie) {
        assert!(csrf::does_token_match(&csrf::mask_cipher_secret(&secret), &secret));
    }
}

/// A signed text. Without the key nobody makes one.
pub fn signing(bytes: &[u8]) {
    let [salt, signed] = lines(bytes);
    assert!(signing::loads::<serde_json::Value>(&signed, &[b"unknown key"], &salt, None).is_err());
}

/// `X-Forwarded-For`.
pub fn forwarded(bytes: &[u8]) {
    let proxies: TrustedProxies = "10.0.0.0/8,127.0.0.1,::1".parse().unwrap_or_default();
    let mut headers = HeaderMap::new();
    for value in bytes.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(HeaderName::from_static("x-forwarded-for"), value);
    }
    for peer in ["127.0.0.1", "192.0.2.1", "::1"] {
        let peer = peer.parse().ok();
        let client = proxies.client(peer, &headers);
        assert!(client.is_some());
        if peer == "192.0.2.1".parse().ok() {
            assert_eq!(client, peer, "a header of a client was believed");
        }
    }
}

/// Dates, times, and both, in ISO 8601 and by format strings. The first line is the format.
pub fn dates(bytes: &[u8]) {
    let [format, value] = lines(bytes);
    fuzzing::dates(&value);
    fuzzing::strptime(&value, &format);
    for format in ["%Y-%m-%dT%H:%M:%S.%f%z", "%d %B %Y %I:%M %p", "%j %y", "%c", "%x %X"] {
        fuzzing::strptime(&value, format);
    }
}

/// Durations.
pub fn durations(bytes: &[u8]) {
    fuzzing::duration(&text(bytes));
}

/// Whole, floating and decimal numbers as Python reads them.
pub fn numbers(bytes: &[u8]) {
    fuzzing::numbers(&text(bytes));
    black_box(python::int(&text(bytes)));
}

/// A cursor, and the position that it holds as a value of each kind of column.
pub fn cursor(bytes: &[u8]) {
    use filters::FilterColumn as Column;

    let text = text(bytes);
    let position = fuzzing::cursor(&text);
    for position in [Some(text.as_ref()), position.as_deref()].into_iter().flatten() {
        for column in [
            Column::Boolean,
            Column::Char,
            Column::Date,
            Column::DateTime,
            Column::Time,
            Column::Duration,
            Column::Integer,
            Column::Float,
            Column::Decimal,
            Column::Uuid,
            Column::ForeignKey,
        ] {
            black_box(parse_position(position, column, &TimeZone::default()));
        }
    }
}

/// A query string as the form of all kinds of filters, and a search.
pub fn filters(bytes: &[u8]) {
    let kinds = [
        FilterKind::Char,
        FilterKind::Boolean,
        FilterKind::NullBooleanSelect,
        FilterKind::ModelChoice { null: true },
        FilterKind::ModelMultipleChoice { null: false },
        FilterKind::Number,
        FilterKind::Date,
        FilterKind::Time,
        FilterKind::DateTime,
        FilterKind::IsoDateTime,
        FilterKind::Duration,
        FilterKind::Uuid,
        FilterKind::DateRange,
        FilterKind::Range(RangeOf::Numbers),
        FilterKind::Range(RangeOf::IsoDateTimes),
        FilterKind::In(Box::new(FilterKind::Number)),
        FilterKind::Between(Box::new(FilterKind::DateTime)),
    ];
    let mut query = QueryDict::new();
    let fields = parse_form(bytes, Charset::Utf8, Some(100)).unwrap_or_default();
    for (name, value) in fields {
        query.append(name, value);
    }
    // The whole text as the value of each kind too.
    for name in ["a", "a_min", "a_after", "a_max"] {
        query.append(name, text(bytes).into_owned());
    }
    let fields: Vec<FormField> = kinds.into_iter().map(|kind| FormField::new("a", kind)).collect();
    for field in &fields {
        let form = Form::clean([field], &query, FormContext::new(&TimeZone::default()));
        black_box(form.finish().is_ok());
    }
    black_box(filters::search_terms(&query, "a").is_ok());
}

/// A path, which the URLconf resolves.
pub fn url_paths(bytes: &[u8]) {
    thread_local! {
        static RESOLVER: Resolver = UrlConf::new(patterns()).resolver();
    }
    let path = format!("/{}", text(bytes));
    RESOLVER.with(|resolver| {
        let found = resolver.resolve(&path);
        assert_eq!(found.is_some(), resolver.is_valid_path(&path));
        black_box(resolver.route(&path));
    });
}

fn patterns() -> Vec<Pattern> {
    [
        "",
        "n/<int:n>/",
        "s/<slug:s>/x",
        "u/<uuid:u>/",
        "t/<str:t>.json",
        "p/<path:p>/end",
        "d/<int:y>-<int:m>/",
    ]
    .map(|route| path(route, NoView))
    .into()
}

/// A view that nobody asks.
pub(crate) struct NoView;

impl View for NoView {
    fn register(
        &self,
        _: Location,
        _: &mut actix_web::web::ServiceConfig,
    ) -> Option<vitamin::urls::Endpoint> {
        None
    }
}
