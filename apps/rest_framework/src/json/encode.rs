//! From values to JSON: `JSONRenderer` of rest_framework/renderers.py on CPython's `json`.

use std::cell::Cell;
use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Error;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::finite::Finite;
use crate::python;

/// The widest indent. `JSONRenderer` caps what the client asks for at it.
pub const MAX_INDENT: usize = 8;

/// What a thread keeps of the room that its last answer was written into, in bytes.
const KEPT: usize = 64 * 1024;

thread_local! {
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Writes a value as `JSONRenderer` does: compact, or indented by 1 to 8 spaces (None and 0 are compact); UTF-8
/// unescaped except U+2028 and U+2029; floats as Python writes them. No trailing newline.
///
/// `JSONRenderer` sends an empty body for a bare `None`; that is left to the renderer.
///
/// # Errors
/// A float that is not finite, in Python's words, or the `Serialize` implementation's own error.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T, indent: Option<usize>) -> Result<Bytes, Error> {
    // One allocation, of the answer's own size: a vector that grows, and what counts its references, would be three.
    let mut room = ROOM.take();
    room.clear();
    match indent.unwrap_or(0) {
        0 => {
            let mut serializer = Serializer::with_formatter(&mut room, Python(CompactFormatter));
            value.serialize(Finite(&mut serializer))?;
        }
        wanted => {
            let spaces = b"        ".get(..wanted.min(MAX_INDENT)).unwrap_or_default();
            let formatter = Python(PrettyFormatter::with_indent(spaces));
            value.serialize(Finite(&mut Serializer::with_formatter(&mut room, formatter)))?;
        }
    }
    if room.capacity() > KEPT {
        return Ok(room.into());
    }
    let bytes = Bytes::copy_from_slice(&room);
    ROOM.set(room);
    Ok(bytes)
}

/// Writes `{"detail": text}` as [`to_bytes`] does, or nothing where a character of the text has to be escaped. Most answers
/// of a few words are of this form, and a quarter of what they cost beside the server's own work was to look at each of their
/// letters in turn.
pub fn detail_to_bytes(text: &str) -> Option<Bytes> {
    const BEFORE: &str = r#"{"detail":""#;
    const AFTER: &str = r#""}"#;
    if is_escaped(text.as_bytes()) {
        return None;
    }
    // Of just the size, which the bytes then take over.
    let mut json = Vec::with_capacity(BEFORE.len() + text.len() + AFTER.len());
    for part in [BEFORE, text, AFTER] {
        json.extend_from_slice(part.as_bytes());
    }
    Some(json.into())
}

/// Whether [`to_bytes`] escapes any of these bytes.
fn is_escaped(text: &[u8]) -> bool {
    // The last eight may overlap those before them, so that only of a shorter text each byte is looked at for itself.
    match text.last_chunk() {
        Some(last) => {
            text.as_chunks().0.iter().fold(escaped(*last), |found, eight| found | escaped(*eight)) != 0
        }
        // 0xE2 begins U+2028 and U+2029.
        None => text.iter().any(|byte| matches!(byte, ..b' ' | b'"' | b'\\' | 0xE2)),
    }
}

/// [`is_escaped`] of eight bytes at once, as one number, which is zero where none is. Where a byte is less than what is
/// subtracted from each, its highest bit gets set. That can spread to the next byte, so it is not told which bytes are less, but
/// whether any is.
fn escaped(bytes: [u8; 8]) -> u64 {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    const fn less(bytes: u64, than: u8) -> u64 {
        bytes.wrapping_sub(each(than)) & !bytes
    }
    let bytes = u64::from_ne_bytes(bytes);
    let is = |byte: u8| less(bytes ^ each(byte), 1);
    (less(bytes, b' ') | is(b'"') | is(b'\\') | is(0xE2)) & each(0x80)
}

/// Another formatter's layout, with Python's floats and escapes. serde_json's escapes of control characters are
/// Python's already.
struct Python<F>(F);

macro_rules! layout {
    ($($name:ident($($argument:ident: $kind:ty)?);)+) => {
        $(
            #[inline]
            fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)?) -> io::Result<()> {
                self.0.$name(writer $(, $argument)?)
            }
        )+
    };
}

impl<F: Formatter> Formatter for Python<F> {
    layout! {
        begin_array(); end_array(); begin_array_value(first: bool); end_array_value();
        begin_object(); end_object(); begin_object_key(first: bool); end_object_key();
        begin_object_value(); end_object_value();
    }

    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        writer.write_all(python::layout(&format!("{value:e}")).as_bytes())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(python::float_repr(value).as_bytes())
    }

    /// The separators U+2028 and U+2029 start with byte 0xE2; text without it, ASCII above all, goes out as it is.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if memchr::memchr(0xE2, fragment.as_bytes()).is_none() {
            return writer.write_all(fragment.as_bytes());
        }
        for piece in fragment.split_inclusive(['\u{2028}', '\u{2029}']) {
            if let Some(plain) = piece.strip_suffix('\u{2028}') {
                writer.write_all(plain.as_bytes())?;
                writer.write_all(b"\\u2028")?;
            } else if let Some(plain) = piece.strip_suffix('\u{2029}') {
                writer.write_all(plain.as_bytes())?;
                writer.write_all(b"\\u2029")?;
            } else {
                writer.write_all(piece.as_bytes())?;
            }
        }
        Ok(())
    }
}
