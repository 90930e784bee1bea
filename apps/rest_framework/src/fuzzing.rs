//! Ways to this crate's own parsers for the fuzzers in the repository (`fuzz/targets`). Not for other use.
//!
//! A parsed value is also written, and must then be read as the same value.

use std::hint::black_box;

use crate::fields::quantize::Number;
use crate::fields::{digits, iso8601, parse_duration, strptime as formats};
use crate::filters::forms;
use crate::pagination::cursor::code::Cursor;

/// Reads a date, a time, and both, in ISO 8601.
pub fn dates(text: &str) {
    black_box((
        iso8601::parse_date(text),
        iso8601::parse_time(text),
        iso8601::parse_datetime(text).is_some(),
    ));
}

/// Reads a date and time in a format of `strptime`.
pub fn strptime(text: &str, format: &str) {
    black_box(formats::strptime(text, format).is_some());
}

/// Reads a duration of a serializer and of a filter.
pub fn duration(text: &str) {
    black_box(parse_duration::parse_duration(text).is_ok());
    black_box(forms::duration::clean(text).is_ok());
}

/// Reads a number of each kind.
pub fn numbers(text: &str) {
    black_box((digits::int(text), digits::float(text)));
    black_box((forms::number::clean(text, true).is_ok(), forms::number::clean(text, false).is_ok()));
    if let Some(number) = Number::parse(text) {
        black_box((number.to_f64(), number.magnitude(), number.is_zero()));
    }
}

/// Reads a cursor, and returns its position.
///
/// # Panics
/// It is read differently once it was written.
#[must_use]
pub fn cursor(text: &str) -> Option<String> {
    let cursor = Cursor::decode(text, 1000)?;
    assert_eq!(Cursor::decode(&cursor.encode(), 1000).as_ref(), Some(&cursor));
    cursor.position
}
