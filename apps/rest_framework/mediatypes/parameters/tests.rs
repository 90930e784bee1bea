use super::*;

/// `[header, [value, parameters]]`, or null where Python raises; made with Django 5.2.
#[test]
fn headers_are_read_as_django_reads_them() {
    let fixture = include_str!("../../fixtures/header_parameters.json");
    type Outcome = Option<(String, Vec<(String, String)>)>;
    let cases: Vec<(String, Outcome)> = serde_json::from_str(fixture).unwrap();
    assert!(cases.len() > 150);
    for (line, expected) in cases {
        let found = parse_header_parameters(&line).ok();
        let found = found.map(|header| (header.value.into_owned(), header.params));
        assert_eq!(found, expected, "{line:?}");
    }
}

proptest::proptest! {
    #[test]
    fn a_quoted_value_comes_back(value in "[^;]*") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let line = format!("text/plain; name=\"{quoted}\"");
        let header = parse_header_parameters(&line).unwrap();
        proptest::prop_assert_eq!(header.get("name"), Some(&value));
    }
}
