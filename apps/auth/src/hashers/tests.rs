use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

mod equal_work;

/// The lowest costs that the algorithms allow.
const CHEAP: HasherCosts = HasherCosts {
    pbkdf2_iterations: 2,
    argon2_memory_cost: 8,
    argon2_time_cost: 1,
    argon2_parallelism: 1,
    bcrypt_rounds: 4,
    scrypt_work_factor: 2,
    scrypt_block_size: 1,
    scrypt_parallelism: 1,
};

const SCHEMES: [&str; 6] = ["bcrypt_sha256", "pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt", "scrypt"];

fn cheap(names: &str) -> Hashers {
    Hashers::from_setting(names, &CHEAP).unwrap()
}

/// Hashes made by Django 5.2 with Python's bcrypt 5.0 and argon2-cffi 25.1, and its hashers' `must_update` for them at
/// the default costs.
#[test]
fn django_s_hashes_verify() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/password_hashes.json")).unwrap();
    assert_eq!(cases.len(), 78);
    let hashers = Hashers::default();
    for case in cases {
        let (password, encoded) = (case["password"].as_str().unwrap(), case["encoded"].as_str().unwrap());
        let hasher = hashers.identify_hasher(encoded).unwrap();
        assert!(hasher.verify(password, encoded), "{case}");
        // In front, because plain bcrypt ignores bytes after the 72nd.
        assert!(!hasher.verify(&format!("x{password}y"), encoded) || password.starts_with('x'), "{case}");
        assert_eq!(hasher.must_update(encoded), case["must_update"].as_bool().unwrap(), "{case}");
    }
}

#[test]
fn own_hashes_verify_and_need_no_update() {
    for name in SCHEMES {
        let hashers = cheap(name);
        for password in ["", "lètmein", "nul\0inside", "x\0"] {
            let encoded = hashers.make_password(Some(password)).unwrap();
            assert!(encoded.len() < 128);
            assert_eq!(hashers.check_password(password, &encoded), Verdict::Correct { rehashed: None });
            assert_eq!(hashers.check_password("other", &encoded), Verdict::Incorrect);
        }
    }
}

#[test]
fn hashes_equal_django_s_text() {
    let costs = HasherCosts { argon2_memory_cost: 64, scrypt_work_factor: 16, ..HasherCosts::default() };
    let encode = |name: &str, salt| costs.hasher(name).unwrap().encode("lètmein", salt).unwrap();
    let pbkdf2 = HasherCosts { pbkdf2_iterations: 1000, ..costs }.hasher("pbkdf2_sha256").unwrap();
    assert_eq!(
        pbkdf2.encode("lètmein", "Ab3dEf6hIj9lMn2pQr5tUv").unwrap(),
        "pbkdf2_sha256$1000$Ab3dEf6hIj9lMn2pQr5tUv$AV+N4g+9iDMfT8mqj+9b6wBq5ObNqYj9TfMBpA+AX0c="
    );
    assert_eq!(
        encode("argon2", "Ab3dEf6hIj9lMn2pQr5tUv"),
        "argon2$argon2id$v=19$m=64,t=2,p=8$QWIzZEVmNmhJajlsTW4ycFFyNXRVdg$ca/dZxy0J9c+4568rIdEDgyuRlrxUGX1IVhTkSjXaBI"
    );
    assert_eq!(
        encode("bcrypt_sha256", "$2b$04$aaaaaaaaaaaaaaaaaaaaae"),
        "bcrypt_sha256$$2b$04$aaaaaaaaaaaaaaaaaaaaaeBg966WMS.bnZu93YmrbslBlRKCmgTa6"
    );
    assert_eq!(
        encode("bcrypt", "$2b$04$aaaaaaaaaaaaaaaaaaaaae"),
        "bcrypt$$2b$04$aaaaaaaaaaaaaaaaaaaaaeAe/2xrjsNmF.YVoVmZjT3bhAEyvAnGm"
    );
    assert_eq!(
        encode("scrypt", "Ab3dEf6hIj9lMn2pQr5tUv"),
        "scrypt$16$Ab3dEf6hIj9lMn2pQr5tUv$8$5$t+v3yf4ZQzroEe3onT/Dq0qifXyHHOKibyckeLO2YmLgHpOBx3VrbULdhTwH1WdYrWS9lbubZ9zUzb6gtOQ2XQ=="
    );
}

