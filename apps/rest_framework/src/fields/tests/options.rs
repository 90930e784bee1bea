//! Options, and properties of fields.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::TimeDelta;
use proptest::prelude::*;

use super::super::*;
use crate::data::{Data, QueryDict, UploadedFile};
use crate::json;
use crate::python::codecs::Charset;
use crate::serializers::Serializer;
use vitamin_framework::timezone::TimeZone;

#[test]
fn images_have_a_header_with_a_size() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x06\0\0\0";
    let gif = b"GIF89a\x01\0\x01\0\0\0\0";
    let run = |content: &'static [u8]| {
        let file = UploadedFile { name: "a.png".into(), bytes: content.into(), ..UploadedFile::default() };
        let form: QueryDict = [("f", file)].into_iter().collect();
        let field = ImageField::new().allow_empty_file().max_length(5);
        Serializer::new().field("f", field).run(&form.into()).map_err(|detail| detail.get_codes())
    };
    let error = |code: &str| Err(Value::Dict([("f".to_owned(), vec![code.into()].into())].into()));
    assert!(run(png).is_ok() && run(gif).is_ok());
    assert_eq!(run(b""), error("empty"));
    for content in
        [b"GIF89a".as_slice(), &png[..12], b"\x89PNG\r\n\x1a\n", b"<svg/>", b"GIF89a\0\0\x01\0\0\0\0"]
    {
        assert_eq!(run(content), error("invalid_image"), "{content:?}");
    }
    let described = Serializer::new().field("f", ImageField::new().max_length(5)).info();
    let expected =
        r#"{"f":{"type":"image upload","required":true,"read_only":false,"label":"F","max_length":5}}"#;
    assert_eq!(json::to_bytes(&described, None).unwrap(), expected);
}

#[test]
fn urls_of_files_are_absolute_in_a_request() {
    let zone = TimeZone::default();
    let write = |value: ValueRef<'_>, output: Output<'_>| {
        let mut out = Vec::new();
        FileField::new().to_representation(value, &output, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let output = Output::new(&zone).base_url("https://example.com");
    assert_eq!(write(ValueRef::Text("a b.txt"), output), r#""https://example.com/a%20b.txt""#);
    let cdn = Output { media_url: "https://cdn.example.com/m/", ..output };
    assert_eq!(write(ValueRef::Text("a.txt"), cdn), r#""https://cdn.example.com/m/a.txt""#);
    // An uploaded file has no URL before it is stored.
    let file = Value::from(UploadedFile { name: "a".into(), ..UploadedFile::default() });
    assert_eq!(write(value_ref(&file), output), "null");
}

#[test]
fn defaults_see_the_context() {
    let zone = TimeZone::new("Europe/Berlin", true).unwrap();
    let serializer = Serializer::new()
        .field("zone", HiddenField::computed(|context| context.time_zone.name().into()))
        .field("made", CharField::new().create_only_default(|_| "now".into()))
        .field("kept", CharField::new().default_with(|| "x".into()));
    let run = |context: Context<'_>| {
        let data = Data::Json(Value::Dict(Dict::new()));
        let value = serializer.run_validation(Some(&(&data).into()), context).unwrap().unwrap();
        serde_json::to_string(&value).unwrap()
    };
    let context = Context::new(&zone);
    assert_eq!(run(context), r#"{"zone":"Europe/Berlin","made":"now","kept":"x"}"#);
    assert_eq!(run(context.update(true)), r#"{"zone":"Europe/Berlin","kept":"x"}"#);
    assert_eq!(run(context.partial(true)), "{}");
    assert!(!serializer.info().contains_key("zone"));
}

#[test]
fn a_missing_attribute_is_an_error_unless_the_field_is_optional() {
    let zone = TimeZone::default();
    let output = Output::new(&zone);
    let data = |field: Arc<dyn BaseField>| {
        let out = Serializer::new().field("a", field).data(&Value::Dict(Dict::new()), &output);
        out.map(|out| String::from_utf8(out).unwrap()).ok()
    };
    assert_eq!(data(Arc::new(CharField::new())), None);
    assert_eq!(data(Arc::new(CharField::new().required(false))).as_deref(), Some("{}"));
    assert_eq!(data(Arc::new(CharField::new().allow_null())).as_deref(), Some(r#"{"a":null}"#));
    assert_eq!(data(Arc::new(CharField::new().default("d"))).as_deref(), Some(r#"{"a":"d"}"#));
}

#[test]
fn a_kind_s_settings_can_be_read() {
    let field: Arc<dyn BaseField> = Arc::new(DecimalField::new(5, 2).max_value("9.99").source("price.net"));
    let decimal = field.kind().downcast_ref::<Decimal>().unwrap();
    assert_eq!((decimal.max_digits(), decimal.max_value()), (Some(5), Some(Limit::Decimal("9.99"))));
    assert_eq!(field.options().source(), Some("price.net"));
}

#[test]
fn model_fields_write_protected_values_as_they_are() {
    let zone = TimeZone::default();
    let field = ModelField::new(|value| Ok(value.clone())).max_length(2);
    let write = |value| {
        let mut out = Vec::new();
        field.to_representation(value, &Output::new(&zone), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(write(ValueRef::Integer(5)), "5");
    assert_eq!(write(ValueRef::Duration(TimeDelta::hours(25))), r#""1 01:00:00""#);
    assert_eq!(write(ValueRef::Binary(b"\xff\xfe")), r#""//4=""#);
    let long = field.run_validation(Some(&Value::from("abc").into()), Context::new(&zone)).unwrap_err();
    assert_eq!(
        serde_json::to_string(&long).unwrap(),
        r#"["Ensure this field has no more than 2 characters."]"#
    );
}

proptest! {
    #[test]
    fn durations_round_trip(micros in -86_399_999_913_600_000_000_i128..=86_399_999_999_999_999_999) {
        let duration = text::from_microseconds(micros).unwrap();
        let field = DurationField::new();
        let zone = TimeZone::default();
        let mut out = Vec::new();
        field.to_representation(ValueRef::Duration(duration), &Output::new(&zone), &mut out).unwrap();
        let written: Value = json::decode(&out, Charset::Utf8).unwrap();
        let read = field.run_validation(Some(&(&written).into()), Context::new(&zone)).unwrap();
        prop_assert_eq!(read.as_ref(), Some(&written));
        prop_assert_eq!(parse_duration::parse_duration(written.as_str().unwrap()), Ok(Some(duration)));
    }

    #[test]
    fn columns_of_decimals_have_the_same_text_on_both_paths(int in -10_i128.pow(10)..10_i128.pow(10), scale in -3_i64..6) {
        let zone = TimeZone::default();
        let column = BigDecimal::new(int.into(), scale);
        let write = |value: ValueRef<'_>| {
            let mut out = Vec::new();
            let result = DecimalField::new(12, 2).to_representation(value, &Output::new(&zone), &mut out);
            result.map(|()| String::from_utf8(out).unwrap())
        };
        let text = column.to_plain_string();
        prop_assert_eq!(write(ValueRef::Decimal(&column)), write(ValueRef::Text(&text)));
    }

    #[test]
    fn what_is_a_duration_has_one_form(input in r"-?[0-9]{0,12}( days?,?)? ?[-+PT]?[0-9:.,DHMS]{0,16}\n?") {
        if let Ok(Some(duration)) = parse_duration::parse_duration(&input) {
            let form = text::string(|out| text::duration(out, duration));
            prop_assert_eq!(parse_duration::parse_duration(&form), Ok(Some(duration)));
        }
    }
}
