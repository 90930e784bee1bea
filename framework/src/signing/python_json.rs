//! JSON as Python's `json.dumps` writes it, where the standard has no such thing.

/// The same as standard JSON: `null` for `NaN` and the infinities, U+FFFD for half of a surrogate pair.
///
/// It is for what could not be read otherwise, so that one number of a project's own does not cost all the rest.
pub(super) fn standardize(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    let mut in_string = false;
    while let Some(character) = rest.chars().next() {
        let (taken, put) = match (in_string, character) {
            (true, '\\') => escape(rest),
            (false, 'N' | 'I' | '-') => number(rest),
            _ => (character.len_utf8(), None),
        };
        in_string ^= character == '"';
        let (same, behind) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        out.push_str(put.unwrap_or(same));
        rest = behind;
    }
    out
}

/// How long the escape sequence is, and what to put in its place.
fn escape(text: &str) -> (usize, Option<&'static str>) {
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, None),
        (Some(0xD800..=0xDFFF), _) => (6, Some("\\ufffd")),
        (Some(_), _) => (6, None),
        (None, _) => (2, None),
    }
}

/// The UTF-16 unit that an escape sequence stands for.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn number(text: &str) -> (usize, Option<&'static str>) {
    let name = ["NaN", "Infinity", "-Infinity"].into_iter().find(|name| text.starts_with(name));
    name.map_or((1, None), |name| (name.len(), Some("null")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_alone_writes_is_replaced() {
        for (json, expected) in [
            (r#"{"a":NaN,"b":[-Infinity,Infinity,-1]}"#, r#"{"a":null,"b":[null,null,-1]}"#),
            (r#"{"NaN":"-Infinity \" NaN","\\":NaN}"#, r#"{"NaN":"-Infinity \" NaN","\\":null}"#),
            (
                r#""\ud83d\ude00 \ud83d \ude00\ud83d\u0041\\ud83d""#,
                r#""\ud83d\ude00 \ufffd \ufffd\ufffd\u0041\\ud83d""#,
            ),
            (r#"["\ud83d"#, r#"["\ufffd"#),
            (r#"["\"#, r#"["\"#),
        ] {
            assert_eq!(standardize(json), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn standard_json_stays(text in "\\PC*") {
            let json = serde_json::to_string(&[&text]).unwrap();
            proptest::prop_assert_eq!(standardize(&json), json);
        }
    }
}
