//! Values and objects as text (`display_for_field` of `django/contrib/admin/utils.py`).

use chrono::{NaiveDateTime, TimeDelta};

use vitamin_framework::models::{Column, ModelMeta, ValueRef};
use vitamin_framework::timezone::TimeZone;

/// The text of NULL (`empty_value_display`).
pub(crate) const EMPTY: &str = "-";

/// The longest text of a cell, in characters. The rest is on the object's own page.
const LONGEST: usize = 200;

/// A column's value: the label of a choice, `Yes` and `No`, times in the project's time zone.
pub(crate) fn text(value: ValueRef<'_>, column: &Column, time_zone: &TimeZone) -> String {
    match value {
        ValueRef::Null => EMPTY.to_owned(),
        ValueRef::Bool(true) => "Yes".to_owned(),
        ValueRef::Bool(false) => "No".to_owned(),
        ValueRef::Text(text) => column.display(text).to_owned(),
        ValueRef::DateTime(at) => moment(at, time_zone),
        value => plain(value),
    }
}

/// A moment in the project's time zone, to the second.
pub(crate) fn moment(at: NaiveDateTime, time_zone: &TimeZone) -> String {
    local(at, time_zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn local(at: NaiveDateTime, time_zone: &TimeZone) -> NaiveDateTime {
    if !time_zone.use_tz() {
        return at;
    }
    at.checked_add_signed(time_zone.offset_at(at)).unwrap_or(at)
}

/// A value without a look at its column, such as a primary key.
pub(crate) fn plain(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Bool(value) => value.to_string(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Float(number) => number.to_string(),
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Date(date) => date.to_string(),
        ValueRef::Time(time) => time.to_string(),
        ValueRef::DateTime(at) => at.to_string(),
        ValueRef::Duration(duration) => duration_text(duration),
        ValueRef::Uuid(uuid) => uuid.to_string(),
        ValueRef::Decimal(number) => number.to_plain_string(),
        ValueRef::Json(value) => serde_json::to_string(value).unwrap_or_default(),
        ValueRef::Binary(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// `3 02:15:00`, as forms take it: days, hours, minutes and seconds.
fn duration_text(duration: TimeDelta) -> String {
    let day = TimeDelta::days(1);
    let days = duration.num_days()
        - i64::from(duration < TimeDelta::zero() && duration.num_days() * 86_400 != duration.num_seconds());
    let rest = duration - day * i32::try_from(days).unwrap_or_default();
    let (hours, minutes, seconds) = (rest.num_hours(), rest.num_minutes() % 60, rest.num_seconds() % 60);
    let days = if days == 0 { String::new() } else { format!("{days} ") };
    format!("{days}{hours:02}:{minutes:02}:{seconds:02}")
}

/// Django's default text of an object: `Poll object (1)`.
pub(crate) fn object(meta: &ModelMeta, pk: ValueRef<'_>) -> String {
    format!("{} object ({})", meta.name, plain(pk))
}

/// A text for a cell or a message, cut if it is long.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A primary key in a URL (`quote` of `django/contrib/admin/utils.py`): what has a meaning in URLs is `_` and two hexadecimal digits.
pub(crate) fn quote(pk: &str) -> String {
    let mut quoted = String::with_capacity(pk.len());
    for letter in pk.chars() {
        if ":/_#?;@&=+$,\"[]<>%\n\\".contains(letter) {
            quoted.push_str(&format!("_{:02X}", u32::from(letter)));
        } else {
            quoted.push(letter);
        }
    }
    quoted
}

/// The primary key in a URL (`unquote`).
pub(crate) fn unquote(text: &str) -> String {
    let mut parts = text.split('_');
    let mut unquoted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .filter(|code| code.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if byte.is_ascii() => {
                unquoted.push(char::from(byte));
                unquoted.push_str(part.get(2..).unwrap_or_default());
            }
            _ => {
                unquoted.push('_');
                unquoted.push_str(part);
            }
        }
    }
    unquoted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quoted texts were made with Django 5.2.
    #[test]
    fn keys_are_quoted_as_in_django() {
        for (key, quoted) in
            [("a/b_c", "a_2Fb_5Fc"), ("\"[x]\"?", "_22_5Bx_5D_22_3F"), ("ü 1", "ü 1"), ("a\nb", "a_0Ab")]
        {
            assert_eq!((quote(key).as_str(), unquote(quoted).as_str()), (quoted, key));
        }
        // A link that a person typed.
        assert_eq!(unquote("a_b__ _2"), "a_b__ _2");
    }

    #[test]
    fn durations_are_as_forms_take_them() {
        for (seconds, text) in [
            (8100, "02:15:00"),
            (267_300, "3 02:15:00"),
            (-60, "-1 23:59:00"),
            (-86_400, "-1 00:00:00"),
            (0, "00:00:00"),
        ] {
            assert_eq!(duration_text(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut(&"ü".repeat(201)), format!("{}…", "ü".repeat(200)));
        assert_eq!(cut("short"), "short");
    }
}
