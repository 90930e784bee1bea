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
    pub(in crate::database) fn from_path(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}