#[test]
fn must_update_matches_django() {
    let made = |name: &str, costs: HasherCosts| costs.hasher(name).unwrap();
    for (name, dearer) in [
        ("pbkdf2_sha256", HasherCosts { pbkdf2_iterations: 3, ..CHEAP }),
        ("pbkdf2_sha1", HasherCosts { pbkdf2_iterations: 1, ..CHEAP }),
        ("argon2", HasherCosts { argon2_time_cost: 2, ..CHEAP }),
        ("argon2", HasherCosts { argon2_memory_cost: 16, ..CHEAP }),
        ("argon2", HasherCosts { argon2_memory_cost: 16, argon2_parallelism: 2, ..CHEAP }),
        ("bcrypt_sha256", HasherCosts { bcrypt_rounds: 5, ..CHEAP }),
        ("bcrypt", HasherCosts { bcrypt_rounds: 5, ..CHEAP }),
        ("scrypt", HasherCosts { scrypt_work_factor: 4, ..CHEAP }),
        ("scrypt", HasherCosts { scrypt_block_size: 2, ..CHEAP }),
        ("scrypt", HasherCosts { scrypt_parallelism: 2, ..CHEAP }),
    ] {
        let old = made(name, CHEAP);
        let encoded = old.encode("pw", &old.salt()).unwrap();
        assert!(!old.must_update(&encoded), "{name}");
        assert!(made(name, dearer).must_update(&encoded), "{name} {dearer:?}");
        // The new hash is of the new cost, and stays.
        let hashers = Hashers::from_setting(name, &dearer).unwrap();
        let Verdict::Correct { rehashed: Some(rehashed) } = hashers.check_password("pw", &encoded) else {
            panic!("{name} was not rehashed");
        };
        assert_eq!(hashers.check_password("pw", &rehashed), Verdict::Correct { rehashed: None });
    }
    // 21 characters hold 125 bits, 22 hold 131; scrypt does not look.
    for (name, weak) in [("pbkdf2_sha256", true), ("pbkdf2_sha1", true), ("argon2", true), ("scrypt", false)]
    {
        let hasher = made(name, CHEAP);
        assert_eq!(hasher.must_update(&hasher.encode("pw", &"s".repeat(21)).unwrap()), weak, "{name}");
        assert!(!hasher.must_update(&hasher.encode("pw", &"s".repeat(22)).unwrap()), "{name}");
    }
}

#[test]
fn another_scheme_is_rehashed_with_the_preferred_one() {
    let encoded = cheap("pbkdf2_sha1").make_password(Some("pw")).unwrap();
    let Verdict::Correct { rehashed: Some(rehashed) } =
        cheap("argon2,pbkdf2_sha1").check_password("pw", &encoded)
    else {
        panic!("was not rehashed");
    };
    assert!(rehashed.starts_with("argon2$argon2id$v=19$m=8,t=1,p=1$"));
    // A scheme that is not in the list matches nothing.
    assert_eq!(cheap("argon2").check_password("pw", &encoded), Verdict::Incorrect);
}

#[test]
fn plain_bcrypt_reads_but_does_not_write_more_than_72_bytes() {
    let hashers = cheap("bcrypt,scrypt");
    let encoded = hashers.make_password(Some(&"x".repeat(72))).unwrap();
    assert!(hashers.check_password(&"x".repeat(80), &encoded).is_correct());
    assert!(!hashers.check_password(&"x".repeat(71), &encoded).is_correct());
    let long = "x".repeat(73);
    assert_eq!(hashers.make_password(Some(&long)), Err(HashError::PasswordTooLong));
    hashers.hash_dummy(&long);
    let elsewhere = cheap("scrypt").make_password(Some(&long)).unwrap();
    assert_eq!(hashers.check_password(&long, &elsewhere), Verdict::Correct { rehashed: None });
}

