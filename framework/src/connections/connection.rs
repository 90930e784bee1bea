//! What one connection waits for.

use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{HttpMessage as _, HttpRequest};

use super::payload::ObservedPayload;
use super::registry::{Limits, Registry};
use super::{KEEP_ALIVE, MAX_DRAINED, MAX_FIELD};

/// The state of a connection. All times are the registry's milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// A request head is awaited: the first one, or one that has begun.
    Head,
    /// The last response is written, and nothing has been received since.
    Idle,
    /// A request without a body, or whose body is read, is being answered.
    Answering,
    /// A handler has a body that it has not read to the end. It does not wait for it.
    Body,
    /// A handler waits for the next bytes of a body.
    AwaitingBody,
    /// A request is being answered whose body no handler will read.
    Unread,
    /// The response to such a request is being written, or is. actix-web reads the rest of the body and discards it.
    Draining,
}

/// How the stream ends the connection at its next read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Not at all.
    None,
    /// Unless bytes have arrived.
    IfIdle,
    /// At once.
    Now,
    /// With the status line of this answer, if no response is being written; unless these would be the first bytes of a head.
    With(&'static str),
}

/// A connection, shared by its stream, its requests and the registry of its worker. A handler finds it with
/// [`Connection::of`].
pub struct Connection {
    phase: Cell<Phase>,
    /// When the phase began. In `AwaitingBody`, when the last bytes came.
    since: Cell<u64>,
    /// When the body began to be read.
    body_since: Cell<u64>,
    /// When the client stopped to read the response.
    blocked_since: Cell<Option<u64>>,
    /// Whether nothing was written since the last request's head, neither of its response nor of the one before.
    is_unanswered: Cell<bool>,
    /// Bytes received since the first byte of the head, or of the unread body since the response.
    received: Cell<usize>,
    /// Requests on this connection so far. A body that outlives its request must not change the state of the next.
    requests: Cell<u64>,
    end: Cell<End>,
    gone: OnceCell<Arc<AtomicBool>>,
    is_client_closed: Cell<bool>,
    waker: OnceCell<Waker>,
    /// The position in the registry.
    pub(super) index: Cell<usize>,
    pub(super) registry: Rc<Registry>,
}

impl Connection {
    pub(super) fn new(registry: Rc<Registry>) -> Self {
        Self {
            phase: Cell::new(Phase::Head),
            since: Cell::new(registry.now()),
            body_since: Cell::new(0),
            blocked_since: Cell::new(None),
            is_unanswered: Cell::new(false),
            received: Cell::new(0),
            requests: Cell::new(0),
            end: Cell::new(End::None),
            gone: OnceCell::new(),
            is_client_closed: Cell::new(false),
            waker: OnceCell::new(),
            index: Cell::new(0),
            registry,
        }
    }

