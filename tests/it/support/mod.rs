//! What is particular to the tutorial's program. The rest is `vitamin::testing`.

use std::path::Path;
#[cfg(feature = "postgres")]
use std::path::PathBuf;

use diesel::QueryDsl as _;
use diesel::RunQueryDsl as _;
use vitamin::auth::testing::AuthEnvironment;
use vitamin::auth::{User, UserModel};
use vitamin::authtoken::schema::authtoken_token;
use vitamin::conf::Env;
use vitamin::database::migrations::Migrations;
use vitamin::testing::{Body, TokenEnvironment as _};

pub use vitamin::testing::{
    Client, LiveServer, ManageCommand, Program, SECRET_KEY, Terminal, TestDatabase, TestEnvironment,
    TestResponse, TestServer, TokenServer, database_tests, wait_for,
};

/// The tutorial's program on a test's database.
pub trait Tutorial {
    /// Runs the migrations of the tutorial's apps.
    fn migrate(&self) -> &Self;

    /// Creates a superuser with a hash that the tests' servers prefer.
    fn create_user(&self, username: &str, password: &str) -> &Self;

    fn create_user_with_hash(&self, username: &str, encoded: &str) -> &Self;

    fn deactivate(&self, username: &str);

    fn user(&self, username: &str) -> Option<User>;

    /// Returns the key of the user's token, creating it if needed.
    fn token(&self, username: &str) -> String;

    fn count_tokens(&self) -> i64;

    fn program(&self) -> Program;

    /// Prepares `manage` with these arguments.
    fn manage(&self, arguments: &[&str]) -> ManageCommand {
        self.program().manage(arguments)
    }

    /// Prepares `manage runserver` on a free port.
    fn runserver(&self) -> ManageCommand {
        self.program().runserver()
    }

    /// `manage runserver` on a free port.
    fn serve(&self) -> LiveServer {
        self.program().serve()
    }
}

impl Tutorial for TestDatabase {
    fn migrate(&self) -> &Self {
        migrations().apply_all(&mut self.connection()).unwrap();
        self
    }

    fn create_user(&self, username: &str, password: &str) -> &Self {
        AuthEnvironment::create_superuser(self, username, password);
        self
    }

    fn create_user_with_hash(&self, username: &str, encoded: &str) -> &Self {
        User::create_superuser(&mut self.connection(), &UserModel::default(), username, "", encoded).unwrap();
        self
    }

    fn deactivate(&self, username: &str) {
        AuthEnvironment::deactivate(self, &Tutorial::user(self, username).unwrap());
    }

    fn user(&self, username: &str) -> Option<User> {
        AuthEnvironment::user(self, username)
    }

    fn token(&self, username: &str) -> String {
        self.create_token(&Tutorial::user(self, username).unwrap()).key
    }

    fn count_tokens(&self) -> i64 {
        authtoken_token::table.count().get_result(&mut *self.connection()).unwrap()
    }

    fn program(&self) -> Program {
        Program::new(env!("CARGO_BIN_EXE_manage"), self)
    }
}

/// Posts JSON as text.
pub trait PostJson {
    fn post_json(&self, path: &str, json: &str) -> TestResponse;
}

impl PostJson for Client {
    fn post_json(&self, path: &str, json: &str) -> TestResponse {
        self.post(path, Body::json(json))
    }
}

/// A login's response.
pub trait LoginResponse {
    /// Returns the token in the body.
    fn key(&self) -> String;
}

impl LoginResponse for TestResponse {
    fn key(&self) -> String {
        self.assert_status(200).json()["token"].as_str().unwrap().to_owned()
    }
}

/// Returns the folder of PostgreSQL's Unix socket, if it has one, and the database's name.
#[cfg(feature = "postgres")]
pub fn unix_socket(database: &TestDatabase) -> Option<(PathBuf, &str)> {
    // postgres://USER@FOLDER:5432/NAME
    let (folder, name) = database.url().split_once('@')?.1.split_once(":5432/")?;
    let folder = PathBuf::from(folder.replace("%2F", "/"));
    folder.join(".s.PGSQL.5432").exists().then_some((folder, name))
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
