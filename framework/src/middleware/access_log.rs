//! One log line per request.
//!
//! Never logged: headers, query strings, bodies. Any of them can contain a credential.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;

use super::HttpSettings;
use crate::logging::OrDash;

/// The data of one request's log line. Authentication adds the user.
#[derive(Clone)]
pub struct AccessLog(Option<Rc<Line>>);

struct Line {
    method: Method,
    path: String,
    address: Option<IpAddr>,
    started: Instant,
    user: RefCell<Option<String>>,
}

const TARGET: &str = "vitamin::access";

impl AccessLog {
    pub(super) fn start(req: &ServiceRequest, settings: &HttpSettings) -> Self {
        // Nothing is copied if the line is filtered out.
        if !log::log_enabled!(target: TARGET, log::Level::Info) {
            return Self(None);
        }
        let log = Self(Some(Rc::new(Line {
            method: req.method().clone(),
            path: req.path().to_owned(),
            address: settings.trusted_proxies.client(req.peer_addr().map(|peer| peer.ip()), req.headers()),
            started: Instant::now(),
            user: RefCell::new(None),
        })));
        req.extensions_mut().insert(log.clone());
        log
    }

    /// Sets the request's user.
    pub fn set_user(req: &impl HttpMessage, username: &str) {
        if log::log_enabled!(target: TARGET, log::Level::Info)
            && let Some(Self(Some(line))) = req.extensions().get::<Self>()
        {
            line.user.replace(Some(username.to_owned()));
        }
    }

    pub(super) fn finish(&self, status: u16) {
        let Some(line) = &self.0 else { return };
        log::info!(
            target: TARGET,
            "method={} path={:?} status={status} duration={:.3}ms user={:?} address={}",
            line.method,
            line.path,
            line.started.elapsed().as_secs_f64() * 1000.0,
            line.user.borrow().as_deref().unwrap_or("-"),
            OrDash(line.address),
        );
    }
}
