//! DateRangeFilter of django_filters/filters.py: the days around today.

use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::super::error::{Invalid, invalid_choice};
use super::{FormContext, moment};
use crate::filters::Cleaned;

/// From the start of the first to the end of the last day. As in django-filter, today is the date in UTC, while the days
/// are those of the project's time zone.
pub(super) fn clean(text: &str, context: FormContext<'_>) -> Result<Cleaned, Invalid> {
    let (first, last) = days(text, context.today).ok_or_else(|| invalid_choice(text))?;
    let bound = |date, is_end| moment::day(date, is_end, context.time_zone).map(Cleaned::DateTime);
    Ok(Cleaned::Range(Some(Box::new(bound(first, false)?)), Some(Box::new(bound(last, true)?))))
}

fn days(text: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let before = |days| today.checked_sub_days(Days::new(days));
    match text {
        "today" => Some((today, today)),
        "yesterday" => Some((before(1)?, before(1)?)),
        "week" => Some((before(7)?, today)),
        "month" => {
            let first = today.with_day(1)?;
            Some((first, first.checked_add_months(Months::new(1))?.pred_opt()?))
        }
        "year" => {
            let year = today.year();
            Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?))
        }
        _ => None,
    }
}
