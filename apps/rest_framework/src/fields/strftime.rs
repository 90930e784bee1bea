//! Python's `strftime`: the directives of CPython and of the C library, in the C locale.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _};

use super::text;

/// Formats a local time. `zone` is its offset from UTC and the zone's name, `None` for a naive time.
pub(super) fn strftime(local: NaiveDateTime, zone: Option<(TimeDelta, &str)>, format: &str) -> String {
    let mut out = String::with_capacity(format.len() * 2);
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (flag, directive) = match after.strip_prefix(['-', '_', '0', '^']) {
            Some(directive) => (after.chars().next(), directive),
            None => (None, after),
        };
        let mut chars = directive.chars();
        let written = chars.next().and_then(|directive| write(local, zone, directive));
        match written {
            Some(Written::Text(text)) if flag == Some('^') => out.push_str(&text.to_uppercase()),
            Some(Written::Text(text)) => out.push_str(&text),
            Some(Written::Number(number, width, fill)) => {
                let number = number.to_string();
                let fill = match flag {
                    Some('-') => None,
                    Some('_') => Some(' '),
                    Some('0') => Some('0'),
                    _ => Some(fill),
                };
                let missing = width.saturating_sub(number.len());
                out.extend(fill.into_iter().flat_map(|fill| std::iter::repeat_n(fill, missing)));
                out.push_str(&number);
            }
            // The C library writes a directive that it does not know unchanged.
            None => {
                out.push('%');
                rest = after;
                continue;
            }
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// A date, at midnight.
pub(super) fn strftime_date(date: NaiveDate, format: &str) -> String {
    strftime(date.and_time(NaiveTime::MIN), None, format)
}

/// A time, on Python's first of January 1900.
pub(super) fn strftime_time(time: NaiveTime, format: &str) -> String {
    let date = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default();
    strftime(date.and_time(time), None, format)
}

enum Written {
    Text(String),
    /// A number, its width, and what fills it.
    Number(i64, usize, char),
}

pub(super) const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn write(local: NaiveDateTime, zone: Option<(TimeDelta, &str)>, directive: char) -> Option<Written> {
    let number = |value: u32, width| Written::Number(value.into(), width, '0');
    let spaced = |value: u32, width| Written::Number(value.into(), width, ' ');
    let name = |names: &[&str], at: u32, length: Option<usize>| {
        let name = usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default();
        Written::Text(length.and_then(|length| name.get(..length)).unwrap_or(name).to_owned())
    };
    let all = |format: &str| Written::Text(strftime(local, zone, format));
    let weekday = local.weekday();
    let hour12 = (local.hour() + 11) % 12 + 1;
    let week = local.iso_week();
    Some(match directive {
        '%' => Written::Text("%".to_owned()),
        'n' => Written::Text("\n".to_owned()),
        't' => Written::Text("\t".to_owned()),
        'a' => name(&WEEKDAYS, weekday.num_days_from_monday(), Some(3)),
        'A' => name(&WEEKDAYS, weekday.num_days_from_monday(), None),
        'b' | 'h' => name(&MONTHS, local.month0(), Some(3)),
        'B' => name(&MONTHS, local.month0(), None),
        'c' => all("%a %b %e %H:%M:%S %Y"),
        'x' | 'D' => all("%m/%d/%y"),
        'X' | 'T' => all("%H:%M:%S"),
        'r' => all("%I:%M:%S %p"),
        'R' => all("%H:%M"),
        'F' => all("%Y-%m-%d"),
        'p' => Written::Text(if local.hour() < 12 { "AM" } else { "PM" }.to_owned()),
        'P' => Written::Text(if local.hour() < 12 { "am" } else { "pm" }.to_owned()),
        // The C library does not pad years.
        'Y' => Written::Number(local.year().into(), 0, '0'),
        'G' => Written::Number(week.year().into(), 0, '0'),
        'C' => Written::Number((local.year() / 100).into(), 2, '0'),
        'y' => Written::Number((local.year() % 100).into(), 2, '0'),
        'g' => Written::Number((week.year() % 100).into(), 2, '0'),
        'm' => number(local.month(), 2),
        'd' => number(local.day(), 2),
        'e' => spaced(local.day(), 2),
        'j' => number(local.ordinal(), 3),
        'H' => number(local.hour(), 2),
        'k' => spaced(local.hour(), 2),
        'I' => number(hour12, 2),
        'l' => spaced(hour12, 2),
        'M' => number(local.minute(), 2),
        'S' => number(local.second(), 2),
        'f' => Written::Text(format!("{:06}", local.nanosecond() / 1000 % 1_000_000)),
        'u' => number(weekday.number_from_monday(), 1),
        'w' => number(weekday.num_days_from_sunday(), 1),
        'V' => number(week.week(), 2),
        'U' => number((local.ordinal0() + 7 - weekday.num_days_from_sunday()) / 7, 2),
        'W' => number((local.ordinal0() + 7 - weekday.num_days_from_monday()) / 7, 2),
        'z' => Written::Text(
            zone.map_or_else(String::new, |(offset, _)| text::string(|out| text::offset(out, offset, false))),
        ),
        'Z' => Written::Text(zone.map_or_else(String::new, |(_, name)| name.to_owned())),
        _ => return None,
    })
}
