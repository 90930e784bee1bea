//! Conditions of filters' values.

use bigdecimal::ToPrimitive as _;
use chrono::NaiveDate;

use super::Cleaned;
use super::forms::day;
use vitamin_framework::models::{ColumnKind, DatePart, DbValue, Lookup, Model, Path, Q};
use vitamin_framework::timezone::TimeZone;

/// How a filter restricts a query set by its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    of: Of,
    test: Test,
}

/// What of a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// The column itself.
    Value,
    /// The day of a moment, in the project's time zone.
    Date,
    /// The year, in the project's time zone.
    Year,
    /// Another part of a date or time, in the project's time zone.
    Part(DatePart),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    /// It is compared with the value, with one of several, or with two bounds.
    Lookup(Lookup),
    /// It is NULL, or is not.
    IsNull,
}

impl Condition {
    /// Whether the column is NULL.
    pub(crate) const IS_NULL: Self = Self { of: Of::Value, test: Test::IsNull };
    /// The column's year.
    pub(crate) const YEAR: Self = Self { of: Of::Year, test: Test::Lookup(Lookup::Exact) };

    /// The column is compared.
    pub(crate) const fn of(lookup: Lookup) -> Self {
        Self { of: Of::Value, test: Test::Lookup(lookup) }
    }

    /// The condition of a lookup's name.
    pub(crate) fn named(lookup: &str) -> Option<Self> {
        if let Some(test) = test(lookup) {
            return Some(Self { of: Of::Value, test });
        }
        let (of, rest) = lookup.split_once("__").unwrap_or((lookup, "exact"));
        let of = match of {
            "date" => Of::Date,
            "year" => Of::Year,
            part => Of::Part(DatePart::named(part)?),
        };
        Some(Self { of, test: test(rest)? })
    }

    /// Whether the value is a regular expression.
    pub(crate) const fn is_pattern(self) -> bool {
        matches!((self.of, self.test), (Of::Value, Test::Lookup(lookup)) if lookup.is_pattern())
    }

    /// Whether only PostgreSQL has it.
    pub(crate) const fn needs_postgres(self) -> bool {
        matches!(self.test, Test::Lookup(Lookup::Search))
    }

    /// The condition for a value.
    pub(crate) fn q<T: Model>(self, path: &Path<T>, value: &Cleaned, zone: &TimeZone) -> Q<T> {
        let lookup = match (self.test, value) {
            (Test::IsNull, Cleaned::Bool(is_null)) => return Q::is_null(path, *is_null),
            (_, Cleaned::Null) => return Q::is_null(path, true),
            (_, Cleaned::List(values)) => {
                return Q::any(values.iter().map(|value| self.q(path, value, zone)));
            }
            (_, Cleaned::Range(low, high)) => {
                let bound = |lookup, value: &Option<Box<Cleaned>>| {
                    let condition = Self { of: self.of, test: Test::Lookup(lookup) };
                    value.as_deref().map(|value| condition.q(path, value, zone))
                };
                return Q::all(bound(Lookup::Gte, low).into_iter().chain(bound(Lookup::Lte, high)));
            }
            (Test::Lookup(lookup), _) => lookup,
            (Test::IsNull, _) => Lookup::Exact,
        };
        match (self.of, value) {
            (Of::Value, value) => compare(path, lookup, value),
            (Of::Date, Cleaned::Date(date)) => by_days(path, lookup, (*date, *date), zone),
            (Of::Date, _) => Q::never(),
            (Of::Year, value) => {
                value.integer().map_or_else(Q::never, |year| by_year(path, lookup, year, zone))
            }
            (Of::Part(part), value) => {
                let number = value.integer().and_then(|number| i64::try_from(number).ok());
                number.map_or_else(Q::never, |number| Q::part(path, part, lookup, number, zone))
            }
        }
    }
}

/// The test of a lookup's name. `in` and `range` are told by the value.
fn test(name: &str) -> Option<Test> {
    Some(match name {
        "isnull" => Test::IsNull,
        "in" | "range" => Test::Lookup(Lookup::Exact),
        name => Test::Lookup(comparison(name)?),
    })
}

fn comparison(name: &str) -> Option<Lookup> {
    Some(match name {
        "exact" => Lookup::Exact,
        "iexact" => Lookup::IExact,
        "contains" => Lookup::Contains,
        "icontains" => Lookup::IContains,
        "startswith" => Lookup::StartsWith,
        "istartswith" => Lookup::IStartsWith,
        "endswith" => Lookup::EndsWith,
        "iendswith" => Lookup::IEndsWith,
        "gt" => Lookup::Gt,
        "gte" => Lookup::Gte,
        "lt" => Lookup::Lt,
        "lte" => Lookup::Lte,
        "regex" => Lookup::Regex,
        "iregex" => Lookup::IRegex,
        "search" => Lookup::Search,
        _ => return None,
    })
}

