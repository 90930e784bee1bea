//! JSON decoding: `JSONParser` of rest_framework/parsers.py, with the rules and messages of CPython 3.11's `json`.

use super::string::{ScanError, scan_string};
use crate::data::{Dict, Integer, Value};
use crate::python::codecs::Charset;

/// The maximum nesting of arrays and objects: CPython's recursion limit minus the frames of gunicorn, Django and the
/// view.
pub const MAX_DEPTH: usize = 943;

/// The maximum number of digits of an integer (`sys.get_int_max_str_digits`).
pub const MAX_INT_DIGITS: usize = 4300;

/// Why a body could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The body is not JSON. The text is CPython's message, which follows `JSON parse error - ` in the detail.
    Malformed(String),
    /// The body is nested deeper than [`MAX_DEPTH`]. CPython raises RecursionError, which is not a ValueError, so Django
    /// REST framework does not turn it into a ParseError.
    TooDeep,
    /// The body has more values than [`Limits::max_values`].
    TooManyValues,
    /// [`Limits::reserve`] has refused.
    OutOfMemory,
}

/// What the values of a document may take.
pub struct Limits<'a> {
    /// The maximum number of values, those of arrays and objects and these themselves.
    pub max_values: usize,
    /// Asked before the values take this many more bytes of memory. They take at most a step more than was asked for,
    /// [`RESERVED_STEP`].
    pub reserve: &'a mut dyn FnMut(usize) -> bool,
}

/// Bytes of memory that are reserved at a time.
pub const RESERVED_STEP: usize = 16 << 10;

/// Bytes that an allocation takes beside its content.
const ALLOCATION: usize = 16;

/// Digits of an integer that surely fits 64 bits.
const MAX_SMALL_DIGITS: usize = 18;

/// Bytes that an entry of a [`Dict`] takes: the hash, the key and the value, and its place in the table.
const ENTRY: usize = size_of::<usize>() + size_of::<String>() + size_of::<Value>() + 16;

impl From<String> for DecodeError {
    fn from(message: String) -> Self {
        Self::Malformed(message)
    }
}

/// Decodes a body in the charset of the request, as `JSONParser` does.
///
/// # Errors
/// [`DecodeError`].
pub fn decode(bytes: &[u8], charset: Charset) -> Result<Value, DecodeError> {
    decode_within(bytes, charset, Limits { max_values: usize::MAX, reserve: &mut |_| true })
}

/// [`decode`] for a client's document, whose values may take many times the memory of their text.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_within(bytes: &[u8], charset: Charset, limits: Limits<'_>) -> Result<Value, DecodeError> {
    let text = charset.decode_stream(bytes)?;
    if text.starts_with('\u{feff}') {
        return Err(ScanError::at(0, "Unexpected UTF-8 BOM (decode using utf-8-sig)").describe(&text));
    }
    let decoder = Decoder { text: &text, at: 0, limits, values: 0, used: 0, reserved: 0 };
    decoder.document().map_err(|error| error.describe(&text))
}

struct Decoder<'a, 'l> {
    text: &'a str,
    limits: Limits<'l>,
    /// Values so far.
    values: usize,
    /// Bytes of memory that they take.
    used: usize,
    /// Bytes of memory that are reserved for them.
    reserved: usize,
    /// The offset of the next byte, always a character boundary.
    at: usize,
}

/// An array or object whose end is not reached yet.
enum OpenContainer {
    List(Vec<Value>),
    /// The entries so far, and the key of the next value.
    Dict(Dict, String),
}

impl Decoder<'_, '_> {
    fn document(mut self) -> Result<Value, ScanError> {
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.peek().is_some() { Err(ScanError::at(self.at, "Extra data")) } else { Ok(value) }
    }

    /// Keeps open containers in a vector instead of recursing, so that no document exhausts the thread's stack.
    fn value(&mut self) -> Result<Value, ScanError> {
        let mut open_containers = Vec::new();
        loop {
            self.count_value()?;
            let value = match self.peek() {
                Some(bracket @ (b'[' | b'{')) => match self.open(bracket, open_containers.len())? {
                    Ok(empty) => empty,
                    Err(open) => {
                        open_containers.push(open);
                        continue;
                    }
                },
                _ => self.scalar()?,
            };
            if let Some(document) = self.close(value, &mut open_containers)? {
                return Ok(document);
            }
        }
    }

    /// Enters a container. `Ok` if it is empty.
    fn open(&mut self, bracket: u8, depth: usize) -> Result<Result<Value, OpenContainer>, ScanError> {
        if depth >= MAX_DEPTH {
            return Err(ScanError::TooDeep);
        }
        self.at += 1;
        self.skip_space();
        if bracket == b'[' {
            let empty = self.take(b']');
            return Ok(if empty {
                Ok(Value::List(Vec::new()))
            } else {
                Err(OpenContainer::List(Vec::new()))
            });
        }
        if self.take(b'}') {
            return Ok(Ok(Value::Dict(Dict::new())));
        }
        Ok(Err(OpenContainer::Dict(Dict::new(), self.key()?)))
    }

