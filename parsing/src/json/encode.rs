//! JSON encoding: `JSONRenderer` of rest_framework/renderers.py, with the format of CPython's `json`.

use std::cell::Cell;
use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Error;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::finite::Finite;
use crate::python;

/// The maximum indent. `JSONRenderer` caps the client's `indent` at it.
pub const MAX_INDENT: usize = 8;

/// The maximum capacity in bytes of the buffer that a thread keeps for its next response.
const MAX_KEPT_CAPACITY: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Encodes a value as `JSONRenderer` does: compact, or indented by 1 to 8 spaces (`None` and 0 are compact). Characters
/// outside of ASCII are not escaped, except U+2028 and U+2029. Floats are formatted as in Python. No trailing newline.
///
/// `JSONRenderer` sends an empty body for `None`. That is left to the caller.
///
/// # Errors
/// A float that is not finite, in Python's words, or the `Serialize` implementation's own error.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T, indent: Option<usize>) -> Result<Bytes, Error> {
    // The kept buffer reduces the allocations to one of the final size. A growing vector and the reference count of its
    // `Bytes` would be three.
    let mut buffer = BUFFER.take();
    buffer.clear();
    match indent.unwrap_or(0) {
        0 => {
            let mut serializer = Serializer::with_formatter(&mut buffer, PythonFormatter(CompactFormatter));
            value.serialize(Finite(&mut serializer))?;
        }
        width => {
            let spaces = b"        ".get(..width.min(MAX_INDENT)).unwrap_or_default();
            let formatter = PythonFormatter(PrettyFormatter::with_indent(spaces));
            value.serialize(Finite(&mut Serializer::with_formatter(&mut buffer, formatter)))?;
        }
    }
    if buffer.capacity() > MAX_KEPT_CAPACITY {
        return Ok(buffer.into());
    }
    let bytes = Bytes::copy_from_slice(&buffer);
    BUFFER.set(buffer);
    Ok(bytes)
}

/// Appends a value as [`to_bytes`] encodes it, compact. After an error a part of the value may have been appended.
///
/// # Errors
/// As [`to_bytes`].
pub fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    value.serialize(Finite(&mut Serializer::with_formatter(out, PythonFormatter(CompactFormatter))))
}

/// Appends text with its quotes, as [`to_bytes`] encodes it.
pub fn write_str(out: &mut Vec<u8>, text: &str) {
    if is_escaped(text.as_bytes()) {
        // Writing to a vector cannot fail, and neither can text.
        _ = text.serialize(&mut Serializer::with_formatter(out, PythonFormatter(CompactFormatter)));
        return;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Appends a finite float as [`to_bytes`] encodes it, without an allocation unless it has an exponent.
///
/// # Errors
/// A float that is not finite, in Python's words.
pub fn write_float(out: &mut Vec<u8>, value: f64) -> Result<(), Error> {
    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        // Rust's shortest digits are Python's, where neither has an exponent.
        return write!(out, "{value:?}").map_err(Error::io);
    }
    write(out, &value)
}

/// Encodes `{"detail": text}` as [`to_bytes`] does, or returns `None` if the text needs escapes. Most short responses have
/// this form. Checking each of their characters took a quarter of their cost, the server's own work aside.
pub fn detail_to_bytes(text: &str) -> Option<Bytes> {
    const BEFORE: &str = r#"{"detail":""#;
    const AFTER: &str = r#""}"#;
    if is_escaped(text.as_bytes()) {
        return None;
    }
    // The exact capacity lets `Bytes` take over the vector.
    let mut json = Vec::with_capacity(BEFORE.len() + text.len() + AFTER.len());
    for part in [BEFORE, text, AFTER] {
        json.extend_from_slice(part.as_bytes());
    }
    Some(json.into())
}

/// Whether [`to_bytes`] escapes any of these bytes.
fn is_escaped(text: &[u8]) -> bool {
    // The last chunk may overlap the one before it. Only a text of less than eight bytes is checked byte by byte.
    match text.last_chunk() {
        Some(last) => {
            text.as_chunks().0.iter().fold(escape_mask(*last), |mask, chunk| mask | escape_mask(*chunk)) != 0
        }
        // 0xE2 begins U+2028 and U+2029.
        None => text.iter().any(|byte| matches!(byte, ..b' ' | b'"' | b'\\' | 0xE2)),
    }
}

/// [`is_escaped`] for eight bytes at once: zero if none is escaped. Subtracting a number from each byte sets the highest
/// bit of smaller bytes. The borrow can spread to the next byte, so the mask shows whether any byte is escaped, but not
/// which.
fn escape_mask(bytes: [u8; 8]) -> u64 {
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

/// Formats floats and escapes as in Python, with the layout of the inner formatter. serde_json escapes control characters
/// as Python does.
struct PythonFormatter<F>(F);

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

impl<F: Formatter> Formatter for PythonFormatter<F> {
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

    /// Escapes U+2028 and U+2029. Both start with byte 0xE2, so text without that byte is written unchanged.
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
