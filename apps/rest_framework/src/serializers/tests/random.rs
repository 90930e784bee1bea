//! Random serializers: their validation, answers to OPTIONS and OpenAPI documents are Django REST framework's.
//! tests/django/random_serializers.py prints them. `RANDOM_SERIALIZERS` names a file with more than the fixture has.

use serde::Deserialize;
use serde_json::Value as Json;

use super::*;
use crate::fields::{DurationFormat, Protocol, Rounding, UuidFormat};
use crate::response::Response;
use crate::schemas::SchemaGenerator;
use crate::settings::APISettings;
use crate::views::APIView;
use chrono::TimeDelta;
use vitamin_framework::urls::{UrlConf, path};

#[derive(Deserialize)]
struct Line {
    fields: serde_json::Map<String, Json>,
    info: Option<String>,
    schema: Option<Json>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    json: Option<String>,
    form: Option<Vec<(String, String)>>,
    partial: bool,
    data: Option<Box<RawValue>>,
    output: Option<String>,
    errors: Option<Json>,
    codes: Option<Json>,
}

/// The declaration of a field.
struct Declared<'a>(&'a Json);

impl Declared<'_> {
    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Json::as_bool)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Json::as_i64)
    }

    fn length(&self, name: &str) -> Option<usize> {
        self.number(name).map(|number| number.try_into().unwrap())
    }

    /// Texts of declarations live as long as the test.
    fn text(&self, name: &str) -> Option<&'static str> {
        let text = self.0.get(name).and_then(Json::as_str)?;
        Some(Box::leak(text.to_owned().into_boxed_str()))
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.0.get(name).map(value)
    }

    fn output_format(&self) -> Option<Format> {
        let format = self.0.get("format")?;
        Some(if format.is_null() { Format::Native } else { self.text("format").unwrap().into() })
    }

    fn input_formats(&self) -> Option<Vec<String>> {
        self.0.get("input_formats").map(|formats| serde_json::from_value(formats.clone()).unwrap())
    }
}

fn value(json: &Json) -> Value {
    json::decode(json.to_string().as_bytes(), Charset::Utf8).unwrap()
}

/// Applies an option that is declared.
macro_rules! set {
    ($field:ident, $($method:ident($given:expr)),* $(,)?) => { $(
        if let Some(given) = $given {
            $field = $field.$method(given);
        }
    )* };
    ($field:ident, $made:ident: $($method:ident),* $(,)?) => { $(
        if $made.flag(stringify!($method)) == Some(true) {
            $field = $field.$method();
        }
    )* };
}

fn common<K: Kind + 'static>(mut field: Field<K>, made: &Declared<'_>) -> Field<K> {
    set!(field, made: read_only, write_only, allow_null);
    set!(
        field,
        required(made.flag("required")),
        default(made.value("default")),
        label(made.text("label")),
        help_text(made.text("help_text")),
    );
    field
}

fn text<S: Syntax + 'static>(mut field: Field<Char<S>>, made: &Declared<'_>) -> Arc<dyn BaseField> {
    set!(field, made: allow_blank);
    set!(
        field,
        trim_whitespace(made.flag("trim_whitespace")),
        max_length(made.length("max_length")),
        min_length(made.length("min_length")),
    );
    Arc::new(common(field, made))
}

fn choices(made: &Declared<'_>) -> Vec<(Value, Value)> {
    let pairs = made.0["choices"].as_array().unwrap();
    pairs.iter().map(|pair| (value(&pair[0]), value(&pair[1]))).collect()
}

fn rounding(name: &str) -> Rounding {
    match name {
        "CEILING" => Rounding::Ceiling,
        "DOWN" => Rounding::Down,
        "FLOOR" => Rounding::Floor,
        "HALF_DOWN" => Rounding::HalfDown,
        "HALF_EVEN" => Rounding::HalfEven,
        "HALF_UP" => Rounding::HalfUp,
        "UP" => Rounding::Up,
        _ => Rounding::ZeroFiveUp,
    }
}

