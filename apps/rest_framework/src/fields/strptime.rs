//! Python's `strptime` (`_strptime.py` of CPython 3.11), for `input_formats`.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use super::digits;
use super::iso8601::{Moment, in_range};
use super::strftime::{MONTHS, WEEKDAYS};
use crate::python;

/// Parses text in this format. `None` if it does not match, or is not a date and time.
pub(crate) fn strptime(text: &str, format: &str) -> Option<Moment> {
    let format = format.replace("%c", "%a %b %d %H:%M:%S %Y").replace("%x", "%m/%d/%y");
    let format = format.replace("%X", "%H:%M:%S").replace("%T", "%H:%M:%S");
    scan(text, &format, Found::default())?.moment()
}

/// A range of characters, or [`ANY`].
type Range = (char, char);

/// A digit of any script.
const ANY: Range = ('\0', '\0');

// The numbers of directives, as alternatives in the order in which they are tried. Some digits are ASCII.
const FOUR_DIGITS: &[&[Range]] = &[&[ANY, ANY, ANY, ANY]];
const TWO_DIGITS: &[&[Range]] = &[&[ANY, ANY]];
const MONTH: &[&[Range]] = &[&[('1', '1'), ('0', '2')], &[('0', '0'), ('1', '9')], &[('1', '9')]];
const DAY: &[&[Range]] = &[
    &[('3', '3'), ('0', '1')],
    &[('1', '2'), ANY],
    &[('0', '0'), ('1', '9')],
    &[('1', '9')],
    &[(' ', ' '), ('1', '9')],
];
const DAY_OF_YEAR: &[&[Range]] = &[
    &[('3', '3'), ('6', '6'), ('0', '6')],
    &[('3', '3'), ('0', '5'), ANY],
    &[('1', '2'), ANY, ANY],
    &[('0', '0'), ('1', '9'), ANY],
    &[('0', '0'), ('0', '0'), ('1', '9')],
    &[('1', '9'), ANY],
    &[('0', '0'), ('1', '9')],
    &[('1', '9')],
];
const WEEK: &[&[Range]] = &[&[('5', '5'), ('0', '3')], &[('0', '4'), ANY], &[ANY]];
const ISO_WEEK: &[&[Range]] =
    &[&[('5', '5'), ('0', '3')], &[('0', '0'), ('1', '9')], &[('1', '4'), ANY], &[ANY]];
const HOUR: &[&[Range]] = &[&[('2', '2'), ('0', '3')], &[('0', '1'), ANY], &[ANY]];
const MINUTE: &[&[Range]] = &[&[('0', '5'), ANY], &[ANY]];
const SECOND: &[&[Range]] = &[&[('6', '6'), ('0', '1')], &[('0', '5'), ANY], &[ANY]];
/// The minutes and seconds of an offset.
const OF_OFFSET: &[&[Range]] = &[&[('0', '5'), ANY]];

/// The number that the text begins with by each alternative, and the text after it.
fn numbers<'t>(
    text: &'t str,
    alternatives: &'static [&'static [Range]],
) -> impl Iterator<Item = (u32, &'t str)> {
    alternatives.iter().filter_map(move |ranges| {
        let mut chars = text.chars();
        let number = ranges.iter().try_fold(0, |number, range| {
            let c = chars.next()?;
            let digit = if *range == ANY { digits::decimal_digit(c)? } else { c };
            let valid = *range == ANY || (range.0..=range.1).contains(&c);
            valid.then(|| number * 10 + digit.to_digit(10).unwrap_or(0))
        })?;
        Some((number, chars.as_str()))
    })
}

/// The parts of a date and time that have been read so far.
#[derive(Clone, Copy, Default)]
struct Found {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    ordinal: Option<u32>,
    /// From Monday, which is 0.
    weekday: Option<u32>,
    /// `%U` or `%W`, and whether its weeks begin on Monday.
    week: Option<(u32, bool)>,
    iso_year: Option<i32>,
    iso_week: Option<u32>,
    hour: u32,
    hour12: Option<u32>,
    is_afternoon: Option<bool>,
    minute: u32,
    second: u32,
    micro: u32,
    offset: Option<TimeDelta>,
}

impl Found {
    fn moment(self) -> Option<Moment> {
        let date = self.date()?;
        let hour = match self.hour12 {
            Some(hour) => hour % 12 + if self.is_afternoon == Some(true) { 12 } else { 0 },
            None => self.hour,
        };
        let time = NaiveTime::from_hms_micro_opt(hour, self.minute, self.second, self.micro)?;
        in_range(date).then(|| (NaiveDateTime::new(date, time), self.offset))
    }
}

