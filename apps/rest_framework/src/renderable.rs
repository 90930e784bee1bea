//! The data of a response, before a renderer turns it into bytes.

use std::any::Any;
use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

use super::json;
use super::python::codecs::Charset;
use super::rendered_details;

/// `{"detail": …}`, the data of Django REST framework's short responses.
#[derive(Clone, Debug, Serialize)]
pub struct DetailBody<T> {
    /// The message.
    pub detail: T,
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
            && let Some(json) = detail(self)
        {
            return Ok(json);
        }
        if let Some(RenderedJson(json)) = (self as &dyn Any).downcast_ref::<RenderedJson>() {
            return rendered(json, indent);
        }
        let json = match indent {
            None => json::to_bytes(self, None),
            // Indented JSON is for people. It is not worth code of its own for each type.
            indent => json::to_bytes(self as &dyn erased_serde::Serialize, indent),
        };
        json.map_err(|error| RenderError(error.to_string()))
    }
}

/// A JSON document that is written already, compactly.
pub(crate) struct RenderedJson(pub(crate) Bytes);

impl Serialize for RenderedJson {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let value = json::decode(&self.0, Charset::Utf8).map_err(|_| S::Error::custom("it is not JSON"))?;
        value.serialize(serializer)
    }
}

fn rendered(json: &Bytes, indent: Option<usize>) -> Result<Bytes, RenderError> {
    if indent.is_none() {
        return Ok(json.clone());
    }
    let value = json::decode(json, Charset::Utf8).map_err(|_| RenderError("it is not JSON".to_owned()))?;
    json::to_bytes(&value, indent).map_err(|error| RenderError(error.to_string()))
}

/// The compact JSON of a [`DetailBody`] of text without escapes. The compiler resolves the type check.
fn detail(data: &dyn Any) -> Option<Bytes> {
    if let Some(DetailBody { detail }) = data.downcast_ref::<DetailBody<&'static str>>() {
        return rendered_details::to_bytes(detail);
    }
    match &data.downcast_ref::<DetailBody<Cow<'static, str>>>()?.detail {
        Cow::Borrowed(detail) => rendered_details::to_bytes(detail),
        Cow::Owned(detail) => json::detail_to_bytes(detail),
    }
}

erased_serde::serialize_trait_object!(Renderable);