fn field(json: &Json, name: &str) -> Arc<dyn BaseField> {
    let made = &Declared(json);
    let child = || field(&json["child"], &format!("{name}Item"));
    macro_rules! numbers {
        ($field:expr, $limit:expr) => {{
            let mut field = $field;
            set!(field, max_value($limit("max_value")), min_value($limit("min_value")));
            common(field, made)
        }};
    }
    macro_rules! moments {
        ($field:expr) => {{
            let mut field = $field;
            set!(field, format(made.output_format()), input_formats(made.input_formats()));
            Arc::new(common(field, made))
        }};
    }
    macro_rules! files {
        ($field:expr) => {{
            let mut field = $field;
            set!(field, made: allow_empty_file);
            set!(field, max_length(made.length("max_length")), use_url(made.flag("use_url")));
            Arc::new(common(field, made))
        }};
    }
    match json["kind"].as_str().unwrap() {
        "Char" => text(CharField::new(), made),
        "Email" => text(EmailField::new(), made),
        "URL" => text(URLField::new(), made),
        "Slug" if made.flag("allow_unicode") == Some(true) => text(SlugField::new().allow_unicode(), made),
        "Slug" => text(SlugField::new(), made),
        "Regex" => text(RegexField::new(made.text("regex").unwrap()), made),
        "IPAddress" => {
            let protocol = match made.text("protocol").unwrap().to_lowercase().as_str() {
                "ipv4" => Protocol::Ipv4,
                "ipv6" => Protocol::Ipv6,
                _ => Protocol::Both,
            };
            text(IPAddressField::new().protocol(protocol), made)
        }
        "UUID" => {
            let format = match made.text("format").unwrap() {
                "hex" => UuidFormat::Hex,
                "int" => UuidFormat::Int,
                "urn" => UuidFormat::Urn,
                _ => UuidFormat::HexVerbose,
            };
            Arc::new(common(UUIDField::new().format(format), made))
        }
        "Integer" => Arc::new(numbers!(IntegerField::new(), |name| made.number(name))),
        "BigInteger" => {
            let mut field = BigIntegerField::new();
            set!(field, coerce_to_string(made.flag("coerce_to_string")));
            Arc::new(numbers!(field, |name| made.number(name)))
        }
        "Float" => {
            let limit = |name: &str| {
                let number = json.get(name)?;
                Some(number.as_i64().map_or_else(|| Limit::Float(number.as_f64().unwrap()), Limit::Int))
            };
            Arc::new(numbers!(FloatField::new(), limit))
        }
        "Decimal" => {
            let mut field = DecimalField::new(made.length("max_digits"), made.length("decimal_places"));
            set!(field, made: normalize_output);
            set!(
                field,
                coerce_to_string(made.flag("coerce_to_string")),
                rounding(made.text("rounding").map(rounding)),
            );
            Arc::new(numbers!(field, |name| made.text(name)))
        }
        "Date" => moments!(DateField::new()),
        "DateTime" => moments!(DateTimeField::new()),
        "Time" => moments!(TimeField::new()),
        "Duration" => {
            let mut field = DurationField::new();
            if let Some(format) = json.get("format") {
                let iso = format.is_string();
                field = field.format(if iso { DurationFormat::Iso8601 } else { DurationFormat::Native });
            }
            Arc::new(numbers!(field, |name| made.number(name).map(TimeDelta::microseconds)))
        }
        "Boolean" => Arc::new(common(BooleanField::new(), made)),
        "Choice" => {
            let mut field = ChoiceField::new(choices(made));
            set!(field, made: allow_blank);
            Arc::new(common(field, made))
        }
        "MultipleChoice" => {
            let mut field = MultipleChoiceField::new(choices(made));
            set!(field, made: allow_blank);
            set!(field, allow_empty(made.flag("allow_empty")));
            Arc::new(common(field, made))
        }
        "List" => {
            let mut field = ListField::new(child());
            set!(
                field,
                allow_empty(made.flag("allow_empty")),
                max_length(made.length("max_length")),
                min_length(made.length("min_length")),
            );
            Arc::new(common(field, made))
        }
        "Dict" => {
            let mut field = DictField::new(child());
            set!(field, allow_empty(made.flag("allow_empty")));
            Arc::new(common(field, made))
        }
        "HStore" => {
            let mut field = HStoreField::of_text();
            set!(field, allow_empty(made.flag("allow_empty")));
            Arc::new(common(field, made))
        }
        "JSON" => {
            let mut field = JSONField::new();
            set!(field, made: binary);
            Arc::new(common(field, made))
        }
        "File" => files!(FileField::new()),
        "Image" => files!(ImageField::new()),
        "Serializer" => {
            let inner = common(object(json["fields"].as_object().unwrap(), name), made);
            if made.flag("many") != Some(true) {
                return Arc::new(inner);
            }
            let mut list = inner.many();
            set!(
                list,
                allow_empty(made.flag("allow_empty")),
                max_length(made.length("max_length")),
                min_length(made.length("min_length")),
            );
            Arc::new(list)
        }
        kind => panic!("no field {kind}"),
    }
}

