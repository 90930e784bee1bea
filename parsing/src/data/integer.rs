//! Python's `int`, which has no maximum.

use std::cmp::Ordering;
use std::fmt;

/// An integer of any size: an `i64`, or decimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Integer(Repr);

/// `Big` holds only numbers that `i64` cannot, as canonical decimal text, so that equal numbers compare equal.
#[derive(Clone, PartialEq, Eq)]
enum Repr {
    Small(i64),
    Big(Box<str>),
}

impl Integer {
    /// Parses an optional minus and ASCII digits. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if let Ok(small) = text.parse() {
            return Some(Self(Repr::Small(small)));
        }
        let significant = digits.trim_start_matches('0');
        let sign = if text.starts_with('-') { "-" } else { "" };
        Some(Self(Repr::Big(format!("{sign}{significant}").into())))
    }

    /// The number, if it fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(small) => Some(small),
            Repr::Big(_) => None,
        }
    }

    /// The number, if it is not negative and fits.
    pub fn as_u128(&self) -> Option<u128> {
        match &self.0 {
            Repr::Small(small) => (*small).try_into().ok(),
            Repr::Big(text) => text.parse().ok(),
        }
    }

    /// The nearest `float`, ties to even. `None` if Python's `float()` raises OverflowError.
    pub fn to_f64(&self) -> Option<f64> {
        match &self.0 {
            Repr::Small(small) => Some(*small as f64),
            Repr::Big(text) => text.parse().ok().filter(|float: &f64| float.is_finite()),
        }
    }
}

impl From<i64> for Integer {
    fn from(small: i64) -> Self {
        Self(Repr::Small(small))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(small) => small.fmt(f),
            Repr::Big(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("int")
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small(left), Repr::Small(right)) => left.cmp(right),
            (Repr::Small(_), Repr::Big(right)) if right.starts_with('-') => Ordering::Greater,
            (Repr::Small(_), Repr::Big(_)) => Ordering::Less,
            (Repr::Big(_), Repr::Small(_)) => other.cmp(self).reverse(),
            (Repr::Big(left), Repr::Big(right)) => match (left.strip_prefix('-'), right.strip_prefix('-')) {
                (Some(left), Some(right)) => magnitude(right, left),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => magnitude(left, right),
            },
        }
    }
}

fn magnitude(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn orders_and_prints_as_i128(left: i128, right: i128) {
            let read = |number: i128| Integer::parse(&number.to_string()).unwrap();
            prop_assert_eq!(read(left).cmp(&read(right)), left.cmp(&right));
            prop_assert_eq!(read(left).to_string(), left.to_string());
            prop_assert_eq!(read(left).to_f64(), Some(left as f64));
        }
    }

    #[test]
    fn text_is_canonical() {
        assert_eq!(Integer::parse("-0"), Some(0.into()));
        assert_eq!(Integer::parse("0007"), Some(7.into()));
        assert_eq!(Integer::parse("-0018446744073709551616").unwrap().to_string(), "-18446744073709551616");
        for text in ["", "-", "+1", "1 ", "--1", "１"] {
            assert_eq!(Integer::parse(text), None);
        }
    }

    #[test]
    fn limits() {
        assert_eq!(Integer::parse(&"9".repeat(400)).unwrap().to_f64(), None);
        assert_eq!(Integer::parse(&u128::MAX.to_string()).unwrap().as_u128(), Some(u128::MAX));
        assert_eq!(Integer::from(-1).as_u128(), None);
    }
}
