//! Which URLs a redirect may lead to (`url_has_allowed_host_and_scheme` of `django/utils/http.py`).

use super::split_url::SplitUrl;

/// Returns whether a URL from a client leads to this host: it has no host, or this one, and no scheme but http and https;
/// https alone if `require_https`.
#[must_use]
pub fn url_has_allowed_host_and_scheme(url: &str, host: &str, require_https: bool) -> bool {
    let url = url.trim();
    // Browsers take a backslash for a slash.
    !url.is_empty() && [url, &url.replace('\\', "/")].iter().all(|url| is_allowed(url, host, require_https))
}

fn is_allowed(url: &str, host: &str, require_https: bool) -> bool {
    // Browsers take more than two slashes for two, and leave out control characters.
    if url.starts_with("///") || url.chars().any(char::is_control) {
        return false;
    }
    let Some(SplitUrl { scheme, netloc, .. }) = SplitUrl::parse(url) else { return false };
    if netloc.is_empty() && !scheme.is_empty() {
        return false;
    }
    // Without a scheme the page's own counts, so the worse one is assumed.
    let scheme = if scheme.is_empty() && !netloc.is_empty() { "http" } else { &scheme };
    let is_scheme = scheme.is_empty() || scheme == "https" || (scheme == "http" && !require_https);
    is_scheme && (netloc.is_empty() || netloc == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were made with Django 5.2, but for control characters inside, which Django accepts.
    #[test]
    fn only_the_own_host_is_allowed() {
        for (url, over_http, over_https) in [
            ("/api/", true, true),
            ("api/?next=//evil", true, true),
            ("?page=2", true, true),
            ("#top", true, true),
            ("http://testserver/api/", true, false),
            ("https://testserver/api/", true, true),
            ("//testserver/api/", true, false),
            (" /api/ ", true, true),
            ("", false, false),
            ("   ", false, false),
            ("http://evil/", false, false),
            ("//evil/", false, false),
            ("///evil", false, false),
            ("\\\\evil", false, false),
            ("/\\evil", false, false),
            ("\\/evil", false, false),
            ("http:\\\\evil", false, false),
            ("http:///evil", false, false),
            ("http:evil", false, false),
            ("javascript:alert(1)", false, false),
            ("data:text/html,x", false, false),
            ("ftp://testserver/", false, false),
            ("http://testserver@evil/", false, false),
            ("http://testserver:80/", false, false),
            ("http://[::1", false, false),
            ("\u{8}//evil", false, false),
            ("/\t/evil", false, false),
        ] {
            let allowed =
                [false, true].map(|https| url_has_allowed_host_and_scheme(url, "testserver", https));
            assert_eq!(allowed, [over_http, over_https], "{url:?}");
        }
    }
}
