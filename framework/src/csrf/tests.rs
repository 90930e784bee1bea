use serde_json::Value;

use super::*;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/csrf.json")).unwrap()
}

/// Each case lists its differences from `default`. `expected` is the detail of SessionAuthentication in Django REST
/// framework 3.18.3 with Django 5.2, or null if the request passes.
#[test]
fn requests_are_rejected_for_djangos_reasons() {
    let fixture = fixture();
    let trusted: Vec<Vec<String>> = serde_json::from_value(fixture["trusted"].clone()).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    assert!(cases.len() > 300);
    let header_name = HeaderName::from_static("x-csrftoken");
    for case in cases {
        let value = |name: &str| case.get(name).unwrap_or(&fixture["default"][name]);
        let port = value("port").as_u64().unwrap().to_string();
        let request = CsrfRequest {
            method: value("method").as_str().unwrap(),
            cookie: value("cookie").as_str(),
            header: value("header").as_str(),
            origin: value("origin").as_str(),
            referer: value("referer").as_str(),
            host: value("host").as_str(),
            is_secure: value("secure").as_bool().unwrap(),
            trusted_origins: &trusted[usize::try_from(value("trusted").as_u64().unwrap()).unwrap()],
            cookie_domain: value("domain").as_str().map(|domain| (domain, port.as_str())),
        };
        let found = check(&request, || value("form").as_str().map(str::to_owned));
        let found = found.err().map(|reason| reason.detail(&header_name));
        assert_eq!(found.as_deref(), case["expected"].as_str(), "{case}");
    }
}

#[test]
fn django_tokens_are_accepted() {
    let fixture = fixture();
    let secret = fixture["secret"].as_str().unwrap();
    for token in fixture["tokens"].as_array().unwrap() {
        let token = token.as_str().unwrap();
        assert_ne!(token, secret);
        assert!(does_token_match(token, secret));
        assert_eq!(secret_from_cookie(token).as_deref(), Ok(secret));
    }
    for token in fixture["foreign"].as_array().unwrap() {
        assert!(!does_token_match(token.as_str().unwrap(), secret));
    }
    assert!(does_token_match(secret, secret));
    assert!(!does_token_match("", ""));
}

#[test]
fn tokens_differ_each_time() {
    let secret = get_new_csrf_string();
    assert_eq!(secret.len(), CSRF_SECRET_LENGTH);
    assert_ne!(secret, get_new_csrf_string());
    let (one, two) = (mask_cipher_secret(&secret), mask_cipher_secret(&secret));
    assert_ne!(one, two);
    for token in [one, two] {
        assert_eq!(token.len(), CSRF_TOKEN_LENGTH);
        assert!(does_token_match(&token, &secret));
    }
}

proptest::proptest! {
    #[test]
    fn masked_secrets_match_only_themselves(
        secret in "[a-zA-Z0-9]{32}",
        other in "[a-zA-Z0-9]{32}",
    ) {
        let token = mask_cipher_secret(&secret);
        proptest::prop_assert_eq!(secret_from_cookie(&token), Ok(secret.clone()));
        proptest::prop_assert_eq!(does_token_match(&token, &other), secret == other);
    }

    #[test]
    fn arbitrary_text_never_matches(token in "\\PC*") {
        proptest::prop_assert!(!does_token_match(&token, "abcdefghijklmnopqrstuvwxyz012345"));
    }
}
