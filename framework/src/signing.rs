//! Signed, timestamped and optionally compressed JSON as URL-safe text: `dumps` and `loads` of
//! `django/core/signing.py`, in Django's format.

mod python_json;

use std::io::{Read, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Serialize, de::DeserializeOwned};

use self::python_json::standardize;
use super::crypto::{constant_time_compare, salted_hmac};

const BASE62_ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Why signing or verifying failed. Messages never contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningError {
    /// The text has no colon.
    NoSeparator,
    /// No key matches the signature.
    DoesNotMatch,
    /// `SignatureExpired`: older than `max_age`.
    Expired,
    /// The signature is valid, but the timestamp is missing or the data have another type.
    Malformed,
    /// No key to sign with.
    NoKey,
}

impl std::fmt::Display for SigningError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::NoSeparator => "No \":\" found in value",
            Self::DoesNotMatch => "Signature does not match",
            Self::Expired => "Signature is too old",
            Self::Malformed => "Signed data is malformed",
            Self::NoKey => "There is no key to sign with",
        })
    }
}

impl std::error::Error for SigningError {}

/// Signs `value` with the first of `keys`. Each purpose has its own `salt`, so a text signed for one purpose is invalid
/// for another. With `compress`, zlib is used if it makes the text shorter.
///
/// # Errors
/// [`SigningError::NoKey`]; [`SigningError::Malformed`] if `value` cannot be JSON.
pub fn dumps<T: Serialize>(
    value: &T,
    keys: &[&[u8]],
    salt: &str,
    compress: bool,
) -> Result<String, SigningError> {
    dumps_at(value, keys, salt, compress, now().as_secs())
}

/// Verifies and decodes a text of [`dumps`]. Any of `keys` may have signed it: `SECRET_KEY` or its
/// `SECRET_KEY_FALLBACKS`.
///
/// # Errors
/// [`SigningError`]; [`SigningError::Expired`] only with a `max_age`.
pub fn loads<T: DeserializeOwned>(
    signed: &str,
    keys: &[&[u8]],
    salt: &str,
    max_age: Option<Duration>,
) -> Result<T, SigningError> {
    loads_at(signed, keys, salt, max_age, now())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn signature(value: &str, key: &[u8], salt: &str) -> String {
    URL_SAFE_NO_PAD.encode(salted_hmac(&format!("{salt}signer"), value.as_bytes(), key))
}

/// `timestamp`: seconds since 1970.
fn dumps_at<T: Serialize>(
    value: &T,
    keys: &[&[u8]],
    salt: &str,
    compress: bool,
    timestamp: u64,
) -> Result<String, SigningError> {
    let key = keys.first().ok_or(SigningError::NoKey)?;
    let json = ascii_json(&serde_json::to_string(value).map_err(|_| SigningError::Malformed)?);
    let compressed = if compress { deflate(json.as_bytes()) } else { None };
    let data = match compressed.filter(|data| data.len() + 1 < json.len()) {
        Some(data) => format!(".{}", URL_SAFE_NO_PAD.encode(data)),
        None => URL_SAFE_NO_PAD.encode(json),
    };
    Ok(sign(&data, key, salt, timestamp))
}

/// Signs encoded data.
pub(crate) fn sign(data: &str, key: &[u8], salt: &str, timestamp: u64) -> String {
    let value = format!("{data}:{}", b62_encode(timestamp));
    let signature = signature(&value, key, salt);
    format!("{value}:{signature}")
}

fn loads_at<T: DeserializeOwned>(
    signed: &str,
    keys: &[&[u8]],
    salt: &str,
    max_age: Option<Duration>,
    now: Duration,
) -> Result<T, SigningError> {
    let (value, given) = signed.rsplit_once(':').ok_or(SigningError::NoSeparator)?;
    let signed_by =
        |key: &&[u8]| constant_time_compare(given.as_bytes(), signature(value, key, salt).as_bytes());
    if !keys.iter().any(signed_by) {
        return Err(SigningError::DoesNotMatch);
    }
    let (data, timestamp) = value.rsplit_once(':').ok_or(SigningError::Malformed)?;
    let timestamp = Duration::from_secs(b62_decode(timestamp).ok_or(SigningError::Malformed)?);
    if max_age.is_some_and(|max_age| now.saturating_sub(timestamp) > max_age) {
        return Err(SigningError::Expired);
    }
    let json = match data.strip_prefix('.') {
        Some(data) => URL_SAFE_NO_PAD.decode(data).ok().and_then(|data| inflate(&data)),
        None => URL_SAFE_NO_PAD.decode(data).ok(),
    };
    // Python's serializer reads and writes ISO 8859-1, although its JSON is ASCII.
    let json: String = json.ok_or(SigningError::Malformed)?.into_iter().map(char::from).collect();
    serde_json::from_str(&json)
        .or_else(|_| serde_json::from_str(&standardize(&json)))
        .map_err(|_| SigningError::Malformed)
}

fn deflate(data: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).ok()?;
    encoder.finish().ok()
}

/// Has no size limit, so verify the signature first.
fn inflate(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    ZlibDecoder::new(data).read_to_end(&mut out).ok()?;
    Some(out)
}

/// Escapes all but printable ASCII, like Python's `json.dumps`. Such characters occur only in strings.
fn ascii_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && character != '\x7f' {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

fn b62_encode(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = usize::try_from(number % 62).unwrap_or_default();
        digits.extend(BASE62_ALPHABET.get(digit).map(|digit| char::from(*digit)));
        number /= 62;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// Returns `None` if the text is not a base-62 number of at most 64 bits.
fn b62_decode(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0u64, |sum, byte| {
        let digit = BASE62_ALPHABET.iter().position(|digit| *digit == byte)?;
        sum.checked_mul(62)?.checked_add(u64::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests;
