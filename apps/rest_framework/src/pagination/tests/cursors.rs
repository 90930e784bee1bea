//! Cursors against a plain table, and against Django REST framework.

use proptest::prelude::*;
use serde_json::Value;
use vitamin_framework::models::ValueRef;

use super::super::*;
use super::{LIST, body, error, lines, parse, query_of};
use crate::filters::OrderBy;

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
    let cases = lines(include_str!("../fixtures/cursor.jsonl"));
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
    let walks = lines(include_str!("../fixtures/walks.jsonl"));
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
        let mut numbers = self::places(&body["results"]);
        while let Some(previous) = body["previous"].as_str().map(str::to_owned) {
            body = table.get(size, query_of(&previous), &previous);
            numbers.splice(0..0, self::places(&body["results"]));
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
            seen.extend(self::places(&body["results"]));
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
}
