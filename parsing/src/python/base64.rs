//! Python's `base64`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Python's `base64.b64encode`.
pub fn b64encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Decodes `encoded`. Ignores characters outside of the alphabet and everything after the padding. `None` if the padding
/// is incomplete.
pub fn b64decode(encoded: &[u8]) -> Option<Vec<u8>> {
    // They may be a password's.
    let mut symbols = Zeroizing::new(Vec::with_capacity(encoded.len()));
    let (mut pads, mut padded) = (0, false);
    for byte in encoded {
        let position = symbols.len() % 4;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') {
            pads = 0;
            symbols.push(*byte);
        } else if *byte == b'=' && position >= 2 {
            pads += 1;
            padded = position + pads >= 4;
            if padded {
                break;
            }
        }
    }
    if !padded && !symbols.len().is_multiple_of(4) {
        return None;
    }
    LENIENT.decode(&*symbols).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are CPython's.
    #[test]
    fn malformed_text_is_decoded_as_in_python() {
        for (text, expected) in [
            ("Q==Jc!-=", Some("4097")),
            ("==cU/J", Some("714fc9")),
            ("a/-+c", Some("6bff9c")),
            ("/J+/", Some("fc9fbf")),
            ("++J=J+=c", Some("fbe2")),
            ("bb//=", Some("6dbfff")),
            ("=bQb+", Some("6d06fe")),
            ("c!U!/=c+J", Some("714f")),
            ("b!!=DcQ", Some("6c3710")),
            ("==+bDQ", Some("f9b0d0")),
            ("=Ub!=c==", Some("51b7")),
            ("aU=Qb=", Some("69441b")),
            ("Ub=+=JDa-", Some("51bf")),
            ("J/!=bU", Some("27f6d4")),
            ("Jb=J/=", Some("25b27f")),
            ("-aJ==+=!J", Some("68")),
            ("Ua+D=", Some("51af83")),
            ("-=Dc=J==-", Some("0dc2")),
            ("=JaQ=a", Some("25a4")),
            ("=DQUa-Q/Dc", Some("0d051a43f0dc")),
            ("-Dc+=-+-", Some("0dcf")),
            ("/-DD=", Some("fc30")),
            ("DUaU", Some("0d4694")),
            ("QcJ/-JJ+U-", Some("41c27f249f94")),
            ("+D!D==c!-b", Some("f830")),
            ("baba", Some("6da6da")),
            ("Jb==", Some("25")),
            ("J-Jc-==", Some("2497")),
            ("bcD=UJ+", Some("6dc0")),
            ("!=+=--DJa", Some("f8325a")),
            ("Q//", None),
            ("=b", None),
            ("-+==", None),
            ("=c!Q=", None),
            ("Q=", None),
            ("+/", None),
            ("Q==Q", None),
            ("JJ+-", None),
            ("D!Q", None),
            ("c+Q/+aQ-cb", None),
        ] {
            let actual = b64decode(text.as_bytes());
            let actual =
                actual.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            assert_eq!(actual.as_deref(), expected, "{text:?}");
        }
    }
}
