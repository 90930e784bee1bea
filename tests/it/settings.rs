//! The settings: the code, docs/settings.md and `.env.example` agree, and `manage diffsettings` prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use vitamin::conf::{Env, Fallback, Setting};
use vitamin::project::Project;

use crate::support::*;

/// The settings that only some commands read.
const READ_BY_COMMANDS: [&str; 5] = [
    "DJANGO_SUPERUSER_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD",
    "DJANGO_SUPERUSER_USERNAME",
    "RUST_LOG",
    "SSL_CERT_FILE",
];

fn project() -> Project {
    tutorial::settings::project(&Env::from_iter([("SECRET_KEY", SECRET_KEY)])).unwrap()
}

fn declared(project: &Project) -> BTreeMap<&str, &Setting> {
    project.declared.iter().map(|(_, setting)| (setting.name, setting)).collect()
}

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn every_setting_that_is_read_is_declared_and_the_reverse() {
    let project = project();
    let read = project.env.names_read();
    let declared: BTreeSet<String> = declared(&project).into_keys().map(str::to_owned).collect();
    assert!(read.contains("SECRET_KEY") && read.contains("DATABASE_TIMEOUT"), "{read:?}");
    assert_eq!(read.difference(&declared).collect::<Vec<_>>(), Vec::<&String>::new(), "not declared");
    assert_eq!(declared.difference(&read).collect::<Vec<_>>(), READ_BY_COMMANDS, "not read");
}

#[test]
fn the_documentation_has_every_setting() {
    let (project, text) = (project(), file("docs/settings.md"));
    let rows: BTreeSet<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: BTreeSet<String> = declared(&project)
        .into_values()
        .map(|Setting { name, help, default, .. }| match default {
            Fallback::Unset => format!("| `{name}` |  | {help} |"),
            Fallback::Value(value) => format!("| `{name}` | `{value}` | {help} |"),
            Fallback::Described(words) => format!("| `{name}` | {words} | {help} |"),
        })
        .collect();
    assert_eq!(rows, expected.iter().map(String::as_str).collect());
}

#[test]
fn the_example_has_every_setting() {
    let (project, text) = (project(), file(".env.example"));
    let mut found = BTreeMap::new();
    // Paragraphs: a heading, or a comment and one assignment.
    for paragraph in text.split("\n\n").map(str::trim) {
        let Some((comment, assignment)) = paragraph.rsplit_once('\n') else { continue };
        let comment: Vec<_> = comment.lines().map(|line| line.strip_prefix("# ").unwrap()).collect();
        let (name, value) = assignment.trim_start_matches('#').split_once('=').unwrap();
        assert_eq!(found.insert(name, (comment.join(" "), value)), None, "{name} is there twice");
    }
    let declared = declared(&project);
    assert_eq!(found.keys().collect::<Vec<_>>(), declared.keys().collect::<Vec<_>>());
    for (name, (comment, value)) in found {
        let setting = declared[name];
        let (words, default) = match setting.default {
            Fallback::Unset => (setting.help.to_owned(), ""),
            Fallback::Value(value) => (setting.help.to_owned(), value),
            Fallback::Described(words) => (format!("{} Default: {words}.", setting.help), ""),
        };
        assert_eq!(comment, words, "{name}");
        // A project needs these two.
        let default = match name {
            "SECRET_KEY" => "replace-me",
            "ALLOWED_HOSTS" => "localhost,127.0.0.1,[::1]",
            _ => default,
        };
        assert_eq!(value, default, "{name}");
    }
}

#[test]
fn diffsettings_tells_where_each_value_comes_from() {
    let database = TestDatabase::sqlite();
    let lines = "# comment\nTOKEN_CACHE_SIZE=5\nWORKERS=3\n\nCACHE_URL=\nAPPEND_SLASH=true\n";
    fs::write(database.work_dir().join(".env"), lines).unwrap();
    let diffsettings = |arguments: &[&str]| {
        let arguments = [&["diffsettings"], arguments].concat();
        let manage = database.manage(&arguments).env("SESSION_COOKIE_NAME", "a\nb").env("WORKERS", "2");
        let manage = manage.env_remove("DATABASE_URL");
        let manage = manage.env("SECRET_KEY_FALLBACKS", SECRET_KEY);
        manage.env("AUTH_PASSWORD_VALIDATORS", "").run().expect_success()
    };
    assert_snapshot!(diffsettings(&[]), @r"
    ALLOWED_HOSTS = 127.0.0.1,testserver  # from the environment
    AUTH_PASSWORD_VALIDATORS =  # from the environment
    BCRYPT_ROUNDS = 4  # from the environment
    SECRET_KEY = ********  # from the environment
    SECRET_KEY_FALLBACKS = ********  # from the environment
    SESSION_COOKIE_NAME = a\nb  # from the environment
    TOKEN_CACHE_SIZE = 5  # from .env:2
    WORKERS = 2  # from the environment
    ");
    let unified = diffsettings(&["--output", "unified"]);
    assert!(unified.contains("- TOKEN_CACHE_SIZE = 10000\n+ TOKEN_CACHE_SIZE = 5  # from .env:2\n"));
    assert!(unified.contains("- WORKERS = (one per core)\n+ WORKERS = 2  # from the environment\n"));
    let all = diffsettings(&["--all"]);
    assert_eq!(all.lines().count(), declared(&project()).len());
    for line in [
        "APPEND_SLASH = true  # from .env:6",
        "CACHE_URL =  # default",
        "ADDRESS = 127.0.0.1:8000  # default",
    ] {
        assert!(all.lines().any(|other| other == line), "{line}: {all}");
    }
    assert!(!all.contains(SECRET_KEY) && !unified.contains(SECRET_KEY));
}
