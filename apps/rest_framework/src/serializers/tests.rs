mod random;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::*;
use crate::data::{QueryDict, UploadedFile};
use crate::fields::*;
use crate::json;
use crate::python::codecs::Charset;
use vitamin_framework::timezone::TimeZone;

/// The result of Django REST framework's serializer of the same name. Forms are pairs.
#[derive(Deserialize)]
struct Validated {
    serializer: String,
    json: Option<String>,
    form: Option<Vec<(String, String)>>,
    partial: bool,
    many: bool,
    data: Option<Box<RawValue>>,
    errors: Option<serde_json::Value>,
    codes: Option<serde_json::Value>,
}

fn login() -> Serializer {
    Serializer::new()
        .field("username", CharField::new().label("Username").write_only())
        .field("password", CharField::new().label("Password").trim_whitespace(false).write_only())
        .field("token", CharField::new().label("Token").read_only())
}

fn inner() -> Serializer {
    Serializer::new()
        .field("name", CharField::new().max_length(4))
        .field("size_in_cm", IntegerField::new().required(false).help_text("How long."))
}

fn outer() -> Serializer {
    Serializer::new()
        .field("title", CharField::new())
        .field("inner", inner().required(false).allow_null())
        .field("many", inner().required(false).many().max_length(2))
        .field("maybe", BooleanField::new().required(false))
        .field("tags", ListField::new(CharField::new()).required(false))
        .validate(|attrs| match attrs.get("title").and_then(Value::as_str) {
            Some("bad") => Err(Detail::message("Bad title.", "bad")),
            Some("field") => {
                Err(Detail::Dict([("title".to_owned(), Detail::message("No field.", "no"))].into()))
            }
            _ => Ok(attrs),
        })
}

fn coloured() -> Serializer {
    inner().field("color", CharField::new().default("red"))
}

fn info() -> Serializer {
    Serializer::new()
        .field("user_name", CharField::new().max_length(9).min_length(1).help_text("Who.").label(""))
        .field("active", BooleanField::new().default(false))
        .field("score", FloatField::new().min_value(0.5).max_value(9).read_only())
        .field("price", DecimalField::new(5, 2).max_value(10))
        .field("kind", ChoiceField::new([(Value::from(1), "One"), ("b".into(), "B")]))
        .field("kinds", MultipleChoiceField::new([("b", "B")]).required(false))
        .field("hidden_kind", ChoiceField::new([("b", "B")]).read_only())
        .field("numbers", ListField::new(IntegerField::new().min_value(1)).max_length(4).min_length(1))
        .field("map", DictField::new(CharField::new()))
        .field("anything", ListField::of_any())
        .field("file", FileField::new().max_length(20))
        .field("at", DateTimeField::new())
        .field("on", DateField::new())
        .field("id", UUIDField::new())
        .field("slug", SlugField::new())
        .field("email", EmailField::new())
        .field("url", URLField::new())
        .field("blob", JSONField::new())
        .field("inner", inner())
        .field("inners", inner().many().min_length(1))
        .field("uRL_of_Élan", IntegerField::new())
}

fn no_joe(value: &Value) -> Result<(), ErrorDetail> {
    if value.as_str() == Some("joe") { Err(ErrorDetail::new("No Joe.", "joe")) } else { Ok(()) }
}

