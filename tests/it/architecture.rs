//! Rules for the source: file lengths. The crates' dependencies enforce the rest.

use std::collections::{BTreeMap, BTreeSet};
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

/// An operator silences and searches by the id, so it must name one check.
#[test]
fn a_check_id_belongs_to_one_file() {
    let mut owners: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for file in sources() {
        let source = fs::read_to_string(root().join(&file)).unwrap();
        for call in source.split("CheckMessage::").skip(1) {
            let id = call.split('"').nth(1).filter(|id| id.starts_with("vitamin."));
            if let Some(id) = id {
                owners.entry(id.to_owned()).or_default().insert(file.clone());
            }
        }
    }
    assert!(owners.len() > 5, "{owners:?}");
    owners.retain(|_, files| files.len() > 1);
    assert!(owners.is_empty(), "{owners:?}");
}
