//! Whole bodies as text, with the words of Python's UnicodeDecodeError.

use std::borrow::Cow;

use super::{Charset, Order};

impl Charset {
    /// The whole body as text, as a Python `StreamReader` reads it: an incomplete last character is dropped.
    ///
    /// # Errors
    /// The text of Python's UnicodeError.
    pub fn decode_stream(self, bytes: &[u8]) -> Result<Cow<'_, str>, String> {
        match self {
            Self::Utf8 => utf_8(bytes).map(Cow::Borrowed),
            Self::Utf8Sig => match bytes.strip_prefix(b"\xef\xbb\xbf") {
                Some(rest) => utf_8(rest).map(Cow::Borrowed),
                None => utf_8(bytes).map(Cow::Borrowed),
            },
            Self::Utf16(order) => utf_16(bytes, order).map(Cow::Owned),
            Self::Utf32(order) => utf_32(bytes, order).map(Cow::Owned),
            Self::Latin1 => Ok(Cow::Owned(bytes.iter().copied().map(char::from).collect())),
            Self::Ascii => ascii(bytes).map(Cow::Borrowed),
            Self::Legacy(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
                    format!("'{}' codec can't decode bytes", encoding.name().to_ascii_lowercase())
                })
            }
        }
    }
}

/// Python's wording for bytes `start` to `start + count` of the body.
fn undecodable(codec: &str, bytes: &[u8], start: usize, count: usize, reason: &str) -> String {
    match bytes.get(start) {
        Some(byte) if count == 1 => {
            format!("'{codec}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
        }
        _ => {
            format!("'{codec}' codec can't decode bytes in position {start}-{}: {reason}", start + count - 1)
        }
    }
}

fn utf_8(bytes: &[u8]) -> Result<&str, String> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let start = error.valid_up_to();
    // CPython counts half of an encoded surrogate as incomplete, not as wrong.
    let half_surrogate = matches!(bytes.get(start..), Some([0xED, 0xA0..=0xBF]));
    let Some(count) = error.error_len().filter(|_| !half_surrogate) else {
        return Ok(bytes.get(..start).and_then(|whole| std::str::from_utf8(whole).ok()).unwrap_or_default());
    };
    let starts = bytes.get(start).is_some_and(|byte| matches!(byte, 0xC2..=0xF4));
    let reason = if starts { "invalid continuation byte" } else { "invalid start byte" };
    Err(undecodable("utf-8", bytes, start, count, reason))
}

fn ascii(bytes: &[u8]) -> Result<&str, String> {
    match bytes.iter().position(|byte| !byte.is_ascii()) {
        Some(at) => Err(undecodable("ascii", bytes, at, 1, "ordinal not in range(128)")),
        None => utf_8(bytes),
    }
}

fn utf_16(bytes: &[u8], order: Option<Order>) -> Result<String, String> {
    let (order, skip, marked) = match (order, bytes) {
        (Some(order), _) => (order, 0, true),
        (None, [0xFF, 0xFE, ..]) => (Order::Little, 2, true),
        (None, [0xFE, 0xFF, ..]) => (Order::Big, 2, true),
        (None, _) => (Order::Little, 0, false),
    };
    let (codec, unit): (_, fn([u8; 2]) -> u16) = match order {
        Order::Little => ("utf-16-le", u16::from_le_bytes),
        Order::Big => ("utf-16-be", u16::from_be_bytes),
    };
    let (pairs, _) = bytes.get(skip..).unwrap_or_default().as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut at = skip;
    let mut units = char::decode_utf16(pairs.iter().copied().map(unit)).peekable();
    while let Some(result) = units.next() {
        match result {
            Ok(c) => {
                at += 2 * c.len_utf16();
                text.push(c);
            }
            Err(error) if error.unpaired_surrogate() >= 0xDC00 => {
                return Err(undecodable(codec, bytes, at, 2, "illegal encoding"));
            }
            Err(_) if units.peek().is_none() => break,
            Err(_) => return Err(undecodable(codec, bytes, at, 2, "illegal UTF-16 surrogate")),
        }
    }
    if marked || at < 2 { Ok(text) } else { Err("UTF-16 stream does not start with BOM".to_owned()) }
}

fn utf_32(bytes: &[u8], order: Option<Order>) -> Result<String, String> {
    let (order, skip, marked) = match (order, bytes) {
        (Some(order), _) => (order, 0, true),
        (None, [0xFF, 0xFE, 0, 0, ..]) => (Order::Little, 4, true),
        (None, [0, 0, 0xFE, 0xFF, ..]) => (Order::Big, 4, true),
        (None, _) => (Order::Little, 0, false),
    };
    let (codec, unit): (_, fn([u8; 4]) -> u32) = match order {
        Order::Little => ("utf-32-le", u32::from_le_bytes),
        Order::Big => ("utf-32-be", u32::from_be_bytes),
    };
    let (quads, _) = bytes.get(skip..).unwrap_or_default().as_chunks::<4>();
    let mut text = String::with_capacity(quads.len());
    for (index, quad) in quads.iter().enumerate() {
        let point = unit(*quad);
        let Some(c) = char::from_u32(point) else {
            let reason = if point > 0x10FFFF {
                "code point not in range(0x110000)"
            } else {
                "code point in surrogate code point range(0xd800, 0xe000)"
            };
            return Err(undecodable(codec, bytes, skip + 4 * index, 4, reason));
        };
        text.push(c);
    }
    if marked || quads.is_empty() {
        Ok(text)
    } else {
        Err("UTF-32 stream does not start with BOM".to_owned())
    }
}
