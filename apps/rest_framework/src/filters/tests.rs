//! The fixtures are Django REST framework's and django-filter's answers, made by tests/django/filters.py.

mod names;
mod search;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};
use vitamin_framework::timezone::TimeZone;
use vitamin_parsing::form::parse_form;

use super::*;
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::python::codecs::Charset;

fn lines(fixture: &'static str) -> Vec<Value> {
    fixture.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parse(query: &Value) -> QueryDict {
    let query = query.as_str().unwrap();
    parse_form(query.as_bytes(), Charset::default(), None).unwrap().into_iter().collect()
}

fn letters() -> Choices {
    Choices::new(&["a", "b", "1", "c", "d"])
}

fn listed(kind: FilterKind) -> FilterKind {
    FilterKind::In(Box::new(kind))
}

fn pair(kind: FilterKind) -> FilterKind {
    FilterKind::Between(Box::new(kind))
}

fn kind(name: &str) -> FilterKind {
    match name {
        "char" => FilterKind::Char,
        "boolean" => FilterKind::Boolean,
        "null_boolean" => FilterKind::NullBooleanSelect,
        "choice" => FilterKind::Choice(letters()),
        "choice_null" => FilterKind::Choice(letters().null()),
        "multiple" => FilterKind::MultipleChoice(letters()),
        "multiple_null" => FilterKind::MultipleChoice(letters().null()),
        "number" => FilterKind::Number,
        "date" => FilterKind::Date,
        "time" => FilterKind::Time,
        "datetime" => FilterKind::DateTime,
        "iso_datetime" => FilterKind::IsoDateTime,
        "duration" => FilterKind::Duration,
        "uuid" => FilterKind::Uuid,
        "range" => FilterKind::Range(RangeOf::Numbers),
        "date_range" => FilterKind::Range(RangeOf::Dates),
        "datetime_range" => FilterKind::Range(RangeOf::DateTimes),
        "iso_datetime_range" => FilterKind::Range(RangeOf::IsoDateTimes),
        "time_range" => FilterKind::Range(RangeOf::Times),
        "period" => FilterKind::DateRange,
        "char_in" => listed(FilterKind::Char),
        "number_in" => listed(FilterKind::Number),
        "choice_in" => listed(FilterKind::Choice(letters())),
        "uuid_in" => listed(FilterKind::Uuid),
        "date_in" => listed(FilterKind::Date),
        "number_between" => pair(FilterKind::Number),
        "date_between" => pair(FilterKind::Date),
        "char_between" => pair(FilterKind::Char),
        other => panic!("{other}"),
    }
}

fn field(name: &str) -> FormField {
    match name.strip_suffix("_required") {
        Some(name) => FormField::new("f", kind(name)).required(),
        None => FormField::new("f", kind(name)),
    }
}

fn errors(error: &APIException) -> Value {
    json!({"errors": error.detail(), "codes": error.detail().get_codes()})
}

/// A value as the fixtures show it.
fn shown(value: &Cleaned) -> Value {
    let iso = |text: String| text.trim_end_matches(".000000").to_owned();
    match value {
        Cleaned::Null => "null".into(),
        Cleaned::Text(text) | Cleaned::Key(text) => text.as_str().into(),
        Cleaned::Bool(value) => (*value).into(),
        Cleaned::Integer(number) => (*number).into(),
        Cleaned::Float(number) => (*number).into(),
        Cleaned::Decimal(number) => json!({"decimal": number.to_string()}),
        Cleaned::Date(date) => json!({"date": date.to_string()}),
        Cleaned::Time(time) => json!({"time": iso(time.format("%H:%M:%S%.6f").to_string())}),
        Cleaned::DateTime(moment) => {
            json!({"datetime": iso(moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())})
        }
        Cleaned::Duration(duration) => {
            let micros =
                i128::from(duration.num_seconds()) * 1_000_000 + i128::from(duration.subsec_nanos() / 1000);
            json!({"micros": micros.to_string()})
        }
        Cleaned::Uuid(uuid) => json!({"uuid": uuid.to_string()}),
        Cleaned::List(values) => values.iter().map(shown).collect(),
        Cleaned::Range(low, high) => {
            json!({"range": [low.as_deref().map(shown), high.as_deref().map(shown)]})
        }
    }
}

/// Writes numbers in one form, in a value of either side.
fn normalized(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("decimal", Some(text)) => {
                    let number: BigDecimal = text.parse().unwrap();
                    (key.clone(), number.normalized().to_scientific_notation().into())
                }
                _ => (key.clone(), normalized(value)),
            });
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.iter().map(normalized).collect(),
        other => other.clone(),
    }
}

/// What the fixtures have as the value of a filter, as this module has it.
fn expected(name: &str, value: &Value) -> Value {
    let Value::Array(items) = value else { return normalized(value) };
    if name.contains("_between") {
        // NULL is between nothing.
        let null = items.iter().any(Value::is_null);
        return normalized(&if null { json!([]) } else { json!({"range": items}) });
    }
    // NULL equals nothing.
    let mut items: Vec<Value> = items.iter().filter(|item| !item.is_null()).map(normalized).collect();
    if name.starts_with("multiple") {
        let mut unique: Vec<Value> = Vec::new();
        items.retain(|item| {
            let is_new = !unique.contains(item);
            unique.push(item.clone());
            is_new
        });
    }
    Value::Array(items)
}