fn serializer(name: &str) -> Serializer {
    let one = |field: Arc<dyn Fn(Serializer) -> Serializer>| field(Serializer::new());
    macro_rules! f {
        ($field:expr) => {
            one(Arc::new(|serializer: Serializer| serializer.field("f", $field)))
        };
    }
    let letters = || [(Value::from(1), "One"), ("a".into(), "A"), ("b".into(), "B")];
    match name {
        "login" => login(),
        "outer" => outer(),
        "info" => info(),
        "char" => f!(CharField::new()),
        "char_blank" => f!(CharField::new().allow_blank().max_length(5).min_length(2)),
        "char_raw" => f!(CharField::new().trim_whitespace(false).max_length(3).allow_null()),
        "char_optional" => f!(CharField::new().required(false).validator(no_joe)),
        "char_default" => f!(CharField::new().default("d").allow_null()),
        "char_words" => {
            f!(CharField::new().error_message("required", "Say it.").error_message("blank", "Say something."))
        }
        "email" => f!(EmailField::new()),
        "url" => f!(URLField::new()),
        "slug" => f!(SlugField::new()),
        "slug_raw" => f!(SlugField::new().trim_whitespace(false)),
        "bool" => f!(BooleanField::new()),
        "bool_null" => f!(BooleanField::new().allow_null()),
        "bool_default" => f!(BooleanField::new().default(true)),
        "int" => f!(IntegerField::new()),
        "int_bounds" => f!(IntegerField::new().min_value(2).max_value(10)),
        "int_odd" => f!(IntegerField::new().min_value(10).max_value(2).required(false)),
        "float" => f!(FloatField::new()),
        "float_bounds" => f!(FloatField::new().min_value(1).max_value(2.5)),
        "decimal" => f!(DecimalField::new(5, 2)),
        "decimal_free" => f!(DecimalField::new(None, None)),
        "decimal_bounds" => f!(DecimalField::new(6, 3).min_value(-1).max_value(10).allow_null()),
        "decimal_digits" => f!(DecimalField::new(4, None)),
        "decimal_small" => f!(DecimalField::new(3, 3)),
        "datetime" => f!(DateTimeField::new()),
        "date" => f!(DateField::new()),
        "uuid" => f!(UUIDField::new()),
        "choice" => f!(ChoiceField::new(letters())),
        "choice_blank" => f!(ChoiceField::new([("a", "A")]).allow_blank().allow_null()),
        "multiple" => f!(MultipleChoiceField::new(letters())),
        "multiple_some" => f!(MultipleChoiceField::new([("a", "A")]).allow_empty(false)),
        "list" => f!(ListField::new(IntegerField::new().min_value(0))),
        "list_bounds" => {
            f!(ListField::new(CharField::new().allow_null()).allow_empty(false).min_length(2).max_length(3))
        }
        "list_any" => f!(ListField::of_any()),
        "list_list" => f!(ListField::new(ListField::new(IntegerField::new())).required(false)),
        "dict" => f!(DictField::new(IntegerField::new())),
        "dict_any" => f!(DictField::of_any().allow_empty(false)),
        "json" => f!(JSONField::new()),
        "json_null" => f!(JSONField::new().allow_null()),
        "file" => f!(FileField::new().required(false)),
        "file_required" => f!(FileField::new()),
        "nested" => f!(coloured()),
        "nested_many" => f!(coloured().many().max_length(2).allow_empty(false)),
        "nested_default" => {
            f!(coloured().default(Dict::from([("name".to_owned(), "d".into())])))
        }
        "read_only" => f!(CharField::new().read_only().default("d")),
        other => panic!("no serializer {other}"),
    }
}

fn check(fixtures: &str) -> Vec<String> {
    let mut failures = Vec::new();
    for line in fixtures.lines() {
        let expected: Validated = serde_json::from_str(line).unwrap();
        let data = match (expected.json, expected.form) {
            (Some(text), _) => Data::Json(json::decode(text.as_bytes(), Charset::Utf8).unwrap()),
            (None, form) => Data::Form(form.unwrap().into_iter().collect()),
        };
        let mut serializer = serializer(&expected.serializer);
        if expected.partial {
            serializer = serializer.partial();
        }
        let result = if expected.many { serializer.many().run(&data) } else { serializer.run(&data) };
        let is_expected = match result {
            Ok(value) => {
                let read = |raw: Box<RawValue>| json::decode(raw.get().as_bytes(), Charset::Utf8).unwrap();
                Some(value) == expected.data.map(read)
            }
            Err(detail) => {
                Some(serde_json::to_value(&detail).unwrap()) == expected.errors
                    && Some(serde_json::to_value(detail.get_codes()).unwrap()) == expected.codes
            }
        };
        if !is_expected {
            failures.push(line.to_owned());
        }
    }
    failures
}

#[test]
fn validation_matches_django_rest_framework() {
    assert_eq!(check(include_str!("fixtures/validated.jsonl")), Vec::<String>::new());
}

/// tests/django/partial.py writes the expected results.
#[test]
fn partial_validation_matches_django_rest_framework() {
    assert_eq!(check(include_str!("fixtures/partial.jsonl")), Vec::<String>::new());
}

