//! Rules for the source: file lengths. The crates' dependencies enforce the rest.

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
