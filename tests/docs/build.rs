//! Turns README.md and the pages below `docs` into doc tests, so that `cargo test --doc` compiles their Rust blocks.
//!
//! A block needs imports that would only distract its reader. They stand in a comment of the page, which is not displayed,
//! and are added here as hidden lines:
//!
//! - `<!-- rust` … `-->`: lines for the next block.
//! - `<!-- rust, in all blocks` … `-->`: lines for all blocks below it.
//!
//! A block below `<!-- file: examples/notes/src/models.rs -->` is that file, whole. Its crate compiles it, and tests/it/docs.rs
//! compares the two.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut pages = vec![PathBuf::from("README.md")];
    find(Path::new("docs"), &mut pages)?;
    pages.sort();
    let mut source = String::new();
    for page in &pages {
        println!("cargo::rerun-if-changed={}", page.display());
        // The compiler's messages show this path.
        let copy = folder.join(page);
        copy.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&copy, with_hidden_lines(&fs::read_to_string(page)?))?;
        let name = identifier(page);
        let _ = writeln!(source, "#[doc = include_str!({copy:?})]\npub struct {name};");
    }
    // A new page.
    println!("cargo::rerun-if-changed=docs");
    fs::write(folder.join("docs.rs"), source)
}

fn find(folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

/// `docs/from-django.md` becomes `DocsFromDjango`: rustdoc shows the name in its report.
fn identifier(page: &Path) -> String {
    let text = page.with_extension("").to_string_lossy().into_owned();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| word.split_at_checked(1));
    words.map(|(first, rest)| first.to_ascii_uppercase() + &rest.to_ascii_lowercase()).collect()
}

fn with_hidden_lines(page: &str) -> String {
    let (mut text, mut in_all_blocks, mut in_next_block) = (String::new(), String::new(), String::new());
    let (mut is_in_block, mut is_file) = (false, false);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let hidden = match line {
            "<!-- rust, in all blocks" => Some(&mut in_all_blocks),
            "<!-- rust" => Some(&mut in_next_block),
            _ => None,
        };
        if let Some(hidden) = hidden {
            for line in lines.by_ref().take_while(|line| *line != "-->") {
                let _ = writeln!(hidden, "# {line}");
            }
            continue;
        }
        let _ = writeln!(text, "{line}");
        is_file |= line.starts_with("<!-- file: ");
        if !line.trim_start().starts_with("```") {
            continue;
        }
        is_in_block = !is_in_block;
        if is_in_block && std::mem::take(&mut is_file) {
            text.truncate(text.trim_end().len() - line.len());
            text.push_str("```text\n");
        } else if is_in_block && line.trim() == "```" {
            // rustdoc takes a block without a language for Rust.
            text.truncate(text.trim_end().len());
            text.push_str("text\n");
        } else if is_in_block && line.trim_start().starts_with("```rust") {
            text.push_str(&in_all_blocks);
            text.push_str(&std::mem::take(&mut in_next_block));
        }
    }
    text
}