#[test]
fn info_matches_django_rest_framework() {
    #[derive(Deserialize)]
    struct Described<'a> {
        serializer: String,
        #[serde(borrow)]
        info: &'a RawValue,
    }
    for line in include_str!("fixtures/info.jsonl").lines() {
        let expected: Described = serde_json::from_str(line).unwrap();
        let info = serializer(&expected.serializer).info();
        assert_eq!(json::to_bytes(&info, None).unwrap(), expected.info.get());
    }
    assert_eq!(login().many().info(), login().info());
}

#[test]
fn validated_returns_a_struct() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct LoginData {
        username: String,
        password: String,
    }
    let form: QueryDict = [("username", " joe "), ("password", " secret ")].into_iter().collect();
    let credentials = LoginData { username: "joe".into(), password: " secret ".into() };
    assert_eq!(login().validated(&form.into()), Ok(credentials));

    let empty = login().validated::<LoginData>(&QueryDict::new().into());
    let required = "This field is required.";
    let errors = Detail::Dict(
        ["username", "password"].map(|name| (name.to_owned(), Detail::list(required, "required"))).into(),
    );
    assert_eq!(empty, Err(Error::Invalid(errors)));

    let form: QueryDict = [("username", "joe"), ("password", "secret")].into_iter().collect();
    let error = login().validated::<(u8, u8)>(&form.into()).unwrap_err().to_string();
    assert_eq!(error, "the serializer does not fit the type: invalid type: dict, expected a tuple of size 2");
}

