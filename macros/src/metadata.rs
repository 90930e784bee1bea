//! The `metadata.toml` of a migration, and the build script that a crate with migrations needs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::quoted;

const FILE: &str = "metadata.toml";

/// Returns the call `.metadata(…)` for a migration with these folders, one for each database, or nothing if it has no
/// `metadata.toml`.
pub(super) fn of_migration(folders: &[PathBuf; 2]) -> Result<String, String> {
    let [first, second] = folders.each_ref().map(|folder| folder.join(FILE));
    let text = read(&first)?;
    if text != read(&second)? {
        return Err(format!("{} and {} must be equal", first.display(), second.display()));
    }
    let Some(text) = text else { return Ok(String::new()) };
    let error = |reason: &str| format!("{}: {reason}", first.display());
    let table: Table = text.parse().map_err(|reason: toml::de::Error| error(&reason.to_string()))?;
    if let Some(unknown) =
        table.keys().find(|key| !["dependencies", "run_in_transaction"].contains(&key.as_str()))
    {
        return Err(error(&format!(
            "the key {unknown} is unknown; there are dependencies and run_in_transaction"
        )));
    }
    let dependencies = match table.get("dependencies") {
        None => Vec::new(),
        Some(value) => labels(value).ok_or_else(|| error("dependencies must be a list of app labels"))?,
    };
    let run_in_transaction = table.get("run_in_transaction").and_then(Value::as_bool).ok_or_else(|| {
        error("run_in_transaction = true (or false) is missing; without it, diesel's command would use no transaction")
    })?;
    let labels: Vec<String> = dependencies.iter().map(|label| quoted(label)).collect();
    Ok(format!(
        ".metadata(&[{}], {run_in_transaction}, include_str!({}))",
        labels.join(", "),
        quoted(&first.to_string_lossy())
    ))
}

fn labels(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Without a build script, cargo does not notice a new folder, and the program silently lacks the migration.
pub(super) fn require_build_script(root: &Path) -> Result<(), String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let manifest: Table = manifest.parse().unwrap_or_default();
    let script = match manifest.get("package").and_then(|package| package.get("build")) {
        Some(Value::String(path)) => path.as_str(),
        Some(Value::Boolean(false)) => "",
        _ => "build.rs",
    };
    if !script.is_empty() && root.join(script).is_file() {
        return Ok(());
    }
    Err(format!(
        "{} is missing, so cargo would not notice a new migration. It needs these lines:\n\n\
         fn main() {{\n    println!(\"cargo::rerun-if-changed=migrations\");\n}}\n",
        root.join("build.rs").display()
    ))
}
