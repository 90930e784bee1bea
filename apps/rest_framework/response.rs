//! The answer of a view (`rest_framework/response.py`): data that the negotiated renderer renders.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use serde::Serialize;

use super::renderers::{JSONRenderer, RenderError, Renderable, RendererContext, content_type};
use super::request::{Accepted, Request};
use crate::framework::pages;

/// Data, a status (200 by default) and headers.
///
/// `Response::new(json!({"detail": "GET Response"}))`
pub struct Response {
    data: Option<Box<dyn Renderable>>,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// `{"detail": …}`: how Django REST framework says something short.
#[derive(Clone, Debug, Serialize)]
pub struct Detail<T> {
    /// What it says.
    pub detail: T,
}

impl Response {
    /// An answer with these data.
    pub fn new(data: impl Serialize + 'static) -> Self {
        Self { data: Some(Box::new(data)), status: StatusCode::OK, headers: Vec::new() }
    }

    /// An answer with `{"detail": …}`.
    pub fn detail(detail: impl Serialize + 'static) -> Self {
        Self::new(Detail { detail })
    }

    /// 204, without body and `Content-Type`.
    #[must_use]
    pub fn no_content() -> Self {
        Self { data: None, status: StatusCode::NO_CONTENT, headers: Vec::new() }
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Renders the data by the renderer that was negotiated for the request.
    pub(super) fn render(self, request: &Request) -> HttpResponse {
        let Some(Accepted { renderer, media_type: accepted_media_type, content_type }) =
            request.accepted_renderer()
        else {
            // A view without renderers can't be declared by accident; it still gets its answer.
            return self.finish(&content_type(&JSONRenderer), Ok(Bytes::new()));
        };
        let context = RendererContext { accepted_media_type, status: self.status, request };
        let body = match &self.data {
            Some(data) => renderer.render(data.as_ref(), &context),
            None => Ok(Bytes::new()),
        };
        self.finish(content_type, body)
    }

    fn finish(self, content_type: &HeaderValue, body: Result<Bytes, RenderError>) -> HttpResponse {
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                log::error!("Answered 500: {error}");
                return pages::server_error();
            }
        };
        let has_body = !body.is_empty();
        let mut response = HttpResponse::with_body(self.status, BoxBody::new(body));
        if has_body {
            // It has no headers yet.
            response.headers_mut().append(CONTENT_TYPE, content_type.clone());
        }
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

impl Responder for Response {
    type Body = BoxBody;

    fn respond_to(self, http: &HttpRequest) -> HttpResponse {
        match Request::of(http) {
            Some(request) => self.render(&request),
            None => {
                log::error!("Answered 500: a Response is for the handlers of an APIView.");
                pages::server_error()
            }
        }
    }
}

/// Without the data, which may hold a token.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}
