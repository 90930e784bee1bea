//! Hyperlinks (`HyperlinkedRelatedField` and `HyperlinkedIdentityField` of rest_framework/relations.py).

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::json;

use super::entry::{Entry, SerializerField, read_only};
use super::link_input::link_path;
use super::output::{OutputField, Representation};
use crate::data::Value;
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use crate::fields::Context;
use crate::json as encode;
use crate::schemas::FieldShape;
use vitamin_framework::models::{Model, Object, ValueRef};
use vitamin_framework::translation::{format, gettext};

/// The view whose URL names an object.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) view_name: Cow<'static, str>,
    /// The field whose value is in the URL.
    pub(super) lookup_field: &'static str,
    /// The URL's parameter; `None` if it is named as the field.
    pub(super) lookup_url_kwarg: Option<&'static str>,
    /// The format suffix instead of the request's.
    pub(super) format: Option<&'static str>,
}

impl Link {
    pub(super) fn new(view_name: impl Into<Cow<'static, str>>) -> Self {
        Self { view_name: view_name.into(), lookup_field: "pk", lookup_url_kwarg: None, format: None }
    }

    fn parameter(&self) -> &'static str {
        self.lookup_url_kwarg.unwrap_or(self.lookup_field)
    }

    /// Appends the URL of the object with this value.
    pub(super) fn write(
        &self,
        value: ValueRef<'_>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        let (request, value, parameter) = (context.request, text(value), self.parameter());
        // The URL has the format suffix of the request, if there is one.
        let suffix = request.match_info().get("format");
        let url = match suffix.map(|suffix| self.format.unwrap_or(suffix)) {
            None => request.reverse(&self.view_name, &[(parameter, &value)])?,
            Some(format) => request.reverse(&self.view_name, &[(parameter, &value), ("format", &format)])?,
        };
        encode::write_str(out, &url);
        Ok(())
    }

    /// The value that a client's URL has in it.
    pub(super) fn resolve(&self, data: &Value, context: Context<'_>) -> Result<String, Detail> {
        let Some(url) = data.as_str() else {
            let message = format(
                gettext("Incorrect type. Expected URL string, received {data_type}."),
                &[("data_type", &data.type_name())],
            );
            return Err(Detail::list(message, "incorrect_type"));
        };
        let found = context
            .request
            .and_then(|info| info.resolve(&link_path(url, info.script_name()), &self.view_name));
        let Some((found, is_it)) = found else {
            return Err(Detail::list(gettext("Invalid hyperlink - No URL match."), "no_match"));
        };
        let parameter = self.parameter();
        let value = found.kwargs.into_iter().find(|(name, _)| is_it && name == parameter);
        value.map(|(_, value)| value).ok_or_else(|| {
            Detail::list(gettext("Invalid hyperlink - Incorrect URL match."), "incorrect_match")
        })
    }
}

/// The text of a value in a URL: Python's `str()`.
fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Uuid(uuid) => uuid.to_string(),
        ValueRef::Text(text) => text.to_owned(),
        _ => String::new(),
    }
}

/// The absolute URL of the object itself: `HyperlinkedIdentityField::new("project-detail")`.
pub struct HyperlinkedIdentityField {
    link: Link,
}

impl HyperlinkedIdentityField {
    /// The URL of the view of this name.
    #[must_use]
    pub fn new(view_name: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Link::new(view_name))
    }

    pub(super) fn of(link: Link) -> Self {
        Self { link }
    }

    /// The field whose value is in the URL, `pk` by default.
    #[must_use]
    pub fn lookup_field(mut self, field: &'static str) -> Self {
        self.link.lookup_field = field;
        self
    }

    /// The name of the URL's parameter, if it is not that of the field.
    #[must_use]
    pub fn lookup_url_kwarg(mut self, name: &'static str) -> Self {
        self.link.lookup_url_kwarg = Some(name);
        self
    }

    /// The format suffix of the URL, if the request has one that is another: `html` for `/snippets/1.json`.
    #[must_use]
    pub fn format(mut self, format: &'static str) -> Self {
        self.link.format = Some(format);
        self
    }
}

struct Url {
    link: Link,
    index: usize,
}

impl<T: Model> OutputField<T> for Url {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        self.link.write(object.value(self.index), context, out)?;
        Ok(true)
    }
}

impl<T: Model> SerializerField<T> for HyperlinkedIdentityField {
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        let field = self.link.lookup_field;
        let (index, _) =
            T::META.find(field).ok_or_else(|| format!("{} has no field `{field}`", T::META.name))?;
        let shape = Some(FieldShape::Schema(json!({"type": "string", "format": "uri"})));
        Ok(Entry { shape, ..read_only(name, Arc::new(Url { link: self.link, index })) })
    }
}
