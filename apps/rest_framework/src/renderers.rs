//! Renderers (`rest_framework/renderers.py`): they turn the data of a response into bytes.

use std::any::Any;
use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use serde::Serialize;

use super::json;
use super::negotiation::json_indent;
use super::request::Request;
use super::response::DetailBody;
use vitamin_framework::pages::escape;

/// The renderer's input besides the data.
pub struct RendererContext<'a> {
    /// The renderer's media type, with the parameters that the client asked for: `application/json; indent=4`.
    pub accepted_media_type: &'a str,
    /// The status of the response.
    pub status: StatusCode,
    /// The request.
    pub request: &'a Request,
}

/// The data cannot be rendered, for example a NaN as JSON. The client receives 500, the reason is logged.
#[derive(Debug, thiserror::Error)]
#[error("the response can't be rendered: {0}")]
pub struct RenderError(pub String);

/// The data of a response: any serializable type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the data of a response",
    label = "not serializable",
    note = "derive `serde::Serialize` for it; it must own its data"
)]
pub trait Renderable: erased_serde::Serialize {
    /// The data as JSON ([`json::to_bytes`]), by code compiled for its type.
    ///
    /// # Errors
    /// [`RenderError`].
    fn to_json(&self, indent: Option<usize>) -> Result<Bytes, RenderError>;
}

impl<T: Serialize + 'static> Renderable for T {
    fn to_json(&self, indent: Option<usize>) -> Result<Bytes, RenderError> {
        if indent.is_none()
            && let Some(json) = detail(self).and_then(json::detail_to_bytes)
        {
            return Ok(json);
        }
        let json = match indent {
            None => json::to_bytes(self, None),
            // Indented JSON is for people. It is not worth code of its own for each type.
            indent => json::to_bytes(self as &dyn erased_serde::Serialize, indent),
        };
        json.map_err(|error| RenderError(error.to_string()))
    }
}

/// The text, if the data is a [`DetailBody`] of text. The compiler resolves the type check.
fn detail(data: &dyn Any) -> Option<&str> {
    if let Some(DetailBody { detail }) = data.downcast_ref::<DetailBody<&'static str>>() {
        return Some(detail);
    }
    data.downcast_ref::<DetailBody<Cow<'static, str>>>().map(|DetailBody { detail }| detail.as_ref())
}

erased_serde::serialize_trait_object!(Renderable);

/// Turns the data of a response into bytes. Content negotiation selects one of the view's renderers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a renderer",
    label = "not a `Renderer`",
    note = "use `JSONRenderer` or `BrowsableAPIRenderer`, or implement `Renderer` for it: `media_type`, `format` and `render`"
)]
pub trait Renderer: Send + Sync {
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
        data.to_json(json_indent(context.accepted_media_type))
    }
}

/// `text/html`: the data as a page for browsers.
///
/// A simple replacement for Django REST framework's browsable API, with the same status and headers. The page contains
/// the CSRF token that scripts must send with unsafe requests (`window.drf.csrfToken` in Django REST framework).
pub struct BrowsableAPIRenderer;

impl Renderer for BrowsableAPIRenderer {
    fn media_type(&self) -> &'static str {
        "text/html"
    }

    fn format(&self) -> &'static str {
        "api"
    }

    fn render(&self, data: &dyn Renderable, context: &RendererContext<'_>) -> Result<Bytes, RenderError> {
        let json = data.to_json(Some(4))?;
        let name = escape(context.request.view_name());
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  <title>{name}</title>\n  \
             <meta name=\"csrf-token\" content=\"{csrf_token}\">\n</head>\n<body>\n<h1>{name}</h1>\n<p>{description}</p>\n<pre><b>{method} {path}</b></pre>\n<pre>HTTP {status}\n\n\
             {json}</pre>\n</body>\n</html>\n",
            csrf_token = context.request.csrf_token(),
            description = escape(context.request.view_description()),
            method = escape(context.request.method().as_str()),
            path = escape(context.request.path()),
            status = context.status,
            json = escape(&String::from_utf8_lossy(&json)),
        );
        Ok(page.into())
    }
}
