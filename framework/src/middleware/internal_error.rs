//! The responses to a panic, and with `DEBUG` to any error of the server.

use std::task::Poll;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderMap;
use uuid::Uuid;

use super::facts::Facts;
use super::layer::Layer;
use super::{MiddlewareState, Site, locale};
use crate::debug::{ErrorReport, RequestSnapshot, last_panic};
use crate::pages;

/// With `DEBUG`, replaces the page of a 500 by one that shows the error.
pub(super) fn show_error(
    site: &Site,
    polled: &mut Poll<Result<ServiceResponse<BoxBody>, Error>>,
    request: &RequestSnapshot,
    id: Uuid,
) {
    let Some(pages) = &site.debug else { return };
    match polled {
        Poll::Ready(Ok(response)) => {
            pages.show_response(response.response_mut(), request, &site.resolver, id);
        }
        Poll::Ready(Err(error)) => {
            let panic = error.as_error::<InternalServerError>().and_then(|error| error.panic.clone());
            pages.show_error(error, panic.as_ref(), request, &site.resolver, id);
        }
        Poll::Pending => {}
    }
}

/// The response after a panic: the plain page with the usual headers.
#[derive(Debug, thiserror::Error)]
#[error("internal server error")]
pub(super) struct InternalServerError {
    headers: HeaderMap,
    /// Recorded with `DEBUG` only.
    panic: Option<ErrorReport>,
}

impl InternalServerError {
    pub(super) fn new(id: Uuid, state: &MiddlewareState, facts: &Facts) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(language) = facts.language() {
            locale::add_to(&mut headers, language);
        }
        state.add_headers(&mut headers, id, Layer::View, facts);
        Self { headers, panic: last_panic() }
    }
}

impl actix_web::ResponseError for InternalServerError {
    fn error_response(&self) -> actix_web::HttpResponse {
        let mut response = pages::server_error();
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}
