//! `ListSerializer`: many objects, at the root of a body or as a field.

use indexmap::IndexMap;
use serde::de::DeserializeOwned;

use super::{Error, Serializer, run};
use crate::data::{Data, Dict, Value, from_value};
use crate::error_detail::Detail;
use crate::fields::input::parse_html_list;
use crate::fields::number::describe;
use crate::fields::{BaseField, Context, Field, Input, Kind, Options};
use vitamin_framework::timezone::TimeZone;

/// A list of objects.
pub type ListSerializer = Field<Many>;

/// The kind of [`ListSerializer`].
#[derive(Clone)]
pub struct Many {
    child: Serializer,
    allow_empty: bool,
    max_length: Option<usize>,
    min_length: Option<usize>,
}

impl Field<Many> {
    /// A list of what the serializer accepts.
    pub fn new(child: Serializer) -> Self {
        Self::of_kind(Many { child, allow_empty: true, max_length: None, min_length: None })
    }

    /// Whether the empty list is a value.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.kind.allow_empty = allow;
        self
    }

    /// The most items.
    pub fn max_length(mut self, items: usize) -> Self {
        self.kind.max_length = Some(items);
        self
    }

    /// The fewest items.
    pub fn min_length(mut self, items: usize) -> Self {
        self.kind.min_length = Some(items);
        self
    }

    /// The body as a list of the objects' values.
    pub fn run(&self, data: &Data) -> Result<Value, Detail> {
        self.run_in(data, &TimeZone::default())
    }

    /// The same, where the project's time zone is another than UTC.
    pub fn run_in(&self, data: &Data, time_zone: &TimeZone) -> Result<Value, Detail> {
        run(self, data, Context { partial: self.kind.child.kind.partial, time_zone })
    }

    /// The body as a list of an app's own struct.
    pub fn validated<T: DeserializeOwned>(&self, data: &Data) -> Result<Vec<T>, Error> {
        from_value(self.run(data)?).map_err(Error::Mismatch)
    }

    /// The fields of the objects, for the answer to OPTIONS.
    pub fn info(&self) -> Dict {
        self.kind.child.info()
    }
}

impl Many {
    /// The rule that a number of items breaks.
    fn check_length(&self, count: usize) -> Result<(), Detail> {
        if count == 0 && !self.allow_empty {
            return Err(Detail::non_field("This list may not be empty.", "empty"));
        }
        if let Some(max) = self.max_length.filter(|max| count > *max) {
            let message = format!("Ensure this field has no more than {max} elements.");
            return Err(Detail::non_field(message, "max_length"));
        }
        if let Some(min) = self.min_length.filter(|min| count < *min) {
            let message = format!("Ensure this field has at least {min} elements.");
            return Err(Detail::non_field(message, "min_length"));
        }
        Ok(())
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
            Input::Form(form) => parse_html_list(form, name).map(Input::List),
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
            let message = format!("Expected a list of items but got type \"{}\".", value.type_name());
            return Err(Detail::non_field(message, "not_a_list"));
        };
        self.check_length(items.len())?;
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

    fn shape(&self, errors: Detail) -> Detail {
        errors.into_serializer_error()
    }

    fn limits(&self, info: &mut Dict) {
        describe(info, "min_length", self.min_length);
        describe(info, "max_length", self.max_length);
    }

    fn parts(&self, _: &Options, info: &mut Dict) {
        info.insert("child".to_owned(), BaseField::info(&self.child, "").into());
    }
}
