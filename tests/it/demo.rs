//! `manage demo`: prints the tutorial's commands with their responses, and leaves nothing behind.

use rustix::process::Signal;

use crate::support::*;

/// The real database and settings must not matter, so none are set.
fn demo(database: &TestDatabase, address: &[&str]) -> ManageCommand {
    let manage = address.iter().fold(database.manage(&["demo"]), |manage, address| manage.arg(address));
    manage
        .env_remove("SECRET_KEY")
        .env_remove("ALLOWED_HOSTS")
        .env_remove("BCRYPT_ROUNDS")
        .env_remove("DATABASE_URL")
}

#[test]
fn it_prints_commands_and_their_responses() {
    let database = TestDatabase::sqlite();
    let mut server = demo(&database, &["127.0.0.1:0"]).serve();
    let output = wait_for("the last line", || {
        Some(server.stdout()).filter(|output| output.contains("leaves nothing behind"))
    });
    let key = server.anonymous().post("/", "user=Pepe&password=aaaa").key();
    insta::assert_snapshot!(output.replace(server.address(), "<address>").replace(&key, "<key>"), @r#"
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

    // The responses equal the printed ones.
    let printed: Vec<&str> = output.lines().filter(|line| line.starts_with('{')).collect();
    let responses = [
        server.anonymous().get("/"),
        server.anonymous().get("/auth/"),
        server.anonymous().post("/", "user=Pepe&password=aaaa"),
        server.token(&key).get("/auth/"),
    ];
    assert_eq!(responses.map(|response| response.body).as_slice(), printed);

    assert_eq!(names_in(&database.temp_dir()).len(), 1, "its database");
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(server.stdout().ends_with("\nThe demo is over; its database is gone.\n"));
    assert!(names_in(&database.temp_dir()).is_empty() && names_in(&database.work_dir()).is_empty());
}

#[test]
fn the_real_database_is_untouched() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "real");
    let manage = demo(&database, &["localhost:0"]).env("DATABASE_URL", database.url());
    let mut server = manage.env("ALLOWED_HOSTS", "nobody.example").env("SECRET_KEY", "x").serve();
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=aaaa").status, 200);
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=real").status, 401);
    assert_eq!(database.count_tokens(), 0);
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(names_in(&database.temp_dir()).is_empty());
}

#[test]
fn other_addresses_are_refused() {
    let database = TestDatabase::sqlite();
    for address in ["0.0.0.0:0", "[::]:0", "0:0", "192.0.2.1:8000"] {
        let output = demo(&database, &[address]).run();
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{address}");
        assert!(output.stderr.contains("is not a loopback address"), "{output:?}");
    }
    assert_eq!(demo(&database, &["nonsense"]).run().code, Some(2));
    assert!(names_in(&database.temp_dir()).is_empty() && names_in(&database.work_dir()).is_empty());
}

#[test]
fn an_address_in_use_is_reported() {
    let database = TestDatabase::sqlite();
    let server = demo(&database, &["127.0.0.1:0"]).serve();
    let second = TestDatabase::sqlite();
    let output = demo(&second, &[server.address()]).run();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains(server.address()), "{output:?}");
    assert!(names_in(&second.temp_dir()).is_empty());
}
