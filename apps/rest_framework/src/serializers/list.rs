//! `ListSerializer`: a list of objects, as a whole body or as a field.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::{Error, Serializer, run};
use crate::data::{Data, Dict, Value, from_value};
use crate::error_detail::Detail;
use crate::fields::input::{decoded, parse_html_list};
use crate::fields::limit::describe_limit;
use crate::fields::{BaseField, Context, Field, Input, Kind, Options, Output, OutputError, write_items};
use crate::schemas::FieldShape;
use vitamin_framework::models::ValueRef;
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::translation::{format, gettext};

/// A list of objects.
pub type ListSerializer = Field<Many>;

/// The kind of [`ListSerializer`].
#[derive(Clone)]
pub struct Many {
    child: Serializer,
    lengths: Lengths,
}

/// How many items a list may have.
#[derive(Clone, Copy)]
pub(super) struct Lengths {
    pub(super) allow_empty: bool,
    pub(super) max: Option<usize>,
    pub(super) min: Option<usize>,
}

/// The methods of a builder with `lengths`. Each type writes them itself, so that they are documented there.
macro_rules! length_methods {
    () => {
        /// Whether the empty list is valid. By default it is.
        #[must_use]
        pub fn allow_empty(mut self, allow: bool) -> Self {
            self.lengths.allow_empty = allow;
            self
        }

        /// The maximum number of objects of a list.
        #[must_use]
        pub fn max_length(mut self, objects: usize) -> Self {
            self.lengths.max = Some(objects);
            self
        }

        /// The minimum number of objects of a list.
        #[must_use]
        pub fn min_length(mut self, objects: usize) -> Self {
            self.lengths.min = Some(objects);
            self
        }
    };
}
pub(super) use length_methods;

impl Default for Lengths {
    fn default() -> Self {
        Self { allow_empty: true, max: None, min: None }
    }
}

impl Lengths {
    /// Checks the number of items.
    pub(super) fn check(self, count: usize) -> Result<(), Detail> {
        if count == 0 && !self.allow_empty {
            return Err(Detail::non_field(gettext("This list may not be empty."), "empty"));
        }
        if let Some(max) = self.max.filter(|max| count > *max) {
            let message = format(
                gettext("Ensure this field has no more than {max_length} elements."),
                &[("max_length", &max)],
            );
            return Err(Detail::non_field(message, "max_length"));
        }
        if let Some(min) = self.min.filter(|min| count < *min) {
            let message = format(
                gettext("Ensure this field has at least {min_length} elements."),
                &[("min_length", &min)],
            );
            return Err(Detail::non_field(message, "min_length"));
        }
        Ok(())
    }

    /// Describes the limits for OPTIONS.
    pub(super) fn describe(self, info: &mut Dict) {
        describe_limit(info, "min_length", self.min);
        describe_limit(info, "max_length", self.max);
    }
}

impl Field<Many> {
    /// A list of objects that the serializer accepts.
    pub fn new(child: Serializer) -> Self {
        Self::of_kind(Many { child, lengths: Lengths::default() })
    }

    /// Whether the empty list is valid.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.kind.lengths.allow_empty = allow;
        self
    }

    /// The maximum number of items.
    pub fn max_length(mut self, items: usize) -> Self {
        self.kind.lengths.max = Some(items);
        self
    }

    /// The minimum number of items.
    pub fn min_length(mut self, items: usize) -> Self {
        self.kind.lengths.min = Some(items);
        self
    }

    /// Validates the body and returns the list of the objects' values.
    pub fn run(&self, data: &Data) -> Result<Value, Detail> {
        self.run_in(data, &TimeZone::default())
    }

    /// [`run`](Self::run) in a time zone other than UTC.
    pub fn run_in(&self, data: &Data, time_zone: &TimeZone) -> Result<Value, Detail> {
        self.run_with(data, Context::new(time_zone))
    }

    /// [`run`](Self::run) with all parameters, such as the request, which defaults may depend on.
    pub fn run_with(&self, data: &Data, context: Context<'_>) -> Result<Value, Detail> {
        run(self, data, context.partial(context.partial || self.kind.child.kind.partial))
    }

    /// Validates the body and converts it to a list of an app's struct.
    pub fn validated<T: DeserializeOwned>(&self, data: &Data) -> Result<Vec<T>, Error> {
        from_value(self.run(data)?).map_err(Error::Mismatch)
    }

    /// Describes the fields of the objects for the response to OPTIONS.
    pub fn info(&self) -> Dict {
        self.kind.child.info()
    }
}

impl Many {
    /// The serializer of the items.
    pub fn child(&self) -> &Serializer {
        &self.child
    }
}

impl Kind for Many {
    const TYPE: &'static str = "field";

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        _: Context<'_>,
    ) -> Option<Input<'d>> {
        match data {
            Input::Form(form) => decoded(form, name).or_else(|| parse_html_list(form, name).map(Input::List)),
            other => other.get(name),
        }
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        let Some(items) = value.items() else {
            let message = format(
                gettext("Expected a list of items but got type \"{input_type}\"."),
                &[("input_type", &value.type_name())],
            );
            return Err(Detail::non_field(message, "not_a_list"));
        };
        self.lengths.check(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        let mut errors = IndexMap::new();
        for (index, item) in items.iter().enumerate() {
            match self.child.run_validation(Some(item), context) {
                Ok(value) => values.extend(value),
                Err(detail) => _ = errors.insert(index.to_string(), detail),
            }
        }
        if errors.is_empty() { Ok(Value::List(values)) } else { Err(Detail::Dict(errors)) }
    }

    fn initial(&self, _: &Options) -> Value {
        Value::List(Vec::new())
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let ValueRef::Json(Value::List(items)) = value else {
            return Err(OutputError::new("a ListSerializer writes lists only"));
        };
        write_items(items, out, |item, out| self.child.represent_value(item, output, out))
    }

    fn wrap_errors(&self, errors: Detail) -> Detail {
        errors.into_serializer_error()
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.lengths.describe(info);
    }

    fn describe_children(&self, _: &Options, info: &mut Dict) {
        info.insert("child".to_owned(), BaseField::info(&self.child, "").into());
    }

    fn shape(&self, _: bool) -> Option<FieldShape> {
        Some(FieldShape::List(Arc::new(self.child.kind.schema())))
    }
}
