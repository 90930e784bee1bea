//! Views that are found without actix-web's router. It tries its resources one after the other, each by a regular
//! expression of every path, so a view would cost more the later it stands in the URLconf.
//!
//! A plain path is one hash lookup. Of the routes with parameters only those are tried whose text before the first and
//! after the last parameter fits.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use foldhash::fast::RandomState;
use futures_util::future::LocalBoxFuture;

/// A view's response future.
pub type EndpointFuture = LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>;

/// A view that can be called without actix-web's router: it uses nothing that a resource adds to a request.
pub type Endpoint = Rc<dyn Fn(ServiceRequest) -> EndpointFuture>;

/// One worker's endpoints.
#[derive(Default)]
pub struct Shortcuts {
    plain: HashMap<String, Endpoint, RandomState>,
    /// All other routes, in the order in which they match.
    others: Vec<Candidate>,
}

/// A route that is not a plain path of an endpoint.
struct Candidate {
    definition: ResourceDef,
    /// The text before the first parameter.
    start: String,
    /// The text after the last parameter.
    end: String,
    /// `None` if the view needs the router.
    endpoint: Option<Endpoint>,
}

impl Candidate {
    fn new(route: &str, endpoint: Option<Endpoint>) -> Self {
        let start = route.split_once('{').map_or(route, |(start, _)| start);
        // A tail, `{tail}*`, matches anything.
        let end = if route.ends_with('*') { "" } else { route.rsplit('}').next().unwrap_or_default() };
        Self { definition: ResourceDef::new(route), start: start.to_owned(), end: end.to_owned(), endpoint }
    }
}

impl Shortcuts {
    /// Adds the plain path of an endpoint. No route before it matches the path.
    pub(super) fn add_plain(&mut self, path: String, endpoint: Endpoint) {
        self.plain.insert(path, endpoint);
    }

    /// Adds another route. The first one that matches counts.
    pub(super) fn add(&mut self, route: &str, endpoint: Option<Endpoint>) {
        self.others.push(Candidate::new(route, endpoint));
    }

    /// Returns the endpoint of the request's path, and sets the parameters of the path. `None` if the router must find
    /// it. Paths with escapes go through the router, which decodes them.
    pub(crate) fn find(&self, req: &mut ServiceRequest) -> Option<&Endpoint> {
        let path = req.uri().path();
        if let Some(endpoint) = self.plain.get(path) {
            return Some(endpoint);
        }
        if self.others.is_empty() || path != req.match_info().unprocessed() || path.contains('%') {
            return None;
        }
        let mut candidates = self.others.iter();
        loop {
            let path = req.uri().path();
            let found = candidates
                .find(|candidate| path.starts_with(&candidate.start) && path.ends_with(&candidate.end))?;
            match &found.endpoint {
                None if found.definition.is_match(path) => return None,
                Some(endpoint) if found.definition.capture_match_info(req.match_info_mut()) => {
                    return Some(endpoint);
                }
                _ => {}
            }
        }
    }
}
