//! Whether the server can answer requests: `/readyz`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::rt::time::timeout;
use tokio::sync::Mutex;

use crate::database::migrations::Migrations;
use crate::database::{Database, DatabaseError};
use crate::logging::warn_sometimes;
use crate::project::Project;

/// The database is asked at most once in this time, however many ask.
const FRESH: Duration = Duration::from_secs(1);
/// What a question may take beyond `DATABASE_TIMEOUT`, which limits its wait for a connection.
const GRACE: Duration = Duration::from_millis(500);

/// Why the server is not ready, in words.
type Reason = String;

/// Asks the database.
pub(super) struct Readiness {
    database: Database,
    migrations: Migrations,
    is_stopping: Arc<AtomicBool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<(Instant, Result<(), Reason>)>,
    /// A question that the database has not answered in time. No other is asked meanwhile: each would take a thread and a
    /// connection.
    unanswered: Option<(Instant, JoinHandle<Result<(), Reason>>)>,
}

impl Readiness {
    pub(super) fn new(project: &Project, is_stopping: &Arc<AtomicBool>) -> Self {
        Self {
            database: project.database.clone(),
            migrations: project.apps.migrations().clone(),
            is_stopping: Arc::clone(is_stopping),
            state: Mutex::default(),
        }
    }

    /// Checks that the database answers, and that all migrations are applied. Takes at most `DATABASE_TIMEOUT` and half a second,
    /// or as long as another check that has begun before and one more.
    ///
    /// # Errors
    /// The reason, without anything that an error of the database may tell: the log has that.
    pub(super) async fn check(&self) -> Result<(), Reason> {
        if self.is_stopping.load(Ordering::Relaxed) {
            return Err("The server is stopping.".to_owned());
        }
        let mut state = self.state.lock().await;
        if let Some((at, last)) = &state.last
            && at.elapsed() < FRESH
        {
            return last.clone();
        }
        // It stays there if the client goes meanwhile, and this future with it.
        let (since, question) = state.unanswered.get_or_insert_with(|| (Instant::now(), self.ask()));
        let answer = match timeout(self.database.settings().timeout + GRACE, question).await {
            Ok(answer) => {
                state.unanswered = None;
                answer.unwrap_or_else(|_| Err("The check of the database failed.".to_owned()))
            }
            Err(_) => {
                Err(format!("The database has not answered for {:.1} s.", since.elapsed().as_secs_f64()))
            }
        };
        state.last = Some((Instant::now(), answer.clone()));
        answer
    }

    fn ask(&self) -> JoinHandle<Result<(), Reason>> {
        let (database, migrations) = (self.database.clone(), self.migrations.clone());
        spawn_blocking(move || {
            // As a request does, from the pool: if it cannot get a connection, the server is not ready.
            let states = database.get().and_then(|mut connection| migrations.states(&mut connection));
            let states = states.map_err(|error| {
                warn_sometimes(module_path!(), &format!("Not ready: {error}"));
                match error {
                    DatabaseError::Unavailable(_) => "The database is unavailable.",
                    _ => "The applied migrations can't be read.",
                }
                .to_owned()
            })?;
            let missing: Vec<_> =
                states.into_iter().filter(|state| !state.applied).map(|state| state.name).collect();
            match missing.as_slice() {
                [] => Ok(()),
                _ => Err(format!("{} migration(s) are not applied: {}.", missing.len(), missing.join(", "))),
            }
        })
    }
}
