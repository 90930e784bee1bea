//! Which names a project or an app may have.

use std::fmt;

/// PostgreSQL cuts the names of tables and constraints at 63 bytes; an app's name is their first part.
const MAX_LENGTH: usize = 40;

/// Rust's keywords, those reserved for later, and the primitive types.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "bool", "box", "break", "char", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "f32", "f64", "false", "final", "fn", "for", "gen", "i8",
    "i16", "i32", "i64", "i128", "if", "impl", "in", "isize", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "self", "static", "str", "struct", "super", "trait",
    "true", "try", "type", "typeof", "u8", "u16", "u32", "u64", "u128", "unsafe", "unsized", "use", "usize",
    "virtual", "where", "while", "yield",
];

/// The compiler's own crates, and those that a project or an app uses by name.
const CRATES: &[&str] =
    &["actix_web", "alloc", "core", "diesel", "proc_macro", "serde", "serde_json", "std", "test", "vitamin"];

/// A name that a project or an app can't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError(String);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NameError {}

/// Checks the name of a project or an app (`kind`), which becomes the name of a crate.
///
/// # Errors
/// The reason, with the name in it.
pub fn check(name: &str, kind: &str) -> Result<(), NameError> {
    let refuse = |reason: &str| Err(NameError(format!("'{name}' is not a valid {kind} name: {reason}.")));
    let valid = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) || !name.chars().all(valid) {
        return refuse("use lower-case letters, digits and underscores, with a letter first");
    }
    if name.len() > MAX_LENGTH {
        return refuse(&format!("it is longer than {MAX_LENGTH} characters"));
    }
    if name.ends_with('_') || name.contains("__") {
        return refuse("an underscore stands between two words");
    }
    if KEYWORDS.contains(&name) {
        return refuse("Rust reserves it");
    }
    if CRATES.contains(&name) {
        return refuse("it is the name of an existing crate");
    }
    Ok(())
}

/// The name as a type: `Polls`, `WebShop` for `web_shop`.
#[must_use]
pub fn type_name(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_crates() {
        for name in ["mysite", "web_shop", "shop2", "notes"] {
            assert_eq!(check(name, "project"), Ok(()), "{name}");
        }
        for (name, reason) in [
            ("", "with a letter first"),
            ("my-site", "underscores"),
            ("MySite", "lower-case"),
            ("2shop", "with a letter first"),
            ("../up", "lower-case letters"),
            ("étude", "lower-case letters"),
            ("match", "Rust reserves it"),
            ("gen", "Rust reserves it"),
            ("str", "Rust reserves it"),
            ("vitamin", "existing crate"),
            ("std", "existing crate"),
            ("test", "existing crate"),
            ("shop_", "between two words"),
            ("a__b", "between two words"),
            ("a_name_that_is_far_too_long_for_a_table_of_it", "longer than 40"),
        ] {
            let error = check(name, "project").unwrap_err().to_string();
            assert!(error.contains(reason) && error.starts_with(&format!("'{name}' is not")), "{error}");
        }
    }

    #[test]
    fn a_type_has_the_words_of_the_name() {
        assert_eq!(["polls", "web_shop", "shop_2"].map(type_name), ["Polls", "WebShop", "Shop2"]);
    }
}
