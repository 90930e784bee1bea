//! The identity of a file, to detect its replacement.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file of this machine, independent of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::database) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Returns the file that the path names now.
    ///
    /// # Errors
    /// There is none, or it is empty: a database that was truncated is as good as gone.
    pub(in crate::database) fn from_path(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        if metadata.len() == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is empty"));
        }
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}
