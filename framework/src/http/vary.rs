//! The `Vary` header (`django/utils/cache.py`).

use actix_web::http::header::{HeaderMap, HeaderValue, VARY};

/// Adds the request header names that `Vary` lacks, ignoring case (`patch_vary_headers`). Several headers become one;
/// `*` replaces all names.
pub fn patch_vary_headers(headers: &mut HeaderMap, new: &[&'static str]) {
    let own: Vec<HeaderValue> = headers.get_all(VARY).cloned().collect();
    // Django's headers are always text.
    let own: Vec<&str> = own.iter().filter_map(|value| value.to_str().ok()).collect();
    let mut names: Vec<&str> = own.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    for name in new {
        if !names.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return;
    }
    let vary = if names.contains(&"*") { "*".to_owned() } else { names.join(", ") };
    if let Ok(vary) = HeaderValue::from_str(&vary) {
        headers.insert(VARY, vary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values were made with Django 5.2.
    #[test]
    fn names_are_added_once() {
        for (own, new, expected) in [
            (&[][..], &["Accept"][..], "Accept"),
            (&["Accept"], &["Accept", "Cookie"], "Accept, Cookie"),
            (&["accept , COOKIE"], &["Accept", "Cookie"], "accept, COOKIE"),
            (&["Origin", "X-Tenant"], &["Cookie"], "Origin, X-Tenant, Cookie"),
            (&["Origin, *"], &["Cookie"], "*"),
        ] {
            let mut headers = HeaderMap::new();
            own.iter().for_each(|value| headers.append(VARY, HeaderValue::from_static(value)));
            patch_vary_headers(&mut headers, new);
            assert_eq!(headers.get_all(VARY).collect::<Vec<_>>(), [expected], "{own:?}");
        }
    }
}
