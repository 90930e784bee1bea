//! A project that this process serves.

use std::sync::{Arc, OnceLock, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;

use super::environment::{TestEnvironment, TestServer, variables};
use super::{Client, TestDatabase};
use crate::conf::{Env, ImproperlyConfigured};
use crate::database::Database;
use crate::project::Project;
use crate::server::application;

/// A project on a migrated test database, served by this process on a loopback port from the first request on.
///
/// Requests pass the whole application with its middleware. What the project logs appears in the test's output; `RUST_LOG`
/// selects it (default `error`).
pub struct TestProject {
    // Dropped in this order: the server uses the project, and both use the database.
    serving: OnceLock<Serving>,
    project: Arc<Project>,
    database: TestDatabase,
}

impl TestProject {
    /// Creates the project with the settings of the tests, and runs its migrations.
    ///
    /// `project` is the function that the project's `main` uses, or one that lists the apps under test.
    ///
    /// # Panics
    /// The settings can't be used, or a migration fails.
    #[track_caller]
    pub fn new(
        database: &TestDatabase,
        project: impl FnOnce(&Env) -> Result<Project, ImproperlyConfigured>,
    ) -> Self {
        Self::with_settings(database, project, &[])
    }

    /// The same, with more variables or other values: `&[("DEBUG", "1")]`. Nothing is read from the process's environment.
    ///
    /// # Panics
    /// The settings can't be used, or a migration fails.
    #[track_caller]
    pub fn with_settings(
        database: &TestDatabase,
        project: impl FnOnce(&Env) -> Result<Project, ImproperlyConfigured>,
        settings: &[(&str, &str)],
    ) -> Self {
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let env = variables(database.url()).into_iter().chain(settings).collect();
        let project = project(&env).unwrap_or_else(|error| panic!("the project can't be made: {error}"));
        let project =
            Self { serving: OnceLock::new(), project: Arc::new(project), database: database.clone() };
        // Creates the file.
        drop(database.connection());
        let migrated = project.project.apps.migrations().apply_all(&mut project.connection());
        migrated.unwrap_or_else(|error| panic!("the migrations fail: {error}"));
        project
    }

    /// The project itself, e.g. for a command's [`handle`](crate::management::Command::handle).
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// The database that the project was created on.
    #[must_use]
    pub fn test_database(&self) -> &TestDatabase {
        &self.database
    }

    /// The server's address, `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.serving.get_or_init(|| Serving::start(&self.project)).address
    }
}

impl TestEnvironment for TestProject {
    fn env(&self) -> &Env {
        &self.project.env
    }

    fn database(&self) -> &Database {
        &self.project.database
    }
}

impl TestServer for TestProject {
    /// It sends `Host: testserver`, so that absolute URLs are the same in every run.
    fn anonymous(&self) -> Client {
        Client::new(self.address()).host("testserver")
    }
}

/// A server on a thread of its own, which ends with this value.
struct Serving {
    address: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Serving {
    fn start(project: &Arc<Project>) -> Self {
        log_to_test();
        project.ready();
        let (started, starts) = mpsc::channel();
        let project = Arc::clone(project);
        // Threads inherit the capture of the test's output.
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = HttpServer::new(move || application(&project))
                    .workers(1)
                    .tcp_nodelay(true)
                    .disable_signals()
                    .bind(("127.0.0.1", 0))?;
                let address = server.addrs().first().map(ToString::to_string);
                let server = server.run();
                let _ = started.send((address, server.handle()));
                server.await
            })
        });
        match starts.recv() {
            Ok((Some(address), handle)) => Self { address, handle, thread: Some(thread) },
            _ => panic!("the test's server did not start: {:?}", thread.join()),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The command is sent at once; the future only waits for its end, as the thread does.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // A panic here would hide the test's own.
            let _ = thread.join();
        }
    }
}

/// Logs to the output of the test. Another logger of the test's own stays.
fn log_to_test() {
    let filter = env_logger::Env::default().default_filter_or("error");
    let _ = env_logger::Builder::from_env(filter).is_test(true).try_init();
}
