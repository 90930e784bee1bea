//! Writes a set of new files, all of them or none that exists already.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Why the files were not all written.
#[derive(Debug)]
pub enum FilesError {
    /// This one exists. Nothing was written.
    Exists(PathBuf),
    /// Writing stopped at this path, after the others.
    Io {
        /// What could not be written.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
        /// The files that were written.
        written: Vec<PathBuf>,
    },
}

impl fmt::Display for FilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "{} exists already. Nothing was written.", path.display()),
            Self::Io { path, error, written } => {
                write!(f, "{}: {error}.", path.display())?;
                if written.is_empty() {
                    return write!(f, " Nothing was written.");
                }
                write!(f, " These files were written before:")?;
                written.iter().try_for_each(|path| write!(f, "\n  {}", path.display()))
            }
        }
    }
}

impl std::error::Error for FilesError {}

/// Writes these files below `root`, and the folders that they need.
///
/// # Errors
/// One of them exists; a file can't be written.
pub fn write_new_files(root: &Path, files: &[(PathBuf, String)]) -> Result<(), FilesError> {
    let exists = |path: &PathBuf| path.symlink_metadata().is_ok();
    if let Some(path) = files.iter().map(|(path, _)| root.join(path)).find(exists) {
        return Err(FilesError::Exists(path));
    }
    let mut written = Vec::new();
    for (path, text) in files {
        let path = root.join(path);
        if let Err(error) = write_new_file(&path, text) {
            return Err(FilesError::Io { path, error, written });
        }
        written.push(path);
    }
    Ok(())
}

fn write_new_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // It holds a SECRET_KEY.
    let mode = if path.file_name().is_some_and(|name| name == ".env") { 0o600 } else { 0o666 };
    // Fails if another program has created the file meanwhile.
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<(PathBuf, String)> {
        paths.iter().map(|path| (PathBuf::from(path), format!("{path}\n"))).collect()
    }

    #[test]
    fn nothing_is_written_if_a_file_exists() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("b"), "mine").unwrap();
        let error = write_new_files(root.path(), &files(&["a", "b"])).unwrap_err().to_string();
        assert_eq!(error, format!("{}/b exists already. Nothing was written.", root.path().display()));
        assert!(!root.path().join("a").exists());
        assert_eq!(fs::read_to_string(root.path().join("b")).unwrap(), "mine");
    }

    #[test]
    fn only_the_owner_reads_dot_env() {
        use std::os::unix::fs::PermissionsExt as _;

        let root = tempfile::tempdir().unwrap();
        write_new_files(root.path(), &files(&[".env", ".env.example"])).unwrap();
        let mode = |name| root.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(".env"), 0o600);
        assert!(mode(".env.example") & 0o400 != 0);
    }

    #[test]
    fn a_failure_names_what_was_written() {
        let root = tempfile::tempdir().unwrap();
        // `a` is a file, so it can't be a folder too.
        let error = write_new_files(root.path(), &files(&["a", "a/b"])).unwrap_err().to_string();
        let folder = root.path().display().to_string();
        assert!(error.starts_with(&format!("{folder}/a/b: ")), "{error}");
        assert!(error.ends_with(&format!("These files were written before:\n  {folder}/a")), "{error}");
    }
}
