use super::*;

/// `[header, [value, parameters]]`, or null if Python raises; generated with Django 5.2.
#[test]
fn parse_header_parameters_matches_django() {
    let fixture = include_str!("../../fixtures/header_parameters.json");
    type Outcome = Option<(String, Vec<(String, String)>)>;
    let cases: Vec<(String, Outcome)> = serde_json::from_str(fixture).unwrap();
    assert!(cases.len() > 150);
    for (line, expected) in cases {
        let actual = parse_header_parameters(&line).ok();
        let actual = actual.map(|header| (header.value.into_owned(), header.params));
        assert_eq!(actual, expected, "{line:?}");
    }
}

/// One header with tens of thousands of parameters, some repeated and some of RFC 2231, as an anonymous client may send
/// it. A quadratic parser took seconds.
#[test]
fn many_parameters_are_parsed_in_linear_time() {
    const COUNT: usize = 10_000;
    let plain = (0..2 * COUNT).map(|number| format!(";p{}={number}", number % COUNT));
    let extended = (0..COUNT).map(|number| format!(";e{number}*0=x"));
    let line = std::iter::once("text/plain".to_owned()).chain(plain).chain(extended).collect::<String>();
    assert!(line.len() > 100_000);
    let header = parse_header_parameters(&line).unwrap();
    let expected = (0..COUNT).map(|number| (format!("p{number}"), (COUNT + number).to_string()));
    let extended = (0..COUNT).map(|number| (format!("e{number}"), "x".to_owned()));
    assert!(header.params.iter().cloned().eq(expected.chain(extended)));
}

proptest::proptest! {
    /// As in Python's dict: the first occurrence gives the position, the last one the value.
    #[test]
    fn the_last_value_of_a_repeated_name_wins(names in proptest::collection::vec("[a-c]{1,2}", 0..12)) {
        let line: String = names.iter().enumerate().map(|(at, name)| format!("; {name}={at}")).collect();
        let mut expected: Vec<(String, String)> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            match expected.iter_mut().find(|(known, _)| known == name) {
                Some((_, value)) => *value = at.to_string(),
                None => expected.push((name.clone(), at.to_string())),
            }
        }
        proptest::prop_assert_eq!(parse_header_parameters(&line).unwrap().params, expected);
    }

    #[test]
    fn a_quoted_value_round_trips(value in "[^;]*") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let line = format!("text/plain; name=\"{quoted}\"");
        let header = parse_header_parameters(&line).unwrap();
        proptest::prop_assert_eq!(header.get("name"), Some(&value));
    }
}
