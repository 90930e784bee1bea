//! A test's own database.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::environment::{TestEnvironment, variables};
use crate::conf::Env;
use crate::database::{Database, DatabaseSettings};

/// An empty database of one test, and a folder for its program. Clones share them; the last one deletes both.
#[derive(Clone)]
pub struct TestDatabase {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    env: Env,
    pool: Database,
    folder: TempDir,
    files: AtomicU32,
    #[cfg(feature = "postgres")]
    _database: Option<super::postgres::Database>,
}

impl TestDatabase {
    /// Creates an SQLite database.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = folder();
        let url = folder.path().join("db.sqlite3").to_str().unwrap().to_owned();
        Self {
            shared: Arc::new(Shared {
                env: Env::from_iter(variables(&url)),
                pool: pool(&url),
                url,
                folder,
                files: AtomicU32::new(0),
                #[cfg(feature = "postgres")]
                _database: None,
            }),
        }
    }

    /// Creates a PostgreSQL database; `None` without PostgreSQL ([how to install it](super#postgresql)).
    ///
    /// # Panics
    /// There is no PostgreSQL, and `REQUIRE_POSTGRES` is 1.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres() -> Option<Self> {
        let database = super::postgres::server()?.create_database();
        let url = database.url().to_owned();
        Some(Self {
            shared: Arc::new(Shared {
                env: Env::from_iter(variables(&url)),
                pool: pool(&url),
                url,
                folder: folder(),
                files: AtomicU32::new(0),
                _database: Some(database),
            }),
        })
    }

    /// Creates another empty database of the same kind.
    #[must_use]
    pub fn new_like(other: &Self) -> Self {
        #[cfg(feature = "postgres")]
        if !other.is_sqlite() {
            return Self::postgres().unwrap();
        }
        debug_assert!(other.is_sqlite());
        Self::sqlite()
    }

    /// The value for `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Whether it is an SQLite database.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        !self.url().contains("://")
    }

    /// The program's working folder, which has no `.env`.
    #[must_use]
    pub fn work_dir(&self) -> PathBuf {
        self.shared.folder.path().join("work")
    }

    /// The program's `TMPDIR`.
    #[must_use]
    pub fn temp_dir(&self) -> PathBuf {
        self.shared.folder.path().join("tmp")
    }

    /// Returns a new file name for the program's output.
    pub(super) fn output(&self, what: &str) -> PathBuf {
        let number = self.shared.files.fetch_add(1, Ordering::Relaxed);
        self.shared.folder.path().join(format!("{number}.{what}"))
    }
}

impl TestEnvironment for TestDatabase {
    fn env(&self) -> &Env {
        &self.shared.env
    }

    fn database(&self) -> &Database {
        &self.shared.pool
    }
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    for name in ["work", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    folder
}

fn pool(url: &str) -> Database {
    let env = Env::from_iter([("DATABASE_URL", url), ("DATABASE_POOL_SIZE", "2")]);
    Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file()
}
