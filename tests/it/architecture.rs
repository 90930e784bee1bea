//! Rules for the source: file lengths, documented settings. The crates' dependencies enforce the rest.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file of the workspace's crates, as a path below the root.
fn sources() -> Vec<PathBuf> {
    let folders = ["src", "apps", "framework", "macros", "vitamin"];
    let (mut folders, mut files) = (folders.map(PathBuf::from).to_vec(), Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 50, "{files:?}");
    files
}

#[test]
fn no_file_is_too_long() {
    for file in sources() {
        let lines = fs::read_to_string(root().join(&file)).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines; split it before 400", file.display());
    }
}

#[test]
fn every_setting_is_documented() {
    let mut read = BTreeSet::new();
    for file in sources().iter().filter(|file| !file.ends_with("tests.rs")) {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        read.extend(variables(text));
    }
    assert!(read.contains("SECRET_KEY") && read.contains("DATABASE_TIMEOUT"), "{read:?}");
    let table = fs::read_to_string(root().join("README.md")).unwrap();
    let table = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    // A comment has a space after its `#`; an unset setting has none.
    let example = example.lines().filter(|line| !line.starts_with("# "));
    let example = example.filter_map(|line| line.trim_start_matches('#').split_once('='));
    for (name, documented) in [
        ("README.md", table.map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>()),
        (".env.example", example.map(|(name, _)| name.to_owned()).collect()),
    ] {
        let missing: Vec<_> = read.difference(&documented).collect();
        let unread: Vec<_> = documented.difference(&read).collect();
        assert!(missing.is_empty() && unread.is_empty(), "{name} lacks {missing:?}; nobody reads {unread:?}");
    }
}

/// Returns the variables read in a source: upper-case strings passed to a method of `Env` or to a function around one.
fn variables(source: &str) -> Vec<String> {
    const READERS: [&str; 9] =
        ["get(", "raw(", "parse(", "optional(", "flag(", "list(", "variable(", "(env,", "(&env,"];
    let mut found = Vec::new();
    for (at, _) in source.match_indices('"') {
        let before = source[..at].trim_end();
        let Some((name, _)) = source[at + 1..].split_once('"') else { continue };
        let is_name =
            name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_name && READERS.iter().any(|reader| before.ends_with(reader)) {
            found.push(name.to_owned());
        }
    }
    found
}
