//! Compares fields with Django REST framework's. tests/django/fields.py writes the expected results.

mod options;

use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::TimeDelta;
use serde::Deserialize;

use super::*;
use crate::data::Data;
use crate::json;
use crate::python::codecs::Charset;
use crate::serializers::Serializer;
use vitamin_framework::timezone::TimeZone;

const PATHS: &str = "src/fields/fixtures/paths";
const GROUPED: [(&str, &[(&str, &str)]); 2] =
    [("Sound", &[("cd", "CD"), ("lp", "LP")]), ("Film", &[("dvd", "DVD"), ("cd", "Video CD")])];

fn field(name: &str) -> Arc<dyn BaseField> {
    let letters = || [(Value::from(1), "One"), ("a".into(), "A"), ("b".into(), "B")];
    let groups = || {
        let groups = GROUPED.map(|(heading, choices)| ChoiceGroup::group(heading, choices.iter().copied()));
        groups.into_iter().chain([ChoiceGroup::one("x", "Other")])
    };
    let decimal = || DecimalField::new(10, 2);
    let rounded = |rounding| DecimalField::new(10, 1).rounding(rounding);
    match name {
        "any" | "read_only" => Arc::new(ReadOnlyField::new()),
        "char" => Arc::new(CharField::new()),
        "slug_unicode" => Arc::new(SlugField::new().allow_unicode()),
        "regex" => Arc::new(RegexField::new("^#[0-9a-f]{6}$")),
        "regex_raw" => Arc::new(RegexField::new(r"^#\d{2}\w$").trim_whitespace(false).max_length(6)),
        "regex_search" => Arc::new(RegexField::new(r"a\sb|[]x]y\Z")),
        "ip" => Arc::new(IPAddressField::new()),
        "ip4" => Arc::new(IPAddressField::new().protocol(Protocol::Ipv4)),
        "ip6" => Arc::new(IPAddressField::new().protocol(Protocol::Ipv6).max_length(9)),
        "bool" => Arc::new(BooleanField::new()),
        "bool_null" => Arc::new(BooleanField::new().allow_null()),
        "int" => Arc::new(IntegerField::new()),
        "big" => Arc::new(BigIntegerField::new().min_value(-5)),
        "big_text" => Arc::new(BigIntegerField::new().coerce_to_string(true)),
        "float" => Arc::new(FloatField::new().allow_null()),
        "decimal" => Arc::new(decimal().allow_null()),
        "decimal_free" => Arc::new(DecimalField::new(None, None)),
        "decimal_number" => Arc::new(decimal().coerce_to_string(false)),
        "decimal_normal" => Arc::new(decimal().normalize_output()),
        "decimal_limit" => Arc::new(decimal().max_value("9.50").min_value("-1.5")),
        "decimal_CEILING" => Arc::new(rounded(Rounding::Ceiling)),
        "decimal_DOWN" => Arc::new(rounded(Rounding::Down)),
        "decimal_FLOOR" => Arc::new(rounded(Rounding::Floor)),
        "decimal_HALF_DOWN" => Arc::new(rounded(Rounding::HalfDown)),
        "decimal_HALF_EVEN" => Arc::new(rounded(Rounding::HalfEven)),
        "decimal_HALF_UP" => Arc::new(rounded(Rounding::HalfUp)),
        "decimal_UP" => Arc::new(rounded(Rounding::Up)),
        "decimal_05UP" => Arc::new(rounded(Rounding::ZeroFiveUp)),
        "uuid" => Arc::new(UUIDField::new()),
        "uuid_hex" => Arc::new(UUIDField::new().format(UuidFormat::Hex)),
        "uuid_int" => Arc::new(UUIDField::new().format(UuidFormat::Int)),
        "uuid_urn" => Arc::new(UUIDField::new().format(UuidFormat::Urn)),
        "date" => Arc::new(DateField::new()),
        "date_formats" => Arc::new(
            DateField::new()
                .format("%A %d. %b %Y %j %U %W %V %y%%")
                .input_formats(["%d.%m.%Y", "%d %B %y", "ISO-8601"]),
        ),
        "date_raw" => Arc::new(DateField::new().format(None)),
        "datetime" => Arc::new(DateTimeField::new()),
        "datetime_formats" => {
            let input = ["%d/%m/%Y %H:%M", "%Y-%j %I %p", "%Y%m%dT%H%M%S.%f%z"];
            let output = "%c | %x %X %f %p %I %-d %e %z %Z";
            Arc::new(DateTimeField::new().format(output).input_formats(input))
        }
        "datetime_raw" => Arc::new(DateTimeField::new().format(None)),
        "datetime_zone" => {
            let zone = TimeZone::new("Asia/Kolkata", true).unwrap();
            Arc::new(DateTimeField::new().default_timezone(zone))
        }
        "time" => Arc::new(TimeField::new().allow_null()),
        "time_formats" => {
            Arc::new(TimeField::new().format("%I:%M %p %S.%f").input_formats(["%I:%M %p", "iso-8601", "%Hh"]))
        }
        "time_raw" => Arc::new(TimeField::new().format(None)),
        "duration" => Arc::new(DurationField::new().allow_null()),
        "duration_iso" => Arc::new(DurationField::new().format(DurationFormat::Iso8601)),
        "duration_raw" => Arc::new(DurationField::new().format(DurationFormat::Native)),
        "duration_limit" => {
            let min = TimeDelta::seconds(-90) + TimeDelta::microseconds(5);
            Arc::new(DurationField::new().max_value(TimeDelta::days(1)).min_value(min))
        }
        "choice" => Arc::new(ChoiceField::new(letters())),
        "choice_text" => Arc::new(ChoiceField::new([("a", "A"), ("ü", "U")]).allow_blank()),
        "choice_groups" => Arc::new(ChoiceField::grouped(groups())),
        "multiple" => Arc::new(MultipleChoiceField::new(letters())),
        "multiple_groups" => Arc::new(MultipleChoiceField::grouped(groups()).required(false)),
        "path" => Arc::new(FilePathField::new(PATHS)),
        "path_required" => {
            Arc::new(FilePathField::new(PATHS).matching(r"[de]\.txt$").recursive().required(true))
        }
        "path_folders" => {
            let folders = FilePathField::new(PATHS).recursive().allow_files(false).allow_folders(true);
            Arc::new(folders.required(false).allow_blank())
        }
        "path_both" => Arc::new(FilePathField::new(PATHS).allow_folders(true).allow_null()),
        "file" => Arc::new(FileField::new()),
        "file_name" => Arc::new(FileField::new().use_url(false)),
        "list" => Arc::new(ListField::new(DurationField::new().allow_null())),
        "list_decimal" => Arc::new(ListField::new(DecimalField::new(4, 1)).min_length(1)),
        "dict" => Arc::new(DictField::new(TimeField::new().allow_null())),
        "hstore" => Arc::new(HStoreField::of_text()),
        "json" => Arc::new(JSONField::new()),
        "json_binary" => Arc::new(JSONField::new().binary()),
        "hidden" => Arc::new(HiddenField::new("h")),
        "source" => Arc::new(CharField::new().source("a.b.c")),
        "source_all" => Arc::new(DictField::of_any().source("*")),
        "write_only" => Arc::new(CharField::new().write_only()),
        "initial" => Arc::new(CharField::new().initial("i").style("input_type", "password")),
        other => panic!("no field {other}"),
    }
}

