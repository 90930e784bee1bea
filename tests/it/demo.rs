//! `manage demo`: the tutorial's lines with their answers, and nothing left behind.

use rustix::process::Signal;

use crate::support::{Manage, TestDatabase, names_in};

/// The real database and settings must not matter, so there is nothing of them here.
fn demo<'a>(database: &'a TestDatabase, address: &[&str]) -> Manage<'a> {
    let manage = address.iter().fold(database.manage(&["demo"]), |manage, address| manage.argument(address));
    manage.without("SECRET_KEY").without("ALLOWED_HOSTS").without("BCRYPT_ROUNDS").without("DATABASE_URL")
}

#[test]
fn it_prints_what_to_try_and_the_answers() {
    let database = TestDatabase::sqlite();
    let mut server = demo(&database, &["127.0.0.1:0"]).serve();
    let said = crate::support::wait_for("the last line", || {
        Some(server.stdout()).filter(|said| said.contains("leaves nothing behind"))
    });
    let key = server.anonymous().post("/", "user=Pepe&password=aaaa").key();
    insta::assert_snapshot!(said.replace(server.address(), "<address>").replace(&key, "<key>"), @r#"
    The tutorial is served at http://<address>/ with the user Pepe, password aaaa.
    Try this in another terminal; below each line stands the answer to expect.

    curl http://<address>/
    {"detail":"GET Response"}

    curl http://<address>/auth/
    {"detail":"Authentication credentials were not provided."}

    curl -X POST -d "user=Pepe&password=aaaa" http://<address>/
    {"detail":"POST answer","token":"<key>"}

    curl http://<address>/auth/ -H 'Authorization: Token <key>'
    {"detail":"I suppose you are authenticated"}

    Ctrl-C ends the demo and leaves nothing behind.
    "#);

    // The answers are those that are printed below the lines.
    let printed: Vec<&str> = said.lines().filter(|line| line.starts_with('{')).collect();
    let answers = [
        server.anonymous().get("/"),
        server.anonymous().get("/auth/"),
        server.anonymous().post("/", "user=Pepe&password=aaaa"),
        server.token(&key).get("/auth/"),
    ];
    assert_eq!(answers.map(|answer| answer.body).as_slice(), printed);

    assert_eq!(names_in(&database.tmp()).len(), 1, "its database");
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(server.stdout().ends_with("\nThe demo is over; its database is gone.\n"));
    assert!(names_in(&database.tmp()).is_empty() && names_in(&database.work()).is_empty());
}

#[test]
fn the_real_database_is_not_touched() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "real");
    let manage = demo(&database, &["localhost:0"]).env("DATABASE_URL", database.url());
    let mut server = manage.env("ALLOWED_HOSTS", "nobody.example").env("SECRET_KEY", "x").serve();
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200);
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=real").status, 401);
    assert_eq!(database.tokens(), 0);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(names_in(&database.tmp()).is_empty());
}

#[test]
fn other_addresses_are_refused() {
    let database = TestDatabase::sqlite();
    for address in ["0.0.0.0:0", "[::]:0", "0:0", "192.0.2.1:8000"] {
        let finished = demo(&database, &[address]).run();
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{address}");
        assert!(finished.stderr.contains("is not a loopback address"), "{finished:?}");
    }
    assert_eq!(demo(&database, &["nonsense"]).run().code, Some(2));
    assert!(names_in(&database.tmp()).is_empty() && names_in(&database.work()).is_empty());
}

#[test]
fn an_address_in_use_is_told() {
    let database = TestDatabase::sqlite();
    let server = demo(&database, &["127.0.0.1:0"]).serve();
    let second = TestDatabase::sqlite();
    let finished = demo(&second, &[server.address()]).run();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains(server.address()), "{finished:?}");
    assert!(names_in(&second.tmp()).is_empty());
}
