//! String literals of a JSON document, and the position of errors in it.

use super::decode::DecodeError;
use crate::data::IllFormed;

/// Why a document is not JSON.
pub(super) enum ScanError {
    /// A message and its byte position in the document.
    At(usize, &'static str),
    /// A message without a position.
    Plain(String),
    /// Too many nested arrays and objects.
    TooDeep,
    TooManyValues,
    OutOfMemory,
}

impl ScanError {
    pub(super) fn at(byte: usize, message: &'static str) -> Self {
        Self::At(byte, message)
    }

    /// The message of Python's `JSONDecodeError`. Its lines, columns and positions count characters.
    pub(super) fn describe(self, document: &str) -> DecodeError {
        match self {
            Self::TooDeep => DecodeError::TooDeep,
            Self::TooManyValues => DecodeError::TooManyValues,
            Self::OutOfMemory => DecodeError::OutOfMemory,
            Self::Plain(message) => DecodeError::Malformed(message),
            Self::At(byte, message) => {
                let before = document.get(..byte).unwrap_or(document);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                let char = before.chars().count();
                DecodeError::Malformed(format!("{message}: line {line} column {column} (char {char})"))
            }
        }
    }
}

/// Reads the string whose opening quote is at `at`, and moves `at` past its closing quote.
pub(super) fn scan_string(text: &str, at: &mut usize) -> Result<Result<String, IllFormed>, ScanError> {
    let begin = *at;
    let unterminated = ScanError::at(begin, "Unterminated string starting at");
    let mut from = begin + 1;
    let mut content = TextBuilder::default();
    loop {
        let rest = text.get(from..).unwrap_or_default();
        let Some(length) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ') else {
            return Err(unterminated);
        };
        let (plain, special) = rest.split_at_checked(length).unwrap_or_default();
        content.push_str(plain);
        from += length;
        match special.as_bytes() {
            [b'"', ..] => {
                *at = from + 1;
                return Ok(content.finish());
            }
            [b'\\'] => return Err(unterminated),
            [b'\\', b'u', ..] => from += unicode_escape(special, from, &mut content)?,
            [b'\\', escape, ..] => {
                let point = match escape {
                    b'"' | b'\\' | b'/' => *escape,
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return Err(ScanError::at(from, "Invalid \\escape")),
                };
                content.push(point.into());
                from += 2;
            }
            _ => return Err(ScanError::at(from, "Invalid control character at")),
        }
    }
}

/// Reads one `\uXXXX`, or two that form a surrogate pair. Returns their length.
fn unicode_escape(escape: &str, at: usize, content: &mut TextBuilder) -> Result<usize, ScanError> {
    let first = four_digits(escape).ok_or(ScanError::at(at + 1, "Invalid \\uXXXX escape"))?;
    let next = escape.get(6..).unwrap_or_default();
    if (0xD800..0xDC00).contains(&first) && next.starts_with("\\u") {
        let second = four_digits(next).ok_or(ScanError::at(at + 7, "Invalid \\uXXXX escape"))?;
        if (0xDC00..0xE000).contains(&second) {
            content.push(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            return Ok(12);
        }
    }
    content.push(first);
    Ok(6)
}

/// The four hexadecimal digits after `\u`. CPython requires one more character after them.
fn four_digits(escape: &str) -> Option<u32> {
    let digits = escape.get(2..6).filter(|_| escape.len() > 6)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Collects text. Switches to code points at the first lone surrogate.
#[derive(Default)]
struct TextBuilder {
    text: String,
    ill_formed: Option<Vec<u32>>,
}

impl TextBuilder {
    fn push_str(&mut self, plain: &str) {
        match &mut self.ill_formed {
            Some(points) => points.extend(plain.chars().map(u32::from)),
            None => self.text.push_str(plain),
        }
    }

    fn push(&mut self, point: u32) {
        match (&mut self.ill_formed, char::from_u32(point)) {
            (Some(points), _) => points.push(point),
            (None, Some(c)) => self.text.push(c),
            (None, None) => {
                self.ill_formed = Some(self.text.chars().map(u32::from).chain([point]).collect());
            }
        }
    }

    fn finish(self) -> Result<String, IllFormed> {
        match self.ill_formed {
            Some(points) => IllFormed::from_code_points(points),
            None => Ok(self.text),
        }
    }
}