#[test]
fn malformed_and_too_expensive_hashes_match_nothing() {
    let salt = "c2FsdHNhbHQ";
    let hash = "VYqjxW2VF+R4xwmKbjDRwoULaMBsksnfQK0VTd1m5fA";
    let argon2 = |middle: &str| format!("argon2$argon2id$v=19${middle}${salt}${hash}");
    let bcrypt = |middle: &str| format!("bcrypt$${middle}${}", "a".repeat(21) + "e" + &"a".repeat(31));
    let mut cases: Vec<String> =
        SCHEMES.iter().flat_map(|name| [(*name).to_owned(), format!("{name}$")]).collect();
    cases.extend(["", "$", "!", "plain", "md5$a$b", "0123456789abcdef0123456789abcdef"].map(String::from));
    cases.extend(
        [
            "pbkdf2_sha256$0$s$x",
            "pbkdf2_sha256$01$s$x",
            "pbkdf2_sha256$+1$s$x",
            "pbkdf2_sha256$-1$s$x",
            "pbkdf2_sha256$4294967296$s$x",
            "pbkdf2_sha256$4294967295$s$x",
            "pbkdf2_sha256$1$$x",
            "pbkdf2_sha256$1$s",
            "scrypt$16$s$8$5$a$b",
            "scrypt$3$s$8$5$a",
            "scrypt$1$s$8$5$a",
            "scrypt$0$s$8$5$a",
            "scrypt$2$s$0$5$a",
            "scrypt$2$s$8$0$a",
            "scrypt$2147483648$s$8$1$a",
            "scrypt$1099511627776$s$8$1$a",
            "scrypt$2$s$4294967295$4294967295$a",
            "scrypt$2$s$1$1073741824$a",
            "scrypt$16384$s$8$1000$a",
            "bcrypt$$2b$12$short",
        ]
        .map(String::from),
    );
    cases.extend(
        [
            "m=104857600,t=1,p=1",
            "m=4294967295,t=1,p=1",
            "m=8,t=4294967295,p=1",
            "m=8,t=1,p=2",
            "m=7,t=1,p=1",
            "m=8,t=0,p=1",
            "m=8,t=1,p=0",
            "t=1,m=8,p=1",
            "m=8,t=1",
            "m=8,t=1,p=1,x=1",
            "m=08,t=1,p=1",
        ]
        .map(argon2),
    );
    cases.extend(["2b$03", "2b$32", "2b$31", "2b$4", "2", "2$04", "2c$04", "2b$+4"].map(bcrypt));
    let hashers = Hashers::default();
    for case in cases {
        if let Some(hasher) = hashers.identify_hasher(&case) {
            assert!(!hasher.is_readable(&case), "{case}");
            assert!(!hasher.verify("pw", &case), "{case}");
            assert!(hasher.must_update(&case), "{case}");
            hasher.harden_runtime("pw", &case);
        } else {
            assert!(!SCHEMES.contains(&case.split('$').next().unwrap()), "{case}");
        }
    }
}

#[test]
fn unusable_passwords_match_nothing() {
    let hashers = cheap("pbkdf2_sha256");
    let unusable = hashers.make_password(None).unwrap();
    assert_eq!((unusable.len(), unusable.starts_with('!')), (41, true));
    assert_ne!(unusable, hashers.make_password(None).unwrap());
    assert!(!is_password_usable(&unusable));
    assert!(is_password_usable(""));
    assert_eq!(hashers.check_password(&unusable, &unusable), Verdict::Incorrect);
}

