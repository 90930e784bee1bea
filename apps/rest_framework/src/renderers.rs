//! Renderers (`rest_framework/renderers.py`): they turn the data of a response into bytes.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use bytes::Bytes;

use super::exceptions::APIException;
use super::formatting::markup_description;
use super::negotiation::{Offer, has_plain_media_type, json_indent};
pub use super::renderable::{RenderError, Renderable};
use super::request::Request;
use vitamin_framework::diagnosis::class_name;
use vitamin_framework::pages::escape;

/// The renderer's input besides the data.
pub struct RendererContext<'a> {
    /// The renderer's media type, with the parameters that the client asked for: `application/json; indent=4`.
    pub accepted_media_type: &'a str,
    /// The status of the response.
    pub status: StatusCode,
    /// The request.
    pub request: &'a Request,
    /// The exception, if the response is the answer to one. Its detail has the codes, which the data has not.
    pub exception: Option<&'a APIException>,
}

/// Turns the data of a response into bytes. Content negotiation selects one of the view's renderers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a renderer",
    label = "not a `Renderer`",
    note = "use `JSONRenderer` or `BrowsableAPIRenderer`, or implement `Renderer` for it: `media_type`, `format` and `render`"
)]
pub trait Renderer: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

    /// The media type for `Accept` and `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// The format for `?format=` and URL suffixes.
    fn format(&self) -> &'static str;

    /// The charset in `Content-Type`, or `None` for none (JSON is always UTF-8).
    fn charset(&self) -> Option<&'static str> {
        Some("utf-8")
    }

    /// Renders the data.
    ///
    /// # Errors
    /// [`RenderError`].
    fn render(&self, data: &dyn Renderable, context: &RendererContext<'_>) -> Result<Bytes, RenderError>;

    /// Renders a response without data, such as a 204. By default it has no body. A 204 with a body is sent as a 200.
    ///
    /// # Errors
    /// [`RenderError`].
    fn render_nothing(&self, _context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
        Ok(Bytes::new())
    }
}

impl Offer for Arc<dyn Renderer> {
    fn media_type(&self) -> &str {
        (**self).media_type()
    }

    fn format(&self) -> &str {
        (**self).format()
    }
}

/// A view's renderers.
pub(super) struct Renderers {
    classes: Vec<Arc<dyn Renderer>>,
    /// The `Content-Type` of each.
    content_types: Vec<HeaderValue>,
    /// Whether a client that accepts all gets the first one with its own media type.
    has_plain_first: bool,
}

impl Renderers {
    pub(super) fn new(classes: Vec<Arc<dyn Renderer>>) -> Self {
        let content_types = classes.iter().map(|renderer| content_type(renderer.as_ref())).collect();
        let has_plain_first = classes.first().is_some_and(has_plain_media_type);
        Self { classes, content_types, has_plain_first }
    }

    pub(super) const fn has_plain_first(&self) -> bool {
        self.has_plain_first
    }

    pub(super) fn classes(&self) -> &[Arc<dyn Renderer>] {
        &self.classes
    }

    /// A renderer and its `Content-Type`.
    pub(super) fn get(&self, index: usize) -> Option<(&dyn Renderer, &HeaderValue)> {
        Some((self.classes.get(index)?.as_ref(), self.content_types.get(index)?))
    }

    /// The renderers of the request's view or middleware.
    pub(super) fn of(request: &Request) -> Option<&Self> {
        request.view().renderers.downcast_ref()
    }
}

/// The `Content-Type` of a renderer's output.
pub(super) fn content_type(renderer: &dyn Renderer) -> HeaderValue {
    match renderer.charset() {
        None => HeaderValue::from_static(renderer.media_type()),
        Some(charset) => HeaderValue::from_str(&format!("{}; charset={charset}", renderer.media_type()))
            .unwrap_or_else(|_| HeaderValue::from_static(renderer.media_type())),
    }
}

/// `application/json`: compact, or indented if the media type in `Accept` has the parameter `indent`.
pub struct JSONRenderer;

impl Renderer for JSONRenderer {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn format(&self) -> &'static str {
        "json"
    }

    fn charset(&self) -> Option<&'static str> {
        None
    }

    fn render(&self, data: &dyn Renderable, context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
        // Most clients ask for no parameters.
        let is_plain = context.accepted_media_type == self.media_type();
        data.to_json(if is_plain { None } else { json_indent(context.accepted_media_type) })
    }
}

/// `text/html`: the data as a page for browsers.
///
/// With the cargo feature `browsable-api` it is the browsable API: the response with its status and headers, and forms for
/// what the user may do. Without it, a plain page with the same status and headers.
pub struct BrowsableAPIRenderer;

impl Renderer for BrowsableAPIRenderer {
    fn media_type(&self) -> &'static str {
        "text/html"
    }

    fn format(&self) -> &'static str {
        "api"
    }

    fn render(&self, data: &dyn Renderable, context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
        Ok(plain_page(data.to_json(Some(4))?, context))
    }

    fn render_nothing(&self, context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
        Ok(plain_page(Bytes::new(), context))
    }
}

/// A page with the CSRF token that scripts must send with unsafe requests. The dispatcher replaces it by the browsable API,
/// which needs the response's headers, and the database.
fn plain_page(json: Bytes, context: &RendererContext<'_>) -> Bytes {
    let name = escape(context.request.view_name());
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  <title>{name}</title>\n  \
         <meta name=\"csrf-token\" content=\"{csrf_token}\">\n</head>\n<body>\n<h1>{name}</h1>\n{description}\n<pre><b>{method} {path}</b></pre>\n<pre>HTTP {status}\n\n\
         {json}</pre>\n</body>\n</html>\n",
        csrf_token = context.request.csrf_token(),
        description = markup_description(context.request.view_description()),
        method = escape(context.request.method().as_str()),
        path = escape(&context.request.get_path()),
        status = context.status,
        json = escape(&String::from_utf8_lossy(&json)),
    );
    #[cfg(feature = "browsable-api")]
    context.request.set_page_content(super::request::PageContent {
        json,
        status: context.status,
        exception: context.exception.map(|error| (error.kind(), error.detail().clone())),
    });
    page.into()
}
