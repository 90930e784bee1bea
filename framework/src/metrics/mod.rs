//! Metrics, and whether the server is alive and ready: `/metrics`, `/healthz` and `/readyz` on `METRICS_ADDRESS`.
//!
//! Each part of the program counts for itself, and adds its numbers to a [`Snapshot`] when somebody asks: the framework here, an app
//! by [`App::metrics`](crate::app::App::metrics). What every request counts is counted by each worker alone
//! ([`OwnCounter`], [`PerWorker`]).
//!
//! A view of the project reads the same numbers: `request.app_data::<Data<Metrics>>()` and [`Metrics::snapshot`]. If an app
//! [shows the last hour](crate::app::App::shows_history), a thread keeps the numbers of each minute.
//!
//! All values of labels come from the program itself. None is a client's text, so their number is bounded.

mod counter;
mod history;
mod readiness;
mod requests;
mod server;
mod snapshot;
mod text;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

pub use self::counter::{OwnCounter, PerWorker};
use self::history::History;
pub use self::history::Period;
pub use self::requests::NO_VIEW;
use self::requests::Requests;
pub(crate) use self::requests::{Received, WorkerRequests};
pub(crate) use self::server::MetricsServer;
pub use self::snapshot::{Family, Histogram, Kind, Sample, Snapshot, Value};
pub use self::text::Format;
use super::app::Apps;
use super::conf::Setting;
use super::connections::ConnectionCounts;
use super::database::Database;

/// The settings that this module reads, with `ServerSettings`.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "METRICS_ADDRESS",
    "The address that `/metrics`, `/healthz` and `/readyz` are served on, for example `127.0.0.1:9100`. It must not be public. \
     Unset: they are off.",
)];

/// The metrics of a project. Clones share them. A request finds them in its app data (`Data<Metrics>`).
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Inner>>);

struct Inner {
    apps: Apps,
    database: Database,
    requests: Requests,
    connections: PerWorker<ConnectionCounts>,
    started: SystemTime,
    history: Option<History>,
}

impl Metrics {
    /// Metrics that are counted from now on.
    pub(crate) fn on(apps: &Apps, database: &Database) -> Self {
        Self(Some(Arc::new(Inner {
            apps: apps.clone(),
            database: database.clone(),
            requests: Requests::default(),
            connections: PerWorker::default(),
            started: SystemTime::now(),
            history: apps.iter().any(|app| app.shows_history()).then(History::default),
        })))
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the metrics of this moment; none if they are off.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        if let Some(inner) = &self.0 {
            inner.collect(&mut snapshot);
        }
        snapshot
    }

    /// The last hour in periods of a minute, the oldest first, and last the one until now. Empty if no app
    /// [shows it](crate::app::App::shows_history).
    #[must_use]
    pub fn history(&self) -> Vec<Period> {
        let history = self.0.as_ref().and_then(|inner| inner.history.as_ref());
        history.map(|history| history.periods(&self.snapshot())).unwrap_or_default()
    }

    /// Starts the thread that ends the periods of the [`history`](Self::history), if an app shows it. It lives as long as the
    /// process. Requests are counted as without it.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(crate) fn keep_history(&self) -> io::Result<()> {
        let metrics = self.clone();
        let keep = move || {
            while let Some(history) = metrics.0.as_ref().and_then(|inner| inner.history.as_ref()) {
                thread::sleep(history::PERIOD);
                history.end_period(metrics.snapshot());
            }
        };
        if self.0.as_ref().is_some_and(|inner| inner.history.is_some()) {
            thread::Builder::new().name("metrics-history".to_owned()).spawn(keep)?;
        }
        Ok(())
    }

    /// Makes the counters of a worker with these views. `None` if metrics are off.
    pub(crate) fn worker(&self, views: impl FnOnce() -> Vec<String>) -> Option<WorkerRequests> {
        Some(self.0.as_ref()?.requests.worker(views()))
    }

    /// The counters of connections. Unused if metrics are off.
    pub(crate) fn connections(&self) -> PerWorker<ConnectionCounts> {
        self.0.as_ref().map(|inner| inner.connections.clone()).unwrap_or_default()
    }
}

impl Inner {
    fn collect(&self, snapshot: &mut Snapshot) {
        let features = [
            (cfg!(feature = "postgres"), "postgres"),
            (cfg!(feature = "redis"), "redis"),
            (cfg!(feature = "shadow-tls"), "shadow-tls"),
        ];
        let features: Vec<_> = features.iter().filter_map(|(is_on, name)| is_on.then_some(*name)).collect();
        // An empty label would be none.
        let features = if features.is_empty() { "none".to_owned() } else { features.join(",") };
        snapshot.info(
            "vitamin_build",
            "The version of vitamin, and how it was built.",
            &[
                ("version", env!("CARGO_PKG_VERSION")),
                ("profile", if cfg!(debug_assertions) { "debug" } else { "release" }),
                ("features", &features),
            ],
        );
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        snapshot.gauge(
            "process_start_time_seconds",
            "When the process started, in seconds since 1970.",
            started.as_secs_f64(),
        );
        self.requests.collect(snapshot);
        ConnectionCounts::collect(&self.connections, snapshot);
        self.database.collect(snapshot);
        self.apps.iter().for_each(|app| app.metrics(snapshot));
    }
}
