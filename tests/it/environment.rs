//! Invalid settings: the error names the setting and never shows a secret.

use insta::assert_snapshot;

use crate::support::*;

/// Runs `manage runserver`, which must fail; returns its standard error.
fn refused(environment: &[(&str, &str)]) -> String {
    let database = TestDatabase::sqlite();
    database.migrate();
    let manage =
        environment.iter().fold(database.runserver(), |manage, (name, value)| manage.env(name, value));
    let output = manage.run();
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{environment:?}: {output:?}");
    assert!(!output.stderr.contains(SECRET_KEY));
    output.stderr
}

#[test]
fn runserver_requires_a_secret_key() {
    for value in ["", "replace-me"] {
        assert!(refused(&[("SECRET_KEY", value)]).contains("SECRET_KEY is not set."), "{value:?}");
    }
    insta::allow_duplicates! {
        assert_snapshot!(refused(&[("SECRET_KEY", "")]), @"
        SystemCheckError: System check identified some issues:

        ERRORS:
        ?: (vitamin.E001) SECRET_KEY is not set.
        	HINT: Set SECRET_KEY in the environment or in .env: your Django project's own key, or a new one made by `openssl rand -base64 48`. For development set DEBUG=true instead.

        System check identified 1 issue.
        ");
    }
}

#[test]
fn runserver_requires_allowed_hosts() {
    assert_snapshot!(refused(&[("ALLOWED_HOSTS", " , ")]), @"
    SystemCheckError: System check identified some issues:

    ERRORS:
    ?: (vitamin.E002) You must set ALLOWED_HOSTS if DEBUG is False.
    	HINT: List the hosts that this site answers for, e.g. ALLOWED_HOSTS=example.com,www.example.com; to try it on this machine, ALLOWED_HOSTS=localhost,127.0.0.1.

    System check identified 1 issue.
    ");
    let both = refused(&[("ALLOWED_HOSTS", ""), ("SECRET_KEY", "")]);
    assert!(both.contains("vitamin.E001") && both.contains("vitamin.E002"), "{both}");
}

#[test]
fn an_invalid_value_names_its_variable() {
    for (name, value, why) in [
        ("DEBUG", "maybe", "neither true nor false"),
        ("APPEND_SLASH", "2", "neither true nor false"),
        ("ADDRESS", "nowhere", "not a valid port number"),
        ("WORKERS", "many", "invalid digit"),
        ("WORKERS", "0", "zero"),
        ("SHUTDOWN_TIMEOUT", "-1", "invalid digit"),
        ("DATABASE_URL", "mysql://root:s3cret@localhost/x", "scheme is unknown"),
        ("DATABASE_URL", ":memory:", "in-memory"),
        ("DATABASE_POOL_SIZE", "0", "at least one"),
        ("DATABASE_TIMEOUT", "0", "at least one"),
        ("DATABASE_TIMEOUT", "1.5", "invalid digit"),
        ("DATABASE_STATEMENT_TIMEOUT", "x", "invalid digit"),
        ("SQLITE_JOURNAL_MODE", "off", "neither wal nor delete"),
        ("TIME_ZONE", "Berlin", "not a time zone of the IANA database"),
        ("USE_TZ", "Berlin", "neither true nor false"),
        ("PASSWORD_HASHERS", "nonsense", "unknown hasher 'nonsense'"),
        ("DATABASE_URL", "postgres:shop", "neither a URL nor a plain path"),
        ("DATABASE_URL", "sqlite://db.sqlite3", "three slashes"),
        ("PASSWORD_HASHERS", ",", "at least one hasher"),
        ("PASSWORD_THREADS", "0", "zero"),
        ("PASSWORD_QUEUE", "x", "invalid digit"),
        ("PBKDF2_ITERATIONS", "0", "at least 1"),
        ("BCRYPT_ROUNDS", "3", "4 to 31"),
        ("ARGON2_MEMORY_COST", "1", "at least 8"),
        ("ARGON2_TIME_COST", "0", "at least 1"),
        ("ARGON2_PARALLELISM", "0", "at least 1"),
        ("SCRYPT_WORK_FACTOR", "1000", "power of two"),
        ("SCRYPT_BLOCK_SIZE", "0", "1 to 2^30"),
        ("SCRYPT_PARALLELISM", "0", "1 to 2^30"),
        ("AUTH_PASSWORD_VALIDATORS", "Nonsense", "unknown validator 'Nonsense'"),
        ("AUTH_USER_MODEL", "Member", "of the form 'app_label.model_name'"),
        ("AUTH_USER_DB_TABLE", "members; DROP TABLE x", "letters, digits and underscores"),
        ("AUTH_USER_KEY", "json", "not integer, bigint, uuid or text"),
        ("USERNAME_FIELD", "password", "can't be a login"),
        ("TOKEN_DB_TABLE", "1", "does not start with a digit"),
        ("TOKEN_CACHE", "fast", "neither exact nor bounded"),
        ("TOKEN_CACHE_SIZE", "-1", "invalid digit"),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", "x", "invalid digit"),
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", "x", "invalid digit"),
        ("REQUEST_BODY_IDLE_TIMEOUT", "0", "zero"),
        ("REQUEST_BODY_TIMEOUT", "1.5", "invalid digit"),
        ("REQUEST_BODIES_MAX_MEMORY", "1000", "less than one body"),
    ] {
        let error = refused(&[(name, value)]);
        assert!(error.starts_with("ImproperlyConfigured: "), "{name}={value}: {error}");
        assert!(
            error.to_lowercase().contains(&name.to_lowercase()) && error.contains(why),
            "{name}={value}: {error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn an_unreachable_database_prevents_the_start() {
    let error = refused(&[("DATABASE_URL", "/nonexistent/db.sqlite3"), ("DATABASE_TIMEOUT", "1")]);
    assert!(error.contains("/nonexistent/db.sqlite3"), "{error}");
}

#[cfg(feature = "postgres")]
#[test]
fn an_unreachable_server_is_named_without_its_password() {
    let url = "postgres://pepe:s3cret@127.0.0.1:1/nothing";
    let server =
        TestDatabase::sqlite().runserver().env("DATABASE_URL", url).env("DATABASE_TIMEOUT", "1").serve();
    let log = server.wait_for_log("The database can't be reached");
    assert!(log.contains("127.0.0.1:1/nothing") && !log.contains("s3cret"), "{log}");
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_build_without_postgresql_names_the_feature() {
    let error = refused(&[("DATABASE_URL", "postgres://pepe:s3cret@localhost/x")]);
    assert_snapshot!(error, @"ImproperlyConfigured: DATABASE_URL: this program was built without PostgreSQL; build it with `--features postgres`.");
}

#[test]
fn a_dotenv_file_is_read_and_the_environment_wins() {
    let database = TestDatabase::sqlite();
    let lines = format!(
        "DATABASE_URL={}\nSECRET_KEY=of-the-file\nALLOWED_HOSTS=file.example\nDEBUG=\n",
        database.url()
    );
    std::fs::write(database.work_dir().join(".env"), lines).unwrap();
    let without = |arguments: &[&str]| {
        database
            .manage(arguments)
            .env_remove("DATABASE_URL")
            .env_remove("SECRET_KEY")
            .env_remove("ALLOWED_HOSTS")
    };
    without(&["migrate"]).run().expect_success();
    assert!(!database.work_dir().join("db.sqlite3").exists());
    let status = |address: &str, host: &str| {
        let server = without(&["runserver", "127.0.0.1:0"]);
        let server = if address.is_empty() { server } else { server.env("ALLOWED_HOSTS", address) };
        server.serve().anonymous().request("GET", "/").header("host", host).send().status
    };
    assert_eq!(status("", "file.example"), 200);
    assert_eq!(status("environment.example", "file.example"), 400);
    assert_eq!(status("environment.example", "environment.example"), 200);
}

/// The forms of a list and of values that Django projects write. None is answered with 400.
#[test]
fn hosts_are_understood_or_refused_at_the_start() {
    let database = TestDatabase::sqlite();
    database.migrate();
    for hosts in [
        "testserver other.example",
        "['other.example', 'testserver']",
        "[\"testserver\"]",
        "('testserver',)",
        "\"other.example,testserver\"",
        "'*'",
    ] {
        let server =
            database.runserver().env("ALLOWED_HOSTS", hosts).env("DEBUG", "\"False\"").env("WORKERS", "'1'");
        assert_eq!(server.serve().anonymous().host("testserver").get("/").status, 200, "{hosts}");
    }
    for hosts in ["https://testserver", "testserver:8000", "*.example", "['testserver'", "testserver/ x:1"] {
        let error = refused(&[("ALLOWED_HOSTS", hosts)]);
        assert!(error.contains("(vitamin.E005) ALLOWED_HOSTS has "), "{hosts}: {error}");
    }
    // One that works is enough, as in Django.
    let checked =
        database.manage(&["check"]).env("ALLOWED_HOSTS", "testserver,web_app").run().expect_success();
    assert!(checked.contains("(vitamin.W006) ALLOWED_HOSTS has \"web_app\""), "{checked}");
}

/// The other lists, in Python's form: a list that is not understood would match nothing in silence.
#[test]
fn lists_are_understood() {
    let database = TestDatabase::sqlite();
    for (name, value) in [
        ("CSRF_TRUSTED_ORIGINS", "['https://a.example', 'https://*.b.example']"),
        ("AUTHENTICATION_BACKENDS", "['django.contrib.auth.backends.ModelBackend']"),
        ("AUTH_PASSWORD_VALIDATORS", "['NumericPasswordValidator', 'MinimumLengthValidator']"),
        ("FORWARDED_ALLOW_IPS", "['127.0.0.1', '::1']"),
        ("FORWARDED_ALLOW_IPS", "127.0.0.1 ::1"),
        ("SECURE_PROXY_SSL_HEADER", "('HTTP_X_FORWARDED_PROTO', 'https')"),
        ("DEFAULT_THROTTLE_RATES", "anon=100/day, user=1000/day"),
        ("CSRF_COOKIE_SECURE", "on"),
        ("TIME_ZONE", "\"UTC\""),
        ("DATABASE_POOL_SIZE", "'1_0'"),
    ] {
        let output = database.manage(&["check"]).env(name, value).run();
        assert_eq!(output.code, Some(0), "{name}={value}: {}", output.report());
    }
}