fn object(fields: &serde_json::Map<String, Json>, name: &str) -> Serializer {
    let serializer = Serializer::new().component_name(name.to_owned());
    fields.iter().fold(serializer, |serializer, (key, made)| {
        // `str.title` and the removal of underscores, as the script names the classes.
        let words = key.split('_').map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect()
            })
        });
        serializer.field(key, field(made, &format!("{name}{}", words.collect::<String>())))
    })
}

/// Returns the differences; empty if there are none.
fn difference(line: &Line) -> Vec<String> {
    let serializer = object(&line.fields, "Random");
    let mut found = Vec::new();
    if let Some(expected) = &line.info {
        let info = String::from_utf8(json::to_bytes(&serializer.info(), None).unwrap().to_vec()).unwrap();
        if info != *expected {
            found.push(format!("info:\n    {expected}\n    {info}"));
        }
    }
    if let Some(expected) = &line.schema {
        let answer = async || Response::new(1);
        let view =
            APIView::new("Random").serializer(serializer.clone()).get(answer).post(answer).patch(answer);
        let urls = UrlConf::new(vec![path("random/", view)]);
        let document = SchemaGenerator::new(&APISettings::default()).get_schema(&urls).document;
        let parts = |document: &Json| {
            let lines = serde_json::to_string_pretty(document).unwrap();
            lines.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let (expected, ours) = (parts(expected), parts(&document));
        if expected != ours {
            let at = expected.iter().zip(&ours).take_while(|(a, b)| a == b).count();
            let part = |lines: &[String]| {
                lines.iter().skip(at.saturating_sub(6)).take(14).cloned().collect::<Vec<_>>().join("\n")
            };
            found.push(format!("schema:\n{}\n--- ours:\n{}", part(&expected), part(&ours)));
        }
    }
    let zone = TimeZone::default();
    for case in &line.cases {
        let data = match (&case.json, &case.form) {
            (Some(text), _) => Data::Json(json::decode(text.as_bytes(), Charset::Utf8).unwrap()),
            (None, form) => Data::Form(form.iter().flatten().cloned().collect()),
        };
        let validating = if case.partial { serializer.clone().partial() } else { serializer.clone() };
        let result = validating.run(&data);
        let matches = match &result {
            Ok(value) => {
                let expected = case.data.as_ref();
                let expected = expected.map(|raw| json::decode(raw.get().as_bytes(), Charset::Utf8).unwrap());
                let output = validating.data(value, &Output::new(&zone)).ok();
                let output = output.map(|out| String::from_utf8(out).unwrap());
                expected.as_ref() == Some(value) && (case.output.is_none() || output == case.output)
            }
            Err(detail) => {
                serde_json::to_value(detail).ok() == case.errors
                    && serde_json::to_value(detail.get_codes()).ok() == case.codes
            }
        };
        if !matches {
            let ours = match &result {
                Ok(value) => {
                    let output = validating.data(value, &Output::new(&zone));
                    let output = output.map(|out| String::from_utf8(out).unwrap());
                    format!("{} {output:?}", serde_json::to_string(value).unwrap())
                }
                Err(detail) => serde_json::to_string(&serde_json::to_value(detail).unwrap()).unwrap(),
            };
            let sent = case.json.clone().unwrap_or_else(|| format!("{:?}", case.form));
            let data = case.data.as_ref().map(|raw| raw.get());
            found.push(format!(
                "partial: {}, {sent}\n    {:?} {:?} {:?}\n    {ours}",
                case.partial,
                data,
                case.output,
                case.errors.as_ref().map(Json::to_string)
            ));
        }
    }
    found
}

#[test]
fn random_serializers_are_django_rest_framework_s() {
    let lines = match std::env::var("RANDOM_SERIALIZERS") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("../fixtures/random.jsonl").to_owned(),
    };
    let mut failures = Vec::new();
    for line in lines.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let found = difference(&line);
        if !found.is_empty() {
            failures.push(format!(
                "{}\n  {}",
                serde_json::to_string(&line.fields).unwrap(),
                found.join("\n  ")
            ));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}
