//! Forwards a request to Django, passes its response on as it comes, and compares it once it is complete.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use percent_encoding::percent_decode_str;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::MAX_COMPARED_BODY;
use super::client::{ProxiedResponse, SendError, SharedClient, chunks};
use super::compare::{ComparedResponse, differences};
use super::headers::RequestHead;
use super::replay::{Recorder, Replay, Write};
use super::report::Report;
use crate::http::ForwardedAllowIps;
use crate::urls::Resolver;

/// The proxy's state; one per worker.
pub(super) struct ShadowProxy {
    pub(super) client: SharedClient,
    /// Django's origin.
    pub(super) theirs: String,
    /// This project's origin.
    pub(super) ours: String,
    /// The proxies in front of this one.
    pub(super) trusted: ForwardedAllowIps,
    pub(super) resolver: Arc<Resolver>,
    pub(super) report: Arc<Report>,
    pub(super) permits: Arc<Semaphore>,
    /// `None` without `--write-database`.
    pub(super) replay: Option<Replay>,
}

/// Responds with Django's response, and compares it at its end.
pub(super) async fn forward(
    request: HttpRequest,
    payload: web::Payload,
    shadow: web::Data<ShadowProxy>,
) -> HttpResponse {
    let head = Arc::new(RequestHead::new(&request, &shadow.trusted));
    let (recorder, body) = shadow.recorder(&head.method).unzip();
    let sent = shadow.client.send_with_body(&shadow.theirs, &head, &request, payload, recorder).await;
    let theirs = match sent {
        Ok(theirs) => theirs,
        Err(error) => {
            log::error!("Responded with 502: Django did not respond: {error}");
            return HttpResponse::BadGateway().body("Bad Gateway");
        }
    };
    let comparison = match body {
        Some(body) => Comparison::of_write(&shadow, &request, &head, &theirs, body),
        None => Comparison::new(&shadow, &request, &head, &theirs),
    };
    respond(&head.method, theirs, comparison)
}

fn respond(method: &Method, theirs: ProxiedResponse, mut comparison: Option<Comparison>) -> HttpResponse {
    let mut response = HttpResponse::new(theirs.status);
    for (name, value) in theirs.headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
        response.headers_mut().append(name.clone(), value.clone());
    }
    let length =
        theirs.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if theirs.is_empty() {
        if let Some(comparison) = comparison.take() {
            comparison.start(Some(Bytes::new()));
        }
        return response.set_body(match length {
            // The response to HEAD has the length of the omitted body.
            Some(length) if method == Method::HEAD => {
                BoxBody::new(SizedStream::new(length, stream::empty::<Result<Bytes, PayloadError>>()))
            }
            _ => BoxBody::new(Bytes::new()),
        });
    }
    let body = ComparedBody { chunks: chunks(theirs.body), comparison, start: BytesMut::new() };
    response.set_body(match length {
        Some(length) => BoxBody::new(SizedStream::new(length, body)),
        None => BoxBody::new(BodyStream::new(body)),
    })
}

/// Django's body, which is kept for the comparison while it passes.
struct ComparedBody<S> {
    chunks: S,
    /// `None` if it has begun, or there is none.
    comparison: Option<Comparison>,
    start: BytesMut,
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for ComparedBody<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let next = std::task::ready!(this.chunks.poll_next_unpin(context));
        match &next {
            Some(Ok(chunk)) if this.comparison.is_some() => this.start.extend_from_slice(chunk),
            Some(Err(error)) => log::warn!("Broke off a response, since Django broke it off: {error}"),
            _ => {}
        }
        let is_long = this.start.len() > MAX_COMPARED_BODY;
        if (is_long || !matches!(next, Some(Ok(_))))
            && let Some(comparison) = this.comparison.take()
        {
            let start = std::mem::take(&mut this.start).freeze();
            match &next {
                Some(Err(_)) => comparison.fail(),
                _ => comparison.start((!is_long).then_some(start)),
            }
        }
        Poll::Ready(next)
    }
}

