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
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::MAX_COMPARED_BODY;
use super::client::{ProxiedResponse, SendError, SharedClient, chunks};
use super::compare::{ComparedResponse, differences};
use super::headers::RequestHead;
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
}

/// Responds with Django's response, and compares it at its end.
pub(super) async fn forward(
    request: HttpRequest,
    payload: web::Payload,
    shadow: web::Data<ShadowProxy>,
) -> HttpResponse {
    let head = Arc::new(RequestHead::new(&request, &shadow.trusted));
    let theirs = match shadow.client.send_with_body(&shadow.theirs, &head, &request, payload).await {
        Ok(theirs) => theirs,
        Err(error) => {
            log::error!("Responded with 502: Django did not respond: {error}");
            return HttpResponse::BadGateway().body("Bad Gateway");
        }
    };
    let comparison = Comparison::new(&shadow, &request, &head, &theirs);
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
                Some(Err(_)) => comparison.shadow.report.add_failed(),
                _ => comparison.start((!is_long).then_some(start)),
            }
        }
        Poll::Ready(next)
    }
}

/// A comparison that begins with the end of Django's response. If the client leaves before, there is none.
struct Comparison {
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
        if !matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) || has_body {
            return None;
        }
        let Some(route) = shadow.resolver.route(&percent_decode_str(request.path()).decode_utf8_lossy())
        else {
            shadow.report.add_unknown_path();
            return None;
        };
        let Ok(permit) = Arc::clone(&shadow.permits).try_acquire_owned() else {
            shadow.report.add_skipped();
            return None;
        };
        let theirs = ComparedResponse { status: theirs.status, headers: theirs.headers.clone(), body: None };
        Some(Self { shadow: shadow.clone(), head: Arc::clone(head), route: route.to_owned(), theirs, permit })
    }

    fn start(self, body: Option<Bytes>) {
        let Self { shadow, head, route, theirs, permit } = self;
        let theirs = ComparedResponse { body, ..theirs };
        actix_web::rt::spawn(async move {
            match shadow.compare(&head, &theirs).await {
                Ok(found) => shadow.report.add_comparison(&head.method, &route, found),
                Err(_) => shadow.report.add_failed(),
            }
            drop(permit);
        });
    }
}

impl ShadowProxy {
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
