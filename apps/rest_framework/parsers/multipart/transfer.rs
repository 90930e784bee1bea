//! Base64 transfer encoding with the leniency of Python's `base64.b64decode`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes `encoded`, ignoring what is not of the alphabet and all that follows the padding; None if the
/// padding is incomplete.
pub(super) fn b64decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut symbols = Vec::with_capacity(encoded.len());
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
    LENIENT.decode(symbols).ok()
}

/// Decodes a file's content, which without white space must be a multiple of four characters.
pub(super) fn b64decode_file(encoded: &[u8]) -> Option<Bytes> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let symbols = encoded.iter().filter(|byte| !is_space(byte)).count();
    symbols.is_multiple_of(4).then(|| b64decode(encoded).map(Bytes::from)).flatten()
}
