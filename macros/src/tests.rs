//! What the macro says of an app's folders. The compiler's part of it is tested wherever an app has migrations.

use std::fs;
use std::path::Path;

use super::*;

const NAME: &str = "2026-12-01-000000_polls_initial";
const METADATA: &str = "dependencies = [\"auth\"]\nrun_in_transaction = true\n";

/// Makes a migration for both databases, with this `metadata.toml`.
fn arrange(root: &Path, metadata: Option<&str>) {
    for database in DATABASES {
        let folder = root.join(database).join(NAME);
        fs::create_dir_all(&folder).unwrap();
        for file in ["up.sql", "down.sql"] {
            fs::write(folder.join(file), "").unwrap();
        }
        if let Some(text) = metadata {
            fs::write(folder.join("metadata.toml"), text).unwrap();
        }
    }
}

fn refused(metadata: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    arrange(folder.path(), Some(metadata));
    embed(folder.path()).unwrap_err()
}

#[test]
fn the_metadata_is_compiled_in() {
    let folder = tempfile::tempdir().unwrap();
    arrange(folder.path(), None);
    assert!(!embed(folder.path()).unwrap().contains(".metadata("));
    arrange(folder.path(), Some(METADATA));
    let source = embed(folder.path()).unwrap();
    assert!(source.contains(".metadata(&[\"auth\"], true, include_str!("), "{source}");
}

#[test]
fn both_databases_need_the_same() {
    let folder = tempfile::tempdir().unwrap();
    arrange(folder.path(), Some(METADATA));
    let file = folder.path().join("postgres").join(NAME).join("metadata.toml");
    fs::write(&file, "run_in_transaction = true").unwrap();
    assert!(embed(folder.path()).unwrap_err().ends_with("metadata.toml must be equal"));
    fs::remove_file(&file).unwrap();
    assert!(embed(folder.path()).unwrap_err().ends_with("metadata.toml must be equal"));
    fs::remove_dir_all(folder.path().join("postgres").join(NAME)).unwrap();
    assert!(embed(folder.path()).unwrap_err().contains("is there for one database only"));
}

#[test]
fn mistakes_in_the_metadata_are_named() {
    for (metadata, reason) in [
        ("dependencies = [\"auth\"]", "run_in_transaction = true (or false) is missing"),
        ("run_in_transaction = true\ndependencies = \"auth\"", "dependencies must be a list of app labels"),
        ("run_in_transaction = true\ndependency = []", "the key dependency is unknown"),
        ("run_in_transaction", "TOML parse error"),
    ] {
        let error = refused(metadata);
        assert!(error.contains(reason) && error.contains("metadata.toml"), "{error}");
    }
}

#[test]
fn a_build_script_is_needed() {
    let root = tempfile::tempdir().unwrap();
    let check = |manifest: &str| {
        fs::write(root.path().join("Cargo.toml"), manifest).unwrap();
        metadata::require_build_script(root.path())
    };
    let error = check("[package]").unwrap_err();
    assert!(
        error.contains("build.rs is missing") && error.contains("rerun-if-changed=migrations"),
        "{error}"
    );
    fs::write(root.path().join("build.rs"), "").unwrap();
    assert_eq!(check("[package]"), Ok(()));
    assert!(check("[package]\nbuild = false").is_err());
    assert!(check("[package]\nbuild = \"scripts/build.rs\"").is_err());
}
