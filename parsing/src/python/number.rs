//! Python's `int()`.

/// Python's `int(text)`, or `None` if it raises. Saturates at the limits of `i64`. Accepts ASCII digits only.
pub fn int(text: &str) -> Option<i64> {
    // Not `strip`, which also removes the separators U+001C to U+001F.
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !digits.split('_').all(is_number) {
        return None;
    }
    let add = |sum: i64, byte: u8| sum.saturating_mul(10).saturating_add(sign * i64::from(byte - b'0'));
    Some(digits.bytes().filter(|byte| *byte != b'_').fold(0, add))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are CPython's, except for the last two, which are out of range.
    #[test]
    fn int_matches_python() {
        for (text, expected) in [
            ("4", Some(4)),
            (" 4\t\x0b\x0c", Some(4)),
            ("\u{a0}4\u{85}", Some(4)),
            ("4\x1c", None),
            ("\u{a0}4\x1f", None),
            ("+4", Some(4)),
            ("-4", Some(-4)),
            ("+-4", None),
            ("+ 4", None),
            ("007", Some(7)),
            ("1_000", Some(1000)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("", None),
            ("-", None),
            ("0x4", None),
            ("4.0", None),
            ("\u{b2}", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", Some(i64::MAX)),
            ("-9223372036854775809", Some(i64::MIN)),
        ] {
            assert_eq!(int(text), expected, "{text:?}");
        }
    }
}
