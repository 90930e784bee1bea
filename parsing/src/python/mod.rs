//! The parts of CPython's library that are visible to clients: `str()` of text and numbers, codecs, base64, `re`.
//!
//! The tests compare them with CPython 3.11.

pub mod base64;
pub mod codecs;
mod number;
mod regex;
mod text;

pub use self::number::int;
pub use self::regex::{Regex, is_word};
pub(crate) use self::text::layout;
pub use self::text::{float_repr, is_space, repr, str, strip};