/// A column compared with a value. A value that the column cannot have compares as in Django: an integer that is out of
/// range is larger or smaller than all (`IntegerFieldOverflow`).
pub(crate) fn compare<T: Model>(path: &Path<T>, lookup: Lookup, value: &Cleaned) -> Q<T> {
    let kind = path.kind();
    if lookup.is_on_text() {
        return value.text().map_or_else(Q::never, |text| Q::compare(path, lookup, text));
    }
    let is_key = matches!(value, Cleaned::Key(_));
    let value = match (value, kind) {
        (Cleaned::Text(text) | Cleaned::Key(text), _) => DbValue::Text(text.clone()),
        (
            value,
            ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger | ColumnKind::UserKey,
        ) if value.integer().is_some() => {
            return value.integer().map_or_else(Q::never, |number| by_integer(path, lookup, number));
        }
        (Cleaned::Decimal(number), ColumnKind::Float) => {
            number.to_f64().map_or(DbValue::Null, DbValue::Float)
        }
        (Cleaned::Decimal(number), _) => DbValue::Decimal(number.clone()),
        (Cleaned::Integer(number), _) => DbValue::Integer(*number),
        (Cleaned::Float(number), _) => DbValue::Float(*number),
        (Cleaned::Bool(value), _) => DbValue::Bool(*value),
        (Cleaned::Date(date), ColumnKind::DateTime) => {
            DbValue::DateTime(date.and_time(chrono::NaiveTime::MIN))
        }
        (Cleaned::Date(date), _) => DbValue::Date(*date),
        (Cleaned::Time(time), _) => DbValue::Time(*time),
        (Cleaned::DateTime(at), ColumnKind::Date) => DbValue::Date(at.date()),
        (Cleaned::DateTime(at), _) => DbValue::DateTime(*at),
        (Cleaned::Duration(duration), _) => DbValue::Duration(*duration),
        (Cleaned::Uuid(uuid), _) => DbValue::Uuid(*uuid),
        (Cleaned::Null | Cleaned::List(_) | Cleaned::Range(..), _) => return Q::never(),
    };
    // Text that is no value of the column matches nothing.
    if matches!(value, DbValue::Text(_)) && kind != ColumnKind::Text && !is_key {
        return Q::never();
    }
    Q::compare(path, lookup, value)
}

fn by_integer<T: Model>(path: &Path<T>, lookup: Lookup, number: i128) -> Q<T> {
    if let Ok(number) = i64::try_from(number) {
        return Q::compare(path, lookup, number);
    }
    let all = match lookup {
        Lookup::Gt | Lookup::Gte => number < 0,
        Lookup::Lt | Lookup::Lte => number > 0,
        _ => false,
    };
    if all { Q::is_null(path, false) } else { Q::never() }
}

/// `year`: a range of the column, so that an index can be used.
pub(crate) fn by_year<T: Model>(path: &Path<T>, lookup: Lookup, year: i128, zone: &TimeZone) -> Q<T> {
    let bound = |year: i32, month, day| NaiveDate::from_ymd_opt(year, month, day);
    let days = i32::try_from(year)
        .ok()
        .filter(|year| (1..=9999).contains(year))
        .and_then(|year| bound(year, 1, 1).zip(bound(year, 12, 31)));
    days.map_or_else(Q::never, |days| by_days(path, lookup, days, zone))
}

/// A column compared with the days from the first to the last, in the project's time zone.
pub(crate) fn by_days<T: Model>(
    path: &Path<T>,
    lookup: Lookup,
    (first, last): (NaiveDate, NaiveDate),
    zone: &TimeZone,
) -> Q<T> {
    let (first, last): (DbValue, DbValue) = if path.kind() == ColumnKind::DateTime {
        let bound = |date, is_end| day(date, is_end, zone).ok();
        let Some((first, last)) = bound(first, false).zip(bound(last, true)) else { return Q::never() };
        (first.into(), last.into())
    } else {
        (first.into(), last.into())
    };
    match lookup {
        Lookup::Gt => Q::compare(path, Lookup::Gt, last),
        Lookup::Gte => Q::compare(path, Lookup::Gte, first),
        Lookup::Lt => Q::compare(path, Lookup::Lt, first),
        Lookup::Lte => Q::compare(path, Lookup::Lte, last),
        _ => Q::range(path, first, last),
    }
}
