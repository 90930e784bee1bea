//! The minor version of diesel is fixed, since the framework uses diesel's internals
//! (framework/src/database/internals.rs names them).

use std::path::Path;

#[test]
fn diesel_is_the_minor_version_whose_internals_are_used() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let versions: Vec<&str> = lock
        .split("[[package]]")
        .filter(|package| package.contains("\nname = \"diesel\"\n"))
        .filter_map(|package| package.split("\nversion = \"").nth(1)?.split('"').next())
        .collect();
    assert!(
        matches!(versions[..], [version] if version.starts_with("2.3.")),
        "diesel is {versions:?}. Before another minor version is used, check what framework/src/database/internals.rs names."
    );
}
