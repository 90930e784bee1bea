use proptest::prelude::*;
use serde::Deserialize;

use super::decode::MAX_DEPTH;
use super::{
    DecodeError, Limits, decode, decode_within, detail_to_bytes, to_bytes, write, write_float, write_str,
};
use crate::data::{Dict, Integer, Value};
use crate::python::{self, codecs::Charset};

/// The result of Django REST framework's `JSONParser`. Each byte of the body is one character.
#[derive(Deserialize)]
struct Parsed {
    body: String,
    charset: Option<String>,
    repr: Option<String>,
    error: Option<String>,
}

fn check(fixtures: &str) {
    for line in fixtures.lines() {
        let parsed: Parsed = serde_json::from_str(line).unwrap();
        let body: Vec<u8> = parsed.body.chars().map(|c| u8::try_from(c).unwrap()).collect();
        let expected =
            parsed.error.map_or_else(|| Ok(parsed.repr.unwrap()), |error| Err(DecodeError::Malformed(error)));
        let label = parsed.charset.as_deref().unwrap_or("utf-8");
        let charset =
            Charset::lookup(label).map(Option::unwrap_or_default).map_err(|error| error.to_string());
        let decoded = charset.map_err(DecodeError::Malformed).and_then(|charset| decode(&body, charset));
        let actual = decoded.map(|value| python::repr(&value));
        assert_eq!(actual, expected, "{line}");
    }
}

#[test]
fn decode_matches_django_rest_framework() {
    check(include_str!("fixtures/decode.jsonl"));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let deepest = decode(nested(MAX_DEPTH).as_bytes(), Charset::Utf8).unwrap();
    assert_eq!(to_bytes(&deepest.clone(), None).unwrap(), nested(MAX_DEPTH).as_bytes());
    assert_eq!(python::repr(&deepest), nested(MAX_DEPTH));
    assert_eq!(decode(nested(MAX_DEPTH + 1).as_bytes(), Charset::Utf8), Err(DecodeError::TooDeep));
    assert_eq!(decode("{\"a\":".repeat(100_000).as_bytes(), Charset::Utf8), Err(DecodeError::TooDeep));
}

/// The result, and the bytes that were reserved.
fn within(document: &str, max_values: usize, most: usize) -> (Result<Value, DecodeError>, usize) {
    let mut reserved = 0;
    let mut reserve = |bytes: usize| {
        reserved += bytes;
        reserved <= most
    };
    let limits = Limits { max_values, reserve: &mut reserve };
    (decode_within(document.as_bytes(), Charset::Utf8, limits), reserved)
}

