//! `manage shadow`: its client gets the other program's answer, and the report says where ours differs.

use rustix::process::Signal;

use crate::support::{Server, TestDatabase};

/// In front of a program of the same make on another database, which stands for Django here; tests/django has the real one.
fn shadow<'a>(database: &'a TestDatabase, other: &Server<'_>) -> Server<'a> {
    let origin = format!("http://{}", other.address());
    database.manage(&["shadow", "--to", &origin, "127.0.0.1:0"]).serve()
}

#[test]
fn what_differs_is_told_without_what_it_is() {
    let (ours, theirs) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    ours.migrate();
    theirs.migrate().create_user("Pepe", "aaaa");
    let django = theirs.serve();
    let mut shadow = shadow(&ours, &django);
    let key = theirs.token("Pepe");
    // The client gets what the other says, also to what is not compared.
    assert_eq!(shadow.token(&key).get("/auth/").status, 200);
    assert_eq!(shadow.anonymous().get("/").body, r#"{"detail":"GET Response"}"#);
    assert_eq!(shadow.anonymous().post("/", "user=Pepe&password=aaaa").key(), key);
    assert_eq!(shadow.anonymous().get("/reset/s3cret/").status, 404);
    shadow.signal(Signal::INT);
    assert_eq!(shadow.wait().code(), Some(1));
    let report = shadow.log();
    for expected in [
        "GET /auth/\n       1 x body: $.detail\n       1 x header www-authenticate only here\n       1 x status 200 there, 401 here\n",
        "2 answers compared, 1 of them differ. Not compared: 1 of paths that are Django's alone, 0 while",
    ] {
        assert!(report.contains(expected), "{expected} is not in {report}");
    }
    assert!(!report.contains(&key) && !report.contains("Pepe"), "{report}");
}

#[test]
fn nothing_is_written_and_django_may_be_down() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let hash = database.user("Pepe").unwrap().password;
    let mut shadow = {
        let django = database.serve();
        let origin = format!("http://{}", django.address());
        // Here this project would write the hash anew at a login, were its database not read only.
        let shadow = database
            .manage(&["shadow", "--to", &origin, "127.0.0.1:0"])
            .env("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256")
            .env("PBKDF2_ITERATIONS", "1000")
            .serve();
        // Pepe:aaaa
        let basic = shadow.anonymous().request("GET", "/").header("authorization", "Basic UGVwZTphYWFh");
        assert_eq!(basic.send().status, 200);
        shadow.log_with("was not hashed anew");
        shadow
    };
    assert_eq!(shadow.anonymous().get("/auth/").status, 502);
    shadow.signal(Signal::TERM);
    assert_eq!(shadow.wait().code(), Some(0));
    assert_eq!(database.user("Pepe").unwrap().password, hash);
}
