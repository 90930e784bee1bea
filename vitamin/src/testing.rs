//! Tests of apps and projects, in one import: `use vitamin::testing::*;`. For the cargo feature `testing`, which only
//! dev-dependencies enable:
//!
//! ```toml
//! [dev-dependencies]
//! serde_json = "1"
//! vitamin = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A test runs on a throw-away [`TestDatabase`]. It serves a [`TestProject`] in its own process, or starts the real
//! [`Program`]; `vitamin_framework::testing` describes both, and what PostgreSQL needs. Clients have roles: `anonymous()`,
//! `basic("Pepe", "secret")`, `token(&user)`, `session(&user)`.
//!
//! # The tests of an app
//!
//! ```
//! use serde_json::json;
//! use vitamin::apps;
//! use vitamin::auth::Auth;
//! use vitamin::authtoken::AuthToken;
//! use vitamin::authtoken::views::obtain_auth_token;
//! use vitamin::conf::{Env, ImproperlyConfigured};
//! use vitamin::project::Project;
//! use vitamin::rest_framework::RestFramework;
//! use vitamin::testing::*;
//! use vitamin::urls::{Pattern, path};
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     vec![path("api-token-auth/", obtain_auth_token())]
//! }
//!
//! /// A project of the app under test and of those that it uses.
//! fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
//!     let apps = apps![Auth::from_env(env)?, RestFramework::from_env(env)?, AuthToken::from_env(env)?];
//!     Project::new(env, apps, urlpatterns)
//! }
//!
//! // Makes the tests `sqlite::a_login_returns_the_token` and, with the feature `postgres`, `postgres::…`.
//! database_tests!(a_login_returns_the_token);
//!
//! fn a_login_returns_the_token(database: &TestDatabase) {
//!     let server = TestProject::new(database, project);
//!     let pepe = server.create_user("Pepe", "secret");
//!     let client = server.anonymous();
//!     let right = json!({"username": "Pepe", "password": "secret"});
//!     let token = server.create_token(&pepe);
//!     client.post("/api-token-auth/", right).assert_status(200).assert_json(json!({"token": token.key}));
//!     client
//!         .post("/api-token-auth/", [("username", "Pepe"), ("password", "wrong")])
//!         .assert_status(400)
//!         .assert_header("allow", "POST, OPTIONS")
//!         .assert_json(json!({"non_field_errors": ["Unable to log in with provided credentials."]}));
//!     server.token(&pepe).get("/nothing/").assert_status(404);
//! }
//! # a_login_returns_the_token(&TestDatabase::sqlite());
//! ```
//!
//! # The tests of a project
//!
//! They use the project's own settings, `TestProject::new(database, mysite::settings::project)`, or its program:
//!
//! ```no_run
//! # use vitamin::testing::*;
//! fn the_program_serves(database: &TestDatabase, manage: &str) {
//!     // In a project's tests, `manage` is env!("CARGO_BIN_EXE_manage").
//!     let program = Program::new(manage, database).env("DEBUG", "false");
//!     program.manage(&["migrate"]).run().expect_success();
//!     let server = program.serve();
//!     server.anonymous().get("/").assert_status(200);
//! }
//! ```

pub use vitamin_auth::testing::*;
pub use vitamin_authtoken::testing::*;
pub use vitamin_framework::testing::*;
