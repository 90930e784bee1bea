//! Reads the catalogues of a language from the folders of `LOCALE_PATHS`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::catalog::{Catalog, MAX_SIZE};
use super::languages::folders;
use crate::conf::ImproperlyConfigured;

/// The catalogues of one language.
#[derive(Debug, Default)]
pub(super) struct Catalogs {
    /// One a folder, in the order of the folders.
    pub(super) own: Vec<Arc<Catalog>>,
    /// Those of the language that they vary (`de` for `de-at`), if a folder has both.
    pub(super) parents: Vec<Arc<Catalog>>,
}

/// Files that were read already. Several languages share some: `de`, `de-at` and `de-ch`.
#[derive(Default)]
pub(super) struct Loader {
    read: HashMap<PathBuf, Option<Arc<Catalog>>>,
}

impl Loader {
    /// The catalogues of a language, found as `DjangoTranslation` finds them (`django/utils/translation/trans_real.py`).
    ///
    /// # Errors
    /// A file that can't be read, or is no catalogue.
    pub(super) fn catalogs(
        &mut self,
        locale_paths: &[String],
        code: &str,
    ) -> Result<Catalogs, ImproperlyConfigured> {
        let mut catalogs = Catalogs::default();
        let folders = folders(code);
        for path in locale_paths {
            let mut found = Vec::new();
            for folder in &folders {
                found.extend(self.read(&Path::new(path).join(folder).join("LC_MESSAGES").join("django.mo"))?);
            }
            let mut found = found.into_iter();
            catalogs.own.extend(found.next());
            // Django adds the folders in the opposite order: those that win, last.
            catalogs.parents.splice(..0, found);
        }
        Ok(catalogs)
    }

    fn read(&mut self, path: &Path) -> Result<Option<Arc<Catalog>>, ImproperlyConfigured> {
        if let Some(known) = self.read.get(path) {
            return Ok(known.clone());
        }
        let catalog = match read(path) {
            Ok(catalog) => Some(Arc::new(catalog)),
            Err(ReadError::Missing) => None,
            Err(ReadError::Unusable(why)) => {
                return Err(ImproperlyConfigured::new(format!("LOCALE_PATHS: {}: {why}.", path.display())));
            }
        };
        self.read.insert(path.to_owned(), catalog.clone());
        Ok(catalog)
    }
}

enum ReadError {
    Missing,
    Unusable(String),
}

fn read(path: &Path) -> Result<Catalog, ReadError> {
    let unusable = |why: &dyn std::fmt::Display| ReadError::Unusable(why.to_string());
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ReadError::Missing,
        _ => unusable(&error),
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(|error| unusable(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_SIZE) {
        return Err(unusable(&"it is too large"));
    }
    Catalog::parse(&bytes).map_err(|error| unusable(&error))
}
