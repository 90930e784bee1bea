//! The character sets that a request may name, under Python's names, after `get_encoding` in
//! `rest_framework/parsers.py` and Python's `codecs`.

use std::borrow::Cow;

use encoding_rs::Encoding;

use super::parameters::HeaderParameters;

/// A text encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, Django's `DEFAULT_CHARSET`.
    #[default]
    Utf8,
    /// ISO 8859-1, every byte a character; not the web's, which is Windows-1252.
    Latin1,
    /// US-ASCII: bytes above 127 are errors.
    Ascii,
    /// Any other that browsers know.
    Other(&'static Encoding),
}

/// The Content-Type names a charset that is no text encoding, or one that is not supported. The text is
/// Django REST framework's; the view answers 400 with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedCharset(String);

impl std::fmt::Display for UnsupportedCharset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Unsupported charset \"{}\" in request Content-Type header.", self.0)
    }
}

impl std::error::Error for UnsupportedCharset {}

impl Charset {
    /// The text encoding called `label`, None if there is none or it is not supported.
    pub fn lookup(label: &str) -> Option<Self> {
        match &*normalize(label) {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" | "utf8_ucs2" | "utf8_ucs4" => Some(Self::Utf8),
            "latin_1" | "latin1" | "latin" | "l1" | "iso8859_1" | "iso_8859_1" | "iso8859" | "8859"
            | "cp819" | "ibm819" | "iso_ir_100" | "csisolatin1" | "iso_8859_1_1987" => Some(Self::Latin1),
            "ascii" | "us_ascii" | "us" | "646" | "iso646_us" | "iso_ir_6" | "cp367" | "ibm367"
            | "csascii" | "iso_646.irv_1991" | "ansi_x3.4_1968" | "ansi_x3.4_1986" | "ansi_x3_4_1968" => {
                Some(Self::Ascii)
            }
            normal => [label, normal, &normal.replace('_', "-")]
                .into_iter()
                .find_map(|name| Encoding::for_label_no_replacement(name.as_bytes()))
                .map(|found| if found == encoding_rs::UTF_8 { Self::Utf8 } else { Self::Other(found) }),
        }
    }

    /// Whether `label` is one of Python's codecs that do not make text.
    pub fn is_binary(label: &str) -> bool {
        let name = normalize(label);
        let name = name.strip_suffix("_codec").unwrap_or(&name);
        let known =
            ["base64", "base_64", "bz2", "hex", "quopri", "quoted_printable", "quotedprintable", "uu"];
        known.contains(&name) || ["zip", "zlib", "rot13", "rot_13", "undefined"].contains(&name)
    }

    /// The encoding of a request's body and query string: what its Content-Type's `charset` says, UTF-8
    /// without one or where nobody knows it.
    ///
    /// # Errors [`UnsupportedCharset`] for Python's codecs that make no text, and for those that are not
    /// supported here.
    pub fn of_request(content_type: &HeaderParameters<'_>) -> Result<Self, UnsupportedCharset> {
        let Some(label) = content_type.get("charset") else { return Ok(Self::default()) };
        match Self::lookup(label) {
            Some(charset) => Ok(charset),
            None if Self::is_binary(label) || is_foreign(label) => Err(UnsupportedCharset(label.clone())),
            None => Ok(Self::default()),
        }
    }

    /// Decodes `bytes`, with U+FFFD for what is invalid: Python's `errors="replace"`.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Latin1 => super::latin1(bytes),
            Self::Ascii if bytes.is_ascii() => super::latin1(bytes),
            Self::Ascii => {
                let text = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' };
                Cow::Owned(bytes.iter().map(text).collect())
            }
            Self::Other(encoding) => encoding.decode_with_bom_removal(bytes).0,
        }
    }

    /// Decodes `bytes`, None if any of them is invalid.
    pub fn decode_strict(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Latin1 => Some(super::latin1(bytes)),
            Self::Ascii => bytes.is_ascii().then(|| super::latin1(bytes)),
            Self::Other(encoding) => {
                let (text, had_errors) = encoding.decode_with_bom_removal(bytes);
                (!had_errors).then_some(text)
            }
        }
    }
}

/// Python's `encodings.normalize_encoding`, in lower case.
fn normalize(label: &str) -> String {
    let mut name = String::with_capacity(label.len());
    let mut punctuation = false;
    for character in label.chars() {
        if !(character.is_alphanumeric() || character == '.') {
            punctuation = true;
            continue;
        }
        if punctuation && !name.is_empty() {
            name.push('_');
        }
        punctuation = false;
        if character.is_ascii() {
            name.push(character.to_ascii_lowercase());
        }
    }
    name
}

/// Whether Python decodes `label` and this program does not: to take it for UTF-8 would garble what was sent.
fn is_foreign(label: &str) -> bool {
    let name = normalize(label);
    let numbered = |prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|tail| tail.bytes().next().is_some_and(|byte| byte.is_ascii_digit()))
    };
    let families = ["utf_7", "utf7", "utf_32", "utf32", "utf_8_sig", "mac_", "hz", "iso2022", "euc_jis"];
    let rest = ["punycode", "idna", "johab", "big5hkscs", "unicode_escape", "raw_unicode_escape"];
    ["cp", "ibm", "windows_"].into_iter().any(numbered)
        || families.iter().any(|family| name.starts_with(family))
        || rest.contains(&name.as_str())
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
            ("windows-1252", Some(Charset::Other(encoding_rs::WINDOWS_1252))),
            ("cp1252", Some(Charset::Other(encoding_rs::WINDOWS_1252))),
            ("shift_jis", Some(Charset::Other(encoding_rs::SHIFT_JIS))),
            ("nothing", None),
            ("", None),
        ] {
            assert_eq!(Charset::lookup(label), expected, "{label:?}");
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
        assert_eq!(Charset::Utf8.decode(b"a\xff\xc3\xa9\xe2\x82"), "a\u{fffd}\u{e9}\u{fffd}");
        assert_eq!(Charset::Latin1.decode(b"\xe9"), "\u{e9}");
        assert_eq!(Charset::Ascii.decode(b"a\xe9\xe9"), "a\u{fffd}\u{fffd}");
        assert_eq!(Charset::Other(encoding_rs::WINDOWS_1252).decode(b"\x80"), "\u{20ac}");
        assert_eq!(Charset::Utf8.decode_strict(b"\xe9"), None);
        assert_eq!(Charset::Ascii.decode_strict(b"\xe9"), None);
        assert_eq!(Charset::Latin1.decode_strict(b"\xe9").as_deref(), Some("\u{e9}"));
    }
}
