use serde_json::{Value, json};

use super::*;
use crate::mediatypes::latin1;

const CONTENT_TYPE: &str = "multipart/form-data; boundary=BoUnDaRy";

fn bytes(latin1_text: &Value) -> Bytes {
    latin1_text.as_str().unwrap().chars().map(|character| u8::try_from(character).unwrap()).collect()
}

/// `[Content-Type, body, charset, outcome]`, headers and bodies as ISO 8859-1 text; generated with Django 5.2.
#[test]
fn parse_multipart_matches_django() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../fixtures/multipart.json")).unwrap();
    assert!(cases.len() > 300);
    for case in cases {
        let charset = Charset::lookup(case[2].as_str().unwrap()).unwrap().unwrap();
        let actual =
            match parse_multipart(case[0].as_str().unwrap(), &bytes(&case[1]), charset, Limits::default()) {
                Ok(mut form) => {
                    form.files.sort_by_key(|(field, file)| (field.clone(), file.name.clone()));
                    let files = form.files.iter().map(|(field, file)| {
                        let content = latin1(&file.bytes);
                        json!([field, file.name, file.content_type, file.charset, content])
                    });
                    json!(["ok", form.data, files.collect::<Vec<_>>()])
                }
                Err(MultiPartError::Parse(reason)) => json!(["parse", reason]),
                Err(error) => json!(["django", error.to_string()]),
            };
        assert_eq!(actual, case[3], "{case}");
    }
}

fn field(name: &str, value: &str) -> String {
    format!("--BoUnDaRy\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, value: &str) -> String {
    field(&format!("a\"; filename=\"{name}"), value)
}

fn parse(parts: &str) -> Result<(usize, usize), MultiPartError> {
    let body = Bytes::from(format!("{parts}--BoUnDaRy--\r\n"));
    parse_multipart(CONTENT_TYPE, &body, Charset::Utf8, Limits::default())
        .map(|form| (form.data.len(), form.files.len()))
}

#[test]
fn limits_match_django() {
    assert_eq!(parse(&field("a", "").repeat(1000)), Ok((1000, 0)));
    assert_eq!(parse(&field("a", "").repeat(1001)), Err(MultiPartError::TooManyFieldsSent));
    assert_eq!(parse(&file("x", "").repeat(100)), Ok((0, 100)));
    assert_eq!(parse(&file("x", "").repeat(101)), Err(MultiPartError::TooManyFilesSent));
    assert_eq!(parse(&file("..", "").repeat(101)), Err(MultiPartError::TooManyFilesSent));
    let max = 2_621_440;
    for name in ["a", "é"] {
        assert_eq!(parse(&field(name, &"x".repeat(max - 3))), Ok((1, 0)));
        assert_eq!(parse(&field(name, &"x".repeat(max - 2))), Err(MultiPartError::RequestDataTooBig));
    }
    let two = |more: usize| field("a", &"x".repeat(max / 2)) + &field("b", &"x".repeat(max / 2 - 6 + more));
    assert_eq!(parse(&two(0)), Ok((2, 0)));
    assert_eq!(parse(&two(1)), Err(MultiPartError::RequestDataTooBig));
    assert_eq!(parse(&file("x", &"x".repeat(max + 5))), Ok((0, 1)));
}

#[test]
fn messages_match_django_rest_framework() {
    let error = parse_multipart("multipart/form-data", &Bytes::new(), Charset::Utf8, Limits::default());
    let message = error.unwrap_err().to_string();
    assert_eq!(message, "Multipart form parse error - Invalid boundary in multipart: None");
    let message = MultiPartError::RequestDataTooBig.to_string();
    assert_eq!(message, "Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.");
}

#[test]
fn debug_shows_no_values() {
    let body = Bytes::from(field("password", "hunter2") + &file("x", "hunter2") + "--BoUnDaRy--");
    let form = parse_multipart(CONTENT_TYPE, &body, Charset::Utf8, Limits::default()).unwrap();
    assert_eq!(form.data, [("password".to_owned(), "hunter2".to_owned())]);
    assert_eq!(form.files.len(), 1);
    assert!(!format!("{form:?} {:?}", form.files).contains("hunter2"));
}

#[test]
fn files_share_the_memory_of_the_body() {
    let body = Bytes::from(file("x", "content") + "--BoUnDaRy--");
    let form = parse_multipart(CONTENT_TYPE, &body, Charset::Utf8, Limits::default()).unwrap();
    assert!(body.as_ptr_range().contains(&form.files[0].1.bytes.as_ptr()));
}

proptest::proptest! {
    #[test]
    fn no_body_panics(
        body: Vec<u8>,
        tail in "(\r\n|--BoUnDaRy|--|Content-Disposition: form-data; name=x|[a-z=\"]){0,12}",
    ) {
        let body = Bytes::from([body, tail.into_bytes()].concat());
        let form = parse_multipart(CONTENT_TYPE, &body, Charset::Utf8, Limits::default());
        proptest::prop_assert!(form.map_or(0, |form| form.data.len()) <= body.len());
    }
}

/// As in Django 5.2: if a skipped part continues in the next block of 64 KiB, its rest is another part.
#[test]
fn a_skipped_part_ends_with_its_block() {
    let parse = |head: &str, length: usize, tail: &str| {
        let body = format!(
            "--BoUnDaRy\r\n{head}\r\n\r\n{}{tail}\r\n{}--BoUnDaRy--\r\n",
            "x".repeat(length),
            field("last", "1")
        );
        parse_multipart(CONTENT_TYPE, &body.into(), Charset::Utf8, Limits::default())
            .map(|form| form.data.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" "))
    };
    let too_long = || Err(MultiPartError::Parse("Request max total header size exceeded.".to_owned()));
    let hidden = "Content-Disposition: form-data; name=\"hidden\"\r\n\r\n2";
    for head in [
        "Content-Disposition: form-data; name=\"a\"; filename=\"..\"",
        "Content-Disposition: form-data",
        "X: y",
    ] {
        assert_eq!(parse(head, 65_000, ""), Ok("last".to_owned()), "{head}");
        assert_eq!(parse(head, 70_000, ""), too_long(), "{head}");
        // Django keeps the last bytes of a block for the next one: the boundary's length and six.
        let rest = 65_536 - 16 - "--BoUnDaRy\r\n\r\n\r\n".len() - head.len();
        assert_eq!(parse(head, rest - 1, hidden), Ok("last".to_owned()), "{head}");
        assert_eq!(parse(head, rest, hidden), Ok("hidden last".to_owned()), "{head}");
    }
    let read = "Content-Disposition: form-data; name=\"a\"";
    assert_eq!(parse(read, 70_000, ""), Ok("a last".to_owned()));
}
