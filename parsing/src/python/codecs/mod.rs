//! The charsets of requests, with Python's names (`get_encoding` in `rest_framework/parsers.py`, Python's `codecs` and
//! `encodings.aliases`).

mod decode;
mod names;

use encoding_rs::Encoding;
use percent_encoding::percent_decode;

use self::names::PythonCodec;
use crate::mediatypes::parameters::HeaderParameters;

/// A character encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, Django's `DEFAULT_CHARSET`. A byte order mark is part of the text.
    #[default]
    Utf8,
    /// UTF-8. A byte order mark is dropped.
    Utf8Sig,
    /// UTF-16. If the label names no byte order, the text should start with a byte order mark.
    Utf16(Option<Order>),
    /// UTF-32, with the same rule.
    Utf32(Option<Order>),
    /// ISO 8859-1: every byte is a character. (The WHATWG's `iso-8859-1` is Windows-1252 instead.)
    Latin1,
    /// US-ASCII: bytes above 127 are errors.
    Ascii,
    /// A legacy encoding of the WHATWG's standard.
    Legacy(&'static Encoding),
    /// A Python codec of which only ASCII is supported, without these characters, which it decodes differently.
    /// [`Charset::of_body`] rejects other bodies.
    AsciiOnly(&'static str),
}

/// The byte order of a code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least significant byte first.
    Little,
    /// The most significant byte first.
    Big,
}

/// The label names a codec that does not decode text (`bz2`), or that is not or only partly supported (EBCDIC, UTF-7).
/// The view answers 400 with this message, which is Django REST framework's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unsupported charset \"{0}\" in request Content-Type header.")]
pub struct UnsupportedCharset(String);

impl Charset {
    /// The charset of this label, or `None` if Python does not know it.
    ///
    /// # Errors
    /// [`UnsupportedCharset`] if Python knows the label, but this program cannot decode it. Decoding as UTF-8 instead
    /// would garble the text.
    pub fn lookup(label: &str) -> Result<Option<Self>, UnsupportedCharset> {
        let name = normalize(label);
        Ok(Some(match name.as_str() {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" | "utf8_ucs2" | "utf8_ucs4" => Self::Utf8,
            "utf_8_sig" => Self::Utf8Sig,
            "utf_16" | "u16" | "utf16" => Self::Utf16(None),
            "utf_16_le" | "utf_16le" | "unicodelittleunmarked" => Self::Utf16(Some(Order::Little)),
            "utf_16_be" | "utf_16be" | "unicodebigunmarked" => Self::Utf16(Some(Order::Big)),
            "utf_32" | "u32" | "utf32" => Self::Utf32(None),
            "utf_32_le" | "utf_32le" => Self::Utf32(Some(Order::Little)),
            "utf_32_be" | "utf_32be" => Self::Utf32(Some(Order::Big)),
            "latin_1" | "latin1" | "latin" | "l1" | "iso8859_1" | "iso_8859_1" | "iso8859" | "8859"
            | "cp819" | "ibm819" | "iso_ir_100" | "csisolatin1" | "iso_8859_1_1987" | "charmap" => {
                Self::Latin1
            }
            "ascii" | "us_ascii" | "us" | "646" | "iso646_us" | "iso_ir_6" | "cp367" | "ibm367"
            | "csascii" | "iso_646.irv_1991" | "ansi_x3.4_1968" | "ansi_x3.4_1986" | "ansi_x3_4_1968" => {
                Self::Ascii
            }
            name => match PythonCodec::find(name) {
                Some(PythonCodec::Legacy(encoding)) => Self::Legacy(encoding),
                Some(PythonCodec::AsciiOnly(excluded)) => Self::AsciiOnly(excluded),
                Some(_) => return Err(UnsupportedCharset(label.to_owned())),
                None => return Ok(None),
            },
        }))
    }

    /// The charset of a request's body and query string: the `charset` of its Content-Type, or UTF-8 if that is missing
    /// or unknown.
    ///
    /// # Errors
    /// As [`Charset::lookup`].
    pub fn of_request(content_type: &HeaderParameters<'_>) -> Result<Self, UnsupportedCharset> {
        let label = content_type.get("charset").map_or("utf-8", String::as_str);
        Ok(Self::lookup(label)?.unwrap_or_default())
    }

    /// [`Charset::of_request`], checked against the body.
    ///
    /// # Errors
    /// As [`Charset::lookup`], and for a body that this program cannot decode in its charset.
    pub fn of_body(content_type: &HeaderParameters<'_>, body: &[u8]) -> Result<Self, UnsupportedCharset> {
        let charset = Self::of_request(content_type)?;
        let Self::AsciiOnly(excluded) = charset else { return Ok(charset) };
        let is_plain = |byte: u8| byte.is_ascii() && !excluded.as_bytes().contains(&byte);
        // Percent escapes in a form encode bytes of the charset.
        if body.iter().copied().all(is_plain) && percent_decode(body).all(is_plain) {
            return Ok(charset);
        }
        Err(UnsupportedCharset(content_type.get("charset").cloned().unwrap_or_default()))
    }

    /// Whether the label names a Python codec that does not decode text.
    #[must_use]
    pub fn is_binary(label: &str) -> bool {
        PythonCodec::find(&normalize(label)) == Some(PythonCodec::Binary)
    }
}

