//! From JSON to values: `JSONParser` of rest_framework/parsers.py on CPython 3.11's `json` and its messages.

use super::string::{Fault, scan_string};
use crate::data::{Dict, Integer, Value};
use crate::python::codecs::Charset;

/// How deep arrays and objects may nest: CPython's recursion limit less the frames of gunicorn, Django and the view.
pub const MAX_DEPTH: usize = 943;

/// How many digits an integer may have (`sys.get_int_max_str_digits`).
pub const MAX_INT_DIGITS: usize = 4300;

/// Why a body could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It is no JSON: what follows `JSON parse error - ` in the detail, in CPython's words.
    Malformed(String),
    /// It nests deeper than [`MAX_DEPTH`]. CPython raises RecursionError, which is no ValueError, so that Django REST
    /// framework does not make a ParseError of it.
    TooDeep,
}

impl From<String> for DecodeError {
    fn from(message: String) -> Self {
        Self::Malformed(message)
    }
}

/// Decodes a body as `JSONParser` does, in the charset of the request.
///
/// # Errors
/// [`DecodeError`].
pub fn decode(bytes: &[u8], charset: Charset) -> Result<Value, DecodeError> {
    let text = charset.decode_stream(bytes)?;
    if text.starts_with('\u{feff}') {
        return Err(Fault::at(0, "Unexpected UTF-8 BOM (decode using utf-8-sig)").describe(&text));
    }
    Decoder { text: &text, at: 0 }.document().map_err(|fault| fault.describe(&text))
}

struct Decoder<'a> {
    text: &'a str,
    /// The byte to read next, always the first one of a character.
    at: usize,
}

/// A container whose end is not reached yet.
enum Open {
    List(Vec<Value>),
    /// The entries so far, and the key of the value to come.
    Dict(Dict, String),
}

impl Decoder<'_> {
    fn document(mut self) -> Result<Value, Fault> {
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.peek().is_some() { Err(Fault::at(self.at, "Extra data")) } else { Ok(value) }
    }

    /// Containers wait on a heap, so that no document exhausts the thread's stack.
    fn value(&mut self) -> Result<Value, Fault> {
        let mut waiting = Vec::new();
        loop {
            let value = match self.peek() {
                Some(bracket @ (b'[' | b'{')) => match self.open(bracket, waiting.len())? {
                    Ok(empty) => empty,
                    Err(open) => {
                        waiting.push(open);
                        continue;
                    }
                },
                _ => self.scalar()?,
            };
            if let Some(whole) = self.close(value, &mut waiting)? {
                return Ok(whole);
            }
        }
    }

    /// Enters a container: Ok if it is empty.
    fn open(&mut self, bracket: u8, depth: usize) -> Result<Result<Value, Open>, Fault> {
        if depth >= MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.at += 1;
        self.skip_space();
        if bracket == b'[' {
            let empty = self.take(b']');
            return Ok(if empty { Ok(Value::List(Vec::new())) } else { Err(Open::List(Vec::new())) });
        }
        if self.take(b'}') {
            return Ok(Ok(Value::Dict(Dict::new())));
        }
        Ok(Err(Open::Dict(Dict::new(), self.key()?)))
    }

    /// Puts a value where it belongs, and leaves all containers that end behind it. Returns the whole document's
    /// value once none waits.
    fn close(&mut self, mut value: Value, waiting: &mut Vec<Open>) -> Result<Option<Value>, Fault> {
        loop {
            match waiting.pop() {
                None => return Ok(Some(value)),
                Some(Open::List(mut items)) => {
                    items.push(value);
                    if !self.ends(b']')? {
                        waiting.push(Open::List(items));
                        return Ok(None);
                    }
                    value = Value::List(items);
                }
                Some(Open::Dict(mut dict, key)) => {
                    dict.insert(key, value);
                    if !self.ends(b'}')? {
                        waiting.push(Open::Dict(dict, self.key()?));
                        return Ok(None);
                    }
                    value = Value::Dict(dict);
                }
            }
        }
    }

    fn key(&mut self) -> Result<String, Fault> {
        if self.peek() != Some(b'"') {
            return Err(Fault::at(self.at, "Expecting property name enclosed in double quotes"));
        }
        let key = scan_string(self.text, &mut self.at)?.unwrap_or_else(|key| key.to_string_lossy());
        self.skip_space();
        if !self.take(b':') {
            return Err(Fault::at(self.at, "Expecting ':' delimiter"));
        }
        self.skip_space();
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.as_bytes().first() {
            Some(b'"') => scan_string(self.text, &mut self.at)
                .map(|string| string.map_or_else(Value::IllFormed, Value::String)),
            Some(b'-' | b'0'..=b'9') if !rest.starts_with("-I") => self.number(rest),
            _ => self.constant(rest),
        }
    }

    fn constant(&mut self, rest: &str) -> Result<Value, Fault> {
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
                return Err(Fault::Plain(format!(
                    "Out of range float values are not JSON compliant: '{name}'"
                )));
            }
        }
        Err(Fault::at(self.at, "Expecting value"))
    }

    /// Whether the container ends here; if not, goes on to its next item.
    fn ends(&mut self, end: u8) -> Result<bool, Fault> {
        self.skip_space();
        if self.take(end) {
            return Ok(true);
        }
        if !self.take(b',') {
            return Err(Fault::at(self.at, "Expecting ',' delimiter"));
        }
        self.skip_space();
        Ok(false)
    }

    fn number(&mut self, rest: &str) -> Result<Value, Fault> {
        let integer = integer_length(rest.as_bytes()).ok_or(Fault::at(self.at, "Expecting value"))?;
        let length = float_length(rest.as_bytes(), integer);
        let (number, _) = rest.split_at_checked(length).unwrap_or_default();
        let value = if length > integer {
            number.parse().ok().map(Value::Float)
        } else {
            let digits = number.strip_prefix('-').unwrap_or(number).len();
            if digits > MAX_INT_DIGITS {
                return Err(Fault::Plain(format!(
                    "Exceeds the limit ({MAX_INT_DIGITS} digits) for integer string conversion: value has \
                     {digits} digits; use sys.set_int_max_str_digits() to increase the limit"
                )));
            }
            Integer::parse(number).map(Value::Int)
        };
        let value = value.ok_or(Fault::at(self.at, "Expecting value"))?;
        self.at += length;
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
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

/// The length of the sign and the whole part: `0`, or digits that do not start with one.
fn integer_length(bytes: &[u8]) -> Option<usize> {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    match bytes.get(sign) {
        Some(b'0') => Some(sign + 1),
        Some(b'1'..=b'9') => Some(sign + digits(bytes, sign)),
        _ => None,
    }
}

/// The length of the number with its fraction and exponent. What does not make one is left for the next token.
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
