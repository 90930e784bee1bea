//! The documentation against the program and the sources. tests/docs/run.py checks the blocks of other languages.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{TestDatabase, Tutorial};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// README.md and the pages below `docs`, as paths below the root.
fn pages() -> Vec<String> {
    let (mut folders, mut pages) = (vec![PathBuf::from("docs")], vec!["README.md".to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    pages.sort();
    pages
}

/// Rust blocks that are not compiled would drift.
#[test]
fn no_rust_block_is_ignored() {
    let pages = pages();
    assert!(pages.len() > 5, "{pages:?}");
    for page in pages {
        for line in read(&page).lines().filter(|line| line.trim_start().starts_with("```rust")) {
            let attributes = line.trim_start().trim_start_matches("```rust");
            let is_compiled =
                ["", ",no_run"].contains(&attributes) || attributes.starts_with(",compile_fail");
            assert!(is_compiled, "{page}: {line}");
        }
    }
}

#[test]
fn links_lead_to_files() {
    for page in pages() {
        let folder = root().join(&page).parent().unwrap().to_owned();
        for target in
            read(&page).split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|found| found.0)
        {
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(folder.join(file).exists(), "{page} links to {target}, which is not there");
            }
        }
    }
}

/// Every command's section shows its `--help`. With `UPDATE_DOCS=1` the test writes the page instead.
#[test]
fn the_page_of_commands_shows_each_command_s_help() {
    let database = TestDatabase::sqlite();
    let overview = database.manage(&["help"]).run().expect_success();
    let page = read("docs/commands.md");
    let mut updated = page.clone();
    // A command is a line of four spaces; the rest are headings.
    let names = overview.lines().filter_map(|line| line.strip_prefix("    ")?.split_whitespace().next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 9, "{overview}");
    for name in &names {
        let help = database.manage(&["help", name]).run().expect_success();
        let section = section(&updated, name)
            .unwrap_or_else(|| panic!("docs/commands.md has no section \"### `{name}`\""));
        let shown = section
            .split_once("```text\n")
            .and_then(|(_, rest)| rest.split_once("```"))
            .unwrap_or_else(|| {
                panic!("the section of {name} in docs/commands.md shows no help in a text block")
            })
            .0;
        if shown != help {
            let replaced =
                section.replacen(&format!("```text\n{shown}```"), &format!("```text\n{help}```"), 1);
            updated = updated.replacen(section, &replaced, 1);
        }
    }
    for heading in page.lines().filter_map(|line| line.strip_prefix("### `")?.split('`').next()) {
        assert!(names.contains(&heading), "docs/commands.md describes {heading}, which is no command");
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join("docs/commands.md"), updated).unwrap();
    } else {
        assert_eq!(page, updated, "docs/commands.md differs from `manage help`; UPDATE_DOCS=1 corrects it");
    }
}

/// The part of the page from a command's heading to the next heading.
fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let start = page.find(&format!("### `{name}`\n"))?;
    let rest = &page[start..];
    let end = rest[1..].find("\n#").map_or(rest.len(), |end| end + 1);
    Some(&rest[..end])
}
