//! Builds the server: actix-web's application behind this module's streams.
//!
//! `HttpServer` of actix-web knows TCP streams only. This is what it does for them, with the crates that it is made of.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;

use super::KEEP_ALIVE;
use super::counts::ConnectionCounts;
use super::registry::Registry;
use super::settings::ConnectionSettings;
use super::stream::Stream;
use crate::metrics::PerWorker;

/// How long a connection is still read after an answer to a request whose body is unread, so that the client sees the answer.
const LINGER: Duration = Duration::from_secs(1);

/// A server of the application on this listener, which counts its connections. Once `is_stopping` is set, it closes idle connections.
///
/// The application's `AppConfig` has no address: [`Connection::local_addr`](super::Connection::local_addr) has.
///
/// # Errors
/// The listener has no address.
pub(crate) fn builder<F, I, S, B>(
    listener: TcpListener,
    workers: NonZeroUsize,
    settings: &ConnectionSettings,
    counts: &PerWorker<ConnectionCounts>,
    is_stopping: &Arc<AtomicBool>,
    application: F,
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    // Of each worker.
    let most = (settings.limit() / workers).max(2);
    // actix-web accepts no more than `most`. The oldest are closed before, so that a new connection need not wait.
    let max_connections = most - (most / 16).max(1);
    let (settings, counts, is_stopping) = (*settings, counts.clone(), Arc::clone(is_stopping));
    let factory = move || {
        let counts = counts.add(ConnectionCounts::new(most));
        let registry = Registry::new(&settings, max_connections, address, counts, Arc::clone(&is_stopping));
        let registry = Rc::new(registry);
        let application = application().into_factory().map_err(|error| error.into().error_response());
        let http = HttpService::build()
            // The connections' own deadline covers each head.
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(LINGER)
            .keep_alive(KEEP_ALIVE)
            .local_addr(address)
            .on_connect_ext(|stream: &Stream, data| {
                data.insert(Rc::clone(&stream.connection));
            })
            .finish(map_config(application, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let registry = Rc::clone(&registry);
            async move {
                // Without it, a response after another one on the same connection waits for the client's delayed
                // acknowledgement: 40 ms for pipelined requests.
                let _ = stream.set_nodelay(true);
                let peer = stream.peer_addr().ok();
                Ok((Stream::new(stream, &registry), Protocol::Http1, peer))
            }
        })
        .and_then(http)
    };
    ServerBuilder::new()
        .workers(workers.get())
        .max_concurrent_connections(most)
        // actix-web would abort requests in progress on SIGINT.
        .disable_signals()
        .listen("vitamin", listener, factory)
}
