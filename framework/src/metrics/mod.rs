//! Metrics, and whether the server is alive and ready: `/metrics`, `/healthz` and `/readyz` on `METRICS_ADDRESS`.
//!
//! Each part of the program counts for itself, and adds its numbers to a [`Snapshot`] when somebody asks: the framework here, an app
//! by [`App::metrics`](crate::app::App::metrics). What every request counts is counted by each worker alone
//! ([`OwnCounter`], [`PerWorker`]).
//!
//! A view of the project reads the same numbers: `request.app_data::<Data<Metrics>>()` and [`Metrics::snapshot`].
//!
//! All values of labels come from the program itself. None is a client's text, so their number is bounded.

mod counter;
mod readiness;
mod requests;
mod server;
mod snapshot;
mod text;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use self::counter::{OwnCounter, PerWorker};
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
