//! What CPython's own library does where a client sees it: text and numbers as `str()` writes them, codecs, base64.
//!
//! Everything here is compared with what CPython 3.11 answers.

pub mod base64;
pub mod codecs;
mod number;
mod text;

pub use self::number::int;
pub(crate) use self::text::layout;
pub use self::text::{float_repr, is_space, repr, str, strip};
