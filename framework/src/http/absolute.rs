//! Absolute URLs (`HttpRequest.build_absolute_uri` in `django/http/request.py`).

use actix_web::HttpRequest;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{get_full_path, get_host, get_path, is_secure};
use crate::middleware::HttpSettings;

/// What `iri_to_uri` escapes: not what RFC 3986 reserves, nor an existing escape.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'#')
    .remove(b'%')
    .remove(b'[')
    .remove(b']')
    .remove(b'=')
    .remove(b':')
    .remove(b';')
    .remove(b'$')
    .remove(b'&')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'!')
    .remove(b'?')
    .remove(b'*')
    .remove(b'@')
    .remove(b'\'')
    .remove(b'~')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// Returns the absolute URL of a location: a path, or a URL relative to the request's path. `None` is the request's own
/// URL, with its query.
///
/// Scheme and host are those that the client used, also behind a proxy that the settings trust.
#[must_use]
pub fn build_absolute_uri(request: &HttpRequest, settings: &HttpSettings, location: Option<&str>) -> String {
    let scheme = if is_secure(request, settings) { "https" } else { "http" };
    let root = || format!("{scheme}://{}", get_host(request, settings));
    let uri = match location {
        None => format!("{}{}", root(), get_full_path(request, settings)),
        Some(location) if has_scheme(location) => location.to_owned(),
        Some(location) if location.starts_with("//") => format!("{scheme}:{location}"),
        Some(location) => {
            let (path, rest) = location.split_at_checked(path_length(location)).unwrap_or((location, ""));
            if path.starts_with('/') && !path.contains("/./") && !path.contains("/../") {
                format!("{}{location}", root())
            } else {
                format!("{}{}{rest}", root(), join(&get_path(request, settings), path))
            }
        }
    };
    utf8_percent_encode(&uri, ESCAPED).to_string()
}

fn has_scheme(location: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    location.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme))
}

fn path_length(location: &str) -> usize {
    location.find(['?', '#']).unwrap_or(location.len())
}

/// Python's `urljoin` of two paths. It drops empty segments of a relative path.
fn join(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    if !path.starts_with('/') {
        let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
        segments.push("");
        segments.extend(folder.split('/').filter(|segment| !segment.is_empty()));
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    let keeps_empty = path.starts_with('/');
    let before_last = path.strip_suffix(last).and_then(|path| path.strip_suffix('/'));
    let own = before_last.into_iter().flat_map(|path| path.split('/'));
    let own = own.filter(|segment| keeps_empty || !segment.is_empty()).chain([last]);
    for segment in own {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    if matches!(last, "." | "..") {
        segments.push("");
    }
    let joined = segments.join("/");
    if joined.starts_with('/') { joined } else { format!("/{joined}") }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::conf::Env;

    /// The expected URLs were made with Django 5.2.
    #[test]
    fn a_script_name_is_part_of_the_requests_own_url() {
        let settings =
            HttpSettings::from_env(&[("FORCE_SCRIPT_NAME", "/shop/")].into_iter().collect::<Env>()).unwrap();
        let request =
            TestRequest::with_uri("/a/b?x=1").insert_header(("host", "example.com")).to_http_request();
        for (location, expected) in [
            (None, "http://example.com/shop/a/b?x=1"),
            (Some("c"), "http://example.com/shop/a/c"),
            (Some("../c"), "http://example.com/shop/c"),
            (Some("?y=2"), "http://example.com/shop/a/b?y=2"),
            (Some("/c"), "http://example.com/c"),
        ] {
            assert_eq!(build_absolute_uri(&request, &settings, location), expected, "{location:?}");
        }
    }

    /// The expected URLs were made with Django 5.2.
    #[test]
    fn locations_become_absolute() {
        let settings =
            [("USE_X_FORWARDED_HOST", "1"), ("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto=https")];
        let settings = HttpSettings::from_env(&settings.into_iter().collect::<Env>()).unwrap();
        let request = || TestRequest::with_uri("/a/b/c?x=1").insert_header(("host", "example.com:8000"));
        let direct = request().to_http_request();
        let proxied = request()
            .insert_header(("x-forwarded-host", "public.example"))
            .insert_header(("x-forwarded-proto", "https"))
            .to_http_request();
        for (location, expected) in [
            (None, "http://example.com:8000/a/b/c?x=1"),
            (Some("/x/"), "http://example.com:8000/x/"),
            (Some("//y/z"), "http://y/z"),
            (Some("x/"), "http://example.com:8000/a/b/x/"),
            (Some("../x"), "http://example.com:8000/a/x"),
            (Some("./"), "http://example.com:8000/a/b/"),
            (Some("?q=2"), "http://example.com:8000/a/b/c?q=2"),
            (Some(""), "http://example.com:8000/a/b/c"),
            (Some("#f"), "http://example.com:8000/a/b/c#f"),
            (Some("http://other/p"), "http://other/p"),
            (Some("/x/../y/./z"), "http://example.com:8000/y/z"),
            (Some("/ä b"), "http://example.com:8000/%C3%A4%20b"),
            (Some("//h:1/../p"), "http://h:1/../p"),
            (Some("../../../up"), "http://example.com:8000/up"),
            (Some("/x/.."), "http://example.com:8000/x/.."),
            (Some("x?y=/../z"), "http://example.com:8000/a/b/x?y=/../z"),
            (Some("mailto:a@b"), "mailto:a@b"),
            (Some("/a?b=/./c"), "http://example.com:8000/a?b=/./c"),
            (Some(".."), "http://example.com:8000/a/"),
            (Some("/./"), "http://example.com:8000/"),
            (Some("/x//../y"), "http://example.com:8000/x/y"),
            (Some("g;x=1/../y"), "http://example.com:8000/a/b/y"),
        ] {
            assert_eq!(build_absolute_uri(&direct, &settings, location), expected, "{location:?}");
            let expected = expected.replace("http://example.com:8000", "https://public.example");
            let expected = if location.is_some_and(|location| location.starts_with("//")) {
                expected.replace("http://", "https://")
            } else {
                expected
            };
            assert_eq!(build_absolute_uri(&proxied, &settings, location), expected, "{location:?}");
        }
    }
}
