//! The years, months and days of a list (`date_hierarchy` of `django/contrib/admin/templatetags/admin_list.py`).
//!
//! Django asks which dates there are, which reads all rows. This asks for the first and the last one, which an index answers at once, and
//! offers what lies between.

use chrono::{Datelike as _, Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use serde::Serialize;

use vitamin_framework::models::{ColumnKind, DbValue, Lookup, Model, Path, Q, QuerySet};
use vitamin_framework::timezone::TimeZone;
use vitamin_rest_framework::data::QueryDict;

use crate::links::query_with;

/// The most years that are offered, the latest ones.
const MOST_YEARS: i32 = 50;

/// The part of time that a list shows, with Django's parameters: `created__year=2026&created__month=11`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
}

/// The links above a list.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HierarchyView {
    /// The next wider part of time: its name and its URL.
    back: Option<(String, String)>,
    /// The name of the part of time that the list shows; `None`: all of it.
    current: Option<String>,
    /// The parts of it.
    links: Vec<(String, String)>,
}

/// The names of the parameters of a column.
pub(crate) fn parameters(column: &str) -> [String; 3] {
    ["year", "month", "day"].map(|part| format!("{column}__{part}"))
}

impl Span {
    /// The part of time that a query string names. What is no date is all of the time, or the wider part.
    pub(crate) fn of(query: &QueryDict, column: &str) -> Self {
        let [year, month, day] = parameters(column)
            .map(|name| query.get(&name).and_then(|value| value.as_str()?.parse::<u32>().ok()));
        let year = year.and_then(|year| i32::try_from(year).ok()).filter(|year| (1..=9998).contains(year));
        let Some(year) = year else { return Self::default() };
        let month = month.filter(|month| (1..=12).contains(month));
        let day =
            month.and_then(|month| day.filter(|day| NaiveDate::from_ymd_opt(year, month, *day).is_some()));
        Self { year: Some(year), month, day }
    }

    /// Its first day, and the day after its last one. `None`: all of the time.
    fn bounds(self) -> Option<(NaiveDate, NaiveDate)> {
        let from = NaiveDate::from_ymd_opt(self.year?, self.month.unwrap_or(1), self.day.unwrap_or(1))?;
        let end = match (self.month, self.day) {
            (None, _) => from.checked_add_months(Months::new(12)),
            (Some(_), None) => from.checked_add_months(Months::new(1)),
            (Some(_), Some(_)) => from.checked_add_days(Days::new(1)),
        };
        Some((from, end?))
    }

    /// The rows in it, by the days of the project's time zone.
    pub(crate) fn filter<T: Model>(self, rows: QuerySet<T>, column: &str, zone: &TimeZone) -> QuerySet<T> {
        let (Some(path), Some((from, end))) = (Path::<T>::named(column), self.bounds()) else { return rows };
        let is_date = T::META.find(column).is_some_and(|(_, column)| column.kind == ColumnKind::Date);
        let value =
            |date: NaiveDate| if is_date { DbValue::Date(date) } else { DbValue::DateTime(utc(date, zone)) };
        rows.filter_q(Q::compare(&path, Lookup::Gte, value(from))).filter_q(Q::compare(
            &path,
            Lookup::Lt,
            value(end),
        ))
    }

    /// The links of a list whose first and last day these are.
    pub(crate) fn view(
        self,
        (first, last): (NaiveDate, NaiveDate),
        list: &str,
        query: &QueryDict,
        column: &str,
    ) -> HierarchyView {
        let names = parameters(column);
        let url = |span: Self| {
            let values = [
                span.year.map(|year| year.to_string()),
                span.month.map(|month| month.to_string()),
                span.day.map(|day| day.to_string()),
            ];
            let mut changes: Vec<(&str, Option<&str>)> =
                names.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            changes.push(("p", None));
            let query = query_with(query, &changes);
            if query.is_empty() { list.to_owned() } else { format!("{list}?{query}") }
        };
        let link = |span: Self| Some((span.name(false)?, url(span)));
        let touches = |span: &Self| span.bounds().is_some_and(|(from, end)| from <= last && end > first);
        let parts: Vec<Self> = match self {
            Self { year: None, .. } => {
                let oldest = first.year().max(last.year() - MOST_YEARS + 1);
                (oldest..=last.year()).map(|year| Self { year: Some(year), ..self }).collect()
            }
            Self { month: None, .. } => (1..=12).map(|month| Self { month: Some(month), ..self }).collect(),
            Self { day: None, .. } => (1..=31).map(|day| Self { day: Some(day), ..self }).collect(),
            _ => Vec::new(),
        };
        let wider = match self {
            Self { year: None, .. } => None,
            Self { month: None, .. } => Some(Self::default()),
            Self { day: None, .. } => Some(Self { month: None, ..self }),
            _ => Some(Self { day: None, ..self }),
        };
        HierarchyView {
            back: wider.map(|span| (span.name(true).unwrap_or_else(|| "All dates".to_owned()), url(span))),
            current: self.name(true),
            links: parts.into_iter().filter(touches).filter_map(link).collect(),
        }
    }

