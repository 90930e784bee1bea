//! JSON decoding and encoding, as in CPython's `json` and Django REST framework's parser and renderer.

pub mod decode;
pub mod encode;
mod finite;
mod string;

pub use self::decode::{DecodeError, Limits, decode, decode_within};
pub use self::encode::{detail_to_bytes, to_bytes, write, write_float, write_str};

#[cfg(test)]
mod tests;
