//! Serializers that validate the bodies of requests: objects of fields, and lists of objects
//! (rest_framework/serializers.py). A [`ModelSerializer`] also reads and writes a model's objects.
//!
//! ```
//! use vitamin_rest_framework::prelude::*;
//!
//! #[derive(serde::Deserialize)]
//! struct Credentials {
//!     username: String,
//!     password: String,
//! }
//!
//! async fn login(data: Data) -> Result<Response, APIException> {
//!     let serializer = Serializer::new()
//!         .field("username", CharField::new().label("Username"))
//!         .field("password", CharField::new().label("Password").trim_whitespace(false));
//!     let credentials: Credentials = serializer.validated(&data)?;
//!     Ok(Response::detail(credentials.username))
//! }
//! ```

mod list;
mod model;
mod output;
mod partial;
mod source;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::data::{Data, Dict, Mismatch, Value, from_value};
use super::error_detail::{Detail, ErrorDetail};
use super::exceptions::APIException;
use super::fields::input::parse_html_dict;
use super::fields::{BaseField, Context, Field, Input, Kind, Options, Output, OutputError};
use super::schemas::{FieldSchema, FieldShape, SerializerSchema};
use vitamin_framework::models::ValueRef;
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::translation::{format, gettext};

pub use self::list::{ListSerializer, Many};
pub(crate) use self::model::Destination;
#[cfg(feature = "postgres")]
pub(crate) use self::model::ValidData;
pub use self::model::*;
pub use self::partial::nullable;
use self::source::set_value;

/// An object of fields: a whole body, or a field of another object.
pub type Serializer = Field<Object>;

type Hook = Arc<dyn Fn(Dict) -> Result<Dict, Detail> + Send + Sync>;

/// The kind of [`Serializer`].
#[derive(Clone, Default)]
pub struct Object {
    fields: IndexMap<String, Arc<dyn BaseField>>,
    hooks: Vec<Hook>,
    partial: bool,
    component_name: Option<Cow<'static, str>>,
    description: Cow<'static, str>,
}

/// Why a body could not be converted to a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The client's data is not valid: the detail of a ValidationError, answered with 400.
    Invalid(Detail),
    /// The data is valid, but the struct does not fit the serializer's fields: a bug of the app, answered with 500 and
    /// logged. The message shows no value.
    Mismatch(Mismatch),
}

impl From<Detail> for Error {
    fn from(detail: Detail) -> Self {
        Self::Invalid(detail)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(_) => f.write_str("invalid data"),
            Self::Mismatch(mismatch) => write!(f, "the serializer does not fit the type: {mismatch}"),
        }
    }
}

impl std::error::Error for Error {}

impl Field<Object> {
    /// An object without fields.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Object::default())
    }

    /// Adds a field. Values and errors are in the order of the fields. A field that is known only at run time is an
    /// `Arc<dyn BaseField>`.
    pub fn field(mut self, name: impl Into<String>, field: impl BaseField + 'static) -> Self {
        self.kind.fields.insert(name.into(), Arc::new(field));
        self
    }

    /// Adds a check of the whole object, which runs if all fields are valid. It may change the values. A list or message
    /// that it returns as an error becomes `non_field_errors`.
    pub fn validate(mut self, hook: impl Fn(Dict) -> Result<Dict, Detail> + Send + Sync + 'static) -> Self {
        self.kind.hooks.push(Arc::new(hook));
        self
    }

    /// Makes every validation by this serializer partial, as for PATCH: see
    /// [`validated_partial`](Self::validated_partial), which needs no serializer of its own.
    pub fn partial(mut self) -> Self {
        self.kind.partial = true;
        self
    }

    /// The name in the OpenAPI document. In Django REST framework it is that of the class: `Login` for a
    /// `LoginSerializer`. Without a name, the object is written wherever it is used.
    pub fn component_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.kind.component_name = Some(name.into());
        self
    }

    /// The description in the OpenAPI document (the class's docstring).
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.kind.description = description.into();
        self
    }

    /// A list of these objects. As with `many=True`, the list has the options set so far too.
    pub fn many(self) -> ListSerializer {
        let options = self.options.list_options();
        ListSerializer { options, ..ListSerializer::new(self) }
    }

    /// Validates the body and returns the values of the fields, in order (`is_valid` and `validated_data`). `Null` for an
    /// allowed null.
    pub fn run(&self, data: &Data) -> Result<Value, Detail> {
        self.run_in(data, &TimeZone::default())
    }

    /// [`run`](Self::run) in a time zone other than UTC.
    pub fn run_in(&self, data: &Data, time_zone: &TimeZone) -> Result<Value, Detail> {
        self.run_with(data, Context::new(time_zone))
    }

    /// [`run`](Self::run) with all parameters, such as the request, which defaults may depend on.
    pub fn run_with(&self, data: &Data, context: Context<'_>) -> Result<Value, Detail> {
        run(self, data, context.partial(context.partial || self.kind.partial))
    }

    /// Validates the body and returns the values of the fields (`validated_data`): `.validated_data(&data, request.context())`.
    ///
    /// # Errors
    /// 400 with the errors of each field.
    pub fn validated_data(&self, data: &Data, context: Context<'_>) -> Result<Dict, APIException> {
        match self.run_with(data, context).map_err(APIException::validation_error)? {
            Value::Dict(values) => Ok(values),
            _ => Ok(Dict::new()),
        }
    }

    /// Validates the body and converts it to an app's struct.
    pub fn validated<T: DeserializeOwned>(&self, data: &Data) -> Result<T, Error> {
        self.validated_in(data, &TimeZone::default())
    }

    /// [`validated`](Self::validated) in a time zone other than UTC.
    pub fn validated_in<T: DeserializeOwned>(&self, data: &Data, time_zone: &TimeZone) -> Result<T, Error> {
        self.validated_with(data, Context::new(time_zone))
    }

    /// [`validated`](Self::validated) with all parameters, such as the request, which defaults may depend on.
    pub fn validated_with<T: DeserializeOwned>(&self, data: &Data, context: Context<'_>) -> Result<T, Error> {
        from_value(self.run_with(data, context)?).map_err(Error::Mismatch)
    }

    /// Describes the fields for the response to OPTIONS (`SimpleMetadata.get_serializer_info`).
    pub fn info(&self) -> Dict {
        self.kind.info()
    }
}

