//! The `.env` file: what commands make of it, and who may read what they write.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use insta::assert_snapshot;

use crate::support::*;

database_tests!(a_password_of_the_file_is_whole, new_files_are_private);

/// `manage` with the settings of the file only.
fn manage(database: &TestDatabase, arguments: &[&str]) -> ManageCommand {
    let names = ["DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS"];
    names.into_iter().fold(database.manage(arguments), ManageCommand::env_remove)
}

/// Writes the file, with the database's URL before the text.
fn write(database: &TestDatabase, text: &str) {
    let text =
        format!("DATABASE_URL={}\nALLOWED_HOSTS=testserver\nSECRET_KEY=s3cret\n{text}", database.url());
    fs::write(database.work_dir().join(".env"), text).unwrap();
}

fn a_password_of_the_file_is_whole(database: &TestDatabase) {
    database.migrate();
    write(database, "DJANGO_SUPERUSER_PASSWORD=pa$$word${HOME}\\n`id`\nDJANGO_SUPERUSER_USERNAME=Pepe\n");
    manage(database, &["createsuperuser", "--noinput", "--email", "pepe@example.com"]).run().expect_success();
    let server = manage(database, &["runserver", "127.0.0.1:0"]).serve();
    let client = server.anonymous().host("testserver");
    let log_in = |password: &str| client.post("/", [("user", "Pepe"), ("password", password)]).status;
    assert_eq!(log_in("pa$$word${HOME}\\n`id`"), 200);
    assert_eq!(log_in("pa"), 401);
}

#[test]
fn no_line_stops_a_command() {
    let database = TestDatabase::sqlite();
    write(
        &database,
        "SITE_NAME=My Site\nOWNER=Pepe's\nJSON={\"a\": [1, 'b']}\nNAME\nMY-NAME=1\nexport TIME_ZONE=UTC\n\
         DEBUG=True # comment\r\nthis is s3cret prose\nKEY='tis s3cret\nPEM=\"a\nb\"\n",
    );
    let mut told = BTreeSet::new();
    for command in ["help", "check", "diffsettings"] {
        let output = manage(&database, &[command]).run();
        assert_eq!(output.code, Some(0), "{}", output.report());
        assert!(!output.stderr.contains("s3cret"), "{}", output.stderr);
        let warnings = output.stderr.lines().filter_map(|line| Some(line.split_once(" .env:")?.1));
        told.insert(warnings.collect::<Vec<_>>().join("\n"));
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert_snapshot!(told.first().unwrap(), @"
    7 is skipped: it is neither NAME=value nor a comment.
    11 is skipped: it is neither NAME=value nor a comment.
    12: the value begins with a quote that does not end it, and is taken as it stands.
    ");
    // A Windows editor's file, in which a name comes twice.
    fs::write(database.work_dir().join(".env"), "\u{feff}SECRET_KEY=old\r\nSECRET_KEY=new\r\nDEBUG=1\r\n")
        .unwrap();
    let shown = manage(&database, &["diffsettings"]).run().expect_success();
    assert_snapshot!(shown, @"
    BCRYPT_ROUNDS = 4  # from the environment
    DEBUG = 1  # from .env:3
    SECRET_KEY = ********  # from .env:2
    ");
}

#[test]
fn a_file_above_the_working_directory_must_be_the_user_s() {
    let database = TestDatabase::sqlite();
    let above = database.work_dir().parent().unwrap().to_owned();
    let file = above.join(".env");
    fs::write(&file, "TIME_ZONE=Asia/Tokyo\n").unwrap();
    let shown = || manage(&database, &["diffsettings"]).run();
    let is_read = |output: &str| output.contains("TIME_ZONE = Asia/Tokyo");
    assert!(is_read(&shown().expect_success()));
    // Only root can give a file away.
    if fs::metadata(&file).unwrap().uid() == 0 {
        for given in [&file, &above] {
            chown(given, Some(1), None).unwrap();
            let output = shown();
            assert!(output.code == Some(0) && !is_read(&output.stdout), "{}", output.report());
            assert!(output.stderr.contains("/.env is not read: "), "{}", output.report());
            chown(given, Some(0), None).unwrap();
        }
    }
    // One of the working directory comes first, and may be anybody's.
    fs::write(database.work_dir().join(".env"), "DEBUG=1\n").unwrap();
    assert!(!is_read(&shown().expect_success()));
}

fn new_files_are_private(database: &TestDatabase) {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    manage(database, &["migrate"]).env("DATABASE_URL", database.url()).run().expect_success();
    let urls = ["new.sqlite3", "sqlite:///three.sqlite3", "file:uri.sqlite3"];
    for (url, name) in urls.into_iter().zip(["new.sqlite3", "three.sqlite3", "uri.sqlite3"]) {
        manage(database, &["migrate"]).env("DATABASE_URL", url).run().expect_success();
        assert_eq!(mode(&database.work_dir().join(name)), 0o600, "{url}");
    }
    if database.is_sqlite() {
        let server = manage(database, &["runserver", "127.0.0.1:0"])
            .env("DATABASE_URL", database.url())
            .env("DEBUG", "1")
            .serve();
        assert_eq!(server.anonymous().header("authorization", "Token x").get("/auth/").status, 401);
        let folder = Path::new(database.url()).parent().unwrap().to_owned();
        for name in names_in(&folder).into_iter().filter(|name| name.starts_with("db.sqlite3-")) {
            assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
        }
    }
}

/// As Django's dj-database-url reads them.
#[test]
fn doctor_reads_absolute_urls() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let url = format!("sqlite:///{}", database.url());
    for command in ["doctor", "migrate", "check"] {
        database.manage(&[command]).env("DATABASE_URL", &url).run().expect_success();
    }
    // Whatever cannot be meant leaves no file.
    for url in [
        "postgres:shop",
        "sqlite:db",
        "sqlite://db",
        "sqlite://:memory:",
        "$DATABASE_URL",
        "host=db",
        "mysql://db/x",
    ] {
        for command in ["migrate", "doctor", "runserver"] {
            assert_eq!(database.manage(&[command]).env("DATABASE_URL", url).run().code, Some(1), "{url}");
        }
    }
    assert!(names_in(&database.work_dir()).is_empty(), "{:?}", names_in(&database.work_dir()));
}
