use serde_json::Value;

use super::*;

/// A header as the client sends it: the fixture holds it as ISO 8859-1 text.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap()).collect()
}

/// `[renderers, Accept headers, suffix, ?format=, outcome]`, generated with Django REST framework 3.18.3. Cases whose
/// result depends on Python's hash seed are left out.
#[test]
fn select_renderer_matches_django_rest_framework() {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/negotiation.json")).unwrap();
    let sets: Vec<Vec<(String, String)>> = serde_json::from_value(fixture["sets"].clone()).unwrap();
    let cases = fixture["cases"].as_array().unwrap();
    assert!(cases.len() > 400);
    let mut shortcuts = 0;
    for case in cases {
        let set = &sets[usize::try_from(case[0].as_u64().unwrap()).unwrap()];
        let renderers: Vec<(&str, &str)> = set.iter().map(|(media, format)| (&**media, &**format)).collect();
        let headers: Vec<Vec<u8>> =
            case[1].as_array().unwrap().iter().map(|header| bytes(header.as_str().unwrap())).collect();
        let headers = headers.iter().map(Vec::as_slice);
        let is_plain = renderers.first().is_some_and(has_plain_media_type);
        if case[2].is_null() && case[3].is_null() && is_plain && accepts_all(headers.clone()) {
            shortcuts += 1;
            assert_eq!(
                (&case[4][0], &case[4][1], &case[4][2]),
                (&"ok".into(), &0.into(), &renderers[0].0.into())
            );
        }
        let actual = match select_renderer(&renderers, headers, case[2].as_str(), case[3].as_str()) {
            Ok(accepted) => {
                let indent = json_indent(&accepted.media_type);
                serde_json::json!(["ok", accepted.renderer, accepted.media_type, indent])
            }
            Err(NegotiationError::NotAcceptable) => serde_json::json!(["406"]),
            Err(NegotiationError::NotFound) => serde_json::json!(["404"]),
        };
        assert_eq!(actual, case[4], "{case}");
    }
    assert!(shortcuts > 2, "{shortcuts}");
}

#[test]
fn the_first_of_equally_specific_ranges_wins() {
    let renderers = [("application/json", "json")];
    let accept = b"application/json; indent=2, application/json; indent=4";
    let accepted = select_renderer(&renderers, [&accept[..]], None, None).unwrap();
    assert_eq!(accepted.media_type, "application/json; indent=2");
    assert_eq!(json_indent(&accepted.media_type), Some(2));
}

#[test]
fn usual_media_types_are_borrowed() {
    let renderers = [("application/json", "json"), ("text/html", "api")];
    let cases: [(&[&[u8]], &str); 5] = [
        (&[], "application/json"),
        (&[b"*/*"], "application/json"),
        (&[b"application/json"], "application/json"),
        (&[b" text/html "], "text/html"),
        (&[b"application/json, text/plain, */*"], "application/json"),
    ];
    for (accept, expected) in cases {
        let accepted = select_renderer(&renderers, accept.iter().copied(), None, None).unwrap();
        assert!(matches!(accepted.media_type, Cow::Borrowed(text) if text == expected), "{accepted:?}");
    }
}

#[test]
fn the_first_matching_parser_is_selected() {
    let parsers = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
    let select = |content_type: &[u8]| select_parser(parsers, Some(content_type));
    assert_eq!(select(b"application/json"), Some(0));
    assert_eq!(select(b"Application/JSON; charset=utf-8"), Some(0));
    assert_eq!(select(b"*/*"), Some(0));
    assert_eq!(select(b"application/x-www-form-urlencoded"), Some(1));
    assert_eq!(select(b"multipart/form-data; boundary=x"), Some(2));
    assert_eq!(select(b"text/plain"), None);
    assert_eq!(select(b""), None);
    assert_eq!(select_parser(parsers, None), None);
    assert_eq!(select_parser(["*/*"], None), Some(0));
    let long = format!("application/json; a={}", "x".repeat(256));
    assert_eq!(select(long.as_bytes()), None);
}

/// Expected values from Django REST framework 3.18.3, as in the fixture.
#[test]
fn long_headers_are_cut() {
    let renderers = [("application/json", "json")];
    let accepted = |accept: &str| select_renderer(&renderers, [accept.as_bytes()], None, None).is_ok();
    let json = "application/json";
    assert!(accepted(&format!("{}{json}", "image/png,".repeat(63))));
    assert!(!accepted(&format!("{}{json}", "image/png,".repeat(64))));
    assert!(accepted(&format!("{},{json}", "z".repeat(257))));
    assert!(!accepted(&format!("{},{json}", "x".repeat(8190))));
    assert!(!accepted(&"z".repeat(9000)));
    assert!(!accepted(&format!("{},*/*;q=0.123,{json}", "a".repeat(8180))));
    let tail = "z".repeat(255) + ",";
    assert!(accepted(&format!("{}+{}+,{json},{}", "image/x".repeat(100), "y".repeat(250), tail.repeat(40))));
}
