//! Numbers in text, as parsed by Python's `int()`, `float()` and `Decimal()`: with digits of every script, underscores
//! between digits, and surrounding white space.

use crate::data::Integer;

/// The zeros of Unicode's decimal digits. The digits one to nine follow each zero.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066,
    0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
    0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// Replaces digits of other scripts with ASCII digits.
pub(crate) fn to_ascii(text: &str) -> String {
    text.chars().map(|c| decimal_digit(c).unwrap_or(c)).collect()
}

pub(crate) fn decimal_digit(c: char) -> Option<char> {
    let point = u32::from(c);
    let at = ZEROS.partition_point(|zero| *zero <= point);
    let value = point - ZEROS.get(at.checked_sub(1)?)?;
    char::from_digit(value, 10)
}

/// Removes underscores between digits. `None` if there are others.
pub(crate) fn without_underscores(text: &str) -> Option<String> {
    let mut cleaned = String::with_capacity(text.len());
    let mut pieces = text.split('_');
    cleaned.push_str(pieces.next()?);
    for piece in pieces {
        let between = cleaned.ends_with(|c: char| c.is_ascii_hexdigit())
            && piece.starts_with(|c: char| c.is_ascii_hexdigit());
        if !between {
            return None;
        }
        cleaned.push_str(piece);
    }
    Some(cleaned)
}

/// Normalizes text that `int(text)` accepts to an optional minus and ASCII digits.
pub(crate) fn int_text(text: &str) -> Option<String> {
    // Not `python::strip`: int() keeps the separators U+001C to U+001F, and fails.
    let ascii = to_ascii(text.trim());
    let (sign, digits) = split_sign(&ascii);
    let digits = without_underscores(digits)?;
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| format!("{sign}{digits}"))
}

/// `sys.int_info.default_max_str_digits`: Python's `int()` rejects text with more digits.
const MAX_DIGITS: usize = 4300;

/// Python's `int(text)`.
pub(crate) fn int(text: &str) -> Option<Integer> {
    let text = int_text(text)?;
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    if count > MAX_DIGITS { None } else { Integer::parse(&text) }
}

/// Python's `float(text)`. `None` for infinities and NaN, which no field accepts.
pub(crate) fn float(text: &str) -> Option<f64> {
    let ascii = to_ascii(text.trim());
    // In `1_e5` and `1._5` the underscore is not between decimal digits.
    let misplaced = ascii
        .as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [b'_', other] | [other, b'_'] if !other.is_ascii_digit()));
    if misplaced {
        return None;
    }
    without_underscores(&ascii)?.parse().ok().filter(|float: &f64| float.is_finite())
}

/// Splits off the sign: returns a minus or nothing, and the rest.
pub(crate) fn split_sign(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}
