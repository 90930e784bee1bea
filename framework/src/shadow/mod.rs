//! `manage shadow`: a reverse proxy that forwards requests to Django. For safe requests (GET, HEAD, OPTIONS) to paths
//! of this project, it also compares this project's response with Django's.
//!
//! The client gets Django's response as it comes, and never waits for the comparison. A response that Django breaks off is
//! broken off here. This project's side is a server in this
//! process on its own loopback port, so the compared response is what a client would get. Its database is read-only,
//! and it counts throttles in memory. With `--write-database` a second one replays requests that write on a copy of the
//! database (`replay.rs`). The report shows where responses differ, never their content: routes instead of
//! paths, names of headers and JSON keys, and numbers.

mod client;
mod compare;
mod headers;
mod proxy;
mod replay;
mod report;
#[cfg(feature = "shadow-tls")]
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use tokio::sync::Semaphore;

use self::replay::Replay;
pub use self::report::Report;
use super::conf::Setting;
use super::database::{DatabaseSettings, DatabaseUrl};
use super::project::Project;
use super::server::{Address, application};
use super::signals::{shutdown_signal, survive_full_files};
use super::urls::UrlConf;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "SSL_CERT_FILE",
    "A PEM file of the certificates that `manage shadow` trusts for `https://` (cargo feature \
         `shadow-tls`).",
)
.default_description("the system's")];

/// Bytes of a body to compare. Of longer bodies only the status and the headers are compared.
const MAX_COMPARED_BODY: usize = 1 << 20;
/// Comparisons at a time; further requests are forwarded and only counted. With [`MAX_COMPARED_BODY`] this bounds the
/// memory.
const MAX_COMPARISONS: usize = 32;
/// How long either program may take to begin its response.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long the last comparisons may take at shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT.
///
/// `origin` is Django's, `http://HOST:PORT` or `https://HOST:PORT` without a path. Requests that write are replayed on
/// `write_database`. `listening` is called once with the
/// bound address.
///
/// # Errors
/// The address can't be bound, a server fails, or there is no trusted certificate for `https`.
pub fn run(
    project: &Project,
    address: Address,
    origin: &str,
    write_database: Option<DatabaseUrl>,
    listening: &mut dyn FnMut(SocketAddr) -> io::Result<()>,
) -> io::Result<Arc<Report>> {
    let report = Arc::new(Report::default());
    let client = Arc::new(client::ProxyClient::new(origin, &project.env)?);
    actix_web::rt::System::new().block_on(async {
        let database = project.settings.database.clone();
        let project = Arc::new(project.read_only());
        let resolver = Arc::new(UrlConf::new((project.urlpatterns)()).resolver());
        let (own, ours) = serve(&project)?;
        let writing = write_database
            .map(|url| serve(&Arc::new(project.on_database(&DatabaseSettings { url, ..database }))))
            .transpose()?;
        let writing = writing.map(|(server, ours)| {
            let (replay, task) = Replay::start(Arc::clone(&client), ours, Arc::clone(&report));
            let handle = server.handle();
            actix_web::rt::spawn(server);
            (handle, replay, task)
        });
        let replay = writing.as_ref().map(|(_, replay, _)| replay.clone());
        let permits = Arc::new(Semaphore::new(MAX_COMPARISONS));
        let proxy = {
            let (theirs, report, permits) = (origin.to_owned(), Arc::clone(&report), Arc::clone(&permits));
            let trusted = project.settings.http.forwarded_allow_ips.clone();
            HttpServer::new(move || {
                let shadow = proxy::ShadowProxy {
                    client: Arc::clone(&client),
                    theirs: theirs.clone(),
                    ours: ours.clone(),
                    trusted: trusted.clone(),
                    resolver: Arc::clone(&resolver),
                    report: Arc::clone(&report),
                    permits: Arc::clone(&permits),
                    replay: replay.clone(),
                };
                App::new().app_data(web::Data::new(shadow)).default_service(web::to(proxy::forward))
            })
            .workers(1)
            .disable_signals()
            .bind(address.0)
            .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?
        };
        survive_full_files()?;
        let end = shutdown_signal()?;
        for address in proxy.addrs() {
            listening(address)?;
        }
        let proxy = proxy.run();
        let (own_handle, proxy_handle) = (own.handle(), proxy.handle());
        actix_web::rt::spawn(async move {
            end.await;
            proxy_handle.pause().await;
            // Acquiring all permits waits until no comparison runs.
            let all = u32::try_from(MAX_COMPARISONS).unwrap_or(u32::MAX);
            let _ = actix_web::rt::time::timeout(DRAIN_TIMEOUT, permits.acquire_many(all)).await;
            proxy_handle.stop(true).await;
            if let Some((handle, replay, task)) = writing {
                let ended = async {
                    replay.end().await;
                    task.await
                };
                let _ = actix_web::rt::time::timeout(DRAIN_TIMEOUT, ended).await;
                handle.stop(false).await;
            }
            own_handle.stop(false).await;
        });
        let (own, proxy) = futures_util::future::join(own, proxy).await;
        own.and(proxy)
    })?;
    Ok(report)
}

/// A server of this project on a loopback port, and its origin.
fn serve(project: &Arc<Project>) -> io::Result<(Server, String)> {
    let project = Arc::clone(project);
    let server =
        HttpServer::new(move || application(&project)).workers(1).disable_signals().bind(("127.0.0.1", 0))?;
    let origin = server.addrs().first().map(|address| format!("http://{address}")).unwrap_or_default();
    Ok((server.run(), origin))
}
