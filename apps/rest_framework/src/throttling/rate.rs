//! Rates, `N/period` (`SimpleRateThrottle.parse_rate`), and the rates of the settings.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::python::int;
use vitamin_framework::cache::Window;

/// A number of requests per period: `100/day` is `Rate::new(100, Period::Day)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    num_requests: i64,
    period: Period,
}

/// The period of a rate. Only the first letter counts: `s`, `sec` and `second` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
}

/// The text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a rate; write requests/period, e.g. 100/day (s, m, h or d)")]
pub struct InvalidRate(String);

impl Rate {
    /// A rate. If `num_requests` is not positive, every request is denied.
    #[must_use]
    pub const fn new(num_requests: i64, period: Period) -> Self {
        Self { num_requests, period }
    }

    /// The requests allowed per period.
    #[must_use]
    pub const fn num_requests(self) -> i64 {
        self.num_requests
    }

    /// The period in seconds.
    #[must_use]
    pub const fn duration(self) -> u32 {
        match self.period {
            Period::Second => 1,
            Period::Minute => 60,
            Period::Hour => 3600,
            Period::Day => 86_400,
        }
    }

    pub(super) const fn window(self) -> Window {
        Window { limit: self.num_requests, seconds: self.duration() }
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let parse = || {
            let (number, period) = text.split_once('/').filter(|(_, period)| !period.contains('/'))?;
            let period = match period.chars().next()? {
                's' => Period::Second,
                'm' => Period::Minute,
                'h' => Period::Hour,
                'd' => Period::Day,
                _ => return None,
            };
            Some(Self::new(int(number)?, period))
        };
        parse().ok_or_else(|| InvalidRate(text.to_owned()))
    }
}

/// `DEFAULT_THROTTLE_RATES`: the rate of each scope, or `None` for a scope without a limit. An unknown scope is an error
/// of the project, and answered with 500. Clones are cheap.
///
/// As text, `anon=100/day,user=1000/day,burst=` (no limit).
#[derive(Clone, PartialEq, Eq)]
pub struct ThrottleRates(Arc<IndexMap<String, Option<Rate>>>);

impl ThrottleRates {
    /// The rate of a scope. The outer `None` means that the scope is unknown.
    #[must_use]
    pub fn get(&self, scope: &str) -> Option<Option<Rate>> {
        self.0.get(scope).copied()
    }

    /// Whether the same scopes have the same limits. A scope without a limit may be missing.
    pub(crate) fn limits_as(&self, other: &Self) -> bool {
        let limited = |rates: &Self| -> IndexMap<String, Rate> {
            rates.0.iter().filter_map(|(scope, rate)| Some((scope.clone(), (*rate)?))).collect()
        };
        limited(self) == limited(other)
    }

    /// Whether any scope has a limit.
    #[must_use]
    pub fn limit_anything(&self) -> bool {
        self.0.values().any(Option::is_some)
    }
}

/// `user` and `anon`, both without a limit.
impl Default for ThrottleRates {
    fn default() -> Self {
        Self::from_iter([("user", None), ("anon", None)])
    }
}

impl<K: Into<String>> FromIterator<(K, Option<Rate>)> for ThrottleRates {
    fn from_iter<I: IntoIterator<Item = (K, Option<Rate>)>>(rates: I) -> Self {
        Self(Arc::new(rates.into_iter().map(|(scope, rate)| (scope.into(), rate)).collect()))
    }
}

impl FromStr for ThrottleRates {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let rates = items.map(|item| {
            let (scope, rate) = item.split_once('=').ok_or_else(|| InvalidRate(item.to_owned()))?;
            let rate = Some(rate.trim()).filter(|rate| !rate.is_empty()).map(str::parse).transpose()?;
            Ok((scope.trim().to_owned(), rate))
        });
        rates.collect()
    }
}

impl fmt::Debug for ThrottleRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_a_comma_separated_list() {
        let rates: ThrottleRates = " anon=100/day, user = 5/min ,free=, ".parse().unwrap();
        assert_eq!(rates.get("anon"), Some(Some(Rate::new(100, Period::Day))));
        assert_eq!(rates.get("user"), Some(Some(Rate::new(5, Period::Minute))));
        assert_eq!(rates.get("free"), Some(None));
        assert_eq!(rates.get("burst"), None);
    }

    #[test]
    fn the_error_names_the_invalid_rate() {
        let error = "anon=100/day,user=5/fortnight".parse::<ThrottleRates>().unwrap_err().to_string();
        assert_eq!(error, "'5/fortnight' is not a rate; write requests/period, e.g. 100/day (s, m, h or d)");
        assert!("anon".parse::<ThrottleRates>().is_err());
    }
}
