//! Logins with every hash that Django may have written, and how the hash changes.

use serde_json::Value;

use crate::support::*;

database_tests!(
    every_scheme_logs_in,
    a_hash_is_rehashed_once_and_only_if_outdated,
    hashes_preferred_by_django_stay_unchanged,
    an_unusable_or_malformed_hash_rejects_every_login,
    logins_beyond_the_queue_are_refused,
    legacy_hashes_are_read_if_the_settings_name_them,
);

const SCHEMES: [&str; 6] = ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"];
const PASSWORD: &str = "correct horse battery staple";

/// The low costs of the fixture's hashes, which Django made.
const COSTS: [(&str, &str); 8] = [
    ("PBKDF2_ITERATIONS", "1000"),
    ("ARGON2_MEMORY_COST", "256"),
    ("ARGON2_TIME_COST", "2"),
    ("ARGON2_PARALLELISM", "2"),
    ("BCRYPT_ROUNDS", "4"),
    ("SCRYPT_WORK_FACTOR", "16"),
    ("SCRYPT_BLOCK_SIZE", "8"),
    ("SCRYPT_PARALLELISM", "5"),
];

/// Returns a hash of [`PASSWORD`] that Django made.
fn made_by_django(scheme: &str) -> String {
    let fixture = include_str!("../../apps/auth/fixtures/password_hashes.json");
    let hashes: Vec<Value> = serde_json::from_str(fixture).unwrap();
    let mut found = hashes.iter().filter(|hash| hash["password"] == PASSWORD);
    let hash = found.find(|hash| hash["encoded"].as_str().unwrap().split('$').next() == Some(scheme));
    hash.unwrap_or_else(|| panic!("{scheme}"))["encoded"].as_str().unwrap().to_owned()
}

/// Creates one user per scheme, named after it.
fn with_users(database: &TestDatabase) -> &TestDatabase {
    database.migrate();
    for scheme in SCHEMES {
        database.create_user_with_hash(scheme, &made_by_django(scheme));
    }
    database
}

fn with_costs(manage: ManageCommand) -> ManageCommand {
    COSTS.into_iter().fold(manage, |manage, (name, value)| manage.env(name, value))
}

fn log_in(client: &Client, user: &str, password: &str) -> u16 {
    client.post_json("/", &serde_json::json!({"user": user, "password": password}).to_string()).status
}

fn every_scheme_logs_in(database: &TestDatabase) {
    let server = with_costs(with_users(database).runserver()).serve();
    for scheme in SCHEMES {
        assert_eq!(log_in(&server.anonymous(), scheme, "Correct horse battery staple"), 401, "{scheme}");
        assert_eq!(log_in(&server.anonymous(), scheme, PASSWORD), 200, "{scheme}");
        assert_eq!(log_in(&server.anonymous(), scheme, PASSWORD), 200, "{scheme}, after the rehash");
    }
}

fn a_hash_is_rehashed_once_and_only_if_outdated(database: &TestDatabase) {
    let chosen = "bcrypt_sha256,pbkdf2_sha256,pbkdf2_sha1,argon2,bcrypt,scrypt";
    let server = with_costs(with_users(database).runserver()).env("PASSWORD_HASHERS", chosen).serve();
    let stored = |user: &str| database.user(user).unwrap().password;
    for scheme in SCHEMES {
        let before = stored(scheme);
        assert_eq!(log_in(&server.anonymous(), scheme, "wrong"), 401);
        assert_eq!(stored(scheme), before, "{scheme}: a wrong password changes nothing");
        log_in(&server.anonymous(), scheme, PASSWORD);
        let after = stored(scheme);
        assert_eq!(after == before, scheme == "bcrypt_sha256", "{scheme}: {after}");
        assert!(after.starts_with("bcrypt_sha256$$2b$04$"), "{scheme}: {after}");
        log_in(&server.anonymous(), scheme, PASSWORD);
        assert_eq!(stored(scheme), after, "{scheme}: once");
    }
    // The same scheme with another cost.
    let dearer = with_costs(database.runserver()).env("BCRYPT_ROUNDS", "5").serve();
    log_in(&dearer.anonymous(), "scrypt", PASSWORD);
    assert!(stored("scrypt").starts_with("bcrypt_sha256$$2b$05$"), "{}", stored("scrypt"));
}

fn hashes_preferred_by_django_stay_unchanged(database: &TestDatabase) {
    let hashers = "django.contrib.auth.hashers.PBKDF2PasswordHasher,\
                   django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher,\
                   django.contrib.auth.hashers.Argon2PasswordHasher,\
                   django.contrib.auth.hashers.BCryptSHA256PasswordHasher,\
                   django.contrib.auth.hashers.ScryptPasswordHasher";
    let server = with_costs(with_users(database).runserver()).env("PASSWORD_HASHERS", hashers).serve();
    assert_eq!(log_in(&server.anonymous(), "pbkdf2_sha256", PASSWORD), 200);
    assert_eq!(database.user("pbkdf2_sha256").unwrap().password, made_by_django("pbkdf2_sha256"));
    // A hash that Django would rehash becomes what Django would write.
    assert_eq!(log_in(&server.anonymous(), "bcrypt_sha256", PASSWORD), 200);
    let after = database.user("bcrypt_sha256").unwrap().password;
    assert!(after.starts_with("pbkdf2_sha256$1000$"), "{after}");
    // That list lacks plain bcrypt.
    assert_eq!(log_in(&server.anonymous(), "bcrypt", PASSWORD), 401);
}

