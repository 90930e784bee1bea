use super::*;
use crate::mediatypes::latin1;

/// `[body as ISO 8859-1 text, charset, fields]`, generated with Django 5.2's QueryDict.
#[test]
fn parse_form_matches_django() {
    type Case = (String, String, Vec<(String, String)>);
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/forms.json")).unwrap();
    assert!(cases.len() > 200);
    for (body, charset, expected) in cases {
        let bytes: Vec<u8> = body.chars().map(|character| u8::try_from(character).unwrap()).collect();
        assert_eq!(latin1(&bytes), body);
        let charset = Charset::lookup(&charset).unwrap().unwrap();
        assert_eq!(parse_form(&bytes, charset, Some(1000)), Ok(expected), "{body:?} {charset:?}");
    }
}

#[test]
fn empty_fields_count_towards_the_limit() {
    let parse = |form: &str, max| parse_form(form.as_bytes(), Charset::Utf8, max).map(|fields| fields.len());
    assert_eq!(parse(&["a=1"; 1000].join("&"), Some(1000)), Ok(1000));
    assert_eq!(parse(&["a=1"; 1001].join("&"), Some(1000)), Err(TooManyFieldsSent));
    assert_eq!(parse(&"&".repeat(1000), Some(1000)), Err(TooManyFieldsSent));
    assert_eq!(parse(&"&".repeat(999), Some(1000)), Ok(0));
    assert_eq!(parse(&"&a".repeat(2000), None), Ok(2000));
    assert_eq!(parse("", Some(0)), Ok(0));
    assert_eq!(parse("a", Some(0)), Err(TooManyFieldsSent));
}

proptest::proptest! {
    #[test]
    fn encoded_fields_round_trip(name in "\\PC+", value in "\\PC*") {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!("{}={}", encode(&name), encode(&value));
        let fields = parse_form(form.as_bytes(), Charset::Utf8, None);
        proptest::prop_assert_eq!(fields, Ok(vec![(name, value)]));
    }
}