impl Found {
    /// A day of the year comes before a week, and a week with a weekday before month and day.
    fn date(self) -> Option<NaiveDate> {
        let after = |first: NaiveDate, days: i64| first.checked_add_signed(TimeDelta::days(days));
        let year = self.year.unwrap_or(1900);
        match (self.iso_year, self.iso_week, self.weekday) {
            (Some(year), Some(week), Some(weekday)) if self.ordinal.is_none() => {
                if self.week.is_none() {
                    let first = NaiveDate::from_isoywd_opt(year, 1, Weekday::Mon)?;
                    return after(first, 7 * (i64::from(week) - 1) + i64::from(weekday));
                }
            }
            (None, None, _) => {}
            // Each of the three needs the others.
            _ => return None,
        }
        let first = NaiveDate::from_yo_opt(year, 1)?;
        if let Some(ordinal) = self.ordinal {
            return after(first, i64::from(ordinal) - 1);
        }
        if let (Some((week, from_monday)), Some(weekday)) = (self.week, self.weekday) {
            let place = |weekday: u32| i64::from(if from_monday { weekday } else { (weekday + 1) % 7 });
            let (start, day) = (place(first.weekday().num_days_from_monday()), place(weekday));
            // Week 0 ends before the first Monday or Sunday.
            let week_0 = if week == 0 { -start } else { (7 - start) % 7 - 7 };
            return after(first, week_0 + 7 * i64::from(week) + day);
        }
        NaiveDate::from_ymd_opt(year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }
}

/// Matches the whole text, like the regular expression that Python makes of the format: the alternatives of each directive
/// in order, and back again.
fn scan(text: &str, format: &str, found: Found) -> Option<Found> {
    let Some(next) = format.chars().next() else { return text.is_empty().then_some(found) };
    if python::is_space(next) {
        let rest = text.trim_start_matches(python::is_space);
        let format = format.trim_start_matches(python::is_space);
        return if rest.len() == text.len() { None } else { scan(rest, format, found) };
    }
    let Some(directive) = format.strip_prefix('%') else {
        let mut chars = text.chars();
        let same = chars.next()?.to_lowercase().eq(next.to_lowercase());
        return if same { scan(chars.as_str(), format.get(next.len_utf8()..)?, found) } else { None };
    };
    let directive_name = directive.chars().next()?;
    let format = directive.get(directive_name.len_utf8()..)?;
    let number = |alternatives, set: &dyn Fn(u32) -> Found| {
        numbers(text, alternatives).find_map(|(value, rest)| scan(rest, format, set(value)))
    };
    match directive_name {
        '%' => scan(text.strip_prefix('%')?, format, found),
        'Y' => number(FOUR_DIGITS, &|year| Found { year: i32::try_from(year).ok(), ..found }),
        'y' => number(TWO_DIGITS, &|year| {
            let century = if year <= 68 { 2000 } else { 1900 };
            Found { year: i32::try_from(century + year).ok(), ..found }
        }),
        'm' => number(MONTH, &|month| Found { month: Some(month), ..found }),
        'd' => number(DAY, &|day| Found { day: Some(day), ..found }),
        'j' => number(DAY_OF_YEAR, &|ordinal| Found { ordinal: Some(ordinal), ..found }),
        'U' => number(WEEK, &|week| Found { week: Some((week, false)), ..found }),
        'W' => number(WEEK, &|week| Found { week: Some((week, true)), ..found }),
        'G' => number(FOUR_DIGITS, &|year| Found { iso_year: i32::try_from(year).ok(), ..found }),
        'V' => number(ISO_WEEK, &|week| Found { iso_week: Some(week), ..found }),
        'u' => number(&[&[('1', '7')]], &|day| Found { weekday: Some(day - 1), ..found }),
        'w' => number(&[&[('0', '6')]], &|day| Found { weekday: Some((day + 6) % 7), ..found }),
        'H' => number(HOUR, &|hour| Found { hour, ..found }),
        'I' => number(MONTH, &|hour| Found { hour12: Some(hour), ..found }),
        'M' => number(MINUTE, &|minute| Found { minute, ..found }),
        'S' => number(SECOND, &|second| Found { second, ..found }),
        'f' => (1..=6).rev().find_map(|length| {
            let value = ascii_number(text, length)?;
            let micro = (length..6).fold(value, |value, _| value * 10);
            scan(text.get(length..)?, format, Found { micro, ..found })
        }),
        'p' => {
            let (half, rest) = text.split_at_checked(2)?;
            let is_afternoon = half.eq_ignore_ascii_case("pm");
            let valid = is_afternoon || half.eq_ignore_ascii_case("am");
            if valid { scan(rest, format, Found { is_afternoon: Some(is_afternoon), ..found }) } else { None }
        }
        'a' => named(text, &WEEKDAYS, Some(3))
            .find_map(|(day, rest)| scan(rest, format, Found { weekday: Some(day - 1), ..found })),
        'A' => named(text, &WEEKDAYS, None)
            .find_map(|(day, rest)| scan(rest, format, Found { weekday: Some(day - 1), ..found })),
        'b' => named(text, &MONTHS, Some(3))
            .find_map(|(month, rest)| scan(rest, format, Found { month: Some(month), ..found })),
        'B' => named(text, &MONTHS, None)
            .find_map(|(month, rest)| scan(rest, format, Found { month: Some(month), ..found })),
        'z' => offsets(text)
            .into_iter()
            .flatten()
            .find_map(|(offset, rest)| scan(rest, format, Found { offset: Some(offset), ..found })),
        'Z' => {
            let (name, rest) = text.split_at_checked(3)?;
            let valid = ["utc", "gmt"].contains(&name.to_ascii_lowercase().as_str());
            if valid { scan(rest, format, found) } else { None }
        }
        _ => None,
    }
}

/// The number of exactly so many ASCII digits.
fn ascii_number(text: &str, length: usize) -> Option<u32> {
    let digits = text.get(..length)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The names that the text begins with, numbered from 1, and the text after them.
fn named<'t>(
    text: &'t str,
    names: &'static [&'static str],
    length: Option<usize>,
) -> impl Iterator<Item = (u32, &'t str)> {
    (1..).zip(names).filter_map(move |(number, name)| {
        let name = length.and_then(|length| name.get(..length)).unwrap_or(name);
        let (start, rest) = text.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some((number, rest))
    })
}

