//! Python's extensions to JSON, as `json.dumps` writes them.

/// Converts to standard JSON: `NaN` and the infinities become `null`, an unpaired surrogate U+FFFD.
///
/// Used when standard parsing fails, so that one such value does not invalidate the whole document.
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
        let (same, after) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        out.push_str(put.unwrap_or(same));
        rest = after;
    }
    out
}

/// Returns the escape sequence's length and its replacement.
fn escape(text: &str) -> (usize, Option<&'static str>) {
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, None),
        (Some(0xD800..=0xDFFF), _) => (6, Some("\\ufffd")),
        (Some(_), _) => (6, None),
        (None, _) => (2, None),
    }
}

/// Returns the UTF-16 code unit of an escape sequence.
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
    fn python_extensions_are_replaced() {
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
        fn standard_json_is_unchanged(text in "\\PC*") {
            let json = serde_json::to_string(&[&text]).unwrap();
            proptest::prop_assert_eq!(standardize(&json), json);
        }
    }
}
