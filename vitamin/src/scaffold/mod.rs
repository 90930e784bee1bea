//! What the program `vitamin` and `manage startapp` share: checked names, the templates, and files that never overwrite
//! others.

mod files;
pub mod names;
mod template;

pub use self::files::{FilesError, write_new_files};
pub use self::names::NameError;
pub use self::template::{APP, File, PROJECT, rename};
