//! The answer of a view (`rest_framework/response.py`): data that the negotiated renderer renders.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder, dev};
use bytes::Bytes;
use serde::Serialize;

use super::renderers::{JSONRenderer, RenderError, Renderable, RendererContext, content_type};
use super::request::{Accepted, Request};
use vitamin_framework::pages;

/// Data, a status (200 by default) and headers.
///
/// `Response::new(json!({"detail": "GET Response"}))`
pub struct Response {
    data: Data,
    /// The answer before it has a body.
    response: dev::Response<()>,
}

enum Data {
    None,
    /// What most short answers are: it needs no box.
    Detail(Detail<&'static str>),
    Other(Box<dyn Renderable>),
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
        Self::of(Data::Other(Box::new(data)))
    }

    /// An answer with `{"detail": …}`.
    pub fn detail(detail: impl Serialize + 'static) -> Self {
        match literal(&detail) {
            Some(detail) => Self::of(Data::Detail(Detail { detail })),
            None => Self::new(Detail { detail }),
        }
    }

    fn of(data: Data) -> Self {
        Self { data, response: dev::Response::with_body(StatusCode::OK, ()) }
    }

    /// 204, without body and `Content-Type`.
    #[must_use]
    pub fn no_content() -> Self {
        Self::of(Data::None).status(StatusCode::NO_CONTENT)
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().append(name, value);
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
        let context = RendererContext { accepted_media_type, status: self.response.status(), request };
        let body = match &self.data {
            Data::None => Ok(Bytes::new()),
            Data::Detail(detail) => renderer.render(detail, &context),
            Data::Other(data) => renderer.render(data.as_ref(), &context),
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
        let mut response = self.response;
        if !body.is_empty() {
            let headers = response.headers_mut();
            let before = headers.len_keys();
            headers.append(CONTENT_TYPE, content_type.clone());
            if headers.len_keys() == before {
                // One of the view's own stands behind the renderer's.
                let mut values: Vec<HeaderValue> = headers.remove(CONTENT_TYPE).collect();
                values.rotate_right(1);
                values.into_iter().for_each(|value| headers.append(CONTENT_TYPE, value));
            }
        }
        response.set_body(BoxBody::new(body)).into()
    }
}

/// The value, where it is a text of the program's own. What type it has, is known where this is compiled.
fn literal(value: &dyn Any) -> Option<&'static str> {
    match value.downcast_ref::<Cow<'static, str>>() {
        Some(Cow::Borrowed(text)) => Some(*text),
        Some(Cow::Owned(_)) => None,
        None => value.downcast_ref::<&'static str>().copied(),
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
        f.debug_struct("Response").field("status", &self.response.status()).finish_non_exhaustive()
    }
}
