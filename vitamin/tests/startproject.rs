//! `vitamin startproject`, as a user runs it. `.ci/run template` builds and tests what it writes.

#![expect(clippy::unwrap_used, reason = "clippy.toml does not reach the helpers of a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in this folder.
fn vitamin(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vitamin")).args(arguments).current_dir(folder).output().unwrap()
}

fn success(folder: &Path, arguments: &[&str]) -> String {
    let output = vitamin(folder, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = vitamin(folder, arguments);
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Every file below the folder with its text, sorted by path.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push((path.to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn a_project_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let report = success(folder.path(), &["startproject", "shop"]);
    let vitamin = env!("CARGO_MANIFEST_DIR");
    assert!(
        report.contains(&format!("The project shop is in shop. It depends on vitamin in {vitamin}.\n")),
        "{report}"
    );
    let root = folder.path().join("shop");
    for (path, text) in files(&root) {
        assert!(!text.contains("mysite"), "{path}");
    }
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(&root)
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let package = &metadata["packages"][0];
    assert_eq!(package["name"], "shop");
    let dependencies = package["dependencies"].as_array().unwrap();
    // The second one is that of the tests.
    assert_eq!(dependencies.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["vitamin", "vitamin"]);
    assert_eq!(dependencies[0]["path"], vitamin);
    assert_eq!(package["features"]["default"], serde_json::json!([]));
    for database in ["sqlite", "postgres"] {
        let migrations = root.join("migrations").join(database);
        let names = fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        let apps: Vec<_> = names.iter().map(|name| name.split_once('_').unwrap().1).collect();
        assert_eq!(
            apps,
            [
                "contenttypes_initial",
                "auth_initial",
                "sessions_initial",
                "authtoken_initial",
                "admin_initial"
            ]
        );
    }
}

#[test]
fn every_project_has_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["one", "two"].map(|name| {
        success(folder.path(), &["startproject", name]);
        let env = fs::read_to_string(folder.path().join(name).join(".env")).unwrap();
        assert!(env.contains("\nDEBUG=true\n"), "{env}");
        env.lines().find_map(|line| line.strip_prefix("SECRET_KEY=")).unwrap().to_owned()
    });
    assert_eq!(keys.each_ref().map(String::len), [50, 50]);
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn features_and_dependency_are_those_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--features", "redis,postgres,redis", "--vitamin", "0.7.1"];
    let report = success(folder.path(), &[&["startproject", "shop", "elsewhere"], &arguments[..]].concat());
    assert!(report.contains("is in elsewhere. It depends on vitamin 0.7.1."), "{report}");
    let manifest = fs::read_to_string(folder.path().join("elsewhere/Cargo.toml")).unwrap();
    assert!(manifest.contains("\nvitamin = \"0.7.1\"\n"), "{manifest}");
    assert!(manifest.contains("\ndefault = [\"redis\", \"postgres\"]\n"), "{manifest}");
    let error = failure(folder.path(), &["startproject", "shop", "--features", "mysql"]);
    assert!(error.contains("[possible values: postgres, redis, shadow-tls]"), "{error}");
    let error = failure(folder.path(), &["startproject", "shop", "--vitamin", "/nowhere"]);
    assert!(error.contains("the crate vitamin is not in '/nowhere'"), "{error}");
    assert!(!folder.path().join("shop").exists());
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    success(folder.path(), &["startproject", "shop"]);
    let before = files(folder.path());
    let error = failure(folder.path(), &["startproject", "shop"]);
    assert!(error.starts_with("vitamin: shop is not empty: it has "), "{error}");
    assert!(error.ends_with(". Nothing was written.\n"), "{error}");
    fs::write(folder.path().join("file"), "mine").unwrap();
    let error = failure(folder.path(), &["startproject", "shop", "file"]);
    assert_eq!(error, "vitamin: file: Not a directory (os error 20). Nothing was written.\n");
    fs::remove_file(folder.path().join("file")).unwrap();
    assert_eq!(files(folder.path()), before);
}

#[test]
fn an_empty_repository_is_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    let report = success(folder.path(), &["startproject", "shop", "."]);
    assert!(report.starts_with("The project shop is in this folder. It depends on"), "{report}");
    assert!(!report.contains("cd "), "{report}");
    assert!(folder.path().join("src/settings.rs").is_file());
}

#[test]
fn a_name_that_is_no_crate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, reason) in [
        ("my-site", "use lower-case letters, digits and underscores, with a letter first"),
        ("std", "it is the name of an existing crate"),
        ("async", "Rust reserves it"),
    ] {
        let error = failure(folder.path(), &["startproject", name]);
        assert_eq!(error, format!("vitamin: '{name}' is not a valid project name: {reason}.\n"));
    }
    assert_eq!(files(folder.path()), []);
}
