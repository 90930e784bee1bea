//! Random strings, keyed hashes and constant-time comparison, after `django/utils/crypto.py`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
/// A value that is overwritten when it is dropped: for passwords.
pub use zeroize::Zeroizing;

/// The alphabet of [`get_random_string`], in the order of Django's `RANDOM_STRING_CHARS`.
pub const RANDOM_STRING_CHARS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Returns a random string of `length` ASCII letters and digits, each with log2(62) ≈ 5.95 bits from the operating
/// system's generator.
///
/// # Panics
/// If the operating system gives no random bytes.
pub fn get_random_string(length: usize) -> String {
    // The greatest multiple of 62 in a byte. Bytes from there on are dropped, otherwise the first letters would be more
    // frequent.
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

/// Compares `a` and `b` in a time that depends only on their lengths.
pub fn constant_time_compare(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// HMAC-SHA256 of `value` under the key SHA256(`key_salt` + `secret`): Django's `salted_hmac` with
/// `algorithm="sha256"`. Each use has its own `key_salt`.
pub fn salted_hmac(key_salt: &str, value: &[u8], secret: &[u8]) -> [u8; 32] {
    let key = Sha256::new().chain_update(key_salt).chain_update(secret).finalize();
    // HMAC pads a short key with zeros to its block size of 64 bytes. A key of exactly that size is infallible.
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
    fn salted_hmac_matches_django() {
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
    fn random_strings_have_the_right_length_and_are_unbiased() {
        for length in [0, 1, 22, 32, 40, 50, 64, 65, 129] {
            assert_eq!(get_random_string(length).len(), length);
        }
        let text = get_random_string(62_000);
        for letter in RANDOM_STRING_CHARS {
            // Expected 1000, standard deviation 31.4: a limit of 200 still catches the bias of a plain modulo (+21 %).
            let count = text.bytes().filter(|byte| byte == letter).count();
            assert!(count.abs_diff(1000) < 200, "{} occurs {count} times", char::from(*letter));
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
