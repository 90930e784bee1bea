//! Renderers (`rest_framework/renderers.py`): how data become bytes.

use actix_web::http::StatusCode;

use super::json;
use super::negotiation::json_indent;
use super::request::Request;
use crate::framework::pages::escape;

/// What a renderer may know beside the data.
pub struct RendererContext<'a> {
    /// The renderer's media type, with the parameters that the client asked for: `application/json; indent=4`.
    pub accepted_media_type: &'a str,
    /// The status of the answer.
    pub status: StatusCode,
    /// The request.
    pub request: &'a Request,
}

/// The data can't be rendered (a float that JSON does not have, say). The client gets 500, the log the reason.
#[derive(Debug, thiserror::Error)]
#[error("the response can't be rendered: {0}")]
pub struct RenderError(pub String);

/// Makes bytes of a view's data. Negotiation chooses one of the view's classes.
pub trait Renderer: Send + Sync {
    /// What the client asks for in `Accept`, and gets in `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// What the client asks for in `?format=` or as a suffix.
    fn format(&self) -> &'static str;

    /// The charset that `Content-Type` names, or `None` where it names none (JSON is always UTF-8).
    fn charset(&self) -> Option<&'static str> {
        Some("utf-8")
    }

    /// Renders the data.
    ///
    /// # Errors
    /// [`RenderError`].
    fn render(
        &self,
        data: &dyn erased_serde::Serialize,
        context: &RendererContext<'_>,
    ) -> Result<Vec<u8>, RenderError>;
}

/// `application/json`, compact, or indented where `Accept` says so.
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

    fn render(
        &self,
        data: &dyn erased_serde::Serialize,
        context: &RendererContext<'_>,
    ) -> Result<Vec<u8>, RenderError> {
        json::to_vec(data, json_indent(context.accepted_media_type))
            .map_err(|error| RenderError(error.to_string()))
    }
}

/// `text/html`: the data, readable in a browser.
///
/// It stands where Django REST framework has its browsable API, with the same status and headers. Scripts in the
/// browser find there what a request must send to change anything (`window.drf.csrfToken` in Django REST framework).
pub struct BrowsableAPIRenderer;

impl Renderer for BrowsableAPIRenderer {
    fn media_type(&self) -> &'static str {
        "text/html"
    }

    fn format(&self) -> &'static str {
        "api"
    }

    fn render(
        &self,
        data: &dyn erased_serde::Serialize,
        context: &RendererContext<'_>,
    ) -> Result<Vec<u8>, RenderError> {
        let json = json::to_vec(data, Some(4)).map_err(|error| RenderError(error.to_string()))?;
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
        Ok(page.into_bytes())
    }
}