    /// `2026`, `November` and `November 3`; with the year `November 2026` and `November 3, 2026`. `None`: all of the time.
    fn name(self, with_year: bool) -> Option<String> {
        let (from, _) = self.bounds()?;
        let format = match (self.month, self.day, with_year) {
            (None, ..) => "%Y",
            (Some(_), None, false) => "%B",
            (Some(_), None, true) => "%B %Y",
            (Some(_), Some(_), false) => "%B %-d",
            (Some(_), Some(_), true) => "%B %-d, %Y",
        };
        Some(from.format(format).to_string())
    }
}

/// The day of a column's value in the project's time zone.
pub(crate) fn day(value: &DbValue, zone: &TimeZone) -> Option<NaiveDate> {
    match value {
        DbValue::Date(date) => Some(*date),
        DbValue::DateTime(at) if zone.use_tz() => Some(at.checked_add_signed(zone.offset_at(*at))?.date()),
        DbValue::DateTime(at) => Some(at.date()),
        _ => None,
    }
}

/// The beginning of a day, as the column holds it.
fn utc(day: NaiveDate, zone: &TimeZone) -> NaiveDateTime {
    let midnight = day.and_time(NaiveTime::MIN);
    if !zone.use_tz() {
        return midnight;
    }
    let offset = zone.offset_of_local(midnight).unwrap_or_default();
    midnight.checked_sub_signed(offset).unwrap_or(midnight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(query: &str) -> (Span, QueryDict) {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: QueryDict = pairs.collect();
        (Span::of(&query, "created"), query)
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn links(query: &str) -> HierarchyView {
        let (span, query) = span(query);
        span.view((date("2025-11-29"), date("2026-02-01")), "/list/", &query, "created")
    }

    #[test]
    fn what_is_no_date_is_ignored() {
        for query in ["", "created__month=3", "created__year=x", "created__year=0", "created__year=99999"] {
            assert_eq!(span(query).0, Span::default(), "{query}");
        }
        let bounds = |query: &str| span(query).0.bounds().unwrap();
        assert_eq!(bounds("created__year=2026&created__month=13"), (date("2026-01-01"), date("2027-01-01")));
        let feb = "created__year=2026&created__month=2";
        assert_eq!(bounds(&format!("{feb}&created__day=30")), (date("2026-02-01"), date("2026-03-01")));
        assert_eq!(bounds(&format!("{feb}&created__day=28")), (date("2026-02-28"), date("2026-03-01")));
    }

    #[test]
    fn links_lead_down_and_up_again() {
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        let all = links("q=x&p=3");
        assert_eq!(
            all.links,
            [pair("2025", "/list/?q=x&created__year=2025"), pair("2026", "/list/?q=x&created__year=2026")]
        );
        assert_eq!((all.back, all.current), (None, None));
        let year = links("created__year=2025");
        let month = "/list/?created__year=2025&created__month=";
        assert_eq!(
            year.links,
            [pair("November", &format!("{month}11")), pair("December", &format!("{month}12"))]
        );
        assert_eq!((year.back, year.current.as_deref()), (Some(pair("All dates", "/list/")), Some("2025")));
        let november = links("created__year=2025&created__month=11");
        let names: Vec<&str> = november.links.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["November 29", "November 30"]);
        assert_eq!(november.back, Some(pair("2025", "/list/?created__year=2025")));
        let one = links("created__year=2025&created__month=11&created__day=30");
        assert_eq!((one.current.as_deref(), one.links.len()), (Some("November 30, 2025"), 0));
        assert_eq!(one.back, Some(pair("November 2025", "/list/?created__year=2025&created__month=11")));
    }

    #[test]
    fn days_are_those_of_the_time_zone() {
        let zone = TimeZone::new("America/New_York", true).unwrap();
        let at = date("2026-01-02").and_hms_opt(3, 0, 0).unwrap();
        assert_eq!(day(&DbValue::DateTime(at), &zone), Some(date("2026-01-01")));
        assert_eq!(utc(date("2026-01-02"), &zone).to_string(), "2026-01-02 05:00:00");
        let naive = TimeZone::new("America/New_York", false).unwrap();
        assert_eq!(day(&DbValue::DateTime(at), &naive), Some(date("2026-01-02")));
    }
}
