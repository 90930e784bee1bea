//! The character sets that a request may name, in Python's spellings (`get_encoding` in `rest_framework/parsers.py`,
//! Python's `codecs` and `encodings.aliases`).

mod decode;

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT};

use crate::apps::rest_framework::mediatypes::latin1;
use crate::apps::rest_framework::mediatypes::parameters::HeaderParameters;

/// A way to read bytes as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, Django's `DEFAULT_CHARSET`. A byte order mark is text.
    #[default]
    Utf8,
    /// UTF-8. A byte order mark is dropped.
    Utf8Sig,
    /// UTF-16. Without an order named in the label the text should start with a mark.
    Utf16(Option<Order>),
    /// UTF-32, likewise.
    Utf32(Option<Order>),
    /// ISO 8859-1, every byte a character; not the web's, which is Windows-1252.
    Latin1,
    /// US-ASCII: bytes above 127 are errors.
    Ascii,
    /// One of the older encodings of the WHATWG's standard.
    Legacy(&'static Encoding),
}

/// The order of the bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least significant byte first.
    Little,
    /// The most significant byte first.
    Big,
}

/// The label names a codec that makes no text (`bz2`), or one that is not supported here (EBCDIC). The text is Django
/// REST framework's; the view answers 400 with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unsupported charset \"{0}\" in request Content-Type header.")]
pub struct UnsupportedCharset(String);

impl Charset {
    /// The charset of this label, or `None` where nobody knows it.
    ///
    /// # Errors
    /// [`UnsupportedCharset`] for what Python knows, and this program can't read text with: to take it for UTF-8 would
    /// garble what was sent.
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
            | "cp819" | "ibm819" | "iso_ir_100" | "csisolatin1" | "iso_8859_1_1987" => Self::Latin1,
            "ascii" | "us_ascii" | "us" | "646" | "iso646_us" | "iso_ir_6" | "cp367" | "ibm367"
            | "csascii" | "iso_646.irv_1991" | "ansi_x3.4_1968" | "ansi_x3.4_1986" | "ansi_x3_4_1968" => {
                Self::Ascii
            }
            name => {
                let labels = [label, name, &name.replace('_', "-")];
                match labels.into_iter().find_map(|label| Encoding::for_label(label.as_bytes())) {
                    Some(encoding) if encoding != REPLACEMENT => Self::Legacy(encoding),
                    None if !is_known_to_python(name) => return Ok(None),
                    _ => return Err(UnsupportedCharset(label.to_owned())),
                }
            }
        }))
    }

    /// The charset of a request's body and query string: what its Content-Type's `charset` says, UTF-8 without one or
    /// where nobody knows it.
    ///
    /// # Errors
    /// As [`Charset::lookup`].
    pub fn of_request(content_type: &HeaderParameters<'_>) -> Result<Self, UnsupportedCharset> {
        let label = content_type.get("charset").map_or("utf-8", String::as_str);
        Ok(Self::lookup(label)?.unwrap_or_default())
    }

    /// Whether the label is one of Python's codecs that do not make text.
    #[must_use]
    pub fn is_binary(label: &str) -> bool {
        let name = normalize(label);
        BINARY.contains(&name.strip_suffix("_codec").unwrap_or(&name))
    }

    /// Decodes bytes, with U+FFFD for what is invalid: Python's `errors="replace"`.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Latin1 => latin1(bytes),
            Self::Ascii if bytes.is_ascii() => latin1(bytes),
            Self::Ascii => {
                let text = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' };
                Cow::Owned(bytes.iter().map(text).collect())
            }
            Self::Legacy(encoding) => encoding.decode_without_bom_handling(bytes).0,
            // Nobody sends these in forms; what is invalid costs the whole value.
            Self::Utf8Sig | Self::Utf16(_) | Self::Utf32(_) => {
                self.decode_stream(bytes).unwrap_or(Cow::Borrowed("\u{fffd}"))
            }
        }
    }

    /// Decodes bytes, `None` if any of them is invalid.
    #[must_use]
    pub fn decode_strict(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            // The stream would drop an incomplete last character.
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            _ => self.decode_stream(bytes).ok(),
        }
    }
}

