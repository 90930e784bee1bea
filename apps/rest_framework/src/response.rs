//! The response of a view (`rest_framework/response.py`): data that the negotiated renderer renders.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use actix_web::body::BoxBody;
pub use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder, dev};
use bytes::Bytes;
use indexmap::IndexMap;
use serde::Serialize;

use super::exceptions::APIException;
pub use super::renderable::DetailBody;
use super::renderable::{RenderError, Renderable, RenderedJson};
use super::renderers::{JSONRenderer, RendererContext, Renderers, content_type};
use super::request::Request;
use vitamin_framework::debug::ErrorReport;
use vitamin_framework::pages;

/// Data, a status (200 by default) and headers.
///
/// `Response::new(json!({"detail": "GET Response"}))`
pub struct Response {
    data: ResponseData,
    /// Status and headers; the body is set by [`Response::render`].
    response: dev::Response<()>,
}

enum ResponseData {
    None,
    /// The usual short response. It needs no box.
    Detail(DetailBody<&'static str>),
    Other(Box<dyn Renderable>),
}

impl Response {
    /// A response with this data.
    pub fn new(data: impl Serialize + 'static) -> Self {
        Self::with_data(ResponseData::Other(Box::new(data)))
    }

    /// A response with `{"detail": …}`.
    pub fn detail(detail: impl Serialize + 'static) -> Self {
        match static_text(&detail) {
            Some(detail) => Self::with_data(ResponseData::Detail(DetailBody { detail })),
            None => Self::new(DetailBody { detail }),
        }
    }

    /// A response with an object of these keys and values, in their order.
    pub fn map<K: Into<String>, V: Serialize + 'static>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::new(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect::<IndexMap<_, _>>())
    }

    /// A response with a JSON document that is written already, compactly.
    pub(crate) fn rendered(json: Vec<u8>) -> Self {
        Self::new(RenderedJson(json.into()))
    }

    fn with_data(data: ResponseData) -> Self {
        Self { data, response: dev::Response::with_body(StatusCode::OK, ()) }
    }

    /// 204, without body and `Content-Type`.
    #[must_use]
    pub fn no_content() -> Self {
        Self::with_data(ResponseData::None).status(StatusCode::NO_CONTENT)
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().append(name, value);
        self
    }

    /// Renders the data with the one of these renderers that was negotiated for the request.
    pub(super) fn render(self, request: &Request, renderers: &Renderers) -> HttpResponse {
        self.render_exception(request, renderers, None)
    }

    /// The same for the response to an exception.
    pub(super) fn render_exception(
        self,
        request: &Request,
        renderers: &Renderers,
        exception: Option<&APIException>,
    ) -> HttpResponse {
        request.set_rendered();
        let (Some((renderer, content_type)), Some(accepted_media_type)) =
            (renderers.get(request.accepted_renderer()), request.accepted_media_type())
        else {
            // A view declared with an empty list of renderers.
            return self.finish(&content_type(&JSONRenderer), Ok(Bytes::new()));
        };
        let context =
            RendererContext { accepted_media_type, status: self.response.status(), request, exception };
        let body = match &self.data {
            ResponseData::None => renderer.render_nothing(&context),
            ResponseData::Detail(detail) => renderer.render(detail, &context),
            ResponseData::Other(data) => renderer.render(data.as_ref(), &context),
        };
        self.finish(content_type, body)
    }

    fn finish(self, content_type: &HeaderValue, body: Result<Bytes, RenderError>) -> HttpResponse {
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                log::error!("Answered 500: {error}");
                return ErrorReport::of(&error).attach(pages::server_error());
            }
        };
        let mut response = self.response;
        if !body.is_empty() {
            if response.status() == StatusCode::NO_CONTENT {
                // A 204 has no body, so that a page that says so is a 200.
                *response.status_mut() = StatusCode::OK;
            }
            let headers = response.headers_mut();
            let names_before = headers.len_keys();
            headers.append(CONTENT_TYPE, content_type.clone());
            if headers.len_keys() == names_before {
                // The view set `Content-Type` too. Its values follow the renderer's.
                let mut values: Vec<HeaderValue> = headers.remove(CONTENT_TYPE).collect();
                values.rotate_right(1);
                values.into_iter().for_each(|value| headers.append(CONTENT_TYPE, value));
            }
        }
        response.set_body(BoxBody::new(body)).into()
    }
}

/// The value, if it is a `&'static str` or a borrowed `Cow` of one. The compiler resolves the type check.
fn static_text(value: &dyn Any) -> Option<&'static str> {
    match value.downcast_ref::<Cow<'static, str>>() {
        Some(Cow::Borrowed(text)) => Some(*text),
        Some(Cow::Owned(_)) => None,
        None => value.downcast_ref::<&'static str>().copied(),
    }
}

impl Responder for Response {
    type Body = BoxBody;

    fn respond_to(self, http: &HttpRequest) -> HttpResponse {
        let request = Request::current(http);
        match request.as_ref().and_then(|request| Some((request, Renderers::of(request)?))) {
            Some((request, renderers)) => self.render(request, renderers),
            None => {
                let message = "only a handler in an APIView or inside of policies() can return a Response.";
                log::error!("Answered 500: {message}");
                ErrorReport::new(message).attach(pages::server_error())
            }
        }
    }
}

/// Omits the data, which may contain a token.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.response.status()).finish_non_exhaustive()
    }
}
