//! SearchFilter.

use proptest::prelude::*;
use serde_json::json;

use super::super::*;
use super::lines;
use crate::data::QueryDict;

#[test]
fn search_terms_are_those_of_django_rest_framework() {
    for case in lines(include_str!("../fixtures/searches.jsonl")) {
        let query: QueryDict = [("search", "x"), ("search", case[0].as_str().unwrap())].into_iter().collect();
        let answer = match search_terms(&query, "search") {
            Ok(terms) => json!(terms),
            Err(error) => json!({"errors": error.detail()}),
        };
        assert_eq!(answer, case[1], "{case}");
    }
    assert_eq!(search_terms(&QueryDict::new(), "search").unwrap(), Vec::<String>::new());
}

#[test]
fn search_fields_have_prefixes() {
    let of = |field| {
        let (lookup, name) = SearchLookup::of(field);
        (lookup.name(), name)
    };
    assert_eq!(of("name"), ("icontains", "name"));
    assert_eq!(of("^name"), ("istartswith", "name"));
    assert_eq!(of("=email"), ("iexact", "email"));
    assert_eq!(of("@body"), ("search", "body"));
    assert_eq!(of("$x"), ("iregex", "x"));
}

proptest! {
    /// Each term is a part of the text, but for its escapes.
    #[test]
    fn search_terms_are_parts_of_the_text(text in "[a-c\"' ,\\\\]{0,20}") {
        let query: QueryDict = [("search", text.as_str())].into_iter().collect();
        for term in search_terms(&query, "search").unwrap() {
            prop_assert!(text.replace('\\', "").contains(&term.replace('\\', "")), "{term:?}");
        }
    }
}
