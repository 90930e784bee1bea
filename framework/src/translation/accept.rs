//! `Accept-Language`, as Django reads it (`parse_accept_lang_header` in `django/utils/translation/trans_real.py`).

use std::cmp::Reverse;

/// `LANGUAGE_CODE_MAX_LENGTH`: what is longer is cut before the last item that fits.
pub(super) const MAX_LENGTH: usize = 500;

/// Returns the languages of a header, best first; `*` stands for any. None if a part of the header is malformed. One with
/// `q=0` is the last, not refused.
pub(super) fn parse_accept_lang_header(header: &[u8]) -> Vec<String> {
    let header = if header.len() <= MAX_LENGTH {
        header
    } else {
        let head = header.get(..MAX_LENGTH).unwrap_or(header);
        match memchr::memrchr(b',', head) {
            None | Some(0) => return Vec::new(),
            Some(comma) => header.get(..comma).unwrap_or(header),
        }
    };
    let mut items = parse(header).unwrap_or_default();
    items.sort_by_key(|(_, quality)| Reverse(*quality));
    items.into_iter().map(|(language, _)| language).collect()
}

/// The languages with their qualities in thousandths.
fn parse(header: &[u8]) -> Option<Vec<(String, u16)>> {
    let (mut rest, mut items) = (header, Vec::new());
    while !rest.is_empty() {
        let (language, after) = language(rest)?;
        let (quality, after) = quality(after).unwrap_or((1000, after));
        items.push((str::from_utf8(language).ok()?.to_ascii_lowercase(), quality));
        rest = if after.is_empty() { after } else { skip_space(skip_space(after).strip_prefix(b",")?) };
    }
    Some(items)
}

/// `de`, `de-at`, `x-y-z`, `es-419` or `*`, and what follows.
fn language(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.first() == Some(&b'*') {
        return text.split_at_checked(1);
    }
    let end =
        text.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').unwrap_or(text.len());
    let (tag, rest) = text.split_at_checked(end)?;
    let is_part = |part: &[u8]| (1..=8).contains(&part.len());
    let mut parts = tag.split(|byte| *byte == b'-');
    let first = parts.next().filter(|first| is_part(first) && first.iter().all(u8::is_ascii_alphabetic));
    (first.is_some() && parts.all(is_part)).then_some((tag, rest))
}

/// `;q=0.5`, and what follows. At most three decimals.
fn quality(text: &[u8]) -> Option<(u16, &[u8])> {
    let text = skip_space(skip_space(text).strip_prefix(b";")?);
    let text = text.strip_prefix(b"q=").or_else(|| text.strip_prefix(b"Q="))?;
    let (whole, rest) = text.split_first()?;
    let Some(decimals) = rest.strip_prefix(b".") else {
        return match whole {
            b'0' => Some((0, rest)),
            b'1' => Some((1000, rest)),
            _ => None,
        };
    };
    let count = decimals.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = decimals.split_at_checked(count)?;
    let thousandths =
        digits.iter().zip([100, 10, 1]).map(|(digit, unit)| u16::from(digit - b'0') * unit).sum::<u16>();
    match (whole, thousandths) {
        (b'0', _) => Some((thousandths, rest)),
        (b'1', 0) => Some((1000, rest)),
        _ => None,
    }
}

/// What follows the white space. Header values are Latin-1, so it is what `\s` of Python's `re` matches there.
fn skip_space(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, 9..=13 | 28..=32 | 0x85 | 0xa0);
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by tests/django/translation.py.
    #[test]
    fn headers_are_read_as_in_django() {
        for line in include_str!("../fixtures/accept_language.jsonl").lines() {
            let (header, expected): (String, Vec<String>) = serde_json::from_str(line).unwrap();
            // A header's bytes are its characters, in Latin-1.
            let bytes: Vec<u8> = header.chars().map(|c| u8::try_from(c).unwrap()).collect();
            assert_eq!(parse_accept_lang_header(&bytes), expected, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(header: Vec<u8>) {
            parse_accept_lang_header(&header);
        }
    }
}
