//! The fixtures are Django REST framework's answers, made by tests/django/pages.py.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use proptest::prelude::*;
use serde_json::{Value, json};
use vitamin_framework::models::ValueRef;
use vitamin_parsing::form::parse_form;

use super::*;
use crate::filters::OrderBy;
use crate::python::codecs::Charset;

fn lines(fixture: &'static str) -> Vec<Value> {
    fixture.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parse(query: &str) -> QueryDict {
    parse_form(query.as_bytes(), Charset::default(), None).unwrap().into_iter().collect()
}

fn query_of(url: &str) -> &str {
    url.split_once('?').map_or("", |(_, query)| query)
}

/// A text of the options, which lives as long as the builders want.
fn text(options: &Value, key: &str) -> Option<&'static str> {
    options[key].as_str().map(|text| &*text.to_owned().leak())
}

/// The body that the client receives, as JSON.
fn body(pagination: &dyn Pagination, page: &Page, results: &impl serde::Serialize) -> Value {
    let mut body = Vec::new();
    pagination.write(page, &serde_json::to_vec(results).unwrap(), &mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn error(error: &APIException) -> Value {
    json!({"status": error.status().as_u16(), "detail": error.detail()})
}

/// The numbers of the loaded rows, in a list of `count`.
fn slice(plan: &OffsetPlan, count: u64) -> Vec<u64> {
    let offset = plan.offset_in(count);
    (offset..offset.saturating_add(plan.limit).min(count)).collect()
}

fn numbered(options: &Value) -> PageNumberPagination {
    let mut pages = PageNumberPagination::default();
    if let Some(size) = options["page_size"].as_u64() {
        pages = pages.page_size(size);
    }
    if let Some(name) = text(options, "page_size_query_param") {
        pages = pages.page_size_query_param(name);
    }
    if let Some(size) = options["max_page_size"].as_u64() {
        pages = pages.max_page_size(size);
    }
    if let Some(name) = text(options, "page_query_param") {
        pages = pages.page_query_param(name).last_page_strings(&["end", "last"]);
    }
    pages
}

fn limited(options: &Value) -> LimitOffsetPagination {
    let mut limited = LimitOffsetPagination::default();
    if let Some(limit) = options["default_limit"].as_u64() {
        limited = limited.default_limit(limit);
    }
    if let Some(limit) = options["max_limit"].as_u64() {
        limited = limited.max_limit(limit);
    }
    if let Some(name) = text(options, "limit_query_param") {
        limited = limited.limit_query_param(name);
    }
    if let Some(name) = text(options, "offset_query_param") {
        limited = limited.offset_query_param(name);
    }
    limited
}

#[test]
fn numbered_pages_are_those_of_django_rest_framework() {
    let cases = lines(include_str!("fixtures/page_number.jsonl"));
    assert_eq!(cases.len(), 696);
    for case in cases {
        let pages = numbered(&case[0]);
        let count = case[1].as_u64().unwrap();
        let url = case[3].as_str().unwrap();
        let answer = match pages.plan_for(&parse(case[2].as_str().unwrap()), || None) {
            Ok(None) => Value::Null,
            Ok(Some(Plan::Offset(plan))) => match pages.page_for(&plan, count, || Ok(url.to_owned())) {
                Ok(page) => body(&pages, &page, &slice(&plan, count)),
                Err(exception) => error(&exception),
            },
            Ok(Some(Plan::Cursor(_))) => unreachable!(),
            Err(exception) => error(&exception),
        };
        assert_eq!(answer, case[4], "{case}");
    }
}

#[test]
fn limited_pages_are_those_of_django_rest_framework() {
    let cases = lines(include_str!("fixtures/limit_offset.jsonl"));
    assert_eq!(cases.len(), 674);
    for case in cases {
        let pages = limited(&case[0]);
        let count = case[1].as_u64().unwrap();
        let url = case[3].as_str().unwrap();
        let answer = match pages.plan_for(&parse(case[2].as_str().unwrap()), || None) {
            None => Value::Null,
            Some(plan) => {
                let page = pages.page_for(&plan, count, || Ok(url.to_owned())).unwrap();
                body(&pages, &page, &slice(&plan, count))
            }
        };
        assert_eq!(answer, case[4], "{case}");
    }
}

/// Rows with a number and a place; the list is in the order of the places, then of the numbers, or in the reverse order.
#[derive(Clone, Debug, Default)]
struct Table {
    rows: Vec<(i64, i64)>,
    descending: bool,
}

impl Table {
    fn new(places: &[i64], descending: bool) -> Self {
        Self { rows: places.iter().copied().zip(1..).collect(), descending }
    }

    fn add(&mut self, place: i64) {
        let number = i64::try_from(self.rows.len()).unwrap() + 1;
        self.rows.push((place, number));
    }

    fn pagination(&self, page_size: u64) -> CursorPagination {
        let ordering = if self.descending { ["-place", "-id"] } else { ["place", "id"] };
        CursorPagination::new(page_size).ordering(&ordering)
    }

    /// What the query of the plan finds. `None`: the position is no number.
    fn load(&self, plan: &CursorPlan) -> Option<Vec<(i64, i64)>> {
        let mut rows = self.rows.clone();
        rows.sort_unstable();
        let order: Vec<OrderBy> = plan.order_by().collect();
        if order[0].descending {
            rows.reverse();
        }
        if let Some(position) = &plan.position {
            let position: i64 = position.trim().parse().ok()?;
            rows.retain(|(place, _)| if plan.is_less_than() { *place < position } else { *place > position });
        }
        let offset = usize::try_from(plan.offset).unwrap();
        Some(rows.into_iter().skip(offset).take(usize::try_from(plan.limit).unwrap()).collect())
    }

    /// The body for this query string.
    fn get(&self, page_size: u64, query: &str, url: &str) -> Value {
        let pagination = self.pagination(page_size);
        let plan = match pagination.plan_for(&parse(query), &[], || None) {
            Ok(plan) => plan.unwrap(),
            Err(exception) => return error(&exception),
        };
        let rows = self.load(&plan).unwrap();
        let position = |row: usize| position(ValueRef::Integer(rows[row].0), true);
        let page = pagination.page_for(&plan, rows.len(), &position, || Ok(url.to_owned())).unwrap();
        let mut numbers: Vec<i64> = rows.iter().map(|(_, number)| *number).collect();
        numbers.truncate(usize::try_from(page.page_size).unwrap());
        if page.reversed {
            numbers.reverse();
        }
        body(&pagination, &page, &numbers)
    }
}

fn places(value: &Value) -> Vec<i64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn cursors_are_those_of_django_rest_framework() {
    let cases = lines(include_str!("fixtures/cursor.jsonl"));
    assert_eq!(cases.len(), 156);
    for case in cases {
        let table = Table::new(&places(&case[1]), case[0]["ordering"][0] == "-place");
        let size = case[0]["page_size"].as_u64().unwrap();
        let answer = table.get(size, case[2].as_str().unwrap(), case[3].as_str().unwrap());
        assert_eq!(answer, case[4], "{case}");
    }
}

#[test]
fn walks_along_the_links_are_those_of_django_rest_framework() {
    let walks = lines(include_str!("fixtures/walks.jsonl"));
    assert_eq!(walks.len(), 60);
    for walk in walks {
        let mut table = Table::new(&places(&walk[1]), walk[0]["ordering"][0] == "-place");
        let size = walk[0]["page_size"].as_u64().unwrap();
        for step in walk[2].as_array().unwrap() {
            let query = step[0].as_str().unwrap();
            if query == "add" {
                table.add(step[1].as_i64().unwrap());
                continue;
            }
            let mark = if query.is_empty() { "" } else { "?" };
            let url = format!("http://testserver/list/{mark}{query}");
            assert_eq!(table.get(size, query, &url), step[1], "{walk} {query}");
        }
    }
}

const LIST: &str = "http://testserver/list/";

/// Follows the links of a table's cursors from the first page to the last: all rows in order, and the last body.
fn forward(table: &Table, size: u64) -> (Vec<i64>, Value) {
    let (mut numbers, mut url) = (Vec::new(), LIST.to_owned());
    loop {
        let body = table.get(size, query_of(&url), &url);
        numbers.extend(places(&body["results"]));
        match body["next"].as_str() {
            Some(next) => url = next.to_owned(),
            None => return (numbers, body),
        }
    }
}

proptest! {
    #[test]
    fn cursors_forward_visit_each_row_once(
        places in prop::collection::vec(0_i64..6, 0..40), size in 1_u64..6, descending: bool,
    ) {
        let table = Table::new(&places, descending);
        let mut rows = table.rows.clone();
        rows.sort_unstable();
        if descending {
            rows.reverse();
        }
        let expected: Vec<i64> = rows.into_iter().map(|(_, number)| number).collect();
        prop_assert_eq!(forward(&table, size).0, expected);
    }

    /// Among equal places Django REST framework loses rows on the way back; see the walks above.
    #[test]
    fn cursors_back_visit_each_row_once_if_places_are_unique(
        places in prop::collection::btree_set(0_i64..100, 0..40), size in 1_u64..6, descending: bool,
    ) {
        let places: Vec<i64> = places.into_iter().collect();
        let table = Table::new(&places, descending);
        let (expected, mut body) = forward(&table, size);
        let mut numbers = super::tests::places(&body["results"]);
        while let Some(previous) = body["previous"].as_str().map(str::to_owned) {
            body = table.get(size, query_of(&previous), &previous);
            numbers.splice(0..0, super::tests::places(&body["results"]));
        }
        prop_assert_eq!(numbers, expected);
    }

    /// Rows that are added behind the reader do not repeat or hide any row.
    #[test]
    fn cursors_are_stable_while_rows_are_added(
        places in prop::collection::btree_set(0_i64..60, 1..30), added in prop::collection::vec(0_i64..60, 0..8), size in 1_u64..6,
    ) {
        let mut table = Table::new(&places.into_iter().collect::<Vec<_>>(), false);
        let first = table.rows.clone();
        let (mut seen, mut url, mut added) = (Vec::new(), LIST.to_owned(), added.into_iter());
        loop {
            let body = table.get(size, query_of(&url), &url);
            seen.extend(super::tests::places(&body["results"]));
            let reached = seen.last().map_or(0, |number| table.rows.iter().find(|row| row.1 == *number).unwrap().0);
            if let Some(place) = added.next().filter(|place| *place < reached) {
                table.add(place);
            }
            match body["next"].as_str() {
                Some(next) => url = next.to_owned(),
                None => break,
            }
        }
        seen.retain(|number| first.iter().any(|row| row.1 == *number));
        let mut expected = first;
        expected.sort_unstable();
        prop_assert_eq!(seen, expected.into_iter().map(|(_, number)| number).collect::<Vec<_>>());
    }

    #[test]
    fn no_text_of_a_cursor_panics(cursor in ".*", size in 1_u64..4) {
        let table = Table::new(&[1, 2, 3], false);
        let query: QueryDict = [("cursor", cursor)].into_iter().collect();
        let plan = table.pagination(size).plan_for(&query, &[], || None);
        prop_assert!(plan.is_err() || plan.unwrap().unwrap().offset <= 1000);
    }

    #[test]
    fn numbered_pages_visit_each_row_once(count in 0_u64..40, size in 1_u64..9, back: bool) {
        let pages = PageNumberPagination::new(size);
        let mut url = if back { format!("{LIST}?page=last") } else { LIST.to_owned() };
        let mut rows = Vec::new();
        loop {
            let Ok(Some(Plan::Offset(plan))) = pages.plan_for(&parse(query_of(&url)), || None) else { panic!() };
            let page = pages.page_for(&plan, count, || Ok(url.clone())).unwrap();
            let at = if back { 0..0 } else { rows.len()..rows.len() };
            rows.splice(at, slice(&plan, count));
            match if back { page.previous } else { page.next } {
                Some(link) => url = link,
                None => break,
            }
        }
        prop_assert_eq!(rows, (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn limited_pages_visit_each_row_once(count in 0_u64..40, limit in 1_u64..9) {
        let pages = LimitOffsetPagination::new(limit);
        let (mut url, mut rows) = (LIST.to_owned(), Vec::new());
        loop {
            let plan = pages.plan_for(&parse(query_of(&url)), || None).unwrap();
            let page = pages.page_for(&plan, count, || Ok(url.clone())).unwrap();
            rows.extend(slice(&plan, count));
            match page.next {
                Some(link) => url = link,
                None => break,
            }
        }
        prop_assert_eq!(rows, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn positions_are_python_s_text() {
    for case in lines(include_str!("fixtures/positions.jsonl")) {
        let given = &case[1];
        let text = given.as_str().unwrap_or_default();
        let expected = case[2].as_str().unwrap();
        let check = |value: ValueRef<'_>, use_tz| assert_eq!(position(value, use_tz), expected, "{case}");
        match case[0].as_str().unwrap() {
            "null" => check(ValueRef::Null, true),
            "bool" => check(ValueRef::Bool(given.as_bool().unwrap()), true),
            "integer" => check(ValueRef::Integer(given.as_i64().unwrap()), true),
            "float" => check(ValueRef::Float(given.as_f64().unwrap()), true),
            "text" => check(ValueRef::Text(text), true),
            "date" => check(ValueRef::Date(text.parse::<NaiveDate>().unwrap()), true),
            "time" => check(ValueRef::Time(text.parse::<NaiveTime>().unwrap()), true),
            kind @ ("datetime" | "naive") => {
                check(ValueRef::DateTime(text.parse::<NaiveDateTime>().unwrap()), kind == "datetime");
            }
            "duration" => check(ValueRef::Duration(TimeDelta::microseconds(given.as_i64().unwrap())), true),
            "uuid" => check(ValueRef::Uuid(text.parse().unwrap()), true),
            "decimal" => check(ValueRef::Decimal(&text.parse().unwrap()), true),
            "json" => check(
                ValueRef::Json(&crate::json::decode(text.as_bytes(), Charset::default()).unwrap()),
                true,
            ),
            "binary" => {
                check(ValueRef::Binary(&serde_json::from_value::<Vec<u8>>(given.clone()).unwrap()), true)
            }
            other => panic!("{other}"),
        }
    }
}

proptest! {
    /// A position finds its own row again.
    #[test]
    fn positions_are_read_back(number: i64, float: f64, micros in -86_399_999_999_999_999_i64..86_399_999_999_999_999, text in "[^\\x00]*") {
        use crate::filters::{Cleaned, FilterColumn as Column};
        use vitamin_framework::timezone::TimeZone;
        let zone = TimeZone::new("Europe/Berlin", true).unwrap();
        let read = |value: ValueRef<'_>, column| parse_position(&position(value, true), column, &zone);
        let moment = chrono::DateTime::from_timestamp_micros(micros % 60_000_000_000_000_000).unwrap().naive_utc();
        let decimal = bigdecimal::BigDecimal::new(number.into(), 2);
        let uuid = uuid::Uuid::from_u128(u128::from(number.unsigned_abs()) << 17);
        prop_assert_eq!(read(ValueRef::Integer(number), Column::Integer), Some(Cleaned::Integer(number)));
        prop_assert_eq!(read(ValueRef::Float(float), Column::Float), Some(Cleaned::Float(float)).filter(|_| float.is_finite()));
        prop_assert_eq!(read(ValueRef::Text(&text), Column::Char), Some(Cleaned::Text(text.clone())));
        prop_assert_eq!(read(ValueRef::DateTime(moment), Column::DateTime), Some(Cleaned::DateTime(moment)));
        prop_assert_eq!(read(ValueRef::Date(moment.date()), Column::Date), Some(Cleaned::Date(moment.date())));
        prop_assert_eq!(read(ValueRef::Time(moment.time()), Column::Time), Some(Cleaned::Time(moment.time())));
        let span = TimeDelta::microseconds(micros);
        prop_assert_eq!(read(ValueRef::Duration(span), Column::Duration), Some(Cleaned::Duration(span)));
        prop_assert_eq!(read(ValueRef::Decimal(&decimal), Column::Decimal), Some(Cleaned::Decimal(decimal.clone())));
        prop_assert_eq!(read(ValueRef::Uuid(uuid), Column::Uuid), Some(Cleaned::Uuid(uuid)));
        prop_assert_eq!(read(ValueRef::Bool(number > 0), Column::Boolean), Some(Cleaned::Bool(number > 0)));
    }
}

#[test]
fn positions_of_strangers() {
    use crate::filters::{Cleaned, FilterColumn as Column};
    let zone = vitamin_framework::timezone::TimeZone::default();
    let read = |text, column| parse_position(text, column, &zone);
    assert_eq!(read("99999999999999999999", Column::Integer), Some(Cleaned::Integer(i64::MAX)));
    assert_eq!(read("-99999999999999999999", Column::Integer), Some(Cleaned::Integer(i64::MIN)));
    for (text, column) in [
        ("x", Column::Integer),
        ("", Column::Integer),
        ("1.5", Column::Integer),
        ("None", Column::Integer),
        ("nan", Column::Float),
        ("NaN", Column::Decimal),
        ("x", Column::Uuid),
        ("x", Column::DateTime),
        ("2025-02-30", Column::Date),
        ("a\0", Column::Char),
        ("25:00", Column::Time),
        ("maybe", Column::Boolean),
        ("1", Column::ForeignKey),
        ("1", Column::Other),
    ] {
        assert_eq!(read(text, column), None, "{text} {column:?}");
    }
}

#[test]
fn a_number_has_at_most_4300_digits() {
    let plan = |digits: usize| {
        let query: QueryDict = [("limit", "1".repeat(digits))].into_iter().collect();
        LimitOffsetPagination::new(5).max_limit(20).plan_for(&query, || None).unwrap().limit
    };
    assert_eq!((plan(4300), plan(4301)), (20, 5));
}

#[test]
fn the_project_s_page_size_is_the_default() {
    let none = QueryDict::new();
    let size = |plan: Option<Plan>| match plan {
        Some(Plan::Offset(plan)) => plan.limit,
        other => panic!("{other:?}"),
    };
    assert_eq!(size(PageNumberPagination::default().plan_for(&none, || Some(7)).unwrap()), 7);
    assert_eq!(PageNumberPagination::default().plan_for(&none, || None).unwrap(), None);
    assert_eq!(PageNumberPagination::new(0).plan_for(&none, || Some(7)).unwrap(), None);
    assert_eq!(LimitOffsetPagination::default().plan_for(&none, || Some(7)).unwrap().limit, 7);
    let cursors = CursorPagination::default();
    let plan = cursors.plan_for(&none, &["-name".into()], || Some(7)).unwrap().unwrap();
    assert_eq!((plan.limit, plan.ordering), (8, vec!["-name".into()]));
    assert_eq!(cursors.plan_for(&none, &[], || Some(7)).unwrap().unwrap().ordering, vec!["-created".into()]);
}

#[test]
fn a_body_of_one_s_own_replaces_the_usual_one() {
    let pages = PageNumberPagination::new(2).get_paginated_response(|page, body| {
        body.object("links", |links| _ = links.field("next", &page.next).field("previous", &page.previous));
        body.field("total", &page.count).field("pages", &page.num_pages).results("items");
    });
    let Ok(Some(Plan::Offset(plan))) = pages.plan_for(&parse("page=2"), || None) else { panic!() };
    let page = pages.page_for(&plan, 3, || Ok("http://a/?page=2".to_owned())).unwrap();
    let mut body = Vec::new();
    pages.write(&page, b"[3]", &mut body).unwrap();
    let expected = r#"{"links":{"next":null,"previous":"http://a/"},"total":3,"pages":2,"items":[3]}"#;
    assert_eq!(String::from_utf8(body).unwrap(), expected);
    let failing =
        PageNumberPagination::new(2).get_paginated_response(|_, body| _ = body.field("x", &f64::NAN));
    assert!(failing.write(&page, b"[]", &mut Vec::new()).is_err());
}
