//! Parsers of what the database, the environment and the project's source hold.

use std::hint::black_box;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use vitamin::auth::hashers::{HasherCosts, Hashers, is_password_usable, summarize};
use vitamin::auth::session_data::{SessionData, verify_session_hash};
use vitamin::conf::{Env, list};
use vitamin::database::{DatabaseUrl, KeyType, Names};
use vitamin::fuzzing;
use vitamin::rest_framework::throttling::ThrottleRates;
use vitamin::timezone::TimeZone;
use vitamin::urls::{UrlConf, path};

use crate::client::NoView;
use crate::text;

const KEY: &[u8] = b"the key of the fuzzers";

/// The data of a session: as a column's text, and as what the server itself would have signed.
pub fn session_data(bytes: &[u8]) {
    assert!(SessionData::decode(&text(bytes), &[KEY]).is_err());
    let encoded = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let salt = "django.contrib.sessions.SessionStore";
    // As JSON, and as compressed JSON.
    for data in [encoded.clone(), format!(".{encoded}")] {
        let Ok(session) = SessionData::decode(&fuzzing::signed(&data, KEY, salt), &[KEY]) else { continue };
        for key in [KeyType::Integer, KeyType::Uuid] {
            black_box(session.user_id(key));
        }
        black_box((session.backend(), verify_session_hash(session.auth_hash(), "hash", &[KEY])));
        let again = session.encode(&[KEY]).and_then(|text| SessionData::decode(&text, &[KEY]));
        assert!(again.is_ok_and(|again| again == session), "a session is read differently");
    }
}

/// A row's hash. It is computed only if that is cheap.
pub fn password_hashes(bytes: &[u8]) {
    thread_local! {
        static HASHERS: Option<Hashers> = {
            let costs = HasherCosts { pbkdf2_iterations: 1, bcrypt_rounds: 4, ..HasherCosts::default() };
            Hashers::from_setting("pbkdf2_sha256,pbkdf2_sha1,argon2,bcrypt_sha256,bcrypt,scrypt,md5,sha1,unsalted_md5", &costs).ok()
        };
    }
    let encoded = text(bytes);
    black_box(is_password_usable(&encoded));
    let summary = summarize(&encoded);
    HASHERS.with(|hashers| {
        let Some(hashers) = hashers else { return };
        black_box((hashers.identify_hasher(&encoded).is_some(), hashers.must_update(&encoded)));
        let is_cheap = match &summary {
            Ok(summary) => summary.costs.iter().all(|(name, cost)| match *name {
                "BCRYPT_ROUNDS" => *cost <= 4,
                "ARGON2_MEMORY_COST" => *cost <= 64,
                _ => *cost <= 16,
            }),
            Err(_) => false,
        };
        if is_cheap {
            black_box(hashers.check_password("password", &encoded).is_correct());
        }
    });
}

/// `DATABASE_URL`. An error shows no password.
pub fn database_url(bytes: &[u8]) {
    let url = text(bytes);
    let parsed = url.parse::<DatabaseUrl>();
    if let Ok(parsed) = &parsed {
        black_box(parsed.sqlite_path());
    }
    let marked = format!("postgres://user:S3cr3t@{url}");
    let shown = format!("{:?}", marked.parse::<DatabaseUrl>());
    assert!(url.contains("S3cr3t") || !shown.contains("S3cr3t"), "{shown}");
}

/// A file `.env`.
pub fn dotenv(bytes: &[u8]) {
    for (name, _) in fuzzing::dotenv(bytes) {
        assert!(!name.contains(['=', '\n']), "{name:?}");
    }
}

/// Values of settings: lists, rates, time zones, flags.
pub fn lists(bytes: &[u8]) {
    let text = text(bytes);
    assert!(list::items(&text).iter().all(|item| !item.is_empty()));
    assert!(list::words(&text).iter().all(|item| !item.is_empty()));
    black_box(text.parse::<ThrottleRates>().is_ok());
    let env = Env::from_iter([("TIME_ZONE", text.as_ref()), ("A", text.as_ref())]);
    black_box((TimeZone::from_env(&env).is_ok(), env.flag("A", true).is_ok(), env.parse("A", 1_u32).is_ok()));
    let mut names = Names::default();
    names.rename_table("auth_user", &text);
}

/// A route with Django's converters or regular expressions.
pub fn url_routes(bytes: &[u8]) {
    let urls = UrlConf::new(vec![path(&text(bytes), NoView)]);
    let is_reported = urls.problems().count() > 0;
    let resolver = urls.resolver();
    assert!(is_reported || resolver.routes().count() == 1, "a route got lost");
    black_box((resolver.resolve("/a/1/"), resolver.reverse("name", &[]).is_err()));
}
