//! The small server of `/metrics`, `/healthz` and `/readyz`, on a thread and an address of its own. Requests to the project never
//! reach it, and it answers however busy the workers are.

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use actix_http::{HttpService, Request, Response, StatusCode};
use actix_service::{Service as _, ServiceFactory as _, fn_service};
use actix_web::HttpMessage as _;
use actix_web::body::BoxBody;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use actix_web::rt;
use actix_web::rt::time::{sleep, timeout};

use super::Metrics;
use super::readiness::Readiness;
use super::text::Format;
use crate::project::Project;
use crate::server::Address;

/// Connections at a time. Few clients ask: a scraper, a load balancer, a supervisor.
const MAX_CONNECTIONS: usize = 64;
/// How long a connection may last. So no client takes a place for ever.
const MAX_LIFE: Duration = Duration::from_secs(60);
/// How long a connection stays open with nothing to do: longer than the usual time between two scrapes.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The server, which listens but does not answer yet.
pub(crate) struct MetricsServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl MetricsServer {
    /// Listens on `METRICS_ADDRESS`.
    ///
    /// # Errors
    /// The address can't be bound, for example because the project is served on it.
    pub(crate) fn bind(address: Address) -> io::Result<Self> {
        let failed =
            |error: io::Error| io::Error::new(error.kind(), format!("METRICS_ADDRESS {address}: {error}"));
        let listener = TcpListener::bind(address.0).map_err(failed)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Starts the thread, which lives as long as the process. Once `is_stopping` is set, `/readyz` says so.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(crate) fn start(self, project: &Project, is_stopping: &Arc<AtomicBool>) -> io::Result<()> {
        log::info!("Metrics at http://{}/metrics", self.address);
        let endpoints =
            Endpoints { metrics: project.metrics.clone(), readiness: Readiness::new(project, is_stopping) };
        thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            let served =
                rt::Runtime::new().and_then(|runtime| runtime.block_on(serve(self.listener, endpoints)));
            if let Err(error) = served {
                log::error!("No metrics are served: {error}");
            }
        })?;
        Ok(())
    }
}

async fn serve(listener: TcpListener, endpoints: Endpoints) -> io::Result<()> {
    let listener = rt::net::TcpListener::from_std(listener)?;
    let endpoints = Rc::new(endpoints);
    let answer = fn_service(move |request: Request| {
        let endpoints = Rc::clone(&endpoints);
        async move { Ok::<_, Infallible>(endpoints.answer(&request).await) }
    });
    let service = HttpService::build().keep_alive(KEEP_ALIVE).finish(answer).tcp().new_service(());
    let service = Rc::new(service.await.map_err(|()| io::Error::other("the service can't be made"))?);
    let open = Rc::new(Cell::new(0_usize));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // The limit of open files, for example.
            Err(error) => {
                log::warn!("A connection for metrics can't be accepted: {error}");
                sleep(Duration::from_millis(250)).await;
                continue;
            }
        };
        if open.get() >= MAX_CONNECTIONS {
            continue;
        }
        open.set(open.get() + 1);
        let (service, open) = (Rc::clone(&service), Rc::clone(&open));
        rt::spawn(async move {
            let _ = timeout(MAX_LIFE, service.call(stream)).await;
            open.set(open.get().saturating_sub(1));
        });
    }
}

struct Endpoints {
    metrics: Metrics,
    readiness: Readiness,
}

impl Endpoints {
    async fn answer(&self, request: &Request) -> Response<BoxBody> {
        let is_read = [Method::GET, Method::HEAD].contains(request.method());
        match request.path() {
            "/metrics" | "/healthz" | "/readyz" if !is_read => {
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are allowed.\n");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            "/metrics" => self.metrics(request),
            // Whether this process runs. A liveness probe that asked more would restart it for what a restart does not heal.
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            "/readyz" => match self.readiness.check().await {
                Ok(()) => plain(StatusCode::OK, "ready\n"),
                Err(reason) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
            },
            _ => plain(StatusCode::NOT_FOUND, "There are /metrics, /healthz and /readyz.\n"),
        }
    }

    fn metrics(&self, request: &Request) -> Response<BoxBody> {
        let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
        let format = Format::accepted(accept.unwrap_or_default());
        match self.metrics.snapshot().to_text(format) {
            Ok(text) => with_type(StatusCode::OK, format.content_type(), text),
            Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
    }
}

fn plain(status: StatusCode, text: impl Into<String>) -> Response<BoxBody> {
    with_type(status, "text/plain; charset=utf-8", text)
}

fn with_type(status: StatusCode, content_type: &'static str, text: impl Into<String>) -> Response<BoxBody> {
    let mut response = Response::new(status).set_body(BoxBody::new(text.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