#[test]
fn file_fields_check_name_and_content() {
    let field = FileField::new().max_length(5);
    let run = |name: &str, content: &'static str| {
        let file = UploadedFile { name: name.into(), bytes: content.into(), ..UploadedFile::default() };
        let form: QueryDict = [("f", file)].into_iter().collect();
        let detail = Serializer::new().field("f", field.clone()).run(&form.into());
        detail.map_err(|detail| serde_json::to_string(&detail).unwrap())
    };
    assert!(matches!(run("a.txt", "abc"), Ok(Value::Dict(dict)) if dict.contains_key("f")));
    assert_eq!(run("", "abc"), Err(r#"{"f":["No filename could be determined."]}"#.into()));
    assert_eq!(run("a.txt", ""), Err(r#"{"f":["The submitted file is empty."]}"#.into()));
    let message = r#"{"f":["Ensure this filename has at most 5 characters (it has 6)."]}"#;
    assert_eq!(run("é.jpeg", "abc"), Err(message.into()));
}

#[test]
fn a_file_is_not_text_but_its_blank_name_is_blank_text() {
    let file = |name: &str| UploadedFile { name: name.into(), ..UploadedFile::default() };
    let form: QueryDict = [("username", file(" \u{a0}")), ("password", file(" "))].into_iter().collect();
    let detail = login().run(&form.into()).unwrap_err();
    let expected = r#"{"username":["This field may not be blank."],"password":["Not a valid string."]}"#;
    assert_eq!(serde_json::to_string(&detail).unwrap(), expected);
}

#[test]
fn defaults_are_computed_per_validation_and_hooks_may_change_values() {
    use std::sync::atomic::{AtomicI64, Ordering};
    let count = AtomicI64::new(0);
    let next = move || Value::from(count.fetch_add(1, Ordering::Relaxed));
    let serializer =
        Serializer::new().field("n", IntegerField::new().default_with(next)).validate(|mut attrs| {
            attrs.insert("seen".to_owned(), true.into());
            Ok(attrs)
        });
    let run = || serde_json::to_string(&serializer.run(&Value::Dict(Dict::new()).into()).unwrap()).unwrap();
    assert_eq!([run(), run()], [r#"{"n":0,"seen":true}"#, r#"{"n":1,"seen":true}"#]);
}

/// `get_default` of a partial serializer skips the field, in the output too.
#[test]
fn a_partial_serializer_writes_no_defaults() {
    let inner = || Serializer::new().field("size", IntegerField::new().default(1));
    let outer = Serializer::new().field("color", CharField::new().default("red")).field("inner", inner());
    let data = |serializer: &Serializer| {
        let values = Value::Dict(Dict::from([("inner".to_owned(), Dict::new().into())]));
        String::from_utf8(serializer.data(&values, &Output::new(&TimeZone::default())).unwrap()).unwrap()
    };
    assert_eq!(data(&outer), r#"{"color":"red","inner":{"size":1}}"#);
    assert_eq!(data(&outer.partial()), r#"{"inner":{}}"#);
}

proptest::proptest! {
    #[test]
    fn any_text_is_valid_or_has_an_error_of_its_field(text: String, near in r"[0-9+\-.:,TWZe_x@\[\]/é５ ]{0,16}") {
        let kinds = ["char", "email", "url", "slug", "int", "float", "decimal", "decimal_free", "datetime", "date"];
        for kind in kinds.into_iter().chain(["uuid", "choice", "multiple", "list", "dict", "json"]) {
            for text in [&text, &near] {
                let form: QueryDict = [("f", text.as_str()), (text, "x")].into_iter().collect();
                let value = Dict::from([("f".to_owned(), text.as_str().into())]);
                for data in [Data::Form(form), Data::Json(Value::Dict(value))] {
                    if let Err(detail) = serializer(kind).run(&data) {
                        proptest::prop_assert!(matches!(detail, Detail::Dict(errors) if errors.contains_key("f")));
                    }
                }
            }
        }
    }
}

/// Zone, `USE_TZ`, input, and Django REST framework's representation or error. If the offset has seconds, the
/// representation is in UTC.
#[test]
fn times_are_in_the_project_s_zone() {
    let serializer = serializer("datetime");
    for line in include_str!("../fixtures/time_zones.jsonl").lines() {
        let (zone, use_tz, sent, expected): (String, bool, String, String) =
            serde_json::from_str(line).unwrap();
        let data = Value::Dict(Dict::from([("f".to_owned(), sent.into())])).into();
        let result = serializer.run_in(&data, &TimeZone::new(&zone, use_tz).unwrap());
        let Ok(Value::Dict(values)) = &result else {
            // Django REST framework crashes if the year is out of range in UTC.
            let overflow = ["crash", "Datetime value out of range."].contains(&expected.as_str());
            let detail = serde_json::to_string(&result.unwrap_err()).unwrap();
            assert_eq!(
                (overflow, detail.as_str()),
                (true, r#"{"f":["Datetime value out of range."]}"#),
                "{line}"
            );
            continue;
        };
        let value = values["f"].as_str().unwrap();
        assert_eq!(value, expected, "{line}");
        // chrono's types parse the value.
        assert_eq!(value.parse::<chrono::DateTime<chrono::FixedOffset>>().is_ok(), use_tz, "{line}");
        assert_eq!(value.parse::<chrono::NaiveDateTime>().is_ok(), !use_tz, "{line}");
    }
}

/// A serializer whose fields are read from a description has the errors, values and OPTIONS of one written in code.
#[test]
fn fields_may_be_known_only_at_run_time() {
    let item: Arc<dyn BaseField> = Arc::new(IntegerField::new());
    let field = |kind: &str| -> Arc<dyn BaseField> {
        match kind {
            "int" => Arc::new(IntegerField::new().min_value(1)),
            "ints" => Arc::new(ListField::new(Arc::clone(&item))),
            "inner" => Arc::new(Arc::new(inner().required(false))),
            "seen" => Arc::new(CharField::new().read_only()),
            kind => panic!("no field {kind}"),
        }
    };
    let described = ["int", "ints", "inner", "seen"];
    let composed = described.iter().fold(Serializer::new(), |all, kind| all.field(*kind, field(kind)));
    let written = Serializer::new()
        .field("int", IntegerField::new().min_value(1))
        .field("ints", ListField::new(IntegerField::new()))
        .field("inner", inner().required(false))
        .field("seen", CharField::new().read_only());
    assert_eq!(composed.info(), written.info());
    for text in
        [r#"{"int":1,"ints":["2"],"inner":{"name":"a"},"seen":"b"}"#, "{}", r#"{"int":0,"ints":[null]}"#]
    {
        let data = Data::Json(json::decode(text.as_bytes(), Charset::Utf8).unwrap());
        assert_eq!(composed.run(&data), written.run(&data), "{text}");
    }
    let form: Data = QueryDict::from_iter([("ints[0]", "7"), ("inner.name", "a"), ("int", "3")]).into();
    assert_eq!(composed.run(&form), written.run(&form));
    assert!(composed.run(&form).is_ok());
}
