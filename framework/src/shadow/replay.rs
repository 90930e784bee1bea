//! Replays writing requests on a copy of the database (`--write-database`), and compares the responses.
//!
//! They run one after the other, in the order in which Django began to respond: so a copy that was equal stays equal, with the same ids,
//! as long as both programs do the same.

use std::sync::Arc;

use actix_web::error::PayloadError;
use actix_web::rt::task::JoinHandle;
use bytes::{Bytes, BytesMut};
use tokio::sync::{mpsc, oneshot};

use super::client::{SendError, SharedClient};
use super::compare::{ComparedResponse, differences_of_writes};
use super::headers::RequestHead;
use super::report::Report;

/// Bytes of a request's body that are kept. A longer request is not replayed.
const MAX_BODY: usize = 1 << 20;
/// Requests that wait. With [`MAX_BODY`] this bounds the memory.
const MAX_WAITING: usize = 64;

/// A request that Django has begun to answer.
pub(super) struct Write {
    pub(super) head: Arc<RequestHead>,
    /// The request's body. The sender is dropped if the client breaks it off, or if it is longer than [`MAX_BODY`].
    pub(super) body: oneshot::Receiver<Bytes>,
    pub(super) route: String,
    /// The head of Django's response.
    pub(super) theirs: ComparedResponse,
    /// The response's body. The sender is dropped if Django breaks it off, or if it is too long to compare.
    pub(super) their_body: oneshot::Receiver<Bytes>,
}

/// The queue of requests to replay.
#[derive(Clone)]
pub(super) struct Replay(mpsc::Sender<Option<Write>>);

impl Replay {
    /// Replays requests at `ours` until the [end](Self::end). Requires actix-web's runtime.
    pub(super) fn start(client: SharedClient, ours: String, report: Arc<Report>) -> (Self, JoinHandle<()>) {
        let (sender, mut writes) = mpsc::channel::<Option<Write>>(MAX_WAITING);
        let task = actix_web::rt::spawn(async move {
            while let Some(Some(write)) = writes.recv().await {
                let (method, route) = (write.head.method.clone(), write.route.clone());
                match replay(&client, &ours, write).await {
                    Some(Ok((theirs, ours))) => {
                        report.add_comparison(&method, &route, differences_of_writes(&theirs, &ours));
                    }
                    Some(Err(error)) => {
                        log::warn!("A {method} could not be replayed: {error}");
                        report.add_failed();
                    }
                    None => report.add_failed(),
                }
            }
        });
        (Self(sender), task)
    }

    /// Ends the task of [`start`](Self::start) after the requests that wait.
    pub(super) async fn end(&self) {
        // Without a receiver it has ended.
        let _ = self.0.send(None).await;
    }

    /// Queues a request. Returns false if too many wait.
    pub(super) fn add(&self, write: Write) -> bool {
        self.0.try_send(Some(write)).is_ok()
    }
}

/// Django's response and that of this project. `None`: the request is not known in full.
async fn replay(
    client: &SharedClient,
    ours: &str,
    Write { head, body, theirs, their_body, .. }: Write,
) -> Option<Result<(ComparedResponse, ComparedResponse), SendError>> {
    let body = body.await.ok()?;
    let ours = async { client.send_bytes(ours, &head, body).await?.collect().await };
    Some(match ours.await {
        // The body is not compared if it did not come.
        Ok(ours) => Ok((ComparedResponse { body: their_body.await.ok(), ..theirs }, ours)),
        Err(error) => Err(error),
    })
}

/// Keeps a request's body while it passes.
pub(super) struct Recorder {
    sender: oneshot::Sender<Bytes>,
    body: BytesMut,
}

impl Recorder {
    pub(super) fn new() -> (Self, oneshot::Receiver<Bytes>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, body: BytesMut::new() }, receiver)
    }

    /// Keeps a chunk. `None` if the body is too long, or was broken off.
    pub(super) fn record(mut self, chunk: &Result<Bytes, PayloadError>) -> Option<Self> {
        self.body.extend_from_slice(chunk.as_ref().ok()?);
        (self.body.len() <= MAX_BODY).then_some(self)
    }

    /// The body is complete.
    pub(super) fn finish(self) {
        // If the request was not queued, nobody waits for it.
        let _ = self.sender.send(self.body.freeze());
    }
}