/// `Z`, `+HHMM`, `+HH:MM`, `+HHMMSS` or `+HH:MM:SS`, the longest first, and the text after it.
fn offsets(text: &str) -> [Option<(TimeDelta, &str)>; 2] {
    if let Some(rest) = text.strip_prefix('Z') {
        return [Some((TimeDelta::zero(), rest)), None];
    }
    let Some(unsigned) = text.strip_prefix(['+', '-']) else { return [None, None] };
    let signed = |seconds: u32, rest| {
        let ahead = TimeDelta::seconds(seconds.into());
        let valid = ahead < TimeDelta::days(1);
        valid.then_some((if text.starts_with('-') { -ahead } else { ahead }, rest))
    };
    let pair = |text| numbers(text, OF_OFFSET).next();
    let Some((hours, after_hours)) = numbers(unsigned, TWO_DIGITS).next() else { return [None, None] };
    let Some((minutes, after_minutes)) = pair(after_hours.strip_prefix(':').unwrap_or(after_hours)) else {
        return [None, None];
    };
    let seconds = hours * 3600 + minutes * 60;
    let short = signed(seconds, after_minutes);
    let has_colon = after_hours.starts_with(':');
    let more = if has_colon { after_minutes.strip_prefix(':') } else { Some(after_minutes) };
    let long = more.and_then(pair);
    [long.and_then(|(more, rest)| signed(seconds + more, rest)), short]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dates are Python's.
    #[test]
    fn weeks_and_digits_without_separators_are_python_s() {
        for (format, text, expected) in [
            ("%Y%m%d", "20260501", Some("2026-05-01")),
            ("%Y%m%d", "2026511", Some("2026-05-11")),
            ("%y%m%d", "260501", Some("2026-05-01")),
            ("%d%b%Y", "01May2026", Some("2026-05-01")),
            ("%Y%m%d", "2026 51", None),
            ("%Y-W%W-%w", "2026-W18-5", Some("2026-05-08")),
            ("%Y %U %a", "2026 18 Fri", Some("2026-05-08")),
            ("%G-W%V-%u", "2026-W18-5", Some("2026-05-01")),
            ("%G%V%u", "2020537", Some("2021-01-03")),
            ("%G%V%u", "2026537", Some("2027-01-03")),
            ("%Y %W %u", "2026 0 1", Some("2025-12-29")),
            ("%Y %U %w", "2026 0 0", Some("2025-12-28")),
            ("%Y %U", "2026 18", Some("2026-01-01")),
            ("%V %Y %u", "18 2026 5", None),
            ("%G %V", "2026 18", None),
            ("%G-%V-%u %j", "2026-18-5 120", None),
            ("%Y-%m-%d %u", "2026-05-01 1", Some("2026-05-01")),
            ("%Y %W %A", "2026 53 sunday", Some("2027-01-10")),
            ("%U %w", "1 1", Some("1900-01-08")),
            ("%Y %j %W %u", "2026 33 1 1", Some("2026-02-02")),
            ("%Y %U %w", "2027 53 6", Some("2028-01-08")),
            ("%Y-%m-%d %U %w", "2026-05-01 3 2", Some("2026-01-20")),
            ("%u", "8", None),
            ("%w", "7", None),
            // Digits of other scripts, where Python's patterns allow any digit.
            ("%Y-%m-%d", "٢٠٢٦-05-1٣", Some("2026-05-13")),
            ("%Y-%m-%d", "2026-٠٥-01", None),
            ("%Y-%m-%d", "2026-05-٠١", None),
            ("%Y-%m-%d 5", "2026-05-01 ٥", None),
            ("%d.%m.%y", "31.12.٢٦", Some("2026-12-31")),
            ("%j %Y", "2٣3 2026", Some("2026-08-21")),
            ("%Y %U %w", "2026 1٨ 5", Some("2026-05-08")),
            ("%G-W%V-%u", "2026-W00-1", None),
        ] {
            let found = strptime(text, format).map(|(at, _)| at.date().to_string());
            assert_eq!(found.as_deref(), expected, "{format} {text}");
        }
    }
}