/// Python's `encodings.normalize_encoding`, in lower case.
fn normalize(label: &str) -> String {
    let words = label.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|word| !word.is_empty());
    let mut name = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    name.retain(|c| c.is_ascii());
    name
}

const BINARY: [&str; 14] = [
    "base64",
    "base_64",
    "bz2",
    "hex",
    "quopri",
    "quoted_printable",
    "quotedprintable",
    "uu",
    "zip",
    "zlib",
    "rot13",
    "rot_13",
    "undefined",
    "charmap",
];

fn is_known_to_python(name: &str) -> bool {
    const FAMILIES: [&str; 12] = [
        "cp", "ibm", "windows_", "mac", "iso2022", "iso_2022", "utf_7", "utf7", "unicode", "euc", "hz",
        "big5",
    ];
    const NAMES: [&str; 8] =
        ["037", "437", "500", "hp_roman8", "idna", "johab", "punycode", "raw_unicode_escape"];
    FAMILIES.iter().any(|family| name.starts_with(family))
        || NAMES.contains(&name)
        || Charset::is_binary(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::rest_framework::mediatypes::parameters::parse_header_parameters;

    #[test]
    fn names_are_pythons() {
        for (label, expected) in [
            ("utf-8", Some(Charset::Utf8)),
            ("UTF8", Some(Charset::Utf8)),
            ("Latin-1", Some(Charset::Latin1)),
            ("ISO-8859-1", Some(Charset::Latin1)),
            ("us-ascii", Some(Charset::Ascii)),
            ("windows-1252", Some(Charset::Legacy(encoding_rs::WINDOWS_1252))),
            ("cp1252", Some(Charset::Legacy(encoding_rs::WINDOWS_1252))),
            ("shift_jis", Some(Charset::Legacy(encoding_rs::SHIFT_JIS))),
            ("nothing", None),
            ("", None),
        ] {
            assert_eq!(Charset::lookup(label), Ok(expected), "{label:?}");
        }
    }

    #[test]
    fn a_request_may_name_none_an_unknown_or_a_forbidden_one() {
        for (header, expected) in [
            ("text/plain", Ok(Charset::Utf8)),
            ("text/plain; charset=latin1", Ok(Charset::Latin1)),
            ("text/plain; charset=nothing", Ok(Charset::Utf8)),
            ("text/plain; charset=bz2_codec", Err("bz2_codec")),
            ("text/plain; charset=base64", Err("base64")),
            ("text/plain; charset=cp037", Err("cp037")),
        ] {
            let found = Charset::of_request(&parse_header_parameters(header).unwrap());
            assert_eq!(found, expected.map_err(|label| UnsupportedCharset(label.to_owned())), "{header}");
        }
        let message = UnsupportedCharset("hex".to_owned()).to_string();
        assert_eq!(message, "Unsupported charset \"hex\" in request Content-Type header.");
    }

    #[test]
    fn invalid_bytes_are_replaced_or_refused() {
        assert_eq!(Charset::Utf8.decode_lossy(b"a\xff\xc3\xa9\xe2\x82"), "a\u{fffd}\u{e9}\u{fffd}");
        assert_eq!(Charset::Latin1.decode_lossy(b"\xe9"), "\u{e9}");
        assert_eq!(Charset::Ascii.decode_lossy(b"a\xe9\xe9"), "a\u{fffd}\u{fffd}");
        assert_eq!(Charset::Legacy(encoding_rs::WINDOWS_1252).decode_lossy(b"\x80"), "\u{20ac}");
        assert_eq!(Charset::Utf8.decode_strict(b"\xe9"), None);
        assert_eq!(Charset::Ascii.decode_strict(b"\xe9"), None);
        assert_eq!(Charset::Latin1.decode_strict(b"\xe9").as_deref(), Some("\u{e9}"));
    }
}
