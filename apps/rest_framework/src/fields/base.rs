//! `BaseField`: a field of any kind, behind one type.

use std::any::Any;
use std::sync::Arc;

use super::{Context, Field, Input, Kind, Options, Output, OutputError, value_ref};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::schemas::FieldShape;
use vitamin_framework::models::ValueRef;

/// A field of any kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a field",
    label = "not a `BaseField`",
    note = "use a field of `vitamin::rest_framework::fields`, such as `CharField::new()`",
    note = "a field of one's own implements `Kind`, and is a `Field<…>` of it"
)]
pub trait BaseField: Send + Sync {
    /// Its options.
    fn options(&self) -> &Options;

    /// Its kind, to be downcast: `field.kind().downcast_ref::<Decimal>()`. Schemas read the kind's settings.
    fn kind(&self) -> &dyn Any;

    /// Whether input for it is ignored.
    fn is_read_only(&self) -> bool {
        self.options().is_read_only()
    }

    /// Whether the field is left out of descriptions, as `HiddenField` is.
    fn is_hidden(&self) -> bool;

    /// The value that a form for a new object shows.
    fn initial(&self) -> Value;

    /// Returns its value from the whole input. `None` if it is missing.
    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>>;

    /// Validates a value, or a missing one. `Ok(None)` omits the field.
    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail>;

    /// Appends the value of a column as compact JSON. Null is `null`.
    ///
    /// # Errors
    /// The value does not fit the field: a bug of the app. A part of it may have been appended.
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError>;

    /// Appends a validated value as compact JSON.
    ///
    /// # Errors
    /// As [`to_representation`](Self::to_representation).
    fn represent_value(
        &self,
        value: &Value,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        self.to_representation(value_ref(value), output, out)
    }

    /// Describes the field for OPTIONS (`SimpleMetadata.get_field_info`). The child of a list has an empty name.
    fn info(&self, name: &str) -> Dict;

    /// The field's type in the OpenAPI document, for kinds of an app's own ([`Kind::shape`]).
    fn shape(&self, is_postgres: bool) -> Option<FieldShape>;
}

impl<K: Kind + 'static> BaseField for Field<K> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn kind(&self) -> &dyn Any {
        &self.kind
    }

    fn is_hidden(&self) -> bool {
        self.kind.is_hidden()
    }

    fn initial(&self) -> Value {
        self.options.initial().cloned().unwrap_or_else(|| self.kind.initial(&self.options))
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        if matches!(value, ValueRef::Null) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        self.kind.to_representation(value, &self.options, output, out)
    }

    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>> {
        self.kind.get_value(&self.options, name, data, context)
    }

    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail> {
        self.validation(value, context).map_err(|detail| self.options.replace_messages(detail))
    }

    fn info(&self, name: &str) -> Dict {
        let mut info = Dict::new();
        info.insert("type".to_owned(), self.kind.type_name().into());
        self.options.describe(name, &mut info);
        self.kind.describe_limits(&mut info);
        self.kind.describe_children(&self.options, &mut info);
        info
    }

    fn shape(&self, is_postgres: bool) -> Option<FieldShape> {
        self.kind.shape(is_postgres)
    }
}

/// A field of a kind that is known only at run time, such as an `Arc<dyn BaseField>`.
impl<F: BaseField + ?Sized> BaseField for Arc<F> {
    fn options(&self) -> &Options {
        (**self).options()
    }

    fn kind(&self) -> &dyn Any {
        (**self).kind()
    }

    fn is_hidden(&self) -> bool {
        (**self).is_hidden()
    }

    fn initial(&self) -> Value {
        (**self).initial()
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        (**self).to_representation(value, output, out)
    }

    fn get_value<'d>(&self, name: &str, data: &'d Input<'_>, context: Context<'_>) -> Option<Input<'d>> {
        (**self).get_value(name, data, context)
    }

    fn run_validation(
        &self,
        value: Option<&Input<'_>>,
        context: Context<'_>,
    ) -> Result<Option<Value>, Detail> {
        (**self).run_validation(value, context)
    }

    fn info(&self, name: &str) -> Dict {
        (**self).info(name)
    }

    fn shape(&self, is_postgres: bool) -> Option<FieldShape> {
        (**self).shape(is_postgres)
    }
}