/// Python's `encodings.normalize_encoding`, in lower case.
fn normalize(label: &str) -> String {
    let words = label.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    name.retain(|c| c.is_ascii());
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mediatypes::parameters::parse_header_parameters;

    #[test]
    fn lookup_matches_python() {
        for (label, expected) in [
            ("utf-8", Some(Charset::Utf8)),
            ("UTF8", Some(Charset::Utf8)),
            ("Latin-1", Some(Charset::Latin1)),
            ("ISO-8859-1", Some(Charset::Latin1)),
            ("us-ascii", Some(Charset::Ascii)),
            ("windows-1252", Some(Charset::Legacy(encoding_rs::WINDOWS_1252))),
            ("cp1252", Some(Charset::Legacy(encoding_rs::WINDOWS_1252))),
            ("1252", Some(Charset::Legacy(encoding_rs::WINDOWS_1252))),
            ("shift_jis", Some(Charset::Legacy(encoding_rs::SHIFT_JIS))),
            ("iso2022_jp", Some(Charset::Legacy(encoding_rs::ISO_2022_JP))),
            ("x-sjis", None),
            ("x-user-defined", None),
            ("ucs-2", None),
            ("windows-874", None),
            ("nothing", None),
            ("", None),
        ] {
            assert_eq!(Charset::lookup(label), Ok(expected), "{label:?}");
        }
    }

    #[test]
    fn a_missing_or_unknown_charset_is_utf_8_and_an_unsupported_one_fails() {
        for (header, expected) in [
            ("text/plain", Ok(Charset::Utf8)),
            ("text/plain; charset=latin1", Ok(Charset::Latin1)),
            ("text/plain; charset=nothing", Ok(Charset::Utf8)),
            ("text/plain; charset=bz2_codec", Err("bz2_codec")),
            ("text/plain; charset=base64", Err("base64")),
            ("text/plain; charset=cp037", Err("cp037")),
        ] {
            let actual = Charset::of_request(&parse_header_parameters(header).unwrap());
            assert_eq!(actual, expected.map_err(|label| UnsupportedCharset(label.to_owned())), "{header}");
        }
        let message = UnsupportedCharset("hex".to_owned()).to_string();
        assert_eq!(message, "Unsupported charset \"hex\" in request Content-Type header.");
    }

    #[test]
    fn ascii_only_codecs_decode_ascii() {
        for (label, body, is_read) in [
            ("cp437", "{\"a\": \"b\\n+~\"}", true),
            ("cp437", "a=\u{e9}", false),
            ("cp437", "a=%41", true),
            ("cp437", "a=%81", false),
            ("utf-7", "{}", true),
            ("utf-7", "+AHsAfQ-", false),
            ("utf-7", "a=%2BAHs-", false),
            ("unicode_escape", "[1]", true),
            ("unicode_escape", "\"\\u0041\"", false),
            ("cp864", "100%", false),
            ("cp500", "{}", false),
            ("utf-8", "\u{e9}", true),
        ] {
            let header = format!("text/plain; charset={label}");
            let charset = Charset::of_body(&parse_header_parameters(&header).unwrap(), body.as_bytes());
            let expected = if is_read {
                Ok(body)
            } else {
                Err(format!("Unsupported charset \"{label}\" in request Content-Type header."))
            };
            let text = charset.map(|charset| charset.decode_strict(body.as_bytes()).unwrap());
            assert_eq!(text.as_deref().map_err(ToString::to_string), expected, "{label} {body}");
        }
    }

    /// `[bytes as ISO 8859-1 text, charset, bytes.decode(charset), the same with errors="replace"]`, generated with
    /// CPython 3.11.
    #[test]
    fn decoding_matches_python() {
        type Case = (String, String, Option<String>, String);
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/codecs.json")).unwrap();
        assert!(cases.len() > 100);
        for (text, label, strict, lossy) in cases {
            let bytes: Vec<u8> = text.chars().map(|character| u8::try_from(character).unwrap()).collect();
            let charset = Charset::lookup(&label).unwrap().unwrap();
            assert_eq!(charset.decode_strict(&bytes).as_deref(), strict.as_deref(), "{label} {text:?}");
            assert_eq!(charset.decode_lossy(&bytes), lossy, "{label} {text:?}");
        }
    }

    #[test]
    fn invalid_bytes_are_replaced_or_rejected() {
        assert_eq!(Charset::Utf8.decode_lossy(b"a\xff\xc3\xa9\xe2\x82"), "a\u{fffd}\u{e9}\u{fffd}");
        assert_eq!(Charset::Latin1.decode_lossy(b"\xe9"), "\u{e9}");
        assert_eq!(Charset::Ascii.decode_lossy(b"a\xe9\xe9"), "a\u{fffd}\u{fffd}");
        assert_eq!(Charset::Legacy(encoding_rs::WINDOWS_1252).decode_lossy(b"\x80"), "\u{20ac}");
        assert_eq!(Charset::Utf8.decode_strict(b"\xe9"), None);
        assert_eq!(Charset::Ascii.decode_strict(b"\xe9"), None);
        assert_eq!(Charset::Latin1.decode_strict(b"\xe9").as_deref(), Some("\u{e9}"));
    }
}
