//! Python's `strptime` with the input formats of the active language, or those of Django's settings, which are the English
//! ones (django/conf/global_settings.py).

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::fields::digits::decimal_digit;
use crate::fields::iso8601::in_range;
use crate::python;
use vitamin_framework::translation::{self, InputFormat};

const DATE_FORMATS: [&str; 11] = [
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%b %d %Y",
    "%b %d, %Y",
    "%d %b %Y",
    "%d %b, %Y",
    "%B %d %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%d %B, %Y",
];

const TIME_FORMATS: [&str; 3] = ["%H:%M:%S", "%H:%M:%S.%f", "%H:%M"];

const DATETIME_FORMATS: [&str; 9] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M",
    "%m/%d/%y %H:%M:%S",
    "%m/%d/%y %H:%M:%S.%f",
    "%m/%d/%y %H:%M",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

pub(super) fn date(text: &str) -> Option<NaiveDate> {
    first(text, InputFormat::Date, &DATE_FORMATS).map(|found| found.date())
}

pub(super) fn time(text: &str) -> Option<NaiveTime> {
    first(text, InputFormat::Time, &TIME_FORMATS).map(|found| found.time())
}

pub(super) fn datetime(text: &str) -> Option<NaiveDateTime> {
    let whole = first(text, InputFormat::DateTime, &DATETIME_FORMATS);
    whole.or_else(|| first(text, InputFormat::Date, &DATE_FORMATS))
}

/// The first of the language's formats that the text has.
fn first(text: &str, kind: InputFormat, default: &[&str]) -> Option<NaiveDateTime> {
    match translation::active().and_then(|language| language.input_formats(kind)) {
        Some(formats) => formats.iter().find_map(|format| strptime(text, format)),
        None => default.iter().find_map(|format| strptime(text, format)),
    }
}

/// The text that is still to be read.
struct Scanner<'a>(&'a str);

impl Scanner<'_> {
    /// This character, in any case.
    fn literal(&mut self, expected: char) -> Option<()> {
        self.0 = self.0.strip_prefix(|c: char| c.eq_ignore_ascii_case(&expected))?;
        Some(())
    }

    fn spaces(&mut self) -> Option<()> {
        let rest = self.0.trim_start_matches(python::is_space);
        let any = rest.len() < self.0.len();
        self.0 = rest;
        any.then_some(())
    }

    /// A decimal digit of any script.
    fn digit(&mut self) -> Option<u32> {
        let c = self.0.chars().next()?;
        let digit = c.to_digit(10).or_else(|| decimal_digit(c)?.to_digit(10))?;
        self.literal(c)?;
        Some(digit)
    }

    fn digits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    /// An ASCII digit.
    fn ascii_digit(&mut self) -> Option<u32> {
        let c = self.0.chars().next()?;
        self.literal(c).and(c.to_digit(10))
    }

    /// Two digits up to `most`, or one. The first of two is ASCII; the second can be of any script where it can be any
    /// digit.
    fn clock(&mut self, most: u32) -> Option<u32> {
        let two = self.pair(0, most);
        two.or_else(|| self.digit())
    }

    /// The same from 1 on, and with ASCII digits only up to 9. `padded`: a space may take the place of the first digit.
    fn part_of_date(&mut self, most: u32, padded: bool) -> Option<u32> {
        if let Some(two) = self.pair(1, most) {
            return Some(two);
        }
        let mut one = Scanner(self.0);
        if padded && one.0.starts_with(' ') {
            one.literal(' ')?;
        }
        let number = one.ascii_digit().filter(|number| *number > 0)?;
        self.0 = one.0;
        Some(number)
    }

    fn pair(&mut self, least: u32, most: u32) -> Option<u32> {
        let mut two = Scanner(self.0);
        let tens = two.ascii_digit()?;
        let any = (tens > 0 || least == 0) && tens * 10 + 9 <= most;
        let number = tens * 10 + if any { two.digit()? } else { two.ascii_digit()? };
        if !(least..=most).contains(&number) {
            return None;
        }
        self.0 = two.0;
        Some(number)
    }

    /// The number of a month by its name, or its first three letters.
    fn month(&mut self, is_short: bool) -> Option<u32> {
        let name = |name: &'static str| if is_short { name.get(..3).unwrap_or(name) } else { name };
        let starts = |name: &str| self.0.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name));
        let (number, name) = (1..).zip(MONTHS.map(name)).find(|(_, name)| starts(name))?;
        self.0 = self.0.get(name.len()..)?;
        Some(number)
    }

    fn micros(&mut self) -> Option<u32> {
        let count = self.0.bytes().take(6).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count).filter(|(digits, _)| !digits.is_empty())?;
        self.0 = rest;
        format!("{digits:0<6}").parse().ok()
    }
}

/// `datetime.strptime`. Of Django's formats only `%Y%m%d` of some Spanish locales would have to go back, for a month and a day
/// of one digit each.
fn strptime(text: &str, format: &str) -> Option<NaiveDateTime> {
    let mut text = Scanner(text);
    let (mut year, mut month, mut day) = (1900, 1, 1);
    let (mut hour, mut minute, mut second, mut micro) = (0, 0, 0, 0);
    let mut format = format.chars();
    while let Some(c) = format.next() {
        match c {
            ' ' => text.spaces()?,
            '%' => match format.next()? {
                'Y' => year = text.digits(4)?,
                'y' => {
                    let short = text.digits(2)?;
                    year = short + if short <= 68 { 2000 } else { 1900 };
                }
                'm' => month = text.part_of_date(12, false)?,
                'b' => month = text.month(true)?,
                'B' => month = text.month(false)?,
                'd' => day = text.part_of_date(31, true)?,
                'H' => hour = text.clock(23)?,
                'M' => minute = text.clock(59)?,
                'S' => second = text.clock(61)?,
                'f' => micro = text.micros()?,
                _ => return None,
            },
            literal => text.literal(literal)?,
        }
    }
    if !text.0.is_empty() {
        return None;
    }
    let date =
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|date| in_range(*date))?;
    Some(date.and_time(NaiveTime::from_hms_micro_opt(hour, minute, second, micro)?))
}
