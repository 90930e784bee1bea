//! Views that a plain path leads to at once. actix-web tries its resources one after the other, so a path costs more the
//! later it stands in the URLconf; here any costs one look into a table.

use std::collections::HashMap;
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use foldhash::fast::RandomState;
use futures_util::future::LocalBoxFuture;

/// A view's answer, on its way.
pub type EndpointFuture = LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>;

/// A view that can be called without actix-web's router: it needs nothing that a resource of actix-web adds to a request.
pub type Endpoint = Rc<dyn Fn(ServiceRequest) -> EndpointFuture>;

/// The endpoints at plain paths, as one worker has them.
#[derive(Default)]
pub struct Shortcuts(HashMap<String, Endpoint, RandomState>);

impl Shortcuts {
    /// Of endpoints by absolute paths, of which each is what actix-web's router would find there.
    pub(super) fn new(endpoints: impl IntoIterator<Item = (String, Endpoint)>) -> Self {
        Self(endpoints.into_iter().collect())
    }

    /// What answers at a path that is written exactly so. Another spelling of it, with escapes, is the router's.
    pub(crate) fn get(&self, path: &str) -> Option<&Endpoint> {
        self.0.get(path)
    }
}
