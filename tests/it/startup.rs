//! A server that starts before its database, and one whose role may only read.

use std::os::unix::fs::symlink;

use diesel::connection::SimpleConnection as _;

use crate::support::*;

#[test]
fn the_database_may_start_after_the_server() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let Some((socket, name)) = unix_socket(&database) else { return };
    for cache in ["exact", "bounded"] {
        // The server's folder has this name only later.
        let later = database.work_dir().join(cache);
        let url = format!("postgres://postgres@{}:5432/{name}", later.to_str().unwrap().replace('/', "%2F"));
        let server = database
            .runserver()
            .env("DATABASE_URL", &url)
            .env("DATABASE_TIMEOUT", "1")
            .env("TOKEN_CACHE", cache)
            .serve();
        server.wait_for_log("The database can't be reached");
        let authenticated =
            || server.anonymous().header("authorization", format!("Token {key}")).get("/auth/");
        assert_eq!(server.anonymous().get("/").status, 200);
        let refused = authenticated();
        assert_eq!(refused.status, 503, "{cache}");
        assert!(!refused.header("retry-after").is_empty(), "{cache}");

        symlink(&socket, &later).unwrap();
        wait_for("the database", || Some(()).filter(|()| authenticated().status == 200));
        assert_eq!(
            server.anonymous().post("/", [("user", "Pepe"), ("password", "aaaa")]).key(),
            key,
            "{cache}"
        );
    }
}

#[test]
fn a_role_that_may_only_select_serves_reads() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate().create_user("Pepe", "aaaa");
    let key = database.token("Pepe");
    let (_, place) = database.url().split_once('@').unwrap();
    // Roles are the server's, not the database's.
    let role = format!("{}_reader", place.rsplit('/').next().unwrap());
    let run = |sql: &str| database.connection().batch_execute(&sql.replace("ROLE", &role)).unwrap();
    run("CREATE USER ROLE PASSWORD 'reader'");
    run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE");
    for (sql, warning) in [
        ("SELECT 1", None),
        (
            "REVOKE SELECT ON __diesel_schema_migrations FROM ROLE",
            Some("The applied migrations can't be read"),
        ),
        ("ALTER USER ROLE SET default_transaction_read_only = on", None),
    ] {
        run(sql);
        for cache in ["exact", "bounded"] {
            let url = format!("postgres://{role}:reader@{place}");
            let server = database.runserver().env("DATABASE_URL", &url).env("TOKEN_CACHE", cache).serve();
            let client = server.anonymous().header("authorization", format!("Token {key}"));
            for _ in 0..3 {
                assert_eq!(client.get("/auth/").status, 200, "{sql}, {cache}");
            }
            assert_eq!(server.anonymous().header("authorization", "Token x").get("/auth/").status, 401);
            // The token exists, so that a login only reads.
            assert_eq!(
                server.anonymous().post("/", [("user", "Pepe"), ("password", "aaaa")]).key(),
                key,
                "{sql}"
            );
            warning.map(|warning| server.wait_for_log(warning));
        }
    }
    run("DROP OWNED BY ROLE; DROP USER ROLE");
}
