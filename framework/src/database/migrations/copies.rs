//! The copies of all installed apps' migrations in the project's folder `migrations`, which diesel's command runs: it
//! knows one folder, not several crates.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{EmbeddedMigration, Migrations, Script};

/// The folder's name in a project.
pub const FOLDER: &str = "migrations";

/// The subfolder of each database.
const DATABASES: [(&str, ScriptOf); 2] =
    [("sqlite", |migration| &migration.sqlite), ("postgres", |migration| &migration.postgres)];

type ScriptOf = fn(&EmbeddedMigration) -> &Script;

/// A migration's folder that is not a copy of what is compiled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleCopy {
    /// The folder.
    pub path: PathBuf,
    /// How it differs.
    pub difference: Difference,
    /// Its files as they should be; none if it is [`Difference::Unknown`].
    files: Vec<(&'static str, &'static str)>,
}

/// How a folder differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is missing.
    Missing,
    /// A file in it differs, is missing, or is one too many (`metadata.toml`).
    Differs,
    /// No installed app has this migration. diesel's command runs it, `manage migrate` does not.
    Unknown,
}

/// The result of comparing a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What differs.
    pub stale: Vec<StaleCopy>,
    /// The number of copies that are right.
    pub unmodified: usize,
}

impl Migrations {
    /// Compares a project's folder with these migrations. With `all`, both databases are compared; otherwise those that
    /// have a subfolder.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn compare_copies(&self, folder: &Path, all: bool) -> io::Result<Comparison> {
        let mut comparison = Comparison::default();
        for (database, script) in DATABASES {
            let folder = folder.join(database);
            let found = match fs::read_dir(&folder) {
                Ok(entries) => subfolders(entries)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound && all => BTreeSet::new(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for (_, migration) in self.iter() {
                let path = folder.join(migration.name);
                let files = files(migration, script(migration));
                let difference = if !found.contains(migration.name) {
                    Difference::Missing
                } else if is_copy(&path, &files)? {
                    comparison.unmodified += 1;
                    continue;
                } else {
                    Difference::Differs
                };
                comparison.stale.push(StaleCopy { path, difference, files });
            }
            let known: BTreeSet<&str> = self.iter().map(|(_, migration)| migration.name).collect();
            for name in found.iter().filter(|name| !known.contains(name.as_str())) {
                let (path, difference) = (folder.join(name), Difference::Unknown);
                comparison.stale.push(StaleCopy { path, difference, files: Vec::new() });
            }
        }
        Ok(comparison)
    }
}

impl StaleCopy {
    /// Writes the files. A folder of no installed app stays as it is.
    ///
    /// # Errors
    /// They can't be written.
    pub fn write(&self) -> io::Result<()> {
        if self.files.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.path)?;
        for (name, text) in &self.files {
            fs::write(self.path.join(name), text)?;
        }
        if !self.files.iter().any(|(name, _)| *name == METADATA) {
            match fs::remove_file(self.path.join(METADATA)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

const METADATA: &str = "metadata.toml";

fn files(migration: &EmbeddedMigration, script: &Script) -> Vec<(&'static str, &'static str)> {
    let mut files = vec![("up.sql", script.up), ("down.sql", script.down)];
    files.extend(migration.metadata.map(|text| (METADATA, text)));
    files
}

fn is_copy(path: &Path, files: &[(&str, &str)]) -> io::Result<bool> {
    for name in ["up.sql", "down.sql", METADATA] {
        let expected = files.iter().find(|(file, _)| *file == name).map(|(_, text)| text.as_bytes());
        let found = match fs::read(path.join(name)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if found.as_deref() != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The names of the migrations in a folder.
fn subfolders(entries: fs::ReadDir) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.insert(name);
        }
    }
    Ok(names)
}
