//! `manage check --deploy`: each unwise default has a warning, and each wise setting ends it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::support::*;

/// The settings of a deployment that leaves only the tutorial's own views to warn of.
const WISE: [(&str, &str); 8] = [
    ("CSRF_COOKIE_SECURE", "true"),
    ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "true"),
    ("SECURE_HSTS_PRELOAD", "true"),
    ("SECURE_HSTS_SECONDS", "60"),
    ("SECURE_SSL_REDIRECT", "true"),
    ("SESSION_COOKIE_SECURE", "true"),
    ("TOKEN_AGE", "3600"),
    ("TRUSTED_PROXIES", "127.0.0.1"),
];

fn deploy(database: &TestDatabase) -> ManageCommand {
    WISE.iter()
        .fold(database.manage(&["check", "--deploy"]), |command, (name, value)| command.env(name, value))
}

/// The ids of the messages.
fn ids(command: ManageCommand) -> BTreeSet<String> {
    let report = command.run().expect_success();
    let lines = report.lines().filter_map(|line| line.strip_prefix("?: ("));
    lines.map(|line| line.split(')').next().unwrap().to_owned()).collect()
}

#[test]
fn check_reports_errors_and_deploy_reports_warnings() {
    let database = TestDatabase::sqlite();
    let check = || database.manage(&["check"]);
    assert_eq!(check().run().expect_success(), "System check identified no issues.\n");
    assert_snapshot!(check().env_remove("SECRET_KEY").run().report(), @"
    exit 1
    -- stdout
    -- stderr
    SystemCheckError: System check identified some issues:

    ERRORS:
    ?: (vitamin.E001) SECRET_KEY is not set.
    	HINT: Set SECRET_KEY in the environment or in .env: your Django project's own key, or a new one made by `openssl rand -base64 48`. For development set DEBUG=true instead.

    System check identified 1 issue.
    ");
    let unwise = deploy(&database).env("SECRET_KEY", "short").env("DEBUG", "1").env_remove("ALLOWED_HOSTS");
    let unwise = unwise.env("SILENCED_SYSTEM_CHECKS", "vitamin.W028,vitamin.W029");
    assert_snapshot!(unwise.run().report(), @"
    exit 0
    -- stdout
    System check identified some issues:

    WARNINGS:
    ?: (security.W009) Your SECRET_KEY has less than 50 characters, less than 5 unique characters, or it's prefixed with 'django-insecure-', indicating that it was generated automatically by Django. Please generate a long and random value, otherwise many of Django's security-critical features will be vulnerable to attack.
    ?: (security.W018) You should not have DEBUG set to True in deployment.
    ?: (security.W020) ALLOWED_HOSTS must not be empty in deployment.

    System check identified 3 issues (2 silenced).
    -- stderr
    ");
    assert_eq!(
        check().env("DEBUG", "1").env_remove("SECRET_KEY").env_remove("ALLOWED_HOSTS").run().code,
        Some(0)
    );
}

#[test]
fn the_defaults_are_named_and_wise_settings_are_not() {
    let database = TestDatabase::sqlite();
    assert_snapshot!(database.manage(&["check", "--deploy"]).run().expect_success(), @"
    System check identified some issues:

    WARNINGS:
    ?: (security.W004) SECURE_HSTS_SECONDS is not set. If the whole site is served over https only, set it, after reading how browsers remember it.
    ?: (security.W008) SECURE_SSL_REDIRECT is not true. Set it, unless a proxy redirects http to https or the site is to be reached over both.
    ?: (security.W012) SESSION_COOKIE_SECURE is not true: the session cookie may be sent over http.
    ?: (security.W016) CSRF_COOKIE_SECURE is not true: the CSRF cookie may be sent over http.
    ?: (vitamin.W028) These views allow every request, also without credentials: ObtainAuthToken (/api-token-auth/), SpectacularAPIView (/schema/), SpectacularSwaggerView (/schema/docs/), SpectacularReferenceView (/schema/reference/), TestView (/).
    	HINT: Set permission_classes, or default_permission_classes in src/settings.rs. If all of them are meant for anyone, as a login is, silence this check.
    ?: (vitamin.W029) BasicAuthentication is a default authentication class, so that these views accept a password with each request, which costs a hash each time: ObtainAuthToken (/api-token-auth/), SpectacularAPIView (/schema/), SpectacularSwaggerView (/schema/docs/), SpectacularReferenceView (/schema/reference/), TestView (/).
    	HINT: Set default_authentication_classes in src/settings.rs, for example to TokenAuthentication.
    ?: (vitamin.W027) Tokens never end, so that one which was stolen or forgotten works until somebody deletes it.
    	HINT: Set TOKEN_AGE or TOKEN_IDLE_AGE (docs/security.md).

    System check identified 7 issues.
    ");
    assert_eq!(ids(deploy(&database)), ids_of(&[]));
    for (name, value, id) in [
        ("ADDRESS", "0:8000", "vitamin.W020"),
        ("ALLOWED_HOSTS", "*", "vitamin.W021"),
        ("LOGIN_THROTTLE", "false", "vitamin.W026"),
        ("CSRF_COOKIE_SECURE", "false", "security.W016"),
        ("SESSION_COOKIE_SECURE", "false", "security.W012"),
        ("TOKEN_AGE", "", "vitamin.W027"),
    ] {
        assert_eq!(ids(deploy(&database).env(name, value)), ids_of(&[id]), "{name}");
    }
    assert_eq!(ids(deploy(&database).env("TOKEN_AGE", "").env("TOKEN_IDLE_AGE", "60")), ids_of(&[]));
    for (name, value) in [
        ("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto=https"),
        ("USE_X_FORWARDED_HOST", "true"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.1"),
        ("NUM_PROXIES", "1"),
    ] {
        let command = deploy(&database).env(name, value);
        assert_eq!(ids(command.clone()), ids_of(&[]), "{name}");
        assert_eq!(ids(command.env("TRUSTED_PROXIES", "")), ids_of(&["vitamin.W022"]), "{name}");
    }
    #[cfg(feature = "postgres")]
    {
        let url = |parameters: &str| {
            deploy(&database).env("DATABASE_URL", &format!("postgres://u:p@db.example/x{parameters}"))
        };
        assert_eq!(ids(url("")), ids_of(&["vitamin.W023"]));
        assert_eq!(ids(url("").env("PGSSLMODE", "require")), ids_of(&[]));
        assert_eq!(ids(url("?sslmode=verify-full")), ids_of(&[]));
    }
    // Without --deploy none of them is said.
    let check = database.manage(&["check"]).env("ADDRESS", "0:8000").env("LOGIN_THROTTLE", "false");
    assert_eq!(ids(check), BTreeSet::new());
}

/// These ids, and those of the tutorial's views.
fn ids_of(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().copied().chain(["vitamin.W028", "vitamin.W029"]).map(str::to_owned).collect()
}

#[test]
fn files_that_all_users_may_read_are_named() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let dotenv = database.work_dir().join(".env");
    fs::write(&dotenv, "RUST_LOG=info\n").unwrap();
    let files = [(database.url().to_owned(), "vitamin.W024"), (dotenv.display().to_string(), "vitamin.W025")];
    let set_mode = |path: &str, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let set_modes = |mode| files.iter().for_each(|(path, _)| set_mode(path, mode));
    set_modes(0o600);
    assert_eq!(ids(deploy(&database)), ids_of(&[]));
    for (path, id) in &files {
        for mode in [0o644, 0o606, 0o604] {
            set_modes(0o640);
            set_mode(path, mode);
            assert_eq!(ids(deploy(&database)), ids_of(&[id]), "{path} {mode:o}");
        }
    }
    set_modes(0o604);
    let uri = format!("file:{}?mode=rw", database.url());
    assert!(ids(deploy(&database).env("DATABASE_URL", &uri)).contains("vitamin.W024"));
}

#[test]
fn a_check_can_be_silenced() {
    let database = TestDatabase::sqlite();
    let silenced = deploy(&database).env("SILENCED_SYSTEM_CHECKS", "vitamin.W028, vitamin.W029");
    assert_eq!(silenced.run().expect_success(), "System check identified no issues (2 silenced).\n");
    let one = deploy(&database).env("SILENCED_SYSTEM_CHECKS", "vitamin.W028").run().expect_success();
    assert!(one.ends_with("\nSystem check identified 1 issue (1 silenced).\n"), "{one}");
    let error =
        database.manage(&["check"]).env_remove("SECRET_KEY").env("SILENCED_SYSTEM_CHECKS", "vitamin.E001");
    assert_eq!(
        error.run().expect_success(),
        "System check identified no issues (1 silenced).\n",
        "as in Django"
    );
}