fn check(fixture: &'static str, zone: &TimeZone) -> usize {
    let cases = lines(fixture);
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case[0].as_str().unwrap();
        let fields = [field(name)];
        let answer = match Form::clean(&fields, &parse(&case[1]), FormContext::new(zone)).finish() {
            Ok(values) => match &values[0] {
                // Python has the word.
                Some(Cleaned::Range(..)) if name == "period" => case[2].clone(),
                Some(value) => normalized(&shown(value)),
                None => Value::Null,
            },
            Err(error) => errors(&error),
        };
        if answer != expected(name, &case[2]) {
            wrong.push(format!("{case} {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    cases.len()
}

#[test]
fn values_are_those_of_django_filter() {
    assert_eq!(check(include_str!("fixtures/cleaned.jsonl"), &TimeZone::default()), 2617);
}

/// A filter set of `django_filters` itself makes other filters of model fields, but a declared filter stays what it is.
#[test]
fn only_boolean_filters_differ_between_the_modules() {
    let times = || FilterKind::In(Box::new(FilterKind::IsoDateTime));
    assert_eq!(times().of_plain_module(), times());
    assert_eq!(times().of_plain_filter_set(), FilterKind::In(Box::new(FilterKind::DateTime)));
    assert_eq!(FilterKind::Boolean.of_plain_module(), FilterKind::NullBooleanSelect);
    assert_eq!(FilterKind::Boolean.of_plain_filter_set(), FilterKind::NullBooleanSelect);
}

#[test]
fn values_are_those_of_django_filter_in_a_time_zone() {
    let berlin = TimeZone::new("Europe/Berlin", true).unwrap();
    assert_eq!(check(include_str!("fixtures/zones.jsonl"), &berlin), 40);
}

#[test]
fn errors_of_several_filters_are_in_order() {
    let fields = [
        FormField::new("b", FilterKind::Number),
        FormField::new("a", FilterKind::IsoDateTime),
        FormField::new("c", FilterKind::MultipleChoice(letters())),
        FormField::new("d", FilterKind::Char),
    ];
    let zone = TimeZone::default();
    let mut count = 0;
    for case in lines(include_str!("fixtures/several.jsonl")) {
        let form = Form::clean(&fields, &parse(&case[0]), FormContext::new(&zone));
        let answer = match form.finish() {
            Ok(values) => {
                let values = fields.iter().zip(&values);
                let shown = |value: &Option<Cleaned>| value.as_ref().map(|value| normalized(&shown(value)));
                values.map(|(field, value)| (field.name.to_string(), json!(shown(value)))).collect()
            }
            Err(error) => errors(&error),
        };
        // Text, so that the order counts.
        assert_eq!(answer.to_string(), normalized(&case[1]).to_string(), "{case}");
        count += 1;
    }
    assert_eq!(count, 5);
}

/// As `get_filters` of django_filters/filterset.py has them.
#[test]
fn fields_come_before_declared_filters() {
    use super::filter_set::{FilterSet, char};
    use vitamin_auth::PublicUser;
    use vitamin_auth::schema::auth_user;

    let names = |filters: &FilterSet<PublicUser>| {
        filters.filters.iter().map(|filter| filter.field.name.to_string()).collect::<Vec<_>>().join(" ")
    };
    let declared = || {
        let filters = FilterSet::<PublicUser>::new().filter(char("q", auth_user::username));
        filters.filter(char("email", auth_user::username).icontains())
    };
    assert_eq!(names(&declared()), "q email");
    let filters = declared().fields("is_staff", ["exact"]).fields("id", ["gt", "exact"]);
    assert_eq!(names(&filters), "is_staff id__gt id q email");
    // A declared filter stands where `fields` names it, whichever is said first.
    let filters = filters.fields("email", ["exact", "iexact"]).filter(char("x", auth_user::email));
    assert_eq!(names(&filters), "is_staff id__gt id email email__iexact q x");
    let filters = FilterSet::of_fields(["email", "id"]).filter(char("email", auth_user::username));
    assert_eq!(names(&filters), "email id");
    assert!(filters.mistakes.is_empty());
}

#[test]
fn numbers_are_truncated_for_columns_of_integers() {
    let number = |text: &str| Cleaned::Decimal(text.parse().unwrap()).integer();
    assert_eq!(number("1.9"), Some(1));
    assert_eq!(number("-1.9"), Some(-1));
    assert_eq!(number("1e3"), Some(1000));
    assert_eq!(number("-1e50"), Some(i128::MIN));
    assert_eq!(number("1e400"), Some(i128::MAX));
    assert_eq!(number("1e-400"), Some(0));
    assert_eq!(Cleaned::Null.integer(), None);
}

#[test]
fn huge_exponents_stay_small() {
    let zone = TimeZone::default();
    let clean = |text: &str| {
        let query: QueryDict = [("f", text)].into_iter().collect();
        field("number").clean(&query, FormContext::new(&zone)).unwrap()
    };
    let decimal = |text: &str| Some(Cleaned::Decimal(text.parse().unwrap()));
    assert_eq!(clean("-1e999999999"), decimal("-1e400"));
    assert_eq!(clean("-1e-999999999"), decimal("-1e-400"));
    assert_eq!(clean("0e999999999"), decimal("0"));
}

/// The errors were made with Django 5.2.
#[test]
fn keys_of_objects() {
    let one = FormField::new("f", FilterKind::ModelChoice { null: false });
    let many = FormField::new("f", FilterKind::ModelMultipleChoice { null: false });
    let error = |field: &FormField, key: ModelKey, text: &str| {
        let error = key.clean(field, text).unwrap_err();
        (error.message.into_owned(), error.code.into_owned())
    };
    let not_available = "Select a valid choice. That choice is not one of the available choices.".to_owned();
    let uuid = ("“x” is not a valid UUID.".to_owned(), "invalid".to_owned());
    assert_eq!(error(&one, ModelKey::Integer, "x"), (not_available.clone(), "invalid_choice".to_owned()));
    assert_eq!(error(&one, ModelKey::Integer, "99999999999999999999").0, not_available);
    assert_eq!(error(&one, ModelKey::Uuid, "x"), uuid);
    assert_eq!(error(&many, ModelKey::Uuid, "x"), uuid);
    let invalid = ("“x” is not a valid value.".to_owned(), "invalid_pk_value".to_owned());
    assert_eq!(error(&many, ModelKey::Integer, "x"), invalid);
    assert_eq!(ModelKey::Integer.clean(&one, " 5 "), Ok(Cleaned::Integer(5)));
    assert_eq!(ModelKey::Text.clean(&one, " x"), Ok(Cleaned::Text(" x".to_owned())));
    let missing = ModelKey::not_found(&many, "7").message;
    assert_eq!(missing, "Select a valid choice. 7 is not one of the available choices.");
}

#[test]
fn the_caller_replaces_keys_by_objects() {
    let fields = [
        FormField::new("project", FilterKind::ModelChoice { null: false }),
        FormField::new("number", FilterKind::Number),
    ];
    let query: QueryDict = [("project", "7"), ("number", "x")].into_iter().collect();
    let zone = TimeZone::default();
    let mut form = Form::clean(&fields, &query, FormContext::new(&zone));
    let values: Vec<_> = form.values().map(|(index, _, value)| (index, value.cloned())).collect();
    assert_eq!(values, [(0, Some(Cleaned::Text("7".to_owned())))]);
    form.set(0, Err(ModelKey::not_found(&fields[0], "7")));
    let error = form.finish().unwrap_err();
    let text = serde_json::to_string(error.detail()).unwrap();
    let project = "Select a valid choice. That choice is not one of the available choices.";
    assert_eq!(text, format!(r#"{{"project":["{project}"],"number":["Enter a number."]}}"#));
}

#[test]
fn a_period_is_whole_days_of_the_time_zone() {
    let zone = TimeZone::new("Asia/Kolkata", true).unwrap();
    let context = FormContext { time_zone: &zone, today: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap() };
    for (word, first, last) in [
        ("today", "2024-02-28T18:30:00", "2024-02-29T18:29:59.999999"),
        ("yesterday", "2024-02-27T18:30:00", "2024-02-28T18:29:59.999999"),
        ("week", "2024-02-21T18:30:00", "2024-02-29T18:29:59.999999"),
        ("month", "2024-01-31T18:30:00", "2024-02-29T18:29:59.999999"),
        ("year", "2023-12-31T18:30:00", "2024-12-31T18:29:59.999999"),
    ] {
        let query: QueryDict = [("f", word)].into_iter().collect();
        let value = field("period").clean(&query, context).unwrap().unwrap();
        let moment = |text: &str| Cleaned::DateTime(text.parse().unwrap());
        assert_eq!(value.bounds(), Some((Some(&moment(first)), Some(&moment(last)))), "{word}");
    }
}

proptest! {
    /// Text that is not empty filters, or is an error; only booleans ignore what they cannot read.
    #[test]
    fn unreadable_input_never_widens(text in "\\PC+|[0-9:. /eE+-]+|.+") {
        let zone = TimeZone::default();
        let query: QueryDict = [("f", text.as_str()), ("f_min", &text), ("f_after", &text)].into_iter().collect();
        let kinds = [
            "choice", "multiple", "number", "date", "time", "datetime", "iso_datetime", "duration", "range", "date_range",
            "datetime_range", "iso_datetime_range", "time_range", "period", "char_in", "number_in", "uuid_in", "date_in",
            "number_between", "char_between",
        ];
        for name in kinds {
            let value = field(name).clean(&query, FormContext::new(&zone));
            prop_assert!(!matches!(value, Ok(None)), "{}", name);
        }
        let blank = crate::python::strip(&text).is_empty();
        for name in ["char", "uuid"] {
            let value = field(name).clean(&query, FormContext::new(&zone));
            prop_assert_eq!(matches!(value, Ok(None)), blank, "{}", name);
        }
    }
}
