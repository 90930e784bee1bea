//! Views that are found by one hash lookup of a plain path. actix-web tries its resources one after the other, so a
//! path would cost more the later it stands in the URLconf.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use foldhash::fast::RandomState;
use futures_util::future::LocalBoxFuture;

/// A view's response future.
pub type EndpointFuture = LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>;

/// A view that can be called without actix-web's router: it uses nothing that a resource adds to a request.
pub type Endpoint = Rc<dyn Fn(ServiceRequest) -> EndpointFuture>;

/// One worker's endpoints by plain path.
#[derive(Default)]
pub struct Shortcuts(HashMap<String, Endpoint, RandomState>);

impl Shortcuts {
    /// Creates the table from absolute paths. Each must be what actix-web's router would find there.
    pub(super) fn new(endpoints: impl IntoIterator<Item = (String, Endpoint)>) -> Self {
        Self(endpoints.into_iter().collect())
    }

    /// Returns the endpoint at exactly this path. Other spellings, with escapes, go through the router.
    pub(crate) fn get(&self, path: &str) -> Option<&Endpoint> {
        self.0.get(path)
    }
}
