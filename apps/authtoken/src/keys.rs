//! Keys that secret scanners find (`TOKEN_PREFIX`): `vit_`, 30 random letters and digits, and a checksum of 6.
//!
//! They have 40 characters, as many as the column of Django REST framework's own keys, so it accepts them too. The prefix ends
//! with an underscore, which no key of Django REST framework has. Never change the prefix of stored keys: their checksum covers
//! it.

use std::fmt;
use std::str::FromStr;

use vitamin_framework::crypto::get_random_string;

/// Characters before the checksum: the prefix, and 178 random bits.
const CHECKED: usize = PREFIX + RANDOM;
const PREFIX: usize = 4;
const RANDOM: usize = 30;
/// 62⁶ is the first power of 62 above 2³².
const CHECKSUM: usize = 6;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `TOKEN_PREFIX`: three ASCII letters or digits, and an underscore.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyPrefix([u8; PREFIX]);

impl FromStr for KeyPrefix {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match *value.as_bytes() {
            [a, b, c, b'_'] if [a, b, c].iter().all(u8::is_ascii_alphanumeric) => Ok(Self([a, b, c, b'_'])),
            _ => Err("it is not three ASCII letters or digits and an underscore, such as vit_"),
        }
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| fmt::Write::write_char(f, char::from(*byte)))
    }
}

impl fmt::Debug for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl KeyPrefix {
    /// Generates a key.
    pub(crate) fn generate_key(self) -> String {
        let mut key = format!("{self}{}", get_random_string(RANDOM));
        key.extend(checksum(key.as_bytes()).map(char::from));
        key
    }

    /// Whether a key has this prefix, but not the checksum that belongs to it. No such key was ever issued.
    pub(crate) fn is_mistyped(self, key: &str) -> bool {
        let key = key.as_bytes();
        let is_whole = || key.split_at_checked(CHECKED).is_some_and(|(start, end)| end == checksum(start));
        key.starts_with(&self.0) && !is_whole()
    }
}

/// The CRC-32 of zlib and PNG (ISO 3309) in base 62, most significant digit first.
fn checksum(text: &[u8]) -> [u8; CHECKSUM] {
    let mut rest = crc32fast::hash(text);
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        let value = usize::try_from(rest % 62).unwrap_or_default();
        *digit = DIGITS.get(value).copied().unwrap_or_default();
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefix() -> KeyPrefix {
        "vit_".parse().unwrap()
    }

    /// The expected checksums are those of Python's `zlib.crc32`, written by the function in docs/security.md.
    #[test]
    fn the_checksum_is_zlib_s() {
        for (text, expected) in [
            ("", "000000"),
            ("vit_000000000000000000000000000000", "1xp1I5"),
            ("vit_abcdefghijABCDEFGHIJ0123456789", "1y3DP6"),
        ] {
            assert_eq!(checksum(text.as_bytes()), expected.as_bytes(), "{text}");
        }
    }

    #[test]
    fn a_prefix_has_three_letters_or_digits_and_an_underscore() {
        for bad in ["", "vit", "vit-", "vita", "_it_", "vi__", "vitä", "vité_", "vita_", "v t_"] {
            assert!(bad.parse::<KeyPrefix>().is_err(), "{bad:?}");
        }
        assert_eq!(prefix().to_string(), "vit_");
    }

    #[test]
    fn keys_differ_and_fit_the_scanner_s_pattern() {
        let keys: std::collections::HashSet<String> = (0..1000).map(|_| prefix().generate_key()).collect();
        assert_eq!(keys.len(), 1000);
        for key in keys {
            let rest = key.strip_prefix("vit_").unwrap();
            assert!(rest.len() == 36 && rest.chars().all(|c| c.is_ascii_alphanumeric()), "{key}");
            assert!(!prefix().is_mistyped(&key), "{key}");
        }
    }

    #[test]
    fn only_keys_of_the_prefix_are_judged() {
        for other in ["", "vit", "abc_0000", "0123456789abcdef0123456789abcdef01234567", "VIT_000"] {
            assert!(!prefix().is_mistyped(other), "{other}");
        }
        let key = prefix().generate_key();
        assert!(prefix().is_mistyped("vit_"));
        assert!(prefix().is_mistyped(&format!("{key}0")));
        assert!(prefix().is_mistyped(key.get(..39).unwrap()));
    }

    proptest! {
        /// CRC-32 finds every change within 32 bits, and so of one character or of two neighbours.
        #[test]
        fn a_wrong_character_or_a_swap_is_found(at in 4..40_usize, letter in "[0-9A-Za-z]") {
            let key = prefix().generate_key();
            let mut wrong = key.clone();
            wrong.replace_range(at..=at, &letter);
            prop_assert_eq!(prefix().is_mistyped(&wrong), wrong != key);
            if at < 39 {
                let mut swapped = key.clone().into_bytes();
                swapped.swap(at, at + 1);
                let swapped = String::from_utf8(swapped).unwrap();
                prop_assert_eq!(prefix().is_mistyped(&swapped), swapped != key);
            }
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in ".*") {
            prefix().is_mistyped(&text);
            prefix().is_mistyped(&format!("vit_{text}"));
        }
    }
}
