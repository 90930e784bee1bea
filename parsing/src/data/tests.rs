use std::collections::HashMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::python;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Form {
    username: String,
    age: Option<u8>,
    nothing: Option<String>,
    #[serde(default)]
    missing: bool,
    colours: Vec<Colour>,
    ratio: f64,
    large: u128,
    more: HashMap<String, i64>,
    avatar: Option<UploadedFile>,
    raw: serde_json::Value,
}

fn dict<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Dict(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn file() -> UploadedFile {
    let charset = Some("utf-8".to_owned());
    UploadedFile {
        name: "a.txt".into(),
        content_type: "text/plain".into(),
        charset,
        bytes: "abc".into(),
        ..Default::default()
    }
}

#[test]
fn from_value_returns_a_struct() {
    let value = dict([
        ("username", "joe".into()),
        ("age", 7.into()),
        ("nothing", Value::Null),
        ("colours", vec!["red".into()].into()),
        ("ratio", 0.5.into()),
        ("large", Value::Int(Integer::parse("36893488147419103232").unwrap())),
        ("more", dict([("a", 1.into())])),
        ("avatar", file().into()),
        ("raw", dict([("x", vec![Value::Null, true.into()].into())])),
        ("not in the struct", 1.into()),
    ]);
    let expected = Form {
        username: "joe".into(),
        age: Some(7),
        nothing: None,
        missing: false,
        colours: vec![Colour::Red],
        ratio: 0.5,
        large: 1 << 65,
        more: [("a".to_owned(), 1)].into(),
        avatar: Some(file()),
        raw: serde_json::json!({"x": [null, true]}),
    };
    assert_eq!(from_value(value), Ok(expected));
}

#[test]
fn a_mismatch_shows_no_value() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its errors matter")]
    struct Login {
        password: u64,
    }
    let error = |value| from_value::<Login>(value).unwrap_err().to_string();
    assert_eq!(error(dict([("password", "hunter2".into())])), "invalid type: str, expected u64");
    assert_eq!(error(dict([("password", (-123).into())])), "invalid value: int, expected u64");
    assert_eq!(error(dict([])), "missing field `password`");
    let error = from_value::<Colour>("hunter2".into()).unwrap_err();
    assert_eq!(error.to_string(), "unknown variant, expected one of [\"red\"]");
    let error = from_value::<std::net::IpAddr>("hunter2".into()).unwrap_err();
    assert_eq!(error.to_string(), "the type rejects the value");
}

#[test]
fn debug_shows_structure_but_no_value() {
    let ill_formed = IllFormed::from_code_points(vec![0x68, 0xD800]).unwrap_err();
    let value = dict([
        ("password", "hunter2".into()),
        ("pins", vec![1234.into(), 5.5.into(), Value::Null, true.into()].into()),
        ("file", file().into()),
        ("odd", Value::IllFormed(ill_formed)),
    ]);
    let text =
        r#"{"password": str, "pins": [int, float, NoneType, bool], "file": UploadedFile { .. }, "odd": str}"#;
    assert_eq!(format!("{value:?}"), text);
    let form: QueryDict = [("password", "hunter2")].into_iter().collect();
    assert_eq!(format!("{form:?}"), r#"{"password": [str]}"#);
}

#[test]
fn a_form_keeps_all_values_and_returns_the_last() {
    let mut form: QueryDict = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
    form.update([("a", file())].into_iter().collect());
    assert_eq!(form.get_list("a"), ["1".into(), "3".into(), file().into()]);
    assert_eq!(form.items().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(form.get("a"), Some(&file().into()));
    assert_eq!(form.get("b").and_then(Value::as_str), Some("2"));
    assert_eq!(form.get("c"), None);
}

/// The expected texts are those of Python's `repr()`.
#[test]
fn text_of_values_matches_python() {
    let floats = [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e16, "1e+16"),
        (9999999999999998.0, "9999999999999998.0"),
        (1e-5, "1e-05"),
        (1e-4, "0.0001"),
        (1.25e-7, "1.25e-07"),
        (123.456, "123.456"),
        (1e22, "1e+22"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ];
    for (float, text) in floats {
        assert_eq!(python::float_repr(float), text);
    }
    let value =
        vec!["it's".into(), "\"'\u{a0}\u{301}\u{1f600}\n\\".into(), true.into(), dict([("k", Value::Null)])];
    assert_eq!(python::str(&value.into()), r#"["it's", '"\'\xa0́😀\n\\', True, {'k': None}]"#);
    assert_eq!(python::strip("\u{1c}\u{2003} a\u{200b}\n"), "a\u{200b}");
}

#[test]
fn ill_formed_text_keeps_surrogates() {
    let text = IllFormed::from_code_points(vec![0x20, 0x61, 0xDFFF, 0xD800, 0x0A]).unwrap_err();
    assert_eq!(text.first_surrogate(), 0xDFFF);
    assert_eq!(text.trim().code_points(), [0x61, 0xDFFF, 0xD800]);
    assert_eq!(text.to_string_lossy(), " a\u{fffd}\u{fffd}\n");
}

proptest! {
    #[test]
    fn float_repr_round_trips(float: f64) {
        let parsed: f64 = python::float_repr(float).parse().unwrap();
        prop_assert!(parsed.to_bits() == float.to_bits() || float.is_nan());
    }
}
