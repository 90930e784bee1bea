//! Decodes bytes as text: bodies, with the messages of Python's UnicodeDecodeError, and form values.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::{Charset, Order};
use crate::mediatypes::latin1;

impl Charset {
    /// Decodes a whole body like a Python `StreamReader`: an incomplete last character is dropped.
    ///
    /// # Errors
    /// The message of Python's UnicodeError.
    pub fn decode_stream(self, bytes: &[u8]) -> Result<Cow<'_, str>, String> {
        match self {
            Self::Utf8 => utf_8(bytes).map(Cow::Borrowed),
            Self::Utf8Sig => utf_8(without_bom(bytes)).map(Cow::Borrowed),
            Self::Utf16(order) => utf_16(bytes, order).map(Cow::Owned),
            Self::Utf32(order) => utf_32(bytes, order).map(Cow::Owned),
            Self::Latin1 => Ok(Cow::Owned(bytes.iter().copied().map(char::from).collect())),
            Self::Ascii | Self::AsciiOnly(_) => ascii(bytes).map(Cow::Borrowed),
            Self::Legacy(encoding) => legacy(bytes, encoding).ok_or_else(|| decode_error(bytes, encoding)),
        }
    }

    /// Decodes bytes, replacing invalid ones with U+FFFD: Python's `errors="replace"`.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Utf8Sig => String::from_utf8_lossy(without_bom(bytes)),
            Self::Utf16(order) => Cow::Owned(utf_16_lossy(bytes, order).0),
            Self::Utf32(order) => Cow::Owned(utf_32_lossy(bytes, order).0),
            Self::Latin1 => latin1(bytes),
            Self::Ascii | Self::AsciiOnly(_) if bytes.is_ascii() => latin1(bytes),
            Self::Ascii | Self::AsciiOnly(_) => {
                let text = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' };
                Cow::Owned(bytes.iter().map(text).collect())
            }
            Self::Legacy(encoding) => {
                let text = encoding.decode_without_bom_handling(bytes).0;
                if has_gaps(&text, encoding) { Cow::Owned(text.replace(is_c1, "\u{fffd}")) } else { text }
            }
        }
    }

    /// Decodes bytes; `None` if any is invalid: Python's `bytes.decode`. Unlike [`decode_stream`](Self::decode_stream),
    /// UTF-16 and UTF-32 without a byte order mark are little-endian, and the last character must be complete.
    #[must_use]
    pub fn decode_strict(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        let if_valid = |(text, valid): (String, bool)| valid.then_some(Cow::Owned(text));
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Utf8Sig => std::str::from_utf8(without_bom(bytes)).ok().map(Cow::Borrowed),
            Self::Utf16(order) => if_valid(utf_16_lossy(bytes, order)),
            Self::Utf32(order) => if_valid(utf_32_lossy(bytes, order)),
            Self::Latin1 | Self::Ascii | Self::Legacy(_) | Self::AsciiOnly(_) => {
                self.decode_stream(bytes).ok()
            }
        }
    }
}

fn legacy<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Option<Cow<'a, str>> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    (!has_gaps(&text, encoding)).then_some(text)
}

/// Whether the bytes included one that is undefined in a Windows code page. The WHATWG's standard decodes those as C1
/// controls, Python rejects them.
fn has_gaps(text: &str, encoding: &'static Encoding) -> bool {
    encoding.name().starts_with("windows-") && text.contains(is_c1)
}

fn is_c1(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}

/// The message for bytes that are invalid in this encoding.
fn decode_error(bytes: &[u8], encoding: &'static Encoding) -> String {
    let is_wrong = |byte: &u8| legacy(std::slice::from_ref(byte), encoding).is_none();
    match bytes.iter().position(is_wrong).filter(|_| encoding.is_single_byte()) {
        Some(at) => undecodable("charmap", bytes, at, 1, "character maps to <undefined>"),
        None => format!("'{}' codec can't decode bytes", encoding.name().to_ascii_lowercase()),
    }
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Python's message for bytes `start` to `start + count` of the body.
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
    // CPython treats half of an encoded surrogate as incomplete, not as invalid.
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

/// The byte order, the length of the byte order mark, and whether the order is known.
fn order_16(bytes: &[u8], order: Option<Order>) -> (Order, usize, bool) {
    match (order, bytes) {
        (Some(order), _) => (order, 0, true),
        (None, [0xFF, 0xFE, ..]) => (Order::Little, 2, true),
        (None, [0xFE, 0xFF, ..]) => (Order::Big, 2, true),
        (None, _) => (Order::Little, 0, false),
    }
}

/// The text, and whether it is complete and valid.
fn utf_16_lossy(bytes: &[u8], order: Option<Order>) -> (String, bool) {
    let (order, skip, _) = order_16(bytes, order);
    let unit: fn([u8; 2]) -> u16 = match order {
        Order::Little => u16::from_le_bytes,
        Order::Big => u16::from_be_bytes,
    };
    let (pairs, half) = bytes.get(skip..).unwrap_or_default().as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let (mut valid, mut is_open) = (half.is_empty(), false);
    for unit in char::decode_utf16(pairs.iter().copied().map(unit)) {
        is_open = unit.as_ref().is_err_and(|error| error.unpaired_surrogate() < 0xDC00);
        valid &= unit.is_ok();
        text.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    // Half a unit after half a surrogate pair is one incomplete character.
    if !half.is_empty() && !is_open {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (text, valid)
}

fn utf_16(bytes: &[u8], order: Option<Order>) -> Result<String, String> {
    let (order, skip, marked) = order_16(bytes, order);
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

/// [`order_16`] for UTF-32.
fn order_32(bytes: &[u8], order: Option<Order>) -> (Order, usize, bool) {
    match (order, bytes) {
        (Some(order), _) => (order, 0, true),
        (None, [0xFF, 0xFE, 0, 0, ..]) => (Order::Little, 4, true),
        (None, [0, 0, 0xFE, 0xFF, ..]) => (Order::Big, 4, true),
        (None, _) => (Order::Little, 0, false),
    }
}

/// [`utf_16_lossy`] for UTF-32.
fn utf_32_lossy(bytes: &[u8], order: Option<Order>) -> (String, bool) {
    let (order, skip, _) = order_32(bytes, order);
    let unit: fn([u8; 4]) -> u32 = match order {
        Order::Little => u32::from_le_bytes,
        Order::Big => u32::from_be_bytes,
    };
    let (quads, part) = bytes.get(skip..).unwrap_or_default().as_chunks::<4>();
    let part = (!part.is_empty()).then_some(None);
    let characters = quads.iter().map(|quad| char::from_u32(unit(*quad))).chain(part);
    let mut valid = true;
    let text = characters.inspect(|c| valid &= c.is_some()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    (text.collect(), valid)
}

fn utf_32(bytes: &[u8], order: Option<Order>) -> Result<String, String> {
    let (order, skip, marked) = order_32(bytes, order);
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