#[test]
fn the_number_of_values_is_limited() {
    for (document, values) in [("0", 1), ("[]", 1), ("[[], {}, 1]", 4), (r#"{"a": {"b": [null, "x"]}}"#, 5)] {
        assert_eq!(within(document, values, usize::MAX).0, decode(document.as_bytes(), Charset::Utf8));
        assert_eq!(within(document, values - 1, usize::MAX).0, Err(DecodeError::TooManyValues), "{document}");
    }
}

#[test]
fn the_memory_of_values_is_reserved_before_it_is_taken() {
    let list = |item: &str| format!("[{}{item}]", format!("{item},").repeat(9_999));
    let value = size_of::<Value>();
    // At least what the values take, and not much more than vectors that grow.
    for (item, least) in [
        ("0", value),
        ("[0]", 2 * value),
        (r#""abcdefgh""#, value + 8),
        (r#"{"a":0}"#, 2 * value + size_of::<String>()),
        ("1000000000000000000000000", value + 25),
    ] {
        let (decoded, reserved) = within(&list(item), usize::MAX, usize::MAX);
        assert!(decoded.is_ok());
        assert!((10_000 * least..10_000 * (8 * least + 200)).contains(&reserved), "{item}: {reserved}");
        let (refused, asked) = within(&list(item), usize::MAX, reserved / 2);
        assert_eq!(refused, Err(DecodeError::OutOfMemory), "{item}");
        assert!(asked < reserved, "{item}");
    }
}

/// The output of Django REST framework's `JSONRenderer` for a value, compact and with `indent=4`.
#[derive(Deserialize)]
struct Rendered {
    json: String,
    compact: String,
    indented: String,
}

#[test]
fn to_bytes_matches_django_rest_framework() {
    for line in include_str!("fixtures/encode.jsonl").lines() {
        let rendered: Rendered = serde_json::from_str(line).unwrap();
        let value = decode(rendered.json.as_bytes(), Charset::Utf8).unwrap();
        let erased: &dyn erased_serde::Serialize = &value;
        assert_eq!(to_bytes(erased, None).unwrap(), rendered.compact);
        assert_eq!(to_bytes(&value, Some(4)).unwrap(), rendered.indented);
    }
}

#[test]
fn indent_is_capped_and_zero_is_compact() {
    let list = Value::List(vec![Value::Null]);
    assert_eq!(to_bytes(&list, Some(0)).unwrap(), "[null]");
    assert_eq!(to_bytes(&list, Some(99)).unwrap(), "[\n        null\n]");
}

#[test]
fn nan_and_infinite_floats_are_rejected() {
    let message = "Out of range float values are not JSON compliant";
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let nested = Dict::from_iter([("a".to_owned(), Value::List(vec![float.into()]))]);
        assert_eq!(to_bytes(&nested, None).unwrap_err().to_string(), message);
        assert_eq!(to_bytes(&(1, Some(float as f32)), None).unwrap_err().to_string(), message);
    }
    assert_eq!(to_bytes(&1.1f32, None).unwrap(), "1.1");
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|int| Value::Int(Integer::parse(&int.to_string()).unwrap())),
        any::<f64>()
            .prop_filter("JSON has only finite floats", |float| float.is_finite())
            .prop_map(Value::Float),
        any::<String>().prop_map(Value::String),
    ];
    scalar.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| Value::Dict(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn detail_to_bytes_matches_to_bytes(text in prop_oneof!["[ -~]{0,80}", any::<String>()]) {
        let written = to_bytes(&serde_json::json!({"detail": text}), None).unwrap();
        match detail_to_bytes(&text) {
            Some(json) => prop_assert_eq!(json, written),
            None => prop_assert!(text.contains(['"', '\\']) || text.bytes().any(|byte| byte < 0x20 || byte == 0xE2)),
        }
    }

    /// With any text around it, and at any position in a chunk of eight.
    #[test]
    fn detail_to_bytes_finds_each_escaped_byte(
        around in "[ !#-\\[\\]-\u{7f}\u{80}\u{1f600}\u{ff}]{0,20}",
        at in any::<prop::sample::Index>(),
        special in "[\u{0}-\u{1f}\"\\\\\u{2028}\u{2029}]",
    ) {
        prop_assert!(detail_to_bytes(&around).is_some());
        let mut characters: Vec<char> = around.chars().collect();
        let at = at.index(characters.len() + 1);
        characters.splice(at..at, special.chars());
        prop_assert_eq!(detail_to_bytes(&characters.iter().collect::<String>()), None);
    }

    #[test]
    fn encoded_values_round_trip(value in values(), indent in prop::option::of(0usize..9)) {
        let json = to_bytes(&value, indent).unwrap();
        prop_assert_eq!(decode(&json, Charset::Utf8), Ok(value));
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        charset in prop::sample::select(vec!["utf-8", "utf-8-sig", "utf-16", "utf-32", "ascii", "gbk", "utf-16-be"]),
    ) {
        if let Err(error) = decode(&bytes, Charset::lookup(charset).unwrap().unwrap()) {
            prop_assert_ne!(error, DecodeError::Malformed(String::new()));
        }
    }

    #[test]
    fn documents_that_serde_json_accepts_are_accepted(text in r#"[\[\]{},:"\\u0-9a-fed+.\- \n]{0,40}"#) {
        let decoded = decode(text.as_bytes(), Charset::Utf8);
        let serde_decoded = serde_json::from_str::<serde_json::Value>(&text);
        // serde_json rejects numbers beyond f64 and lone surrogates.
        if serde_decoded.is_ok() {
            prop_assert!(decoded.is_ok());
        }
    }
}

proptest! {
    #[test]
    fn parts_are_written_as_in_a_whole(text in "\\PC*|[\u{0}-\u{7f}\u{2020}-\u{2030}]*", float: f64, small in -1e17..1e17) {
        let mut out = Vec::new();
        write_str(&mut out, &text);
        prop_assert_eq!(&out, &to_bytes(&text, None).unwrap());
        for float in [float, small] {
            out.clear();
            write_float(&mut out, float).unwrap();
            prop_assert_eq!(&out, &to_bytes(&float, None).unwrap());
            out.clear();
            write(&mut out, &float).unwrap();
            prop_assert_eq!(&out, &to_bytes(&float, None).unwrap());
        }
        let error = write_float(&mut out, f64::NAN).unwrap_err().to_string();
        prop_assert_eq!(error, "Out of range float values are not JSON compliant");
    }
}