    /// The connection of a request. `None` where another server than this project's accepted it, as in tests.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<&Self> {
        request.conn_data::<Rc<Self>>().map(Rc::as_ref)
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.registry.local_addr
    }

    /// Tells when the client closes the connection, on any thread.
    #[must_use]
    pub fn client_gone(&self) -> ClientGone {
        let gone = self.gone.get_or_init(|| Arc::new(AtomicBool::new(self.is_client_closed.get())));
        ClientGone(Some(Arc::clone(gone)))
    }

    /// A whole head was received. Returns whether the head has a field above [`MAX_FIELD`].
    pub(crate) fn begin_request(request: &mut ServiceRequest) -> bool {
        let Some(connection) = request.request().conn_data::<Rc<Self>>() else { return false };
        connection.requests.set(connection.requests.get() + 1);
        connection.phase.set(Phase::Answering);
        connection.is_unanswered.set(true);
        // Checked only if the bytes received could be such a field.
        let has_large_field = connection.received.get() > MAX_FIELD && has_large_field(request);
        // Most requests have no body.
        if !matches!(request.parts().1, Payload::None) {
            connection.phase.set(Phase::Body);
            connection.body_since.set(connection.registry.now());
            let connection = Rc::clone(connection);
            let observed = ObservedPayload::new(request.take_payload(), connection);
            request.set_payload(Payload::Stream { payload: Box::pin(observed) });
        }
        has_large_field
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(self.registry.now());
    }

    pub(super) fn request_number(&self) -> u64 {
        self.requests.get()
    }

    /// The handler waits for the body, which it may have begun to wait for earlier.
    pub(super) fn awaits_body(&self) {
        if self.phase.get() == Phase::Body {
            self.enter(Phase::AwaitingBody);
        }
    }

    /// The handler got bytes of the body.
    pub(super) fn got_body(&self) {
        self.phase.set(Phase::Body);
    }

    /// The body ended, or was dropped before its end.
    pub(super) fn body_ended(&self, is_complete: bool) {
        self.phase.set(if is_complete { Phase::Answering } else { Phase::Unread });
    }

    /// Bytes were received; none if the client closed its side. Returns whether they begin a head or continue one.
    pub(super) fn received(&self, bytes: usize) -> bool {
        if bytes == 0 {
            self.is_client_closed.set(true);
            if let Some(gone) = self.gone.get() {
                gone.store(true, Ordering::Relaxed);
            }
            return false;
        }
        let phase = self.phase.get();
        if phase == Phase::Idle {
            self.received.set(0);
            self.enter(Phase::Head);
        }
        let received = self.received.get().saturating_add(bytes);
        self.received.set(received);
        if phase == Phase::Draining && received > MAX_DRAINED {
            self.end.set(End::Now);
        }
        matches!(phase, Phase::Idle | Phase::Head)
    }

    /// Whether the bytes that were just received are the first ones since the last response, or ever.
    pub(super) fn begins_head(&self, bytes: usize) -> bool {
        self.received.get() == bytes
    }

    /// Whether no request was received yet.
    pub(super) fn is_new(&self) -> bool {
        self.requests.get() == 0
    }

    /// Bytes of a response were written.
    pub(super) fn wrote(&self) {
        self.blocked_since.set(None);
        self.is_unanswered.set(false);
        match self.phase.get() {
            // actix-web writes a response as soon as it has it, so this is its end, or a part of a streamed body. The next part
            // begins the time anew.
            Phase::Answering | Phase::Idle => self.enter(Phase::Idle),
            Phase::Unread => {
                self.received.set(0);
                self.enter(Phase::Draining);
            }
            Phase::Head => self.since.set(self.registry.now()),
            Phase::Body | Phase::AwaitingBody | Phase::Draining => {}
        }
    }

    /// The client does not read the response.
    pub(super) fn cannot_write(&self) {
        if self.blocked_since.get().is_none() {
            self.blocked_since.set(Some(self.registry.now()));
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked_since.get().is_some()
    }

    /// Whether the stream must not look for bytes before it ends. A worker that was kept from the processor for long may have left
    /// a whole head unread, which is not the client's fault.
    pub(super) fn must_end(&self) -> bool {
        match self.end.get() {
            End::None | End::IfIdle => false,
            End::Now => true,
            End::With(_) => self.received.get() > 0,
        }
    }

    /// Whether actix-web, which now closes the connection, has neither read the whole body of a request nor answered it, and nobody
    /// else ends the connection: then it could not decode the body.
    pub(super) fn is_body_broken(&self) -> bool {
        self.is_unanswered.get()
            && matches!(self.phase.get(), Phase::Body | Phase::AwaitingBody | Phase::Unread)
            && self.end.get() == End::None
            && !self.is_client_closed.get()
            && !self.registry.is_stopping()
    }

    /// Continues, because bytes have arrived.
    pub(super) fn resume(&self) {
        self.end.set(End::None);
        self.since.set(self.registry.now());
    }

    pub(super) fn end(&self) -> End {
        self.end.get()
    }

    pub(super) fn set_end(&self, end: End) {
        self.end.set(end);
    }

    /// Keeps the waker of the connection's task, which is the same at each call.
    pub(super) fn keep_waker(&self, context: &Context<'_>) {
        self.waker.get_or_init(|| context.waker().clone());
    }

    /// Ends the connection and wakes its task.
    pub(super) fn end_with(&self, end: End) {
        self.end.set(end);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// The end that is due, if the client has taken too long.
    pub(super) fn overdue(&self, limits: &Limits) -> Option<End> {
        let now = self.registry.now();
        let is_over = |since: u64, limit: u64| now.saturating_sub(since) > limit;
        if self.blocked_since.get().is_some_and(|since| is_over(since, limits.response_idle)) {
            return Some(End::Now);
        }
        match self.phase.get() {
            Phase::Head if is_over(self.since.get(), limits.head) => Some(End::With("408 Request Timeout")),
            Phase::Draining if is_over(self.since.get(), limits.head) => Some(End::Now),
            Phase::AwaitingBody if is_over(self.body_since.get(), limits.body) => Some(End::Now),
            Phase::AwaitingBody if is_over(self.since.get(), limits.body_idle) => Some(End::IfIdle),
            _ => None,
        }
    }

    /// When the connection began to wait for its client, if it does.
    pub(super) fn idle_since(&self) -> Option<u64> {
        match self.phase.get() {
            _ if self.end.get() != End::None => None,
            _ if self.is_blocked() => self.blocked_since.get(),
            Phase::Head | Phase::Draining => Some(self.since.get()),
            // actix-web closes idle connections, so a longer silence is a streamed response.
            Phase::Idle if u128::from(self.registry.now() - self.since.get()) <= KEEP_ALIVE.as_millis() => {
                Some(self.since.get())
            }
            Phase::AwaitingBody => Some(self.body_since.get()),
            _ => None,
        }
    }

    /// Whether the connection is between two requests, or before its first.
    pub(super) fn is_idle(&self) -> bool {
        match self.phase.get() {
            Phase::Idle => true,
            Phase::Head => self.received.get() == 0,
            _ => false,
        }
    }
}

fn has_large_field(request: &ServiceRequest) -> bool {
    // `Name: value` and its line end.
    request
        .headers()
        .iter()
        .any(|(name, value)| name.as_str().len() + value.as_bytes().len() + ": \r\n".len() > MAX_FIELD)
}

/// Whether the client has closed its side of the connection. Its requests are still answered: a client may close only its side.
#[derive(Clone, Debug, Default)]
pub struct ClientGone(Option<Arc<AtomicBool>>);

impl ClientGone {
    /// Whether the client has closed its side by now. False if nothing is known of the connection.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.as_ref().is_some_and(|gone| gone.load(Ordering::Relaxed))
    }
}
