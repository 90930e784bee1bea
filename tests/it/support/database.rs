//! A test's own database, and the rows that a test starts from.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::ExpressionMethods as _;
use diesel::RunQueryDsl as _;
use diesel::r2d2::PooledConnection;
use tempfile::TempDir;
use vitamin::auth::hashers::{HasherCosts, Hashers};
use vitamin::auth::schema::auth_user;
use vitamin::auth::{User, UserModel};
use vitamin::authtoken::Token;
use vitamin::authtoken::schema::authtoken_token;
use vitamin::conf::Env;
use vitamin::database::migrations::Migrations;
use vitamin::database::{Database, DatabaseSettings, Manager};

use super::{ManageCommand, Server};

/// An empty database, and the program's working folder.
pub struct TestDatabase {
    url: String,
    pool: Database,
    folder: TempDir,
    files: AtomicU32,
    #[cfg(feature = "postgres")]
    _database: Option<super::postgres::Database>,
}

impl TestDatabase {
    pub fn sqlite() -> Self {
        let folder = folder();
        let url = folder.path().join("db.sqlite3").to_str().unwrap().to_owned();
        Self {
            pool: pool(&url),
            url,
            folder,
            files: AtomicU32::new(0),
            #[cfg(feature = "postgres")]
            _database: None,
        }
    }

    /// Creates a PostgreSQL database; `None` without PostgreSQL.
    #[cfg(feature = "postgres")]
    pub fn postgres() -> Option<Self> {
        let database = super::postgres::server()?.create_database();
        let url = database.url().to_owned();
        Some(Self {
            pool: pool(&url),
            url,
            folder: folder(),
            files: AtomicU32::new(0),
            _database: Some(database),
        })
    }

    /// Creates another empty database of the same kind.
    pub fn new_like(other: &Self) -> Self {
        #[cfg(feature = "postgres")]
        if !other.is_sqlite() {
            return Self::postgres().unwrap();
        }
        debug_assert!(other.is_sqlite());
        Self::sqlite()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the folder of PostgreSQL's Unix socket, if it has one, and the database's name.
    #[cfg(feature = "postgres")]
    pub fn unix_socket(&self) -> Option<(PathBuf, &str)> {
        // postgres://USER@FOLDER:5432/NAME
        let (folder, name) = self.url.split_once('@')?.1.split_once(":5432/")?;
        let folder = PathBuf::from(folder.replace("%2F", "/"));
        folder.join(".s.PGSQL.5432").exists().then_some((folder, name))
    }

    pub fn is_sqlite(&self) -> bool {
        !self.url.contains("://")
    }

    /// The program's working folder, which has no `.env`.
    pub fn work_dir(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The program's `TMPDIR`.
    pub fn temp_dir(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// Returns a new file name for the program's output.
    pub fn output(&self, what: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{number}.{what}"))
    }

    pub fn connection(&self) -> PooledConnection<Manager> {
        self.pool.get().unwrap()
    }

    /// Runs the pending migrations.
    pub fn migrate(&self) -> &Self {
        let connection = &mut *self.connection();
        migrations().apply_all(connection).unwrap();
        self
    }

    /// Creates a superuser with a hash that the tests' servers prefer.
    pub fn create_user(&self, username: &str, password: &str) -> &Self {
        let costs = HasherCosts { bcrypt_rounds: 4, ..HasherCosts::default() };
        let encoded = Hashers::with_costs(&costs).unwrap().make_password(Some(password)).unwrap();
        self.create_user_with_hash(username, &encoded)
    }

    pub fn create_user_with_hash(&self, username: &str, encoded: &str) -> &Self {
        User::create_superuser(&mut self.connection(), &UserModel::default(), username, "", encoded).unwrap();
        self
    }

    pub fn deactivate(&self, username: &str) {
        let changed = diesel::update(auth_user::table)
            .filter(auth_user::username.eq(username))
            .set(auth_user::is_active.eq(false))
            .execute(&mut *self.connection());
        assert_eq!(changed, Ok(1));
    }

    pub fn user(&self, username: &str) -> Option<User> {
        User::get_by_natural_key(&mut self.connection(), username).unwrap()
    }

    /// Returns the key of the user's token, creating it if needed.
    pub fn token(&self, username: &str) -> String {
        let user = self.user(username).unwrap();
        Token::get_or_create(&mut self.connection(), user.id).unwrap().0.key
    }

    pub fn count_tokens(&self) -> i64 {
        use diesel::QueryDsl as _;
        authtoken_token::table.count().get_result(&mut *self.connection()).unwrap()
    }

    /// Prepares `manage` with these arguments on this database.
    pub fn manage(&self, arguments: &[&str]) -> ManageCommand<'_> {
        ManageCommand::new(self, arguments)
    }

    /// Prepares `manage runserver` on a free port.
    pub fn runserver(&self) -> ManageCommand<'_> {
        self.manage(&["runserver", "127.0.0.1:0"])
    }

    /// `manage runserver` on a free port.
    pub fn serve(&self) -> Server<'_> {
        self.runserver().serve()
    }
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in ["work", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    folder
}

fn pool(url: &str) -> Database {
    let env = Env::from_iter([("DATABASE_URL", url), ("DATABASE_POOL_SIZE", "2")]);
    Database::new(&DatabaseSettings::from_env(&env).unwrap())
}

/// Returns the file names in a folder.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Those of the tutorial's apps.
pub fn migrations() -> Migrations {
    tutorial::settings::project(&Env::from_iter([("SECRET_KEY", "x")])).unwrap().apps.migrations().clone()
}
