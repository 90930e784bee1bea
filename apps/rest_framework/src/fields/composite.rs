//! `ListField`, `DictField` and `HStoreField`: several values of one kind.

use std::sync::Arc;

use indexmap::IndexMap;

use super::input::{decoded, parse_html_dict, parse_html_list};
use super::limit::describe_limit;
use super::{
    AnyField, BaseField, CharField, Context, Field, Input, Kind, Options, Output, OutputError, write_items,
};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::json;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field of a list.
pub type ListField = Field<List>;

/// A field of a dict with arbitrary keys.
pub type DictField = Field<Mapping>;

/// A field of a dict of text, as PostgreSQL's type hstore holds it.
pub type HStoreField = DictField;

/// The kind of [`ListField`].
#[derive(Clone)]
pub struct List {
    child: Arc<dyn BaseField>,
    allow_empty: bool,
    max_length: Option<usize>,
    min_length: Option<usize>,
}

/// The kind of [`DictField`].
#[derive(Clone)]
pub struct Mapping {
    child: Arc<dyn BaseField>,
    allow_empty: bool,
}

impl Field<List> {
    /// A list of values that the child accepts.
    pub fn new(child: impl BaseField + 'static) -> Self {
        Self::of_kind(List { child: Arc::new(child), allow_empty: true, max_length: None, min_length: None })
    }

    /// A list of any values.
    pub fn of_any() -> Self {
        Self::new(AnyField::new())
    }

    /// Whether the empty list is valid.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.kind.allow_empty = allow;
        self
    }

    /// The maximum number of items.
    pub fn max_length(mut self, items: usize) -> Self {
        self.kind.max_length = Some(items);
        self
    }

    /// The minimum number of items.
    pub fn min_length(mut self, items: usize) -> Self {
        self.kind.min_length = Some(items);
        self
    }
}

impl Field<Mapping> {
    /// A dict of values that the child accepts.
    pub fn new(child: impl BaseField + 'static) -> Self {
        Self::of_kind(Mapping { child: Arc::new(child), allow_empty: true })
    }

    /// A dict of text and nulls: `HStoreField::of_text()`.
    pub fn of_text() -> Self {
        Self::new(CharField::new().allow_blank().allow_null())
    }

    /// A dict of any values.
    pub fn of_any() -> Self {
        Self::new(AnyField::new())
    }

    /// Whether the empty dict is valid.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.kind.allow_empty = allow;
        self
    }
}

impl List {
    /// The field of each item.
    pub fn child(&self) -> &dyn BaseField {
        self.child.as_ref()
    }

    /// Whether the empty list is valid.
    pub fn allows_empty(&self) -> bool {
        self.allow_empty
    }

    /// The maximum number of items.
    pub fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    /// The minimum number of items.
    pub fn min_length(&self) -> Option<usize> {
        self.min_length
    }
}

impl Mapping {
    /// The field of each value.
    pub fn child(&self) -> &dyn BaseField {
        self.child.as_ref()
    }

    /// Whether the empty dict is valid.
    pub fn allows_empty(&self) -> bool {
        self.allow_empty
    }
}

impl Kind for List {
    const TYPE: &'static str = "list";

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        _: Context<'_>,
    ) -> Option<Input<'d>> {
        let Input::Form(form) = data else { return data.get(name) };
        if let Some(value) = decoded(form, name) {
            return Some(value);
        }
        match form.get_list(name) {
            [] => parse_html_list(form, name).map(Input::List),
            values => Some(Input::List(values.iter().map(Input::from).collect())),
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
            return Err(Detail::list(message, "not_a_list"));
        };
        if items.is_empty() && !self.allow_empty {
            return Err(Detail::list(gettext("This list may not be empty."), "empty"));
        }
        let named = items.iter().enumerate().map(|(index, item)| (index.to_string(), item));
        let values = validate_children(self.child.as_ref(), named, context)?;
        Ok(Value::List(values.into_iter().map(|(_, value)| value).collect()))
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let Value::List(items) = value else { return };
        if let Some(max) = self.max_length.filter(|max| items.len() > *max) {
            let message = format(
                gettext("Ensure this field has no more than {max_length} elements."),
                &[("max_length", &max)],
            );
            errors.push(ErrorDetail::new(message, "max_length"));
        }
        if let Some(min) = self.min_length.filter(|min| items.len() < *min) {
            let message = format(
                gettext("Ensure this field has at least {min_length} elements."),
                &[("min_length", &min)],
            );
            errors.push(ErrorDetail::new(message, "min_length"));
        }
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
            return Err(OutputError::unexpected("ListField", value));
        };
        write_items(items, out, |item, out| self.child.represent_value(item, output, out))
    }

    fn describe_limits(&self, info: &mut Dict) {
        describe_limit(info, "min_length", self.min_length);
        describe_limit(info, "max_length", self.max_length);
    }

    fn describe_children(&self, _: &Options, info: &mut Dict) {
        info.insert("child".to_owned(), self.child.info("").into());
    }
}

impl Kind for Mapping {
    const TYPE: &'static str = "nested object";

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        _: Context<'_>,
    ) -> Option<Input<'d>> {
        let Input::Form(form) = data else { return data.get(name) };
        if let Some(value) = decoded(form, name) {
            return Some(value);
        }
        // The field's name without a key means an empty dict.
        let cleared = || form.contains_key(name).then(|| Value::Dict(Dict::new()).into());
        parse_html_dict(form, name).or_else(cleared)
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        let Some(entries) = value.entries() else {
            let message = format(
                gettext("Expected a dictionary of items but got type \"{input_type}\"."),
                &[("input_type", &value.type_name())],
            );
            return Err(Detail::list(message, "not_a_dict"));
        };
        if entries.is_empty() && !self.allow_empty {
            return Err(Detail::list(gettext("This dictionary may not be empty."), "empty"));
        }
        let named = entries.iter().map(|(key, item)| ((*key).to_owned(), item));
        let values = validate_children(self.child.as_ref(), named, context)?;
        Ok(Value::Dict(values.into_iter().collect()))
    }

    fn initial(&self, _: &Options) -> Value {
        Value::Dict(Dict::new())
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let ValueRef::Json(Value::Dict(dict)) = value else {
            return Err(OutputError::unexpected("DictField", value));
        };
        out.push(b'{');
        for (index, (key, item)) in dict.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            json::write_str(out, key);
            out.push(b':');
            self.child.represent_value(item, output, out)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn describe_children(&self, _: &Options, info: &mut Dict) {
        info.insert("child".to_owned(), self.child.info("").into());
    }
}

/// Validates all items with the child. Returns the errors of all items.
fn validate_children<'i>(
    child: &dyn BaseField,
    items: impl Iterator<Item = (String, &'i Input<'i>)>,
    context: Context<'_>,
) -> Result<Vec<(String, Value)>, Detail> {
    let mut values = Vec::new();
    let mut errors = IndexMap::new();
    for (name, item) in items {
        match child.run_validation(Some(item), context) {
            Ok(Some(value)) => values.push((name, value)),
            Ok(None) => {}
            Err(detail) => _ = errors.insert(name, detail),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(Detail::Dict(errors)) }
}
