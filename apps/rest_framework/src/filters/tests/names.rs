//! OrderingFilter, and the filters of lookups.

use serde_json::{Value, json};

use super::super::*;
use super::{letters, lines};
use crate::data::QueryDict;

#[test]
fn orderings_are_those_of_django_rest_framework() {
    for case in lines(include_str!("../fixtures/orderings.jsonl")) {
        let query: QueryDict =
            [("ordering", "x"), ("ordering", case[0].as_str().unwrap())].into_iter().collect();
        let terms = ordering(&query, "ordering", &["name", "created", "-odd", ""]);
        let text = |term: &OrderBy| format!("{}{}", if term.descending { "-" } else { "" }, term.name);
        let terms: Vec<String> = terms.iter().map(text).collect();
        let answer = if terms.is_empty() { Value::Null } else { json!(terms) };
        assert_eq!(answer, case[1], "{case}");
    }
}

/// The name of the filter's class, and the base of a list.
fn class(kind: &FilterKind) -> Vec<&'static str> {
    let name = match kind {
        FilterKind::In(kind) => return [class(kind), vec!["BaseInFilter"]].concat(),
        FilterKind::Between(kind) => return [class(kind), vec!["BaseRangeFilter"]].concat(),
        FilterKind::Char => "CharFilter",
        FilterKind::Boolean | FilterKind::NullBooleanSelect => "BooleanFilter",
        FilterKind::Choice(_) => "ChoiceFilter",
        FilterKind::ModelChoice { .. } => "ModelChoiceFilter",
        FilterKind::ModelMultipleChoice { .. } => "ModelMultipleChoiceFilter",
        FilterKind::Number => "NumberFilter",
        FilterKind::Date => "DateFilter",
        FilterKind::Time => "TimeFilter",
        FilterKind::DateTime => "DateTimeFilter",
        FilterKind::IsoDateTime => "IsoDateTimeFilter",
        FilterKind::Duration => "DurationFilter",
        FilterKind::Uuid => "UUIDFilter",
        other => panic!("{other:?}"),
    };
    vec![name]
}

#[test]
fn filters_of_lookups_are_those_of_django_filter() {
    let choices = letters();
    let columns = [
        ("auto", FilterColumn::Integer),
        ("bool", FilterColumn::Boolean),
        ("char", FilterColumn::Char),
        ("chosen", FilterColumn::Char),
        ("text", FilterColumn::Char),
        ("slug", FilterColumn::Char),
        ("date", FilterColumn::Date),
        ("datetime", FilterColumn::DateTime),
        ("time", FilterColumn::Time),
        ("duration", FilterColumn::Duration),
        ("decimal", FilterColumn::Decimal),
        ("integer", FilterColumn::Integer),
        ("big", FilterColumn::Integer),
        ("float", FilterColumn::Float),
        ("uuid", FilterColumn::Uuid),
        ("ip", FilterColumn::Char),
        ("json", FilterColumn::Other),
        ("binary", FilterColumn::Other),
        ("file", FilterColumn::Other),
        ("foreign", FilterColumn::ForeignKey),
        ("many", FilterColumn::ManyToMany),
    ];
    let cases = lines(include_str!("../fixtures/lookups.jsonl"));
    let lookups: std::collections::BTreeSet<&str> =
        cases.iter().map(|case| case[2].as_str().unwrap()).collect();
    for (base, (name, column)) in
        ["rest", "plain"].into_iter().flat_map(|base| columns.map(|column| (base, column)))
    {
        for lookup in &lookups {
            let own = (name == "chosen").then_some(&choices);
            let kind = for_lookup(column, lookup, own);
            let kind = if base == "plain" { kind.map(FilterKind::of_plain_filter_set) } else { kind };
            let case = cases.iter().find(|case| case[0] == base && case[1] == name && case[2] == *lookup);
            let classes = case.map(|case| case.as_array().unwrap()[3..].to_vec());
            let own = kind.map(|kind| class(&kind).into_iter().map(Value::from).collect::<Vec<_>>());
            assert_eq!(own, classes, "{base} {name} {lookup}");
        }
    }
}