/// Validates a whole body.
fn run<K: Kind + 'static>(root: &Field<K>, data: &Data, context: Context<'_>) -> Result<Value, Detail> {
    let result = root.run_validation(Some(&data.into()), context);
    result.map(|value| value.unwrap_or(Value::Null)).map_err(|detail| match &detail {
        Detail::List(items) => match items.as_slice() {
            [Detail::Message(ErrorDetail { code, .. })] if code == "null" => {
                Detail::non_field(gettext("No data provided"), "null")
            }
            _ => detail,
        },
        _ => detail,
    })
}

impl Object {
    /// The fields with their names.
    fn fields(&self) -> impl Iterator<Item = (&str, &Arc<dyn BaseField>)> {
        self.fields.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// The description for the OpenAPI document.
    pub(crate) fn schema(&self) -> SerializerSchema {
        let field = |(name, field): (&String, &Arc<dyn BaseField>)| FieldSchema {
            name: name.clone().into(),
            field: Arc::clone(field),
            shape: None,
        };
        SerializerSchema {
            name: self.component_name.clone(),
            description: self.description.clone(),
            partial: self.partial,
            fields: self.fields.iter().map(field).collect(),
            mistake: None,
        }
    }

    fn info(&self) -> Dict {
        let fields = self.fields.iter().filter(|(_, field)| !field.is_hidden());
        fields.map(|(name, field)| (name.clone(), field.info(name).into())).collect()
    }
}

impl Kind for Object {
    const TYPE: &'static str = "nested object";

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        _: Context<'_>,
    ) -> Option<Input<'d>> {
        match data {
            Input::Form(form) => parse_html_dict(form, name),
            other => other.get(name),
        }
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        if !value.is_dict() {
            let message = format(
                gettext("Invalid data. Expected a dictionary, but got {datatype}."),
                &[("datatype", &value.type_name())],
            );
            return Err(Detail::non_field(message, "invalid"));
        }
        let mut values = Dict::with_capacity(self.fields.len());
        let mut errors = IndexMap::new();
        for (name, field) in self.fields.iter().filter(|(_, field)| !field.is_read_only()) {
            match field.run_validation(field.get_value(name, value, context).as_ref(), context) {
                Ok(Some(value)) => match field.options().source() {
                    None => _ = values.insert(name.clone(), value),
                    Some(source) => set_value(&mut values, source, value),
                },
                Ok(None) => {}
                Err(detail) => _ = errors.insert(name.clone(), detail),
            }
        }
        if errors.is_empty() { Ok(Value::Dict(values)) } else { Err(Detail::Dict(errors)) }
    }

    fn initial(&self, _: &Options) -> Value {
        let writable = self.fields.iter().filter(|(_, field)| !field.is_read_only());
        Value::Dict(writable.map(|(name, field)| (name.clone(), field.initial())).collect())
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        match value {
            ValueRef::Json(Value::Dict(values)) => self.represent(values, output, out),
            _ => Err(OutputError::new("a serializer writes objects only")),
        }
    }

    fn validate_object(&self, value: Value) -> Result<Value, Detail> {
        let Value::Dict(values) = value else { return Ok(value) };
        self.hooks.iter().try_fold(values, |values, hook| hook(values)).map(Value::Dict)
    }

    fn wrap_errors(&self, errors: Detail) -> Detail {
        errors.into_serializer_error()
    }

    fn describe_children(&self, _: &Options, info: &mut Dict) {
        if !self.fields.is_empty() {
            info.insert("children".to_owned(), self.info().into());
        }
    }

    fn shape(&self, _: bool) -> Option<FieldShape> {
        Some(FieldShape::Serializer(Arc::new(self.schema())))
    }
}

#[cfg(test)]
mod tests;
