//! The documentation against the program and the sources. tests/docs/run.py checks the blocks of other languages.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    assert_page("docs/commands.md", &updated);
}

/// The part of the page from a command's heading to the next heading.
fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let start = page.find(&format!("### `{name}`\n"))?;
    let rest = &page[start..];
    let end = rest[1..].find("\n#").map_or(rest.len(), |end| end + 1);
    Some(&rest[..end])
}

/// Tests that may write pages hold this, so that each sees what the others have written.
static PAGES: Mutex<()> = Mutex::new(());

fn lock() -> MutexGuard<'static, ()> {
    PAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compares a page with what it must be. With `UPDATE_DOCS=1` it writes the page instead.
fn assert_page(page: &str, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(page), expected).unwrap();
    } else {
        let text = read(page);
        let different = text.lines().zip(expected.lines()).enumerate().find(|(_, (old, new))| old != new);
        assert!(text == expected, "{page} is out of date, UPDATE_DOCS=1 corrects it: {different:?}");
    }
}

/// A block below `<!-- file: … -->` is that file, whole.
#[test]
fn files_in_pages_are_the_files() {
    let _lock = lock();
    let mut number = 0;
    for page in pages() {
        let text = read(&page);
        let (mut parts, mut updated) = (text.split("<!-- file: "), String::new());
        updated.push_str(parts.next().unwrap());
        for part in parts {
            number += 1;
            let (file, rest) =
                part.split_once(" -->\n```").unwrap_or_else(|| panic!("{page}: no block: {part}"));
            let (language, rest) = rest.split_once('\n').unwrap();
            let end = rest.find("\n```\n").unwrap() + 1;
            let file_text = read(file);
            updated += &format!("<!-- file: {file} -->\n```{language}\n{file_text}{}", &rest[end..]);
        }
        assert_page(&page, &updated);
    }
    assert!(number > 15, "{number}");
}

/// The number of lines that are neither blank nor a comment.
fn lines(file: &str, comment: &str) -> usize {
    let text = read(file);
    let code = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(comment));
    code.count()
}

/// The part of a page between a line `<!-- {name} -->` and `<!-- end -->`, replaced.
fn with_part(page: &str, name: &str, part: &str) -> String {
    let (before, rest) = page.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (_, after) = rest.split_once("<!-- end -->\n").unwrap();
    format!("{before}<!-- {name} -->\n{part}<!-- end -->\n{after}")
}

/// The twin is at most 1.3 times as long as the reference.
#[test]
fn the_twin_of_the_tracker_is_short() {
    let _lock = lock();
    let mut table = "| | Django REST framework | vitamin |\n|---|---|---|\n".to_owned();
    let (mut reference, mut twin) = (0, 0);
    let page = read("docs/tracker.md");
    for name in ["models", "serializers", "views", "filters", "permissions", "pagination", "urls"] {
        let files = [format!("tests/reference/tracker/{name}.py"), format!("examples/tracker/src/{name}.rs")];
        for file in &files {
            assert!(page.contains(&format!("<!-- file: {file} -->")), "docs/tracker.md does not show {file}");
        }
        let [python, rust] = [lines(&files[0], "#"), lines(&files[1], "//")];
        (reference, twin) = (reference + python, twin + rust);
        table += &format!("| {name} | {python} | {rust} |\n");
    }
    let ratio = twin as f64 / reference as f64;
    table += &format!("| **all** | **{reference}** | **{twin}**, {ratio:.2} times |\n");
    assert!(twin * 10 <= reference * 13, "the twin has {ratio:.3} times the lines of the reference");
    assert_page("docs/tracker.md", &with_part(&page, "lines", &table));
}

/// The app of the guide has at most 90 lines.
#[test]
fn the_app_of_the_guide_is_short() {
    let _lock = lock();
    let names = ["models", "serializers", "permissions", "views", "urls"];
    let page = read("docs/adding-an-app.md");
    let counts = names.map(|name| {
        let file = format!("examples/notes/src/{name}.rs");
        assert!(page.contains(&format!("<!-- file: {file} -->")), "the guide does not show {file}");
        lines(&file, "//")
    });
    let all: usize = counts.iter().sum();
    assert!(all <= 90, "the app notes has {all} lines");
    let counts: Vec<_> = names.iter().zip(counts).map(|(name, count)| format!("{name} {count}")).collect();
    let part = format!("These five files have {all} lines of code: {}.\n", counts.join(", "));
    assert_page("docs/adding-an-app.md", &with_part(&page, "lines", &part));
}
