//! database_urls.jsonl has dj-database-url's answers, made by tests/django/configuration.py.

use super::*;

fn sqlite(url: &str) -> Result<String, &'static str> {
    url.parse::<DatabaseUrl>().map(|url| url.sqlite_path().unwrap().to_owned())
}

#[test]
fn sqlite_paths_are_read() {
    for (url, path) in [
        ("db.sqlite3", "db.sqlite3"),
        (" db.sqlite3\n", "db.sqlite3"),
        ("/srv/my shop/db.sqlite3", "/srv/my shop/db.sqlite3"),
        ("//srv/db.sqlite3", "/srv/db.sqlite3"),
        ("file:db?mode=ro", "file:db?mode=ro"),
        ("sqlite:///db.sqlite3", "db.sqlite3"),
        ("sqlite:////srv/db.sqlite3", "/srv/db.sqlite3"),
        ("SQLITE:////srv/db.sqlite3\n", "/srv/db.sqlite3"),
        ("spatialite:///db.sqlite3", "db.sqlite3"),
        ("sqlite://localhost/db.sqlite3", "db.sqlite3"),
        ("sqlite:///db.sqlite3?timeout=20&conn_max_age=60", "db.sqlite3"),
        ("sqlite:///a%20b%3F.sqlite3", "a b?.sqlite3"),
        ("sqlite:///file:x", "./file:x"),
    ] {
        assert_eq!(sqlite(url).as_deref(), Ok(path), "{url}");
    }
}

#[test]
fn what_cannot_be_meant_is_rejected() {
    for (url, why) in [
        ("mysql://localhost/x", "scheme is unknown"),
        ("sqlite3:///db.sqlite3", "scheme is unknown"),
        ("://h/x", "scheme is unknown"),
        ("", "empty"),
        ("sqlite://", "in-memory"),
        ("sqlite:///", "in-memory"),
        ("sqlite://:memory:", "in-memory"),
        ("sqlite:///:memory:", "in-memory"),
        (":memory:", "in-memory"),
        ("file::memory:?cache=shared", "in-memory"),
        ("file:x?mode=memory", "in-memory"),
        ("sqlite://db.sqlite3", "three slashes"),
        ("sqlite://srv/db.sqlite3", "three slashes"),
        ("sqlite:///db.sqlite3?mode=ro", "parameter"),
        ("sqlite:///db.sqlite3#x", "%23"),
        ("sqlite:///%ff", "not UTF-8"),
        ("sqlite:///srv/", "folder"),
        ("sqlite:///.", "folder"),
        ("sqlite:db.sqlite3", "neither"),
        ("postgres:db", "neither"),
        ("postgres:/h/db", "neither"),
        ("postgres", "neither"),
        ("sqlite", "neither"),
        ("localhost:5432/shop", "neither"),
        ("pepe:s3cret@localhost/shop", "neither"),
        ("host=localhost dbname=shop", "neither"),
        ("DATABASE_URL=db.sqlite3", "neither"),
        ("\"db.sqlite3", "neither"),
        ("$DATABASE_URL", "neither"),
        ("${DATABASE_URL}", "neither"),
        ("{{ database_url }}", "neither"),
        ("<your database>", "neither"),
        ("db.sqlite3?timeout=20", "neither"),
        ("db\n.sqlite3", "neither"),
    ] {
        let error = sqlite(url).unwrap_err();
        assert!(error.contains(why), "{url}: {error}");
    }
}