fn an_unusable_or_malformed_hash_rejects_every_login(database: &TestDatabase) {
    let server = database.migrate().serve();
    let long = format!("!{}", "x".repeat(40));
    for (number, encoded) in ["", "!", &long, "aaaa", "md5$x$y", "bcrypt_sha256$", "pbkdf2_sha256$0$salt$x"]
        .into_iter()
        .enumerate()
    {
        let user = format!("user{number}");
        database.create_user_with_hash(&user, encoded);
        for password in ["aaaa", "", encoded] {
            assert_eq!(log_in(&server.anonymous(), &user, password), 401, "{encoded:?} {password:?}");
        }
    }
}

fn logins_beyond_the_queue_are_refused(database: &TestDatabase) {
    // Each login takes half a second, on one thread with a queue of one.
    let slow = "bcrypt_sha256$$2b$13$0REdcmlNGR76.8prAw.4Bu9Vb45sGRvlWIUOBGiacd2btKyMOgGgS";
    database.migrate().create_user_with_hash("Pepe", slow);
    let server = database
        .runserver()
        .env("PASSWORD_THREADS", "1")
        .env("PASSWORD_QUEUE", "1")
        .env("BCRYPT_ROUNDS", "13")
        .serve();
    let key = database.token("Pepe");
    let responses = std::thread::scope(|scope| {
        let logins: Vec<_> = (0..8)
            .map(|_| {
                let client = server.anonymous();
                scope.spawn(move || client.post("/", "user=Pepe&password=aaaa"))
            })
            .collect();
        // Meanwhile a token request does not wait for the password threads.
        let started = std::time::Instant::now();
        let token = server.token(&key);
        while !logins.iter().all(|login| login.is_finished()) {
            assert_eq!(token.get("/auth/").status, 200);
        }
        assert!(started.elapsed().as_millis() > 300, "the logins were not concurrent");
        logins.into_iter().map(|login| login.join().unwrap()).collect::<Vec<_>>()
    });
    let (busy, done): (Vec<_>, Vec<_>) = responses.iter().partition(|response| response.status == 503);
    // One runs and one waits: only one succeeds if all arrive before the thread starts, more if some arrive late.
    assert!(!done.is_empty() && !busy.is_empty(), "{} done, {} busy", done.len(), busy.len());
    assert!(done.iter().all(|response| response.key() == key));
    insta::assert_snapshot!(busy[0].snapshot(), @r#"
    503
    allow: GET, POST, HEAD, OPTIONS
    content-type: application/json
    retry-after: 1

    {"detail":"Service temporarily unavailable, try again later."}
    "#);
    assert!(busy.iter().all(|response| response.snapshot() == busy[0].snapshot()));
}

fn legacy_hashes_are_read_if_the_settings_name_them(database: &TestDatabase) {
    // Those of "aaaa".
    const HASHES: [(&str, &str); 3] = [
        ("salted", "md5$salt$4ed77062b1b6259ad051df508ad64cfd"),
        ("plain", "74b87337454200d4d33f80c4663dc5e5"),
        ("sha", "sha1$$70c881d4a26984ddce795f6f71817c9cf4480e79"),
    ];
    database.migrate();
    HASHES.iter().for_each(|(name, encoded)| {
        database.create_user_with_hash(name, encoded);
    });
    let server = with_costs(database.runserver()).serve();
    for (name, _) in HASHES {
        assert_eq!(log_in(&server.anonymous(), name, "aaaa"), 401, "{name}");
    }
    let doctor = database.manage(&["doctor"]).run();
    assert!(doctor.stderr.contains("1 of unsalted_md5, which PASSWORD_HASHERS omits"), "{}", doctor.stderr);
    let all = "pbkdf2_sha256,pbkdf2_sha1,argon2,bcrypt,scrypt,md5,unsalted_md5,unsalted_sha1\n";
    assert!(doctor.stderr.contains(&format!("\nPASSWORD_HASHERS=bcrypt_sha256,{all}")), "{}", doctor.stderr);

    // A list as in Django's settings, with a class of the project's own.
    let names = "['django.contrib.auth.hashers.PBKDF2PasswordHasher', 'shop.hashers.OwnPasswordHasher', \
                 'django.contrib.auth.hashers.MD5PasswordHasher', 'shop.hashers.UnsaltedMD5PasswordHasher', \
                 'shop.hashers.UnsaltedSHA1PasswordHasher']";
    let server = with_costs(database.runserver()).env("PASSWORD_HASHERS", names).serve();
    server.wait_for_log("(vitamin.W007) PASSWORD_HASHERS names shop.hashers.OwnPasswordHasher");
    for (name, _) in HASHES {
        assert_eq!(log_in(&server.anonymous(), name, "wrong"), 401, "{name}");
        assert_eq!(log_in(&server.anonymous(), name, "aaaa"), 200, "{name}");
        let encoded = Tutorial::user(database, name).unwrap().password;
        assert!(encoded.starts_with("pbkdf2_sha256$1000$"), "{name}: {encoded}");
        assert_eq!(log_in(&server.anonymous(), name, "aaaa"), 200, "{name}");
    }
    let doctor = with_costs(database.manage(&["doctor"])).env("PASSWORD_HASHERS", names).run();
    let report = format!("{}{}", doctor.stdout, doctor.stderr);
    assert!(report.contains("WARNING  PASSWORD_HASHERS names shop.hashers.OwnPasswordHasher"), "{report}");
}
