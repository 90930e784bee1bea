//! Finds and reads `.env`.

mod parser;
#[cfg(test)]
mod tests;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::ImproperlyConfigured;

#[cfg(feature = "fuzzing")]
pub(crate) use self::parser::parse;
pub(super) use self::parser::{Parsed, Variable};

const NAME: &str = ".env";

/// The `.env` to read, and what is to be said about others.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) path: Option<PathBuf>,
    pub(super) warnings: Vec<String>,
}

/// Returns the `.env` of `folder`, or of its nearest parent that has one, as diesel's own command does.
///
/// A parent may be anybody's: in `/tmp`, each user of the machine could set this user's `DATABASE_URL`. So there, file
/// and folder must belong to `user`.
pub(super) fn find(folder: &Path, user: u32) -> Found {
    let mut found = Found::default();
    for (depth, folder) in folder.ancestors().enumerate() {
        let path = folder.join(NAME);
        if !path.is_file() {
            continue;
        }
        if depth == 0 || belongs_to(&path, user) && belongs_to(folder, user) {
            found.path = Some(path);
            return found;
        }
        let why = "it is above the working directory, and another user owns the file or its folder";
        found.warnings.push(format!("{} is not read: {why}.", path.display()));
    }
    found
}

fn belongs_to(path: &Path, user: u32) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.uid() == user)
}

/// Reads the file's variables, and the numbers of the lines that are none.
///
/// # Errors
/// The file can't be read.
pub(super) fn read(path: &Path) -> Result<Parsed, ImproperlyConfigured> {
    let text = fs::read(path)
        .map_err(|error| ImproperlyConfigured::new(format!("{} can't be read: {error}.", path.display())))?;
    Ok(parser::parse(&text))
}
