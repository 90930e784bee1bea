//! The connections of one worker: closes those that take too long, and the oldest idle ones at the limit.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt;

use super::TICK;
use super::connection::{Connection, End};
use super::counts::ConnectionCounts;
use super::settings::ConnectionSettings;
use super::sweeping::Round;

/// The limits of bodies are this much longer than the settings, so that a handler's own timeout comes first: it can answer.
const GRACE: Duration = Duration::from_secs(1);

/// The limits in milliseconds.
pub(super) struct Limits {
    pub(super) head: u64,
    pub(super) body_idle: u64,
    pub(super) body: u64,
    pub(super) response_idle: u64,
}

impl Limits {
    fn new(settings: &ConnectionSettings) -> Self {
        Self {
            // The registry's clock is up to a tick old.
            head: millis(settings.head_timeout + TICK),
            body_idle: millis(settings.body_idle_timeout + GRACE),
            body: millis(settings.body_timeout + GRACE),
            response_idle: millis(settings.response_idle_timeout + TICK),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The connections of one worker.
pub(super) struct Registry {
    connections: RefCell<Vec<Rc<Connection>>>,
    /// Connections from which on the oldest idle ones are closed.
    max_connections: usize,
    limits: Limits,
    started: Instant,
    /// Milliseconds since `started` at the last tick.
    now: Cell<u64>,
    is_ticking: Cell<bool>,
    pub(super) counts: Arc<ConnectionCounts>,
    is_stopping: Arc<AtomicBool>,
    pub(super) local_addr: SocketAddr,
}

impl Registry {
    pub(super) fn new(
        settings: &ConnectionSettings,
        max_connections: usize,
        local_addr: SocketAddr,
        counts: Arc<ConnectionCounts>,
        is_stopping: Arc<AtomicBool>,
    ) -> Self {
        Self {
            connections: RefCell::default(),
            max_connections,
            limits: Limits::new(settings),
            started: Instant::now(),
            now: Cell::new(0),
            is_ticking: Cell::new(false),
            counts,
            is_stopping,
            local_addr,
        }
    }

    /// Whether the server is being stopped.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// The time of the last tick, in milliseconds.
    pub(super) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Adds a connection, and closes the oldest idle ones if there are too many.
    pub(super) fn add(self: &Rc<Self>) -> Rc<Connection> {
        if !self.is_ticking.replace(true) {
            self.set_now();
            rt::spawn(tick(Rc::clone(self)));
        }
        self.counts.opened.add(1);
        let connection = Rc::new(Connection::new(Rc::clone(self)));
        let mut connections = self.connections.borrow_mut();
        connection.index.set(connections.len());
        connections.push(Rc::clone(&connection));
        self.close_oldest(&connections);
        connection
    }

    pub(super) fn remove(&self, connection: &Connection) {
        self.counts.closed.add(1);
        let mut connections = self.connections.borrow_mut();
        let index = connection.index.get();
        if index < connections.len() {
            connections.swap_remove(index);
        }
        if let Some(moved) = connections.get(index) {
            moved.index.set(index);
        }
    }

    fn set_now(&self) {
        self.now.set(millis(self.started.elapsed()));
    }

    /// Closes the connections that have waited longest for their client, until fewer than the limit are left. A sixteenth more are
    /// closed with them, so that a flood of connections does not make each of them look for the oldest.
    fn close_oldest(&self, connections: &[Rc<Connection>]) {
        let closing = || connections.iter().filter(|connection| connection.end() != End::None).count();
        let Some(surplus) = connections.len().checked_sub(self.max_connections).filter(|over| *over > 0)
        else {
            return;
        };
        let surplus = surplus.saturating_sub(closing());
        if surplus == 0 {
            return;
        }
        let surplus = surplus + self.max_connections / 16;
        let mut idle: Vec<(u64, usize)> = connections
            .iter()
            .enumerate()
            // The new connection is the last one. It has had no time to send anything.
            .take(connections.len() - 1)
            .filter_map(|(index, connection)| Some((connection.idle_since()?, index)))
            .collect();
        if surplus < idle.len() {
            idle.select_nth_unstable(surplus);
            idle.truncate(surplus);
        }
        for (_, index) in &idle {
            if let Some(connection) = connections.get(*index) {
                self.counts.at_limit.add(1);
                connection.end_with(End::Now);
            }
        }
        log::warn!(
            "{} connections: the {} that waited longest for their client are closed (MAX_CONNECTIONS).",
            connections.len(),
            idle.len()
        );
    }

    /// Closes those of these connections whose client has taken too long, and idle ones while the server stops.
    fn sweep(&self, connections: &[Rc<Connection>]) {
        let is_stopping = self.is_stopping();
        for connection in connections.iter().filter(|connection| connection.end() == End::None) {
            if let Some(end) = connection.overdue(&self.limits) {
                self.counts.too_slow.add(1);
                connection.end_with(end);
            } else if is_stopping && connection.is_idle() {
                connection.end_with(End::IfIdle);
            }
        }
    }
}

/// Runs while there are connections, so an idle server sleeps.
async fn tick(registry: Rc<Registry>) {
    let mut round = Round::default();
    loop {
        rt::time::sleep(round.pause()).await;
        registry.set_now();
        let connections = registry.connections.borrow();
        if connections.is_empty() {
            registry.is_ticking.set(false);
            return;
        }
        if round.is_over() {
            round = Round::new(connections.len());
            registry.close_oldest(&connections);
        }
        registry.sweep(connections.get(round.next(connections.len())).unwrap_or_default());
    }
}
