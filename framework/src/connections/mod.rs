//! Connections of clients: deadlines for what a client sends and reads, and a limit of connections.
//!
//! actix-web's own deadline covers the first request head of a connection only, and a body that no handler reads has none. So
//! the server gives actix-web a stream that knows what its connection waits for (`stream.rs`). Four times a second each worker
//! looks for connections whose client has taken too long, and closes them. Requests take no clock and no timer.
//!
//! | waiting for | limit |
//! |---|---|
//! | a request head, from its first byte, and the first one from the connection's begin | `REQUEST_HEAD_TIMEOUT` |
//! | the next bytes of a body that a handler reads, and the whole body | `REQUEST_BODY_IDLE_TIMEOUT`, `REQUEST_BODY_TIMEOUT` |
//! | the rest of a body that no handler read, and the next head, from the response | `REQUEST_HEAD_TIMEOUT`, and 256 KiB |
//! | the client, who does not read the response | `RESPONSE_IDLE_TIMEOUT` |
//! | a next request, with nothing received | 5 seconds, by actix-web |
//!
//! A handler that waits for a client's body is the only one that is limited: a body that stays unread while a handler works is not
//! the client's fault.

mod connection;
mod counts;
mod line_feeds;
mod payload;
mod registry;
mod request_target;
mod server;
mod settings;
mod stream;
mod sweeping;

use std::time::Duration;

pub use self::connection::{ClientGone, Connection};
pub(crate) use self::counts::ConnectionCounts;
pub(crate) use self::server::builder;
pub use self::settings::ConnectionSettings;
pub(crate) use self::settings::SETTINGS;

/// How often a worker looks at each connection, whether its client has taken too long.
const TICK: Duration = Duration::from_millis(250);

/// How long a connection stays open after a response, with nothing received.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Bytes that are read of a body that no handler has read, after its response. Then the connection is closed. Go's server has the
/// same limit.
const MAX_DRAINED: usize = 256 << 10;

/// Bytes of one field of a request head, with its name, colon and line end. The limit is gunicorn's (`limit_request_field_size`).
pub(crate) const MAX_FIELD: usize = 8190;
