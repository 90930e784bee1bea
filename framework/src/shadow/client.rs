//! Sends requests to either program.
//!
//! The client is hyper's, since it tells a body that was broken off from one that ended, however its length is given.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use actix_web::rt::time::timeout;
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyDataStream, BodyExt, Empty, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;

use super::compare::ComparedResponse;
use super::headers::{RequestHead, without_hop_by_hop};
use super::replay::Recorder;
use super::{MAX_COMPARED_BODY, TIMEOUT};
use crate::conf::Env;

type RequestBody = UnsyncBoxBody<Bytes, io::Error>;

#[cfg(feature = "shadow-tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "shadow-tls"))]
type Connector = HttpConnector;

/// A connection that was idle for longer is not used again. gunicorn closes it after two seconds, and a request with a body
/// could not be sent again.
const MAX_IDLE: Duration = Duration::from_secs(1);

/// A client of both programs. It adds no headers and follows no redirects.
#[derive(Clone)]
pub(super) struct ProxyClient(Client<Connector, RequestBody>);

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// It can't be sent.
    #[error("the request is not valid: {0}")]
    Request(#[from] hyper::http::Error),
    /// No connection, or it broke.
    #[error("{}", with_source(.0))]
    Client(#[from] hyper_util::client::legacy::Error),
    /// The head of the response is late.
    #[error("it did not respond in time")]
    Timeout,
    /// The response's body was broken off.
    #[error(transparent)]
    Body(#[from] hyper::Error),
}

/// hyper's errors name the step; the reason is in their sources.
fn with_source(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

/// A response whose body has not been read yet.
pub(super) struct ProxiedResponse {
    pub(super) status: StatusCode,
    /// Without those of the connection.
    pub(super) headers: HeaderMap,
    pub(super) body: Incoming,
}

impl ProxyClient {
    /// Creates the client; `origin` is Django's.
    ///
    /// # Errors
    /// There is no trusted certificate for `https`.
    #[cfg_attr(not(feature = "shadow-tls"), expect(unused_variables, reason = "there is only one way"))]
    pub(super) fn new(origin: &str, env: &Env) -> io::Result<Self> {
        #[cfg(feature = "shadow-tls")]
        let connector = {
            let config = match origin.starts_with("https:") {
                true => super::tls::client_config(env)?,
                false => super::tls::untrusting_config()?,
            };
            hyper_rustls::HttpsConnectorBuilder::new()
                .with_tls_config(config)
                .https_or_http()
                .enable_http1()
                .build()
        };
        #[cfg(not(feature = "shadow-tls"))]
        let connector = HttpConnector::new();
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_idle_timeout(MAX_IDLE);
        Ok(Self(client.build(connector)))
    }

    /// Sends a request without a body.
    pub(super) async fn send(&self, origin: &str, head: &RequestHead) -> Result<ProxiedResponse, SendError> {
        self.request(origin, head, Empty::new().map_err(|never| match never {}).boxed_unsync(), None).await
    }

    /// Sends a request with this body.
    pub(super) async fn send_bytes(
        &self,
        origin: &str,
        head: &RequestHead,
        body: Bytes,
    ) -> Result<ProxiedResponse, SendError> {
        let length = HeaderValue::from(body.len());
        let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
        self.request(origin, head, body, Some(&length)).await
    }

    /// Sends a request with the client's body, with its length if the client named it: a WSGI server may not read a body
    /// of unknown length. If the client breaks the body off, it is broken off there too.
    pub(super) async fn send_with_body(
        &self,
        origin: &str,
        head: &RequestHead,
        request: &HttpRequest,
        payload: Payload,
        recorder: Option<Recorder>,
    ) -> Result<ProxiedResponse, SendError> {
        let length = request.headers().get(CONTENT_LENGTH);
        if length.is_none() && !request.headers().contains_key(TRANSFER_ENCODING) {
            if let Some(recorder) = recorder {
                recorder.finish();
            }
            return self.send(origin, head).await;
        }
        self.request(origin, head, sendable(payload, recorder), length).await
    }

    async fn request(
        &self,
        origin: &str,
        head: &RequestHead,
        body: RequestBody,
        length: Option<&HeaderValue>,
    ) -> Result<ProxiedResponse, SendError> {
        let mut request =
            hyper::Request::builder().method(head.method.as_str()).uri(format!("{origin}{}", head.target));
        for (name, value) in &head.headers {
            request = request.header(name.as_str(), value.as_bytes());
        }
        if let Some(length) = length {
            request = request.header(CONTENT_LENGTH.as_str(), length.as_bytes());
        }
        let sent = timeout(TIMEOUT, self.0.request(request.body(body)?)).await;
        let (parts, body) = sent.map_err(|_| SendError::Timeout)??.into_parts();
        // Both libraries accept the same statuses, names and values.
        let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
        let headers = parts.headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        });
        Ok(ProxiedResponse { status, headers: without_hop_by_hop(&headers.collect()), body })
    }
}

/// The body for hyper, which wants one that other threads may read.
fn sendable(mut payload: Payload, mut recorder: Option<Recorder>) -> RequestBody {
    let (sender, receiver) = mpsc::channel(1);
    actix_web::rt::spawn(async move {
        while let Some(chunk) = payload.next().await {
            let is_end = chunk.is_err();
            recorder = recorder.and_then(|recorder| recorder.record(&chunk));
            // The other program may respond before it has read the body.
            if sender.send(chunk.map(Frame::data).map_err(io::Error::other)).await.is_err() || is_end {
                return;
            }
        }
        if let Some(recorder) = recorder {
            recorder.finish();
        }
    });
    let chunks = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    StreamBody::new(chunks).boxed_unsync()
}

impl ProxiedResponse {
    /// Reads the body, for a comparison. A longer one than [`MAX_COMPARED_BODY`] is not read to its end.
    pub(super) async fn collect(self) -> Result<ComparedResponse, SendError> {
        let Self { status, headers, body } = self;
        let (mut chunks, mut all) = (BodyDataStream::new(body), BytesMut::new());
        while let Some(chunk) = chunks.next().await {
            all.extend_from_slice(&chunk?);
            if all.len() > MAX_COMPARED_BODY {
                return Ok(ComparedResponse { status, headers, body: None });
            }
        }
        Ok(ComparedResponse { status, headers, body: Some(all.freeze()) })
    }

    /// Status and headers, for a comparison.
    pub(super) fn head(&self) -> ComparedResponse {
        ComparedResponse { status: self.status, headers: self.headers.clone(), body: None }
    }

    /// Whether there is no body.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// The chunks of a body as they come, and an error if it is broken off.
pub(super) fn chunks(body: Incoming) -> impl Stream<Item = Result<Bytes, PayloadError>> + Unpin {
    BodyDataStream::new(body).map_err(|error| PayloadError::Io(io::Error::other(error)))
}

/// Shared by the workers.
pub(super) type SharedClient = Arc<ProxyClient>;