/// A value of a column, and the JSON that Django REST framework writes. `None` if it crashes.
#[derive(Deserialize)]
struct Written {
    field: String,
    zone: String,
    use_tz: bool,
    r#type: String,
    value: String,
    json: Option<String>,
}

fn write(field: &dyn BaseField, value: ValueRef<'_>, zone: &TimeZone) -> Option<String> {
    let mut out = b"{\"f\":".to_vec();
    let output = Output { media_url: "/media/", ..Output::new(zone) };
    field.to_representation(value, &output, &mut out).ok()?;
    out.push(b'}');
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn output_matches_django_rest_framework() {
    let mut failures = Vec::new();
    for line in include_str!("fixtures/written.jsonl").lines() {
        let case: Written = serde_json::from_str(line).unwrap();
        let zone = TimeZone::new(&case.zone, case.use_tz).unwrap();
        let text = case.value.as_str();
        let json = (case.r#type == "json").then(|| json::decode(text.as_bytes(), Charset::Utf8).unwrap());
        let decimal: Option<BigDecimal> = (case.r#type == "decimal").then(|| text.parse().unwrap());
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or_default());
        let bytes: Vec<u8> = pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
        let value = match case.r#type.as_str() {
            "null" => ValueRef::Null,
            "text" => ValueRef::Text(text),
            "int" => ValueRef::Integer(text.parse().unwrap()),
            "float" => ValueRef::Float(text.parse().unwrap()),
            "bool" => ValueRef::Bool(text == "True"),
            "date" => ValueRef::Date(text.parse().unwrap()),
            "time" => ValueRef::Time(text.parse().unwrap()),
            "datetime" => ValueRef::DateTime(text.parse().unwrap()),
            "duration" => {
                let micros: i128 = text.parse().unwrap();
                let seconds = i64::try_from(micros.div_euclid(1_000_000)).unwrap();
                let nanos = u32::try_from(micros.rem_euclid(1_000_000)).unwrap() * 1000;
                ValueRef::Duration(TimeDelta::new(seconds, nanos).unwrap())
            }
            "decimal" => ValueRef::Decimal(decimal.as_ref().unwrap()),
            "uuid" => ValueRef::Uuid(text.parse().unwrap()),
            "json" => value_ref(json.as_ref().unwrap()),
            "binary" => ValueRef::Binary(&bytes),
            other => panic!("no type {other}"),
        };
        let written = write(field(&case.field).as_ref(), value, &zone);
        if written != case.json {
            failures.push(format!("{line}\n    {written:?}"));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// The result of a validation, and the JSON of the validated data.
#[derive(Deserialize)]
struct Read {
    field: String,
    json: Option<String>,
    form: Option<Vec<(String, String)>>,
    data: Option<Box<serde_json::value::RawValue>>,
    output: Option<String>,
    errors: Option<serde_json::Value>,
    codes: Option<serde_json::Value>,
}

#[test]
fn input_matches_django_rest_framework() {
    let zone = TimeZone::default();
    let mut failures = Vec::new();
    for line in include_str!("fixtures/read.jsonl").lines() {
        let case: Read = serde_json::from_str(line).unwrap();
        let data = match (case.json, case.form) {
            (Some(text), _) => Data::Json(json::decode(text.as_bytes(), Charset::Utf8).unwrap()),
            (None, form) => Data::Form(form.unwrap().into_iter().collect()),
        };
        let serializer = Serializer::new().field("f", field(&case.field));
        let result = serializer.run(&data);
        let matches = match &result {
            Ok(value) => {
                let expected =
                    case.data.map(|raw| json::decode(raw.get().as_bytes(), Charset::Utf8).unwrap());
                let output = serializer.data(value, &Output::new(&zone)).ok();
                expected.as_ref() == Some(value)
                    && output.map(|out| String::from_utf8(out).unwrap()) == case.output
            }
            Err(detail) => {
                serde_json::to_value(detail).ok() == case.errors
                    && serde_json::to_value(detail.get_codes()).ok() == case.codes
            }
        };
        if !matches {
            let result = result.map(|value| {
                let output = serializer.data(&value, &Output::new(&zone));
                (serde_json::to_string(&value).unwrap(), output.map(|out| String::from_utf8(out).unwrap()))
            });
            failures.push(format!("{line}\n    {result:?}"));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn descriptions_match_django_rest_framework() {
    #[derive(Deserialize)]
    struct Described {
        field: String,
        info: String,
        initial: Option<serde_json::Value>,
    }
    for line in include_str!("fixtures/info.jsonl").lines() {
        let case: Described = serde_json::from_str(line).unwrap();
        let serializer = Serializer::new().field("f", field(&case.field));
        assert_eq!(json::to_bytes(&serializer.info(), None).unwrap(), case.info, "{line}");
        if let Some(expected) = case.initial {
            assert_eq!(serde_json::to_value(BaseField::initial(&serializer)).unwrap(), expected, "{line}");
        }
    }
}
