//! Conditions of filters' values.

use bigdecimal::ToPrimitive as _;
use chrono::NaiveDate;

use super::Cleaned;
use vitamin_framework::models::{ColumnKind, DbValue, Lookup, Model, Path, Q};

/// How a filter restricts a query set by its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The column is compared with it.
    Lookup(Lookup),
    /// The column is NULL, or is not.
    IsNull,
    /// The column's year is compared with it.
    Year(Lookup),
    /// The column is one of several values.
    In,
    /// The column is between two values.
    Range,
}

impl Condition {
    /// The condition of a lookup's name.
    pub(crate) fn named(lookup: &str) -> Option<Self> {
        Some(match lookup {
            "isnull" => Self::IsNull,
            "in" => Self::In,
            "range" => Self::Range,
            _ => match lookup.strip_prefix("year") {
                Some("") => Self::Year(Lookup::Exact),
                Some(rest) => Self::Year(comparison(rest.strip_prefix("__")?)?),
                None => Self::Lookup(comparison(lookup)?),
            },
        })
    }

    /// The condition for a value.
    pub(crate) fn q<T: Model>(self, path: &Path<T>, value: &Cleaned) -> Q<T> {
        match (self, value) {
            (Self::IsNull, Cleaned::Bool(is_null)) => Q::is_null(path, *is_null),
            (Self::Year(lookup), value) => {
                value.integer().map_or_else(Q::never, |year| by_year(path, lookup, year))
            }
            (_, Cleaned::Null) => Q::is_null(path, true),
            (_, Cleaned::List(values)) => Q::any(values.iter().map(|value| self.q(path, value))),
            (_, Cleaned::Range(low, high)) => {
                let bound = |lookup, value: &Option<Box<Cleaned>>| {
                    value.as_deref().map(|value| compare(path, lookup, value))
                };
                Q::all(bound(Lookup::Gte, low).into_iter().chain(bound(Lookup::Lte, high)))
            }
            (Self::Lookup(lookup), value) => compare(path, lookup, value),
            (Self::In | Self::Range | Self::IsNull, value) => compare(path, Lookup::Exact, value),
        }
    }
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
        _ => return None,
    })
}

/// A column compared with a value. A value that the column cannot have compares as in Django: an integer that is out of
/// range is larger or smaller than all (`IntegerFieldOverflow`).
pub(crate) fn compare<T: Model>(path: &Path<T>, lookup: Lookup, value: &Cleaned) -> Q<T> {
    let kind = path.column().map_or(ColumnKind::Text, |column| column.kind);
    let is_text = matches!(
        lookup,
        Lookup::IExact
            | Lookup::Contains
            | Lookup::IContains
            | Lookup::StartsWith
            | Lookup::IStartsWith
            | Lookup::EndsWith
            | Lookup::IEndsWith
    );
    let value = match (value, kind) {
        (Cleaned::Text(text), _) => DbValue::Text(text.clone()),
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
    if matches!(value, DbValue::Text(_)) && kind != ColumnKind::Text && !is_text {
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
fn by_year<T: Model>(path: &Path<T>, lookup: Lookup, year: i128) -> Q<T> {
    let bound = |year: i32, month, day| NaiveDate::from_ymd_opt(year, month, day);
    let Some((first, last)) = i32::try_from(year)
        .ok()
        .filter(|year| (1..=9999).contains(year))
        .and_then(|year| bound(year, 1, 1).zip(bound(year, 12, 31)))
    else {
        return Q::never();
    };
    let is_time = path.column().is_some_and(|column| column.kind == ColumnKind::DateTime);
    let (first, last): (DbValue, DbValue) = if is_time {
        let end = last.and_hms_micro_opt(23, 59, 59, 999_999);
        (first.and_time(chrono::NaiveTime::MIN).into(), end.into())
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
