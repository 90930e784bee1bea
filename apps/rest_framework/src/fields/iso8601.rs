//! Parses dates and times: `fromisoformat` of CPython 3.11's `datetime`, then the looser patterns of
//! django/utils/dateparse.py.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use super::digits;
use crate::python;

/// A date and time, and its offset from UTC, if any.
pub(crate) type Moment = (NaiveDateTime, Option<TimeDelta>);

/// `parse_date`. `None` if the text is not a date.
pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    let iso = matches!(text.len(), 7 | 8 | 10).then(|| iso_date(text.as_bytes(), text.len())).flatten();
    iso.or_else(|| {
        let ascii = digits::to_ascii(text);
        let mut scanner = Scanner { rest: ascii.strip_suffix('\n').unwrap_or(&ascii) };
        let date = scanner.date()?;
        scanner.rest.is_empty().then_some(date)
    })
}

/// `parse_datetime`. `None` if the text is not a date and time.
pub(crate) fn parse_datetime(text: &str) -> Option<Moment> {
    iso_datetime(text).or_else(|| {
        let ascii = digits::to_ascii(text);
        Scanner { rest: &ascii }.datetime()
    })
}

/// `parse_time`. An offset is ignored. `None` if the text is not a time.
pub(crate) fn parse_time(text: &str) -> Option<NaiveTime> {
    let iso = iso_time(text.strip_prefix('T').unwrap_or(text).as_bytes());
    iso.map(|(time, _)| time).or_else(|| {
        let ascii = digits::to_ascii(text);
        let mut scanner = Scanner { rest: ascii.strip_suffix('\n').unwrap_or(&ascii) };
        let time = scanner.clock()?;
        scanner.rest.is_empty().then_some(time)
    })
}

/// The byte at an offset, or the NUL that CPython finds after the text.
fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

fn is_digit(text: &[u8], at: usize) -> bool {
    byte(text, at).is_ascii_digit()
}

/// Reads exactly `count` digits.
fn number(text: &[u8], at: &mut usize, count: usize) -> Option<u32> {
    let digits = text.get(*at..*at + count).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    *at += count;
    Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day).filter(|date| in_range(*date))
}

/// Whether Python supports the year.
pub(crate) fn in_range(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

/// `YYYY-MM-DD`, `YYYYMMDD`, or a week with an optional day: `YYYY-Www-D`, `YYYYWwwD`.
fn iso_date(text: &[u8], length: usize) -> Option<NaiveDate> {
    let mut at = 0;
    let year = number(text, &mut at, 4)?;
    let separated = byte(text, at) == b'-';
    at += usize::from(separated);
    let separator = |at: &mut usize| {
        let matches = !separated || byte(text, *at) == b'-';
        *at += usize::from(separated);
        matches.then_some(())
    };
    if byte(text, at) == b'W' {
        at += 1;
        let week = number(text, &mut at, 2)?;
        let day = if at < length {
            separator(&mut at)?;
            number(text, &mut at, 1)?
        } else {
            1
        };
        let day = Weekday::try_from(u8::try_from(day).ok()?.checked_sub(1)?).ok()?;
        let year = i32::try_from(year).ok().filter(|year| *year > 0)?;
        return NaiveDate::from_isoywd_opt(year, week, day).filter(|date| in_range(*date));
    }
    let month = number(text, &mut at, 2)?;
    separator(&mut at)?;
    let day = number(text, &mut at, 2)?;
    // Like CPython, ignores trailing characters if the text is as long as a date with hyphens.
    date(year, month, day)
}

/// The offset of the character between date and time. CPython guesses it if a week date is ambiguous.
fn separator_at(text: &[u8]) -> usize {
    if text.len() == 7 {
        return 7;
    }
    match (byte(text, 4), byte(text, 5)) {
        (b'-', b'W') if byte(text, 8) == b'-' => {
            if text.len() > 10 && is_digit(text, 10) {
                8
            } else {
                10
            }
        }
        (b'-', b'W') => 8,
        (b'-', _) => 10,
        (b'W', _) => {
            let end = (7..text.len()).find(|at| !is_digit(text, *at)).unwrap_or(text.len());
            if end < 9 {
                end
            } else if end % 2 == 0 {
                7
            } else {
                8
            }
        }
        _ => 8,
    }
}

fn iso_datetime(text: &str) -> Option<Moment> {
    let bytes = text.as_bytes();
    if bytes.len() < 7 {
        return None;
    }
    let at = separator_at(bytes);
    let date = iso_date(bytes, at)?;
    let separator = text.get(at..).and_then(|rest| rest.chars().next());
    match separator {
        Some(separator) => {
            let (time, offset) = iso_time(bytes.get(at + separator.len_utf8()..).unwrap_or_default())?;
            Some((date.and_time(time), offset))
        }
        None => Some((date.and_time(NaiveTime::MIN), None)),
    }
}

fn iso_time(text: &[u8]) -> Option<(NaiveTime, Option<TimeDelta>)> {
    let zone = text.iter().position(|byte| matches!(byte, b'+' | b'-' | b'Z'));
    let zone_at = zone.unwrap_or(text.len());
    let (clock, trailing) = clock(text, 0, zone_at)?;
    let time = NaiveTime::from_hms_micro_opt(clock.hour, clock.minute, clock.second, clock.micro)?;
    let offset = match zone.map(|at| byte(text, at)) {
        None if trailing => return None,
        None => None,
        Some(b'Z') if text.len() > zone_at + 1 => return None,
        Some(b'Z') => Some(TimeDelta::zero()),
        Some(sign) => {
            let (ahead, trailing) = self::clock(text, zone_at + 1, text.len())?;
            if trailing {
                return None;
            }
            let seconds = i64::from(ahead.hour * 3600 + ahead.minute * 60 + ahead.second);
            // Python treats an offset of less than a second as UTC.
            let micro = if seconds == 0 { 0 } else { i64::from(ahead.micro) };
            let ahead = TimeDelta::seconds(seconds) + TimeDelta::microseconds(micro);
            Some(if sign == b'-' { -ahead } else { ahead })
        }
    };
    if offset.is_some_and(|offset| offset.abs() >= TimeDelta::days(1)) { None } else { Some((time, offset)) }
}

#[derive(Default)]
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    micro: u32,
}

