//! The path of a URL that a client sends (`HyperlinkedRelatedField.to_internal_value` of rest_framework/relations.py).

use percent_encoding::{CONTROLS, percent_decode_str, percent_encode};
use vitamin_framework::http::ScriptName;

/// The path that is looked up: without scheme, host, `FORCE_SCRIPT_NAME`, query and fragment, if the client sends an absolute
/// URL, and decoded.
pub(super) fn link_path(url: &str, script_name: Option<&ScriptName>) -> String {
    let path = if url.starts_with("http:") || url.starts_with("https:") {
        let path = path_of(url);
        let below = script_name.and_then(|name| name.strip(&path)).map(str::to_owned);
        below.unwrap_or(path)
    } else {
        url.to_owned()
    };
    uri_to_iri(&percent_decode_str(&path).decode_utf8_lossy())
}

/// The path of an absolute URL (`urllib.parse.urlparse(url).path`).
fn path_of(url: &str) -> String {
    let url = url.trim_end_matches(|letter: char| letter <= ' ').replace(['\t', '\r', '\n'], "");
    let rest = url.split_once(':').map_or("", |(_, rest)| rest);
    let rest = match rest.strip_prefix("//") {
        Some(rest) => rest.find(['/', '?', '#']).and_then(|start| rest.get(start..)).unwrap_or(""),
        None => rest,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let rest = rest.split('?').next().unwrap_or_default();
    // The parameters of the last segment.
    let last = rest.rfind('/').unwrap_or(0);
    let parameters = rest.get(last..).and_then(|segment| segment.find(';')).map(|start| last + start);
    parameters.and_then(|end| rest.get(..end)).unwrap_or(rest).to_owned()
}

/// Decodes the octets that need not be encoded (`uri_to_iri` of `django/utils/encoding.py`). Those that are no UTF-8 stay.
fn uri_to_iri(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut octets = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let octet = part.get(..2).filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let octet = octet.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match octet {
            Some(octet) if octet >= 0x80 || octet.is_ascii_alphabetic() || b"-._~".contains(&octet) => {
                octets.push(octet);
                octets.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            _ => {
                octets.push(b'%');
                octets.extend_from_slice(part.as_bytes());
            }
        }
    }
    // All broken octets are beyond ASCII, so any set encodes them.
    octets
        .utf8_chunks()
        .flat_map(|chunk| [chunk.valid().to_owned(), percent_encode(chunk.invalid(), CONTROLS).to_string()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths are what Django REST framework 3.18 gives to `resolve`.
    #[test]
    fn paths_are_those_of_django_rest_framework() {
        for (url, path) in CASES {
            assert_eq!(link_path(url, None), *path, "{url:?}");
        }
    }

    #[test]
    fn an_absolute_url_is_below_the_script_name() {
        let shop = "/shop/".parse().unwrap();
        for (url, path) in [
            ("http://host/shop/tags/1/", "/tags/1/"),
            ("http://host/tags/1/", "/tags/1/"),
            ("http://host/shopping/1/", "/shopping/1/"),
            ("/shop/tags/1/", "/shop/tags/1/"),
        ] {
            assert_eq!(link_path(url, Some(&shop)), path, "{url:?}");
        }
    }

    const CASES: &[(&str, &str)] = &[
        ("/tags/1/", "/tags/1/"),
        ("tags/1/", "tags/1/"),
        ("", ""),
        ("http://testserver/tags/1/", "/tags/1/"),
        ("https://other:8000/tags/1/?a=b#c", "/tags/1/"),
        ("http:/tags/1/", "/tags/1/"),
        ("http:tags/1/", "tags/1/"),
        ("http:", ""),
        ("http://", ""),
        ("http://host", ""),
        ("http://host?x=/tags/1/", ""),
        ("HTTP://host/tags/1/", "HTTP://host/tags/1/"),
        ("/tags/1/?a=b", "/tags/1/?a=b"),
        ("/tags/1/#c", "/tags/1/#c"),
        ("/tags/%31/", "/tags/1/"),
        ("/tags/%2531/", "/tags/%31/"),
        ("/tags/%2541/", "/tags/A/"),
        ("/t%61gs/%C3%A9/", "/tags/é/"),
        ("/tags/%FF/", "/tags/�/"),
        ("/tags/%25FF/", "/tags/%FF/"),
        ("/tags/%25C3%25A9/", "/tags/é/"),
        ("/tags/%", "/tags/%"),
        ("/tags/%4", "/tags/%4"),
        ("/tags/%zz/", "/tags/%zz/"),
        ("http://host/tags/1;v=2", "/tags/1"),
        ("http://host/a;b/c;d/e;f?g", "/a;b/c;d/e"),
        ("http://host/tags/1/\n", "/tags/1/"),
        (" http://host/tags/1/", " http://host/tags/1/"),
        ("http://host/ta\tgs/1/", "/tags/1/"),
        ("http://host//tags/1/", "//tags/1/"),
        ("ftp://host/tags/1/", "ftp://host/tags/1/"),
        ("//host/tags/1/", "//host/tags/1/"),
        ("http://u:p@host/tags/1/", "/tags/1/"),
        ("http://host/tags/1/%3Fx", "/tags/1/?x"),
        ("/tags/é/", "/tags/é/"),
        ("/tags/%e9/", "/tags/�/"),
        ("/tags/1%2F/", "/tags/1//"),
        ("https:///tags/1/", "/tags/1/"),
        ("http://host/;x", "/"),
        ("/tags/%25e2%2582%25ac%25e2/", "/tags/€%E2/"),
    ];
}