/// The comparison that a response of Django is kept for.
enum Comparison {
    Read(ReadComparison),
    /// A write is queued already, and waits for the body of the response.
    Write(oneshot::Sender<Bytes>),
}

/// The comparison of a safe request. If the client leaves before the end, there is none.
struct ReadComparison {
    shadow: web::Data<ShadowProxy>,
    head: Arc<RequestHead>,
    route: String,
    theirs: ComparedResponse,
    permit: OwnedSemaphorePermit,
}

impl Comparison {
    /// `None` if the response is not compared.
    fn new(
        shadow: &web::Data<ShadowProxy>,
        request: &HttpRequest,
        head: &Arc<RequestHead>,
        theirs: &ProxiedResponse,
    ) -> Option<Self> {
        let has_body = request.headers().contains_key(CONTENT_LENGTH)
            || request.headers().contains_key(TRANSFER_ENCODING);
        if !is_safe(&head.method) || has_body {
            return None;
        }
        let route = shadow.route(request)?;
        let Ok(permit) = Arc::clone(&shadow.permits).try_acquire_owned() else {
            shadow.report.add_skipped();
            return None;
        };
        let (shadow, head) = (shadow.clone(), Arc::clone(head));
        Some(Self::Read(ReadComparison { shadow, head, route, theirs: theirs.head(), permit }))
    }

    /// Queues a write whose body is `body`.
    fn of_write(
        shadow: &web::Data<ShadowProxy>,
        request: &HttpRequest,
        head: &Arc<RequestHead>,
        theirs: &ProxiedResponse,
        body: oneshot::Receiver<Bytes>,
    ) -> Option<Self> {
        let route = shadow.route(request)?;
        let (sender, their_body) = oneshot::channel();
        let write = Write { head: Arc::clone(head), body, route, theirs: theirs.head(), their_body };
        if !shadow.replay.as_ref()?.add(write) {
            shadow.report.add_skipped();
            return None;
        }
        Some(Self::Write(sender))
    }

    /// Django broke the response off. What it wrote is replayed.
    fn fail(self) {
        if let Self::Read(comparison) = self {
            comparison.shadow.report.add_failed();
        }
    }

    /// The body is `None` if it is too long to compare.
    fn start(self, body: Option<Bytes>) {
        let ReadComparison { shadow, head, route, theirs, permit } = match (self, body) {
            (Self::Read(comparison), body) => {
                let theirs = ComparedResponse { body, ..comparison.theirs };
                ReadComparison { theirs, ..comparison }
            }
            (Self::Write(sender), Some(body)) => return drop(sender.send(body)),
            (Self::Write(_), None) => return,
        };
        actix_web::rt::spawn(async move {
            match shadow.compare(&head, &theirs).await {
                Ok(found) => shadow.report.add_comparison(&head.method, &route, found),
                Err(_) => shadow.report.add_failed(),
            }
            drop(permit);
        });
    }
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

impl ShadowProxy {
    /// Keeps the body of a request that writes.
    fn recorder(&self, method: &Method) -> Option<(Recorder, oneshot::Receiver<Bytes>)> {
        (self.replay.is_some() && !is_safe(method)).then(Recorder::new)
    }

    /// The route of a path of this project. Others are counted.
    fn route(&self, request: &HttpRequest) -> Option<String> {
        let route = self.resolver.route(&percent_decode_str(request.path()).decode_utf8_lossy());
        if route.is_none() {
            self.report.add_unknown_path();
        }
        route.map(str::to_owned)
    }

    /// Returns the differences. If there are any, asks both again, since the data may have changed in between: only
    /// differences that occur both times count.
    async fn compare(
        &self,
        head: &RequestHead,
        theirs: &ComparedResponse,
    ) -> Result<std::collections::BTreeSet<String>, SendError> {
        let ours = || async { self.client.send(&self.ours, head).await?.collect().await };
        let mut found = differences(theirs, &ours().await?);
        if !found.is_empty() {
            let theirs = self.client.send(&self.theirs, head).await?.collect().await?;
            let again = differences(&theirs, &ours().await?);
            found.retain(|difference| again.contains(difference));
        }
        Ok(found)
    }
}