/// Other programs read `sqlite:///srv/db` as an absolute path.
#[test]
fn three_slashes_before_an_absolute_path_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite3");
    let error = sqlite(&format!("sqlite://{}", path.display())).unwrap_err();
    assert!(error.contains("four slashes"), "{error}");
    assert_eq!(sqlite(&format!("sqlite:///{}", path.display())).as_deref(), Ok(path.to_str().unwrap()));
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use tokio_postgres::Config;
    use tokio_postgres::config::Host;

    use super::*;

    #[derive(Deserialize)]
    struct Django {
        sqlite: bool,
        name: String,
        user: String,
        password: String,
        host: String,
        port: String,
        options: BTreeMap<String, String>,
    }

    fn normal(url: &str) -> Result<String, &'static str> {
        match url.parse()? {
            DatabaseUrl::Postgres(url) => Ok(url),
            DatabaseUrl::Sqlite(path) => panic!("{url} is {path}"),
        }
    }

    #[test]
    fn urls_are_read_as_by_dj_database_url() {
        let mut count = 0;
        for line in
            include_str!("../../fixtures/database_urls.jsonl").split('\n').filter(|line| !line.is_empty())
        {
            let (url, django): (String, Django) = serde_json::from_str(line).unwrap();
            count += 1;
            if django.sqlite {
                // A path of SQLite's own URIs gets a folder, so that it stays a path.
                assert_eq!(sqlite(&url), Ok(django.name), "{url}");
                continue;
            }
            // tokio-postgres reads URLs by libpq's rules.
            let config: Config = normal(&url).unwrap().parse().unwrap();
            let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(path) => path.to_str().unwrap().to_owned(),
            });
            assert_eq!(host, django.host, "{url}");
            // tokio-postgres names the default.
            let port = if django.port.is_empty() { "5432" } else { &django.port };
            assert!(config.get_ports().iter().all(|found| found.to_string() == port), "{url}");
            assert_eq!(config.get_user().unwrap_or_default(), django.user, "{url}");
            let password = config.get_password().unwrap_or_default();
            assert_eq!(std::str::from_utf8(password), Ok(django.password.as_str()), "{url}");
            assert_eq!(config.get_dbname().unwrap_or_default(), django.name, "{url}");
            let option = |name: &str| django.options.get(name).map(String::as_str);
            assert_eq!(config.get_options(), option("options"), "{url}");
            assert_eq!(config.get_application_name(), option("application_name"), "{url}");
        }
        assert_eq!(count, 1000);
    }

    #[test]
    fn a_url_has_libpq_s_escapes() {
        for (url, expected) in [
            ("postgis://h/x\n", "postgres://h/x"),
            ("psql://h/x", "postgres://h/x"),
            ("postgres://", "postgres://"),
            ("postgres:///x", "postgres:///x"),
            ("postgres://pepe:100%safe@h/x", "postgres://pepe:100%25safe@h/x"),
            ("postgres://u:p@ss#1?@h/x", "postgres://u:p%40ss%231%3F@h/x"),
            ("postgres://u:12?3@h/x", "postgres://u:12%3F3@h/x"),
            ("postgres://u:p@h:1,[::1]:2,[::2]/x?a=b", "postgres://u:p@h:1,[::1]:2,[::2]/x?a=b"),
            ("postgres://u@%2Ftmp%2FX:5432/x", "postgres://u@%2Ftmp%2FX:5432/x"),
            ("postgres:////var/run/x/db", "postgres://%2Fvar%2Frun%2Fx/db"),
            ("postgres://h?user=a@b", "postgres://h?user=a%40b"),
            ("postgres://h:5432?user=a@b:c", "postgres://h:5432?user=a%40b%3Ac"),
            ("postgres://u@h?x=@/", "postgres://u@h?x=%40%2F"),
            ("postgres://h/x?conn_max_age=60&ATOMIC_REQUESTS=True&pool=1&sslmode=", "postgres://h/x"),
            (
                "postgres://h/x?options=-c a=1&currentSchema=my shop,public&assume_role=r",
                "postgres://h/x?options=-c%20a%3D1%20-c%20search_path%3Dmy%5C%20shop%2Cpublic%20-c%20role%3Dr",
            ),
        ] {
            assert_eq!(normal(url).as_deref(), Ok(expected), "{url}");
            assert_eq!(normal(expected).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn urls_that_nobody_can_read_are_rejected() {
        for url in [
            "postgres://pepe:s3%",
            "postgres://pepe:s3/cret@h/x",
            "postgres://pepe:12/34@h/x",
            "postgres://pepe:s3cret@h:port/x",
            "postgres://pepe:s3cret@[::1/x",
            "postgres://pepe:s3cret@h/x#y",
            "postgres://pepe:s3cret@h/x\ny",
            "postgres://pepe:s3%ffcret@h/x",
            "postgres://pepe:s3cret@h//tmp/x",
            "postgres://a host/x",
        ] {
            let error = url.parse::<DatabaseUrl>().unwrap_err();
            assert!(!error.contains("cret"), "{url}");
        }
    }

    #[test]
    fn a_password_never_prints() {
        for (url, shown) in [
            ("postgres://pepe:s3cr@t@db.example:5432/x?password=s3cret", "postgres://db.example:5432/x"),
            ("postgres://pepe:s3?cret@db.example/x?sslmode=disable", "postgres://db.example/x"),
            ("postgres://db.example/x?password=s3@cret", "postgres://db.example/x"),
            ("postgresql:///x?user=pepe&password=s3cret", "postgres:///x"),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({shown})"));
        }
        let url = DatabaseUrl::Postgres("postgres://pepe:s3%20cret@[::1/x?password=0ther".to_owned());
        let words = r#"no "]" in URI: "postgres://pepe:s3%20cret@[::1/x?password=0ther" (s3 cret)"#;
        assert_eq!(
            url.redact(words),
            r#"no "]" in URI: "postgres://pepe:******@[::1/x?password=******" (******)"#
        );
    }

    #[test]
    fn parameters_start_after_the_password() {
        for (url, start, found) in [
            ("postgres://u:a?b@h/x?c=1&&d=2", "postgres://u:a?b@h/x", vec!["c=1", "d=2"]),
            ("postgres://h/x?c=@/", "postgres://h/x", vec!["c=@/"]),
            ("postgres://h?c=1", "postgres://h", vec!["c=1"]),
            ("postgres://u@h/x", "postgres://u@h/x", vec![]),
        ] {
            assert_eq!(parameters(url), (start, found));
        }
    }

    #[test]
    fn plain_text_leads_to_other_machines_only_by_a_mode_that_refuses_it() {
        let may_be = |url: &str, mode| url.parse::<DatabaseUrl>().unwrap().may_be_plain_text(mode);
        for url in [
            "postgres://u:p@db.example/x",
            "postgres://u:p@db.example/x?sslmode=prefer",
            "postgres://u:p@db.example:5433/x?sslmode=disable",
            "postgres://127.0.0.1,db.example/x",
            "postgres://[2001:db8::1]:5432/x",
            "postgres://127.0.0.1/x?hostaddr=203.0.113.7",
            "postgres:///x?host=db.example",
        ] {
            assert!(may_be(url, None), "{url}");
        }
        for url in [
            "postgres://u:p@db.example/x?sslmode=require",
            "postgres://u:p@db.example/x?sslmode=verify-full",
            "postgres://u:p@db.example/x?sslmode=disable&sslmode=verify-ca",
            "postgres://u:p@127.0.0.1:5432/x?sslmode=disable",
            "postgres://localhost/x",
            "postgres://[::1]:5432/x",
            "postgres:///x",
            "postgres://%2Fvar%2Frun%2Fpostgresql/x",
            "postgres:////var/run/postgresql/x",
        ] {
            assert!(!may_be(url, None), "{url}");
        }
        assert!(!may_be("postgres://db.example/x", Some("verify-full")));
        assert!(may_be("postgres://db.example/x?sslmode=allow", Some("verify-full")));
        assert!(!may_be("db.sqlite3", None));
    }
}
