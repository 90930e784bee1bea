//! Forwards a request to either program, and returns the response.

use std::io;
use std::sync::Arc;

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use awc::error::SendRequestError;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use percent_encoding::percent_decode_str;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::compare::{ComparedResponse, differences};
use super::report::Report;
use super::{MAX_COMPARED_BODY, TIMEOUT};
use crate::conf::Env;
use crate::urls::Resolver;

/// The proxy's state; one per worker.
pub(super) struct ShadowProxy {
    pub(super) client: awc::Client,
    /// Django's origin.
    pub(super) theirs: String,
    /// This project's origin.
    pub(super) ours: String,
    pub(super) resolver: Arc<Resolver>,
    pub(super) report: Arc<Report>,
    pub(super) permits: Arc<Semaphore>,
}

/// How to connect to Django.
#[derive(Clone)]
pub(super) struct DjangoConnector {
    #[cfg(feature = "shadow-tls")]
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl DjangoConnector {
    /// # Errors
    /// There is no trusted certificate for `https`.
    #[cfg_attr(not(feature = "shadow-tls"), expect(unused_variables, reason = "there is only one way"))]
    pub(super) fn from_origin(origin: &str, env: &Env) -> io::Result<Self> {
        Ok(Self {
            #[cfg(feature = "shadow-tls")]
            tls: origin.starts_with("https:").then(|| super::tls::client_config(env)).transpose()?,
        })
    }

    /// Creates a client that adds no headers and follows no redirects.
    pub(super) fn client(&self) -> awc::Client {
        let client = awc::Client::builder().no_default_headers().disable_redirects().timeout(TIMEOUT);
        #[cfg(feature = "shadow-tls")]
        if let Some(tls) = &self.tls {
            return client.connector(awc::Connector::new().rustls_0_23(Arc::clone(tls))).finish();
        }
        client.finish()
    }
}

/// The request line and headers that both programs get.
struct RequestHead {
    method: Method,
    target: String,
    headers: HeaderMap,
}

/// A program's response. Its body may be larger than the buffered start.
struct ProxiedResponse<S> {
    status: StatusCode,
    headers: HeaderMap,
    start: Bytes,
    /// The stream after `start`, if the body is longer.
    rest: Option<S>,
}

/// Responds with Django's response, and starts the comparison.
pub(super) async fn forward(
    request: HttpRequest,
    payload: web::Payload,
    shadow: web::Data<ShadowProxy>,
) -> HttpResponse {
    let head = Arc::new(head(&request));
    let theirs = match shadow.send_with_body(&head, &request, payload).await {
        Ok(theirs) => theirs,
        Err(error) => {
            log::error!("Responded with 502: Django did not respond: {error}");
            return HttpResponse::BadGateway().body("Bad Gateway");
        }
    };
    let has_body =
        request.headers().contains_key(CONTENT_LENGTH) || request.headers().contains_key(TRANSFER_ENCODING);
    if matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) && !has_body {
        match shadow.resolver.route(&percent_decode_str(request.path()).decode_utf8_lossy()) {
            None => shadow.report.add_unknown_path(),
            Some(route) => match Arc::clone(&shadow.permits).try_acquire_owned() {
                Err(_) => shadow.report.add_skipped(),
                Ok(permit) => {
                    let (shadow, head, theirs) = (shadow.clone(), Arc::clone(&head), theirs.to_compared());
                    let route = route.to_owned();
                    actix_web::rt::spawn(async move { shadow.compare(&head, &route, theirs, permit).await });
                }
            },
        }
    }
    theirs.into_response(&head.method)
}

impl ShadowProxy {
    /// Compares the responses. If they differ, asks both again, since the data may have changed in between: only
    /// differences that occur both times count.
    async fn compare(
        &self,
        head: &RequestHead,
        route: &str,
        theirs: ComparedResponse,
        _permit: OwnedSemaphorePermit,
    ) {
        let Ok(ours) = self.send_to_ours(head).await else { return self.report.add_failed() };
        let mut found = differences(&theirs, &ours);
        if !found.is_empty() {
            let Ok(theirs) = self.send(&self.theirs, head).await else { return self.report.add_failed() };
            let Ok(ours) = self.send_to_ours(head).await else { return self.report.add_failed() };
            let again = differences(&theirs.to_compared(), &ours);
            found.retain(|difference| again.contains(difference));
        }
        self.report.add_comparison(&head.method, route, found);
    }

    async fn send_to_ours(&self, head: &RequestHead) -> Result<ComparedResponse, SendRequestError> {
        self.send(&self.ours, head).await.map(|response| response.to_compared())
    }

