//! The HTTP server: one actix-web application per worker, with a graceful shutdown.

use std::fmt::Display;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, web};

use super::conf::{Env, ImproperlyConfigured, Setting};
use super::connections::{self, ConnectionSettings};
use super::debug::DebugPages;
use super::metrics::{MetricsServer, WorkerRequests};
use super::middleware::{Middleware, Site, not_found};
use super::project::Project;
use super::signals::{shutdown_signal, survive_full_files};
use super::urls::{Shortcuts, UrlConf};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("ADDRESS", "The address that `runserver` listens on.").default("127.0.0.1:8000"),
    Setting::new("WORKERS", "Threads that serve requests.").default_description("one per core"),
    Setting::new(
        "SHUTDOWN_TIMEOUT",
        "Seconds that requests in progress may take to finish when the server stops.",
    )
    .default("30"),
];

/// `WORKERS`.
///
/// # Errors
/// It is no number, or zero.
pub(crate) fn workers(env: &Env) -> Result<NonZeroUsize, ImproperlyConfigured> {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    env.parse("WORKERS", cores)
}

/// Address and number of workers.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// `ADDRESS` (default `127.0.0.1:8000`).
    pub address: Address,
    /// `WORKERS` (default: one per core, which also gives the best latency).
    pub workers: NonZeroUsize,
    /// `SHUTDOWN_TIMEOUT` (seconds, default 30): how long requests in progress may take at shutdown.
    pub shutdown_timeout: u64,
    /// `METRICS_ADDRESS`. `None`: no metrics.
    pub metrics_address: Option<Address>,
    /// The deadlines of connections, and their number.
    pub connections: ConnectionSettings,
}

impl ServerSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// An invalid address or number.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            address: env.parse("ADDRESS", Address(SocketAddr::from(([127, 0, 0, 1], 8000))))?,
            workers: workers(env)?,
            shutdown_timeout: env.parse("SHUTDOWN_TIMEOUT", 30)?,
            metrics_address: env.optional("METRICS_ADDRESS")?,
            connections: ConnectionSettings::from_env(env)?,
        })
    }
}

/// An address to listen on, in the forms of Django's `runserver`: `8000`, `127.0.0.1:8000`, `[::1]:8000`,
/// `localhost:8000`, `0:8000` for all interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("127.0.0.1", text));
        let port: u16 = port
            .parse()
            .map_err(|_| format!("\"{text}\" is not a valid port number or address:port pair"))?;
        let host = if host == "0" { "0.0.0.0" } else { host.trim_start_matches('[').trim_end_matches(']') };
        let found = (host, port).to_socket_addrs().map_err(|error| format!("{host}: {error}"))?.next();
        found.map(Self).ok_or_else(|| format!("{host} has no address"))
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Assembles the application. The server and the tests share it.
///
/// Called once per worker.
pub fn application(
    project: &Project,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let (site, requests) = site(project);
    let mut shortcuts = Shortcuts::default();
    App::new()
        .configure(|config| {
            add_data(project, &site, config);
            shortcuts = wire(project, config);
        })
        // Wrapped last, so it is the outermost: it adds headers and the log line to every response.
        .wrap(Middleware::new(site, shortcuts, requests))
}

/// The same wiring, as the last service of an application that is not the project's own. That application's services find the data
/// too, for policies around them.
pub(super) fn mount(project: &Project, config: &mut web::ServiceConfig) {
    let (site, requests) = site(project);
    let mut shortcuts = Shortcuts::default();
    add_data(project, &site, config);
    let scope = web::scope("").configure(|config| shortcuts = wire(project, config));
    config.service(scope.wrap(Middleware::new(site, shortcuts, requests)));
}

/// The site's data and the counters of a worker.
fn site(project: &Project) -> (Arc<Site>, Option<WorkerRequests>) {
    let urls = UrlConf::new((project.urlpatterns)());
    let resolver = urls.resolver().below(&project.settings.http.script_name);
    let requests = project.metrics.worker(|| urls.labels());
    let debug = project.settings.http.debug.then(|| DebugPages::new(project));
    let (settings, urlpatterns) = (project.settings.http.clone(), project.urlpatterns);
    let translations = project.translations;
    (Arc::new(Site { settings, resolver, urlpatterns, translations, debug }), requests)
}

/// Registers everything that views find in their app data.
fn add_data(project: &Project, site: &Arc<Site>, config: &mut web::ServiceConfig) {
    config
        .app_data(web::Data::from(Arc::clone(site)))
        .app_data(web::Data::new(project.database.clone()))
        .app_data(web::Data::new(project.apps.clone()))
        // One clone per worker: each has its own connection.
        .app_data(web::Data::new(project.cache.clone()))
        .app_data(web::Data::new(project.audit.clone()))
        .app_data(web::Data::new(project.metrics.clone()));
    #[cfg(feature = "templates")]
    config.app_data(web::Data::new(project.templates.clone()));
    project.apps.iter().for_each(|app| app.configure(config));
}

/// Registers the views and the files.
fn wire(project: &Project, config: &mut web::ServiceConfig) -> Shortcuts {
    config.default_service(web::to(not_found));
    project.static_files.configure(config);
    UrlConf::new((project.urlpatterns)()).register(config)
}

/// Serves until SIGTERM, SIGINT or SIGQUIT, then finishes the requests in progress and returns.
///
/// `listening` is called once with the bound address, before the first connection is accepted.
///
/// # Errors
/// The address can't be bound, or the server fails.
pub fn run(
    project: &Arc<Project>,
    settings: &ServerSettings,
    listening: &mut dyn FnMut(SocketAddr) -> io::Result<()>,
) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let factory = {
            let project = Arc::clone(project);
            move || application(&project)
        };
        let listener = TcpListener::bind(settings.address.0)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", settings.address)))?;
        let metrics = settings.metrics_address.map(MetricsServer::bind).transpose()?;
        survive_full_files()?;
        let address = listener.local_addr()?;
        let is_stopping = Arc::new(AtomicBool::new(false));
        let counts = project.metrics.connections();
        let limits = &settings.connections;
        let server =
            connections::builder(listener, settings.workers, limits, &counts, &is_stopping, factory)?
                .shutdown_timeout(settings.shutdown_timeout);
        // Installed before the address is announced, so that no signal is lost.
        let end = shutdown_signal()?;
        project.ready();
        project.metrics.keep_history()?;
        if let Some(metrics) = metrics {
            metrics.start(project, &is_stopping)?;
        }
        listening(address)?;
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            end.await;
            log::info!("Shutting down; requests in progress are finished first.");
            is_stopping.store(true, Ordering::Relaxed);
            handle.stop(true).await;
        });
        server.await
    })
}
