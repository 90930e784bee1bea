//! The macros of vitamin: `#[derive(Model)]`, and the one behind `vitamin::migrations!()`, which compiles a folder of
//! diesel migrations into an app.
//!
//! diesel's own `embed_migrations!` takes one database and keeps the SQL to itself. An app has two databases, and
//! `manage check` compares the SQL with the copies that diesel's command runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro::{TokenStream, TokenTree};

mod metadata;
mod model;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

/// Implements `vitamin::models::Model` for a row struct: see there.
///
/// # Errors
/// It does not compile if an option is unknown, or a field's type is not that of its column in `schema.rs`.
#[proc_macro_derive(Model, attributes(model, diesel))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    model::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// `embed_migrations!($crate "folder")`: an expression of type `AppMigrations`.
///
/// The folder is below the crate's root and holds `sqlite/` and `postgres/`, each with the same migrations:
/// `<timestamp>_<what>/up.sql` and `down.sql`, and `metadata.toml` if the migration has dependencies.
///
/// # Errors
/// It does not compile if the folder is missing, the two databases differ in their migrations or in a `metadata.toml`, a
/// file is missing or wrong, or the crate has no build script.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    let mut framework = TokenStream::new();
    let mut folder = None;
    for token in input {
        match &token {
            TokenTree::Literal(literal) => folder = Some(literal.to_string().trim_matches('"').to_owned()),
            _ => framework.extend([token]),
        }
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = root.join(folder.as_deref().unwrap_or("migrations"));
    match metadata::require_build_script(&root).and_then(|()| embed(&folder)) {
        Ok(source) => {
            let tokens: Result<TokenStream, _> = source.parse();
            // The path to the framework keeps the span that it came with, so that `$crate` still names its crate.
            tokens.map_or_else(
                |error| compile_error(&error.to_string()),
                |tokens| with_crate(tokens, &framework),
            )
        }
        Err(message) => compile_error(&message),
    }
}

/// Stands for `$crate` until the source is parsed.
const CRATE: &str = "__vitamin_framework";

fn embed(folder: &Path) -> Result<String, String> {
    let [sqlite, postgres] = DATABASES.map(|database| names(&folder.join(database)));
    let (sqlite, postgres) = (sqlite?, postgres?);
    if let Some(name) = sqlite.symmetric_difference(&postgres).next() {
        return Err(format!("{}: the migration {name} is there for one database only", folder.display()));
    }
    let mut list = String::new();
    for name in &sqlite {
        let [sqlite, postgres] = DATABASES.map(|database| script(&folder.join(database).join(name)));
        list.push_str(&format!(
            "{CRATE}::database::migrations::EmbeddedMigration::new({}, {}, {}){},",
            quoted(name),
            sqlite?,
            postgres?,
            metadata::of_migration(&DATABASES.map(|database| folder.join(database).join(name)))?
        ));
    }
    let module = format!("{CRATE}::database::migrations");
    Ok(format!(
        "{{ const MIGRATIONS: &[{module}::EmbeddedMigration] = &[{list}]; {module}::AppMigrations::new(MIGRATIONS) }}"
    ))
}

/// The migrations of one database, by the names of their folders.
fn names(folder: &Path) -> Result<BTreeSet<String>, String> {
    let error = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.insert(name);
        }
    }
    Ok(names)
}

/// `include_str!` makes the compiler watch the files' content; the app's build script watches for new folders.
fn script(folder: &Path) -> Result<String, String> {
    let file = |name: &str| {
        let path = folder.join(name);
        match path.is_file() {
            true => Ok(format!("include_str!({})", quoted(&path.to_string_lossy()))),
            false => Err(format!("{} is missing", path.display())),
        }
    };
    Ok(format!("({}, {})", file("up.sql")?, file("down.sql")?))
}

/// A string literal of Rust.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Puts the tokens of `$crate` where [`CRATE`] stands.
fn with_crate(tokens: TokenStream, framework: &TokenStream) -> TokenStream {
    let mut done = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) if name.to_string() == CRATE => done.extend(framework.clone()),
            TokenTree::Group(group) => {
                let inner = with_crate(group.stream(), framework);
                let mut replaced = proc_macro::Group::new(group.delimiter(), inner);
                replaced.set_span(group.span());
                done.extend([TokenTree::Group(replaced)]);
            }
            other => done.extend([other]),
        }
    }
    done
}

fn compile_error(message: &str) -> TokenStream {
    format!("compile_error!({})", quoted(&format!("migrations!: {message}"))).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests;
