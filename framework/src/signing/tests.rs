use serde_json::{Value, json};

use super::*;

const SALT: &str = "django.core.signing";

fn unzip(signed: &str) -> Vec<u8> {
    let (data, _) = signed.trim_start_matches('.').split_once(':').unwrap();
    let data = URL_SAFE_NO_PAD.decode(data).unwrap();
    if signed.starts_with('.') { inflate(&data).unwrap() } else { data }
}

/// `[value, salt, compress, key, timestamp, signed]`, made with Django 5.2.
#[test]
fn texts_match_django() {
    type Case = (Value, String, bool, String, u64, String);
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/signing.json")).unwrap();
    assert!(cases.len() > 100);
    for (value, salt, compress, key, timestamp, expected) in cases {
        let keys = [key.as_bytes()];
        assert_eq!(loads::<Value>(&expected, &keys, &salt, None).as_ref(), Ok(&value));
        let signed = dumps_at(&value, &keys, &salt, compress, timestamp).unwrap();
        // zlib's output differs between implementations.
        assert_eq!(unzip(&signed), unzip(&expected));
        assert_eq!(signed.starts_with('.'), expected.starts_with('.'));
        if !signed.starts_with('.') {
            assert_eq!(signed, expected);
        }
        assert_eq!(loads::<Value>(&signed, &keys, &salt, None), Ok(value));
    }
}

#[test]
fn the_first_key_signs_and_any_key_verifies() {
    let signed = dumps(&"text", &[b"old"], SALT, false).unwrap();
    assert_eq!(loads::<String>(&signed, &[b"new", b"older", b"old"], SALT, None).as_deref(), Ok("text"));
    assert_eq!(loads::<String>(&signed, &[b"new"], SALT, None), Err(SigningError::DoesNotMatch));
    assert_eq!(loads::<String>(&signed, &[], SALT, None), Err(SigningError::DoesNotMatch));
    assert_eq!(loads::<String>(&signed, &[b"old"], "other", None), Err(SigningError::DoesNotMatch));
    let signed = dumps(&"text", &[b"new", b"old"], SALT, false).unwrap();
    assert_eq!(loads::<String>(&signed, &[b"new"], SALT, None).as_deref(), Ok("text"));
    assert_eq!(dumps(&"text", &[], SALT, false), Err(SigningError::NoKey));
}

#[test]
fn age_is_checked_only_with_a_limit() {
    let keys: [&[u8]; 1] = [b"key"];
    let signed = dumps_at(&1, &keys, SALT, false, 1000).unwrap();
    let read = |limit: Option<u64>, now: Duration| {
        loads_at::<i32>(&signed, &keys, SALT, limit.map(Duration::from_secs), now)
    };
    assert_eq!(read(Some(60), Duration::from_secs(1060)), Ok(1));
    assert_eq!(read(Some(60), Duration::from_millis(1_060_001)), Err(SigningError::Expired));
    assert_eq!(read(Some(60), Duration::from_secs(1)), Ok(1));
    assert_eq!(read(None, Duration::from_secs(1_000_000)), Ok(1));
}

#[test]
fn invalid_texts_are_rejected() {
    let keys: [&[u8]; 1] = [b"key"];
    let sign = |value: &str| format!("{value}:{}", signature(value, b"key", SALT));
    for (text, expected) in [
        (String::new(), SigningError::NoSeparator),
        ("abc".to_owned(), SigningError::NoSeparator),
        ("abc:1:x".to_owned(), SigningError::DoesNotMatch),
        (sign("MQ"), SigningError::Malformed),
        (sign("MQ:"), SigningError::Malformed),
        (sign("MQ:!"), SigningError::Malformed),
        (sign("MQ:zzzzzzzzzzzzzzzzz"), SigningError::Malformed),
        (sign("!:1"), SigningError::Malformed),
        (sign(".MQ:1"), SigningError::Malformed),
        (sign("e30:1"), SigningError::Malformed),
    ] {
        assert_eq!(loads::<i32>(&text, &keys, SALT, None), Err(expected), "{text:?}");
    }
    assert_eq!(loads::<i32>(&sign("MQ:1"), &keys, SALT, None), Ok(1));
    assert!(!SigningError::DoesNotMatch.to_string().contains("MQ"));
}

proptest::proptest! {
    #[test]
    fn signed_values_round_trip(text: String, numbers: Vec<i64>, compress: bool) {
        let value = json!({ "text": text, "numbers": numbers });
        let signed = dumps(&value, &[b"key"], SALT, compress).unwrap();
        proptest::prop_assert!(signed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)));
        let limit = Some(Duration::from_secs(60));
        proptest::prop_assert_eq!(loads::<Value>(&signed, &[b"key"], SALT, limit), Ok(value));
    }

    #[test]
    fn base_62_round_trips(number: u64) {
        proptest::prop_assert_eq!(b62_decode(&b62_encode(number)), Some(number));
    }
}