#[test]
fn settings() {
    let names = "django.contrib.auth.hashers.PBKDF2PasswordHasher, ScryptPasswordHasher ,argon2,";
    let list = |hashers: &Hashers| format!("{hashers:?}");
    assert_eq!(list(&cheap(names)), r#"["pbkdf2_sha256", "scrypt", "argon2"]"#);
    assert_eq!(list(&Hashers::default()), format!("{SCHEMES:?}"));
    let error = |names: &str, costs| Hashers::from_setting(names, &costs).unwrap_err().to_string();
    assert_eq!(error(" ,", CHEAP), "PASSWORD_HASHERS is empty: name at least one hasher");
    assert!(
        error("shop.hashers.Own", CHEAP)
            .starts_with("PASSWORD_HASHERS names an unknown hasher 'shop.hashers.Own'; there are")
    );
    let hashers =
        cheap("['shop.hashers.Own', 'argon2', \"Other\", 'django.contrib.auth.hashers.MD5PasswordHasher']");
    assert_eq!(
        (list(&hashers).as_str(), hashers.unknown()),
        (r#"["argon2", "md5"]"#, &["shop.hashers.Own".to_owned(), "Other".to_owned()][..])
    );
    for (costs, named) in [
        (HasherCosts { pbkdf2_iterations: 0, ..CHEAP }, "pbkdf2_iterations"),
        (HasherCosts { argon2_parallelism: 2, ..CHEAP }, "argon2_memory_cost"),
        (HasherCosts { bcrypt_rounds: 32, ..CHEAP }, "bcrypt_rounds"),
        (HasherCosts { scrypt_work_factor: 3, ..CHEAP }, "scrypt_work_factor"),
    ] {
        assert!(error("argon2", costs).contains(named), "{costs:?}");
        assert!(Hashers::with_costs(&costs).is_err(), "{costs:?}");
    }
}

/// Django 5.2 made the first, 5.0 the others.
#[test]
fn legacy_hashes_are_read_and_replaced() {
    let names = "argon2 md5 shop.hashers.UnsaltedMD5PasswordHasher SHA1PasswordHasher unsalted_sha1";
    let (all, none) = (cheap(names), cheap("argon2"));
    for (algorithm, password, encoded) in [
        ("md5", "aaaa", "md5$salt$4ed77062b1b6259ad051df508ad64cfd"),
        ("md5", "l\u{e8}tmein", "md5$salt$46540c117272adfed846474e213e1a84"),
        ("unsalted_md5", "aaaa", "74b87337454200d4d33f80c4663dc5e5"),
        ("unsalted_md5", "aaaa", "md5$$74b87337454200d4d33f80c4663dc5e5"),
        ("unsalted_md5", "", "d41d8cd98f00b204e9800998ecf8427e"),
        ("sha1", "l\u{e8}tmein", "sha1$salt$410f4680ca2f27f2905414062fedd19157ba48aa"),
        ("unsalted_sha1", "aaaa", "sha1$$70c881d4a26984ddce795f6f71817c9cf4480e79"),
    ] {
        assert_eq!(all.identify_hasher(encoded).unwrap().algorithm(), algorithm, "{encoded}");
        assert_eq!(summarize(encoded).unwrap().to_string(), algorithm);
        assert_eq!(all.check_password("wrong", encoded), Verdict::Incorrect, "{encoded}");
        assert_eq!(none.check_password(password, encoded), Verdict::Incorrect, "{encoded}");
        match all.check_password(password, encoded) {
            Verdict::Correct { rehashed: Some(rehashed) } => {
                assert!(rehashed.starts_with("argon2$"), "{encoded}")
            }
            other => panic!("{encoded}: {other:?}"),
        }
    }
    for encoded in [
        "md5$$4ed77062b1b6259ad051df508ad64cf",
        "md5$salt$4ED77062B1B6259AD051DF508AD64CFD",
        "md5$a$b$4ed77062b1b6259ad051df508ad64cfd",
        "sha1$salt$4ed77062b1b6259ad051df508ad64cfd",
        "sha1$",
        "74b87337454200d4d33f80c4663dc5eg",
    ] {
        assert_eq!(all.check_password("aaaa", encoded), Verdict::Incorrect, "{encoded}");
    }
    // As Django's settings for tests have it.
    let hashers = cheap("md5");
    let encoded = hashers.make_password(Some("aaaa")).unwrap();
    assert!(encoded.starts_with("md5$") && encoded.len() == 4 + 22 + 1 + 32, "{encoded}");
    assert_eq!(hashers.check_password("aaaa", &encoded), Verdict::Correct { rehashed: None });
}

#[test]
fn invalid_salts_are_rejected() {
    for name in SCHEMES {
        let hasher = CHEAP.hasher(name).unwrap();
        for salt in ["", "a$b", "$2b$04$aaaaaaaaaaaaaaaaaaaaa!", "$2b$04$aaaaaaaaaaaaaaaaaaaaaa"] {
            assert_eq!(hasher.encode("pw", salt), Err(HashError::InvalidSalt), "{name}");
        }
    }
    assert_eq!(CHEAP.hasher("argon2").unwrap().encode("pw", "seven77"), Err(HashError::InvalidSalt));
}

/// Counts the expensive calls.
struct Counting {
    inner: Box<dyn PasswordHasher>,
    encoded: Arc<AtomicUsize>,
    hardened: Arc<AtomicUsize>,
}

impl PasswordHasher for Counting {
    fn algorithm(&self) -> &'static str {
        self.inner.algorithm()
    }
    fn encode(&self, password: &str, salt: &str) -> Result<String, HashError> {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        self.inner.encode(password, salt)
    }
    fn is_readable(&self, encoded: &str) -> bool {
        self.inner.is_readable(encoded)
    }
    fn verify(&self, password: &str, encoded: &str) -> bool {
        self.inner.verify(password, encoded)
    }
    fn must_update(&self, encoded: &str) -> bool {
        self.inner.must_update(encoded)
    }
    fn harden_runtime(&self, _password: &str, _encoded: &str) {
        self.hardened.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_wrong_password_takes_the_same_time() {
    let (encoded, hardened) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let inner = CHEAP.hasher("pbkdf2_sha256").unwrap();
    let preferred = Counting { inner, encoded: encoded.clone(), hardened: hardened.clone() };
    let hashers = Hashers::new(Box::new(preferred), vec![CHEAP.hasher("pbkdf2_sha1").unwrap()]);
    let made = |name, pbkdf2_iterations| {
        let costs = HasherCosts { pbkdf2_iterations, ..CHEAP };
        Hashers::from_setting(name, &costs).unwrap().make_password(Some("pw")).unwrap()
    };
    // The stored hash; whether the password is right; hashes besides the verification; calls of harden_runtime.
    //
    for (stored, password, hashes, hardenings) in [
        (made("pbkdf2_sha256", 2), "pw", 0, 0),
        (made("pbkdf2_sha256", 2), "no", 0, 0),
        (made("pbkdf2_sha256", 1), "pw", 1, 0),
        (made("pbkdf2_sha256", 1), "no", 0, 1),
        (made("pbkdf2_sha1", 2), "pw", 1, 0),
        (made("pbkdf2_sha1", 2), "no", 0, 0),
        (made("scrypt", 2), "pw", 1, 0),
        (hashers.make_password(None).unwrap(), "pw", 1, 0),
        ("pbkdf2_sha256$4294967295$s$x".to_owned(), "pw", 1, 0),
        (String::new(), "pw", 1, 0),
    ] {
        encoded.store(0, Ordering::Relaxed);
        hardened.store(0, Ordering::Relaxed);
        hashers.check_password(password, &stored);
        let counted = (encoded.load(Ordering::Relaxed), hardened.load(Ordering::Relaxed));
        assert_eq!(counted, (hashes, hardenings), "{stored}");
    }
    encoded.store(0, Ordering::Relaxed);
    hashers.hash_dummy("pw");
    assert_eq!(encoded.load(Ordering::Relaxed), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_stored_text_panics(
        name in prop::sample::select(&SCHEMES[..]),
        rest in r"(\$?[\$=,a-z0-9 ]{0,5}(m=|t=|p=|2b|v=19|argon2id|[0-9]{1,2}|\PC{0,3})){0,9}",
        password in any::<String>(),
    ) {
        let (encoded, hashers) = (format!("{name}${rest}"), cheap(&SCHEMES.join(",")));
        prop_assert_eq!(hashers.check_password(&password, &encoded), Verdict::Incorrect);
    }

    #[test]
    fn only_the_same_password_verifies(password in any::<String>(), other in any::<String>()) {
        for name in ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "scrypt"] {
            let hasher = CHEAP.hasher(name).unwrap();
            let encoded = hasher.encode(&password, &hasher.salt()).unwrap();
            prop_assert!(hasher.verify(&password, &encoded));
            prop_assert_eq!(hasher.verify(&other, &encoded), password == other);
        }
    }
}