/// Reads `HH[[:]MM[[:]SS[[.,]f…]]]` up to `end`. Also returns whether text follows it.
fn clock(text: &[u8], start: usize, end: usize) -> Option<(Clock, bool)> {
    let mut clock = Clock::default();
    let mut at = start;
    let mut separated = true;
    for part in 0..3 {
        let value = number(text, &mut at, 2)?;
        match part {
            0 => clock.hour = value,
            1 => clock.minute = value,
            _ => clock.second = value,
        }
        let next = byte(text, at);
        at += 1;
        if part == 0 {
            separated = next == b':';
        }
        if at >= end {
            return Some((clock, next != 0));
        }
        match next {
            b':' if separated => {}
            b'.' | b',' => break,
            _ if !separated => at -= 1,
            _ => return None,
        }
    }
    let count = (end - at).min(6);
    let fraction = number(text, &mut at, count)?;
    clock.micro = (count..6).fold(fraction, |value, _| value * 10);
    while is_digit(text, at) {
        at += 1;
    }
    Some((clock, byte(text, at) != 0))
}

/// The patterns of dateparse.py, on ASCII digits.
struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn digits(&mut self, least: usize, most: usize) -> Option<&str> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(digits)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        self.digits(least, most)?.parse().ok()
    }

    fn take(&mut self, any: &[char]) -> Option<()> {
        self.rest = self.rest.strip_prefix(any)?;
        Some(())
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.number(4, 4)?;
        self.take(&['-'])?;
        let month = self.number(1, 2)?;
        self.take(&['-'])?;
        let day = self.number(1, 2)?;
        date(year, month, day)
    }

    fn datetime(&mut self) -> Option<Moment> {
        let date = self.date()?;
        self.take(&['T', ' '])?;
        let time = self.clock()?;
        self.rest = self.rest.trim_start_matches(python::is_space);
        let offset = self.offset()?;
        let end = self.rest.is_empty() || self.rest == "\n";
        end.then(|| (date.and_time(time), offset))
    }

    /// `HH:MM[:SS[.f…]]`, of which each number may have one digit.
    fn clock(&mut self) -> Option<NaiveTime> {
        let hour = self.number(1, 2)?;
        self.take(&[':'])?;
        let minute = self.number(1, 2)?;
        let (mut second, mut micro) = (0, 0);
        if self.take(&[':']).is_some() {
            second = self.number(1, 2)?;
            if self.take(&['.', ',']).is_some() {
                let fraction = self.digits(1, 6)?;
                micro = format!("{fraction:0<6}").parse().ok()?;
                self.digits(0, 6)?;
            }
        }
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro)
    }

    /// `Z`, `+HH`, `+HHMM`, `+HH:MM` or nothing.
    fn offset(&mut self) -> Option<Option<TimeDelta>> {
        if self.take(&['Z']).is_some() {
            return Some(Some(TimeDelta::zero()));
        }
        let negative = self.rest.starts_with('-');
        if self.take(&['+', '-']).is_none() {
            return Some(None);
        }
        let hours = self.number(2, 2)?;
        let colon = self.take(&[':']).is_some();
        let minutes = self.number(2, 2);
        if colon && minutes.is_none() {
            return None;
        }
        let ahead = TimeDelta::minutes(i64::from(hours * 60 + minutes.unwrap_or(0)));
        let valid = ahead < TimeDelta::days(1);
        valid.then_some(Some(if negative { -ahead } else { ahead }))
    }
}
