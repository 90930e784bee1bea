//! Random strings, keyed hashes and comparisons that tell nothing by their timing, after
//! `django/utils/crypto.py`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The alphabet of [`get_random_string`], in the order of Django's `RANDOM_STRING_CHARS`.
pub const RANDOM_STRING_CHARS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A random string of `length` ASCII letters and digits, each with log2(62) ≈ 5.95 bits from the operating
/// system's generator.
///
/// # Panics
/// If the operating system gives no random bytes.
pub fn get_random_string(length: usize) -> String {
    // The greatest multiple of 62 that fits a byte: greater bytes are drawn again, else the first letters
    // come out more often than the last.
    const UNBIASED: u8 = 248;
    let mut out = String::with_capacity(length);
    let mut buffer = [0u8; 64];
    while out.len() < length {
        fill_random(&mut buffer);
        let letters = buffer.iter().filter(|byte| **byte < UNBIASED);
        let letters = letters.filter_map(|byte| RANDOM_STRING_CHARS.get(usize::from(byte % 62)));
        out.extend(letters.take(length - out.len()).map(|letter| char::from(*letter)));
    }
    out
}

/// Fills `buffer` from the operating system's generator.
///
/// # Panics
/// If the operating system gives no random bytes.
#[expect(clippy::expect_used, reason = "a secret that is not random is worse than a request that fails")]
pub fn fill_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system gives random bytes");
}

/// Whether `a` and `b` are equal, in a time that depends on their lengths alone.
pub fn constant_time_compare(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// HMAC-SHA256 of `value` under the key SHA256(`key_salt` + `secret`): Django's `salted_hmac` with
/// `algorithm="sha256"`. Every use has a `key_salt` of its own.
pub fn salted_hmac(key_salt: &str, value: &[u8], secret: &[u8]) -> [u8; 32] {
    let key = Sha256::new().chain_update(key_salt).chain_update(secret).finalize();
    // HMAC pads a short key with zeros to its block of 64 bytes; a key of just that size can't be refused.
    let mut block = [0u8; 64];
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = byte;
    }
    Hmac::<Sha256>::new(&block.into()).chain_update(value).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn salted_hmac_is_djangos() {
        for (salt, value, secret, expected) in [
            ("", "", "", "bfe4527091e7291c5b9a9359c579a97302ba3a7d969994f80a562db7bad4315c"),
            (
                "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash",
                "pbkdf2_sha256$1$x$y",
                "secret",
                "465a3bcc8bb84090028835b3ef4c6693f82625a7b11cea2569d7caddb817c066",
            ),
            (
                "é",
                "välue",
                "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
                "c7b54ca126ce3f4f2370f8bf4594d2dbd1d1d52eb1e92e01055e73991c9b1e7e",
            ),
            (
                "salt",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "",
                "2febc6868de84d8579f66a6e72341ac79cb24f3c8344aec87a29fabe6e2cbf3c",
            ),
        ] {
            assert_eq!(hex(&salted_hmac(salt, value.as_bytes(), secret.as_bytes())), expected, "{salt:?}");
        }
    }

    #[test]
    fn random_strings_have_the_length_the_alphabet_and_no_bias() {
        for length in [0, 1, 22, 32, 40, 50, 64, 65, 129] {
            assert_eq!(get_random_string(length).len(), length);
        }
        let text = get_random_string(62_000);
        for letter in RANDOM_STRING_CHARS {
            // 1000 expected, standard deviation 31.4: eight of them leave room for no bias of a modulo (+21
            // %).
            let count = text.bytes().filter(|byte| byte == letter).count();
            assert!(count.abs_diff(1000) < 200, "{} came {count} times", char::from(*letter));
        }
        assert_ne!(get_random_string(32), get_random_string(32));
    }

    #[test]
    fn comparison_is_equality() {
        assert!(constant_time_compare(b"", b""));
        assert!(constant_time_compare(b"abc", b"abc"));
        assert!(!constant_time_compare(b"abc", b"abd"));
        assert!(!constant_time_compare(b"abc", b"ab"));
        assert!(!constant_time_compare(b"", b"a"));
    }
}
