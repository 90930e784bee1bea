//! Rules for the source: module dependencies, file lengths, documented settings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order of docs/architecture.md: each may import the modules before it, and itself. An app that is
/// not listed may import every listed module, and nothing imports it. The project's own files, the last, may import
/// everything.
const ORDER: [&[&str]; 8] = [
    &["framework"],
    &["schema"],
    &["apps::auth"],
    &["apps::rest_framework"],
    &["apps::authtoken"],
    &["apps::forward_auth"],
    &["apps::test_app"],
    &["settings", "urls", "demo", "main", "lib", "apps"],
];

/// The project's own files.
const LAST: usize = 2 * (ORDER.len() - 1);

fn rank(module_key: &str) -> Option<usize> {
    let listed =
        ORDER.iter().position(|module_keys| module_keys.contains(&module_key)).map(|position| 2 * position);
    listed.or_else(|| module_key.starts_with("apps::").then_some(LAST - 1))
}

/// The module that a path (without `crate`) leads to.
fn module_key(path: &[String]) -> String {
    match path {
        [apps, app, ..] if apps == "apps" => format!("apps::{app}"),
        // A macro is exported at the crate's root, wherever it is defined.
        [name] if name == "classes" => "apps::rest_framework".to_owned(),
        [first, ..] => first.clone(),
        [] => "lib".to_owned(),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below `src/` and `apps/`, as a path below the root.
fn sources() -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![PathBuf::from("src"), PathBuf::from("apps")], Vec::new());
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

/// The module path of a file: `apps/auth/hashers/mod.rs` is `apps, auth, hashers`.
fn module(file: &Path) -> Vec<String> {
    let file = file.strip_prefix("src").unwrap_or(file).with_extension("");
    let mut names: Vec<String> = file.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

#[test]
fn imports_follow_the_module_order() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for file in sources() {
        let module = module(&file);
        let own = module_key(&module);
        let own_rank = rank(&own).unwrap_or_else(|| panic!("{own} is not listed in ORDER"));
        for path in paths(&tokens(&fs::read_to_string(root().join(&file)).unwrap()), &module) {
            checked += 1;
            let target = module_key(&path);
            // Other items at the crate's root must not be used.
            if target != own && rank(&target).is_none_or(|rank| rank >= own_rank) && own_rank < LAST {
                wrong.push(format!("{} imports {}", file.display(), path.join("::")));
            }
        }
    }
    assert!(checked > 300, "only {checked} imports were found");
    assert!(wrong.is_empty(), "against the order of docs/architecture.md:\n{}", wrong.join("\n"));
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

/// Splits a source into names, `::` and single characters, without comments, strings and lifetimes.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' | 'b' if raw_text(rest).is_some() => raw_text(rest).unwrap(),
            '"' => text(rest),
            '\'' => character(rest),
            ':' if rest.starts_with("::") => 2,
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let is_text = first == '"' || first == '\'' || token.ends_with(['"', '#']) && length > 1;
        if !first.is_whitespace() && !token.starts_with("//") && !token.starts_with("/*") && !is_text {
            tokens.push(token.to_owned());
        }
        rest = after;
    }
    tokens
}

/// The length of `r"…"`, `r#"…"#`, `br"…"` at the beginning.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes: String = after.chars().take_while(|&c| c == '#').collect();
    let inside = after[hashes.len()..].strip_prefix('"')?;
    let end = format!("\"{hashes}");
    Some(rest.len() - inside.len() + inside.find(&end)? + end.len())
}

fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal, or of a lifetime's quote alone.
fn character(rest: &str) -> usize {
    let inside = &rest[1..];
    let end = if let Some(escape) = inside.strip_prefix('\\') {
        // The escaped character may be the quote itself.
        escape.char_indices().nth(1).and_then(|(at, _)| Some(at + 1 + escape[at..].find('\'')?))
    } else {
        inside.chars().next().map(char::len_utf8).filter(|&length| inside[length..].starts_with('\''))
    };
    end.map_or(1, |end| end + 2)
}

/// Returns every path that begins with `crate`, `super` or `self`, as a path from the crate's root.
fn paths(tokens: &[String], module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    // Inline modules, with the brace depth at which each ends.
    let (mut inner, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    for (at, token) in tokens.iter().enumerate() {
        let previous = at.checked_sub(1).map_or("", |before| tokens[before].as_str());
        match token.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inner.retain(|(_, end)| *end <= depth);
            }
            "mod" if tokens.get(at + 2).is_some_and(|next| next == "{") => {
                inner.push((tokens[at + 1].clone(), depth + 1));
            }
            // A path starts at its first name.
            "crate" | "super" | "self"
                if previous != "::" && tokens.get(at + 1).is_some_and(|next| next == "::") =>
            {
                let mut here = module.to_vec();
                here.extend(inner.iter().map(|(name, _)| name.clone()));
                tree(tokens, at, &here, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Reads a path with its braced groups from the token at `at`; returns the index after it.
fn tree(tokens: &[String], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens[at].as_str() {
            "crate" => path.clear(),
            "super" => {
                path.pop();
            }
            "self" => {}
            "{" => {
                at += 1;
                while tokens[at] != "}" {
                    at = if tokens[at] == "," { at + 1 } else { tree(tokens, at, &path, found) };
                }
                return at + 1;
            }
            name => path.push(name.to_owned()),
        }
        if tokens.get(at + 1).is_none_or(|next| next != "::") {
            found.push(path);
            at += 1;
            // `use a::b as c`
            return if tokens.get(at).is_some_and(|next| next == "as") { at + 2 } else { at };
        }
        at += 2;
    }
}

#[test]
fn paths_are_found_in_every_form() {
    let source = r##"
        use crate::apps::{auth::{User, models as m}, rest_framework::request::*};
        use super::super::framework; // crate::not::this
        mod tests { use super::*; fn f<'a>(x: &'a str) { super::g('"', "crate::nor::this", r#"crate::x"#); } }
        pub(crate) fn g() -> self::Inner { $crate::classes![] }
    "##;
    let module = ["apps".to_owned(), "auth".to_owned(), "x".to_owned()];
    let found: Vec<String> = paths(&tokens(source), &module).iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        [
            "apps::auth::User",
            "apps::auth::models",
            "apps::rest_framework::request::*",
            "apps::framework",
            "apps::auth::x::*",
            "apps::auth::x::g",
            "apps::auth::x::Inner",
            "classes",
        ]
    );
}