    /// Adds a value to the innermost open container, and closes all containers that end after it. Returns the value of
    /// the document if no container is open.
    fn close(
        &mut self,
        mut value: Value,
        open_containers: &mut Vec<OpenContainer>,
    ) -> Result<Option<Value>, ScanError> {
        loop {
            match open_containers.pop() {
                None => return Ok(Some(value)),
                Some(OpenContainer::List(mut items)) => {
                    let before = items.capacity();
                    items.push(value);
                    self.count_growth(items.capacity() - before, size_of::<Value>())?;
                    if !self.ends(b']')? {
                        open_containers.push(OpenContainer::List(items));
                        return Ok(None);
                    }
                    value = Value::List(items);
                }
                Some(OpenContainer::Dict(mut dict, key)) => {
                    let before = dict.capacity();
                    self.count_text(key.capacity())?;
                    dict.insert(key, value);
                    self.count_growth(dict.capacity() - before, ENTRY)?;
                    if !self.ends(b'}')? {
                        open_containers.push(OpenContainer::Dict(dict, self.key()?));
                        return Ok(None);
                    }
                    value = Value::Dict(dict);
                }
            }
        }
    }

    /// Counts a container that has room for more items of this size.
    fn count_growth(&mut self, items: usize, size: usize) -> Result<(), ScanError> {
        if items == 0 { Ok(()) } else { self.count_memory(items * size + ALLOCATION) }
    }

    fn count_text(&mut self, capacity: usize) -> Result<(), ScanError> {
        if capacity == 0 { Ok(()) } else { self.count_memory(capacity + ALLOCATION) }
    }

    fn count_memory(&mut self, bytes: usize) -> Result<(), ScanError> {
        self.used += bytes;
        if self.used <= self.reserved {
            return Ok(());
        }
        let more = (self.used - self.reserved).next_multiple_of(RESERVED_STEP);
        self.reserved += more;
        if (self.limits.reserve)(more) { Ok(()) } else { Err(ScanError::OutOfMemory) }
    }

    fn count_value(&mut self) -> Result<(), ScanError> {
        self.values += 1;
        if self.values > self.limits.max_values { Err(ScanError::TooManyValues) } else { Ok(()) }
    }

    fn key(&mut self) -> Result<String, ScanError> {
        if self.peek() != Some(b'"') {
            return Err(ScanError::at(self.at, "Expecting property name enclosed in double quotes"));
        }
        let key = scan_string(self.text, &mut self.at)?.unwrap_or_else(|key| key.to_string_lossy());
        self.skip_space();
        if !self.take(b':') {
            return Err(ScanError::at(self.at, "Expecting ':' delimiter"));
        }
        self.skip_space();
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value, ScanError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.as_bytes().first() {
            Some(b'"') => {
                let value = scan_string(self.text, &mut self.at)?;
                match value {
                    Ok(text) => self.count_text(text.capacity()).map(|()| Value::String(text)),
                    Err(points) => {
                        self.count_text(size_of_val(points.code_points())).map(|()| Value::IllFormed(points))
                    }
                }
            }
            Some(b'-' | b'0'..=b'9') if !rest.starts_with("-I") => self.number(rest),
            _ => self.constant(rest),
        }
    }

    fn constant(&mut self, rest: &str) -> Result<Value, ScanError> {
        for (name, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if rest.starts_with(name) {
                self.at += name.len();
                return Ok(value);
            }
        }
        for name in ["NaN", "Infinity", "-Infinity"] {
            if rest.starts_with(name) {
                return Err(ScanError::Plain(format!(
                    "Out of range float values are not JSON compliant: '{name}'"
                )));
            }
        }
        Err(ScanError::at(self.at, "Expecting value"))
    }

    /// Whether the container ends here. If not, skips the comma before its next item.
    fn ends(&mut self, end: u8) -> Result<bool, ScanError> {
        self.skip_space();
        if self.take(end) {
            return Ok(true);
        }
        if !self.take(b',') {
            return Err(ScanError::at(self.at, "Expecting ',' delimiter"));
        }
        self.skip_space();
        Ok(false)
    }

    fn number(&mut self, rest: &str) -> Result<Value, ScanError> {
        let integer = integer_length(rest.as_bytes()).ok_or(ScanError::at(self.at, "Expecting value"))?;
        let length = float_length(rest.as_bytes(), integer);
        let (number, _) = rest.split_at_checked(length).unwrap_or_default();
        if length > MAX_SMALL_DIGITS {
            // An integer that is kept as text.
            self.count_text(length)?;
        }
        let value = if length > integer {
            number.parse().ok().map(Value::Float)
        } else {
            let digits = number.strip_prefix('-').unwrap_or(number).len();
            if digits > MAX_INT_DIGITS {
                return Err(ScanError::Plain(format!(
                    "Exceeds the limit ({MAX_INT_DIGITS} digits) for integer string conversion: value has \
                     {digits} digits; use sys.set_int_max_str_digits() to increase the limit"
                )));
            }
            Integer::parse(number).map(Value::Int)
        };
        let value = value.ok_or(ScanError::at(self.at, "Expecting value"))?;
        self.at += length;
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The length of the sign and the integer part: `0`, or digits without a leading zero.
fn integer_length(bytes: &[u8]) -> Option<usize> {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    match bytes.get(sign) {
        Some(b'0') => Some(sign + 1),
        Some(b'1'..=b'9') => Some(sign + digits(bytes, sign)),
        _ => None,
    }
}

/// The length of the number with its fraction and exponent. Incomplete ones are left for the next token.
fn float_length(bytes: &[u8], integer: usize) -> usize {
    let mut length = integer;
    if bytes.get(length) == Some(&b'.') {
        let fraction = digits(bytes, length + 1);
        if fraction > 0 {
            length += 1 + fraction;
        }
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(bytes, length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