    fn request(&self, origin: &str, head: &RequestHead) -> awc::ClientRequest {
        let mut request = self.client.request(head.method.clone(), format!("{origin}{}", head.target));
        for (name, value) in &head.headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        request.no_decompress()
    }

    async fn send(
        &self,
        origin: &str,
        head: &RequestHead,
    ) -> Result<ProxiedResponse<impl Stream<Item = PayloadItem> + 'static>, SendRequestError> {
        Ok(read_start(self.request(origin, head).send().await?).await)
    }

    /// Like [`Self::send`], with the client's body, for Django.
    async fn send_with_body(
        &self,
        head: &RequestHead,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<ProxiedResponse<impl Stream<Item = PayloadItem> + 'static>, SendRequestError> {
        let outgoing = self.request(&self.theirs, head);
        let length =
            request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let payload = payload.map_err(actix_web::Error::from);
        let response = match length {
            // Sent with its length, since a WSGI server may not read a body of unknown length.
            Some(length) => outgoing.send_body(SizedStream::new(length, payload)).await?,
            None if request.headers().contains_key(TRANSFER_ENCODING) => {
                outgoing.send_body(BodyStream::new(payload)).await?
            }
            None => outgoing.send().await?,
        };
        Ok(read_start(response).await)
    }
}

type PayloadItem = Result<Bytes, actix_web::error::PayloadError>;

/// Reads the part of the body that is compared.
async fn read_start<S>(
    mut response: awc::ClientResponse<S>,
) -> ProxiedResponse<impl Stream<Item = PayloadItem> + 'static>
where
    S: Stream<Item = PayloadItem> + Unpin + 'static,
{
    let (status, headers) = (response.status(), response.headers().clone());
    let mut start = BytesMut::new();
    while start.len() <= MAX_COMPARED_BODY {
        match response.next().await {
            None => return ProxiedResponse { status, headers, start: start.freeze(), rest: None },
            Some(Ok(chunk)) => start.extend_from_slice(&chunk),
            // The body was cut off: pass the error on to the client.
            Some(Err(error)) => {
                let rest = stream::once(async move { Err(error) }).left_stream();
                return ProxiedResponse { status, headers, start: start.freeze(), rest: Some(rest) };
            }
        }
    }
    ProxiedResponse { status, headers, start: start.freeze(), rest: Some(response.right_stream()) }
}

impl<S: Stream<Item = PayloadItem> + 'static> ProxiedResponse<S> {
    fn to_compared(&self) -> ComparedResponse {
        let body = self.rest.is_none().then(|| self.start.clone());
        ComparedResponse { status: self.status, headers: self.headers.clone(), body }
    }

    fn into_response(self, method: &Method) -> HttpResponse {
        let length =
            self.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let mut response = HttpResponse::new(self.status);
        for (name, value) in &self.headers {
            if !is_hop_by_hop(name) && name != CONTENT_LENGTH {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
        let body = match (self.rest, length) {
            // The response to HEAD has the length of the omitted body.
            (None, Some(length)) if method == Method::HEAD => {
                BoxBody::new(SizedStream::new(length, stream::empty::<PayloadItem>()))
            }
            (None, _) => BoxBody::new(self.start),
            (Some(rest), length) => {
                let all = stream::iter([Ok(self.start)]).chain(rest);
                match length {
                    Some(length) => BoxBody::new(SizedStream::new(length, Box::pin(all))),
                    None => BoxBody::new(BodyStream::new(Box::pin(all))),
                }
            }
        };
        response.set_body(body)
    }
}

fn head(request: &HttpRequest) -> RequestHead {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        // Without content encodings, the bodies can be compared.
        if !is_hop_by_hop(name) && name != CONTENT_LENGTH && name != ACCEPT_ENCODING {
            headers.append(name.clone(), value.clone());
        }
    }
    if !headers.contains_key(HOST)
        && let Some(host) = request.uri().host()
        && let Ok(host) = HeaderValue::from_str(host)
    {
        headers.insert(HOST, host);
    }
    let forwarded = HeaderName::from_static("x-forwarded-for");
    if !headers.contains_key(&forwarded)
        && let Some(peer) = request.peer_addr()
        && let Ok(peer) = HeaderValue::from_str(&peer.ip().to_string())
    {
        headers.insert(forwarded, peer);
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    RequestHead { method: request.method().clone(), target, headers }
}

/// RFC 9110, section 7.6.1: headers of this connection, not of the message.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    const MORE: [&str; 3] = ["keep-alive", "proxy-connection", "proxy-authenticate"];
    [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE].contains(name) || MORE.contains(&name.as_str())
}
