use serde_json::json;

use super::*;

const KEY: &[u8] = b"current secret key";
const OLD_KEY: &[u8] = b"older key";
const MODEL_BACKEND: &str = "django.contrib.auth.backends.ModelBackend";

/// `[password column, key, user id, hash, session_data]`, made with Django 5.2.
#[test]
fn sessions_of_django_are_read() {
    type Case = (String, String, i64, String, String);
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../fixtures/session_data.json")).unwrap();
    assert_eq!(cases.len(), 8);
    for (password, key, user_id, hash, data) in cases {
        let session = SessionData::decode(&data, &[KEY, OLD_KEY]).unwrap();
        assert_eq!(session.user_id(KeyType::Integer), Some(user_id.into()));
        assert_eq!(session.backend(), Some(MODEL_BACKEND));
        assert_eq!(session.auth_hash(), Some(&*hash));
        assert_eq!(session_auth_hash(&password, key.as_bytes()), hash);
        let verified = verify_session_hash(session.auth_hash(), &password, &[KEY, OLD_KEY]);
        let is_current = key.as_bytes() == KEY;
        let expected = if is_current { SessionHash::Verified } else { SessionHash::VerifiedByFallback };
        assert_eq!(verified, expected);
        assert_eq!(
            verify_session_hash(session.auth_hash(), "changed", &[KEY, OLD_KEY]),
            SessionHash::Refused
        );
        assert_eq!(SessionData::decode(&data, &[KEY]).is_ok(), is_current);
    }
}

/// Made with Django 5.2.
#[test]
fn sessions_in_cookies_of_django_are_read() {
    let cookie = "eyJfYXV0aF91c2VyX2lkIjoiNyIsIl9jc3JmdG9rZW4iOiJhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NSJ9:1xY44N:-1o4ZqHXK7Q-uUO5D--Ijp8o892apKRpQtSXmfbcqX8";
    let century = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    let session = SessionData::decode_cookie(cookie, &[OLD_KEY, KEY], century).unwrap();
    assert_eq!(session.user_id(KeyType::Integer), Some(7.into()));
    assert_eq!(session.get("_csrftoken"), Some(&json!("abcdefghijklmnopqrstuvwxyz012345")));
    // Too old, of another key, of another purpose.
    assert_eq!(SessionData::decode_cookie(cookie, &[KEY], Duration::ZERO), Err(SigningError::Expired));
    assert_eq!(SessionData::decode_cookie(cookie, &[OLD_KEY], century), Err(SigningError::DoesNotMatch));
    assert_eq!(SessionData::decode(cookie, &[KEY]), Err(SigningError::DoesNotMatch));
}

#[test]
fn an_encoded_login_decodes() {
    let mut session = SessionData::default();
    assert_eq!(
        (session.user_id(KeyType::Integer), session.backend(), session.auth_hash()),
        (None, None, None)
    );
    session.set("cart", json!(["é", 1]));
    session.log_in(7.into(), MODEL_BACKEND, &session_auth_hash("!x", KEY));
    let data = session.encode(&[KEY, OLD_KEY]).unwrap();
    let read = SessionData::decode(&data, &[KEY]).unwrap();
    assert_eq!(read, session);
    assert_eq!(read.get("_auth_user_id"), Some(&json!("7")));
    assert_eq!(read.get("cart"), Some(&json!(["é", 1])));
    assert_eq!(verify_session_hash(read.auth_hash(), "!x", &[KEY]), SessionHash::Verified);
}

/// Python's JSON allows NaN, infinities and unpaired surrogates. Made with Django 5.2.
#[test]
fn values_that_only_python_s_json_allows_are_read() {
    let data = ".eJyrVopPLC3JiC8tTi2Kz0xRslIyV9JRqlCy8kv001GqVLKK9sxLy8zLLKnU0YWxYnWUqoAKY0pTLAwMgKqRTMhILM4ASxkYpFqCFBinA\
                MlUoLJaADODIlY:1xVhDO:xHXlLcWNo7C8Y1LuQ-UrLeP8M8XUiunPPSiDzRVOErY";
    let session = SessionData::decode(data, &[KEY]).unwrap();
    assert_eq!((session.user_id(KeyType::Integer), session.auth_hash()), (Some(7.into()), Some("é😀")));
    assert_eq!(
        [session.get("x"), session.get("y"), session.get("z")],
        [Some(&json!(null)), Some(&json!([null, null])), Some(&json!("\u{fffd}"))]
    );
}

#[test]
fn an_empty_session_is_read_and_a_forged_one_refused() {
    // Signed by Django 5.2 in 2025.
    let empty = "e30:1vNGie:6ps-g4YKUow2ans2JioS7XUjoDOcjHaKGciwUtfRzYI";
    assert_eq!(SessionData::decode(empty, &[KEY]), Ok(SessionData::default()));
    assert_eq!(SessionData::decode(empty, &[OLD_KEY]), Err(SigningError::DoesNotMatch));
    assert_eq!(SessionData::decode("", &[KEY]), Err(SigningError::NoSeparator));
    for hash in [None, Some("")] {
        assert_eq!(verify_session_hash(hash, "!x", &[KEY]), SessionHash::Refused);
    }
}

#[test]
fn user_ids_have_the_model_s_type() {
    let user_id = |value: Value, key| {
        let mut session = SessionData::default();
        session.set("_auth_user_id", value);
        session.user_id(key).map(|id| id.to_string())
    };
    const UUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    for value in [json!("42"), json!(42)] {
        assert_eq!(user_id(value.clone(), KeyType::Integer).as_deref(), Some("42"));
        assert_eq!(user_id(value, KeyType::Uuid), None);
    }
    assert_eq!(user_id(json!(UUID), KeyType::Uuid).as_deref(), Some(UUID));
    for value in [json!(UUID), json!("b7e23ec2"), json!(null)] {
        assert_eq!(user_id(value, KeyType::Integer), None);
    }
}

#[test]
fn debug_omits_the_values() {
    let mut session = SessionData::default();
    session.log_in(7.into(), MODEL_BACKEND, "secret hash");
    assert_eq!(format!("{session:?}"), "SessionData { .. }");
}

/// Values that CPython's JSON reads and serde_json does not: the login beside them is read.
#[test]
fn a_login_beside_deep_and_huge_values_is_read() {
    let mut login = SessionData::default();
    login.log_in(7.into(), MODEL_BACKEND, "hash");
    for (value, is_left_out) in [
        (format!("{}{}", "[".repeat(500), "]".repeat(500)), true),
        (format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200)), true),
        ("1".repeat(400), true),
        (format!("[null, {}]", "9".repeat(4000)), true),
        (format!("-{}", "9".repeat(30)), false),
        ("\"\\ud800\"".to_owned(), false),
    ] {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let mut data: BTreeMap<&str, Box<RawValue>> =
            login.0.iter().map(|(key, value)| (key.as_str(), raw(&value.to_string()))).collect();
        data.insert("cart", raw(&value));
        let signed = signing::dumps(&data, &[KEY], KEY_SALT, true).unwrap();
        let read = SessionData::decode(&signed, &[KEY]).unwrap();
        assert_eq!((read.user_id(KeyType::Integer), read.backend()), (Some(7.into()), Some(MODEL_BACKEND)));
        assert_eq!(read.get("cart").is_none(), is_left_out, "{value}");
        assert_eq!(SessionData::decode(&signed, &[OLD_KEY]), Err(SigningError::DoesNotMatch));
    }
}
