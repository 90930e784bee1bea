//! Values that filters read from query parameters.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use uuid::Uuid;

/// A value to filter by. A filter without a value filters nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Cleaned {
    /// NULL: the choice `null`.
    Null,
    /// Text: of CharFilter and the choice filters, and the key of ModelChoiceFilter's object, which is still to be looked
    /// up.
    Text(String),
    /// The key of an object that was found, if it is a text.
    Key(String),
    /// True or false.
    Bool(bool),
    /// A number. Compare a column of integers with [`integer`](Self::integer).
    Decimal(BigDecimal),
    /// The key of an object, or the position of a cursor.
    Integer(i64),
    /// The position of a cursor.
    Float(f64),
    /// A date.
    Date(NaiveDate),
    /// A time.
    Time(NaiveTime),
    /// A date and time: UTC with `USE_TZ`, else as the client wrote it.
    DateTime(NaiveDateTime),
    /// A duration.
    Duration(TimeDelta),
    /// A UUID.
    Uuid(Uuid),
    /// Any of these values; an empty list matches no row.
    List(Vec<Cleaned>),
    /// At least the first, at most the second value. At least one of them is there.
    Range(Option<Box<Cleaned>>, Option<Box<Cleaned>>),
}

impl Cleaned {
    /// A number as Django compares it with a column of integers: without its decimal places. At the limits of `i128` if it
    /// is larger or smaller; no column has such a value. `None`: not a number.
    #[must_use]
    pub fn integer(&self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some((*number).into()),
            Self::Decimal(number) => Some(truncate(number)),
            _ => None,
        }
    }

    /// The text that a column's text is compared with: Python's `str()`. `None` for NULL and several values.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Text(text) | Self::Key(text) => text.clone(),
            Self::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
            Self::Decimal(number) => number.to_plain_string(),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => crate::python::float_repr(*number),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => time.format("%H:%M:%S%.f").to_string(),
            Self::DateTime(at) => at.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
            Self::Duration(duration) => duration.to_string(),
            Self::Uuid(uuid) => uuid.to_string(),
            Self::Null | Self::List(_) | Self::Range(..) => return None,
        })
    }

    /// A text. `None` for other values.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Key(text) => Some(text),
            _ => None,
        }
    }

    /// True or false. `None` for other values.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The bounds of a range. `None` for other values.
    #[must_use]
    pub fn bounds(&self) -> Option<(Option<&Self>, Option<&Self>)> {
        match self {
            Self::Range(low, high) => Some((low.as_deref(), high.as_deref())),
            _ => None,
        }
    }
}

fn truncate(number: &BigDecimal) -> i128 {
    let (digits, _) = number.as_bigint_and_scale();
    let is_negative = *digits < BigInt::from(0);
    // Numbers of filters are short, see `number::clean`.
    let whole = number.with_scale_round(0, RoundingMode::Down);
    whole.to_i128().unwrap_or(if is_negative { i128::MIN } else { i128::MAX })
}
