//! A model serializer whose fields are known: it validates and writes.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;

use super::entry::{Entry, Target};
use super::hooks::Hooks;
use super::output::Representation;
use super::uniqueness::WithSources;
use super::validation::Validation;
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::exceptions::{APIException, ExceptionKind};
use crate::fields::{Context, Input};
use crate::json;
use crate::request::RequestInfo;
use crate::serializers::source::set_value;
use vitamin_framework::models::{Changes, DbValue, FieldClass, Model, Object, Plan};
use vitamin_framework::translation::{format, gettext};

/// A field with its name.
pub(super) struct NamedEntry<T> {
    pub(super) name: &'static str,
    /// `"name":`
    key: Vec<u8>,
    pub(super) entry: Entry<T>,
}

impl<T> NamedEntry<T> {
    pub(super) fn new(name: &'static str, entry: Entry<T>) -> Self {
        let mut key = Vec::with_capacity(name.len() + 3);
        json::write_str(&mut key, name);
        key.push(b':');
        Self { name, key, entry }
    }
}

/// A serializer's fields.
pub(super) struct Resolved<T: Model> {
    pub(super) entries: Vec<NamedEntry<T>>,
    /// Where the validated values are stored, by their names.
    pub(super) targets: Vec<(String, Target)>,
    /// The fields whose input is ignored.
    pub(super) without_input: Vec<&'static str>,
    pub(super) validators: Vec<WithSources>,
    pub(super) plan: Plan<T>,
}

impl<T: Model> Resolved<T> {
    /// The fields for OPTIONS.
    pub(super) fn info(&self) -> Dict {
        let fields = self.entries.iter().filter(|named| !named.entry.field.is_hidden());
        fields.map(|named| (named.name.to_owned(), named.entry.field.info(named.name).into())).collect()
    }

    /// Appends an object.
    pub(super) fn write(
        &self,
        object: &Object<T>,
        hooks: &Hooks<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        let start = out.len();
        out.push(b'{');
        for named in &self.entries {
            let Some(output) = &named.entry.output else { continue };
            if hooks.omits.iter().any(|(name, omits)| *name == named.name && omits(object)) {
                continue;
            }
            let before = out.len();
            if before > start + 1 {
                out.push(b',');
            }
            out.extend_from_slice(&named.key);
            if !output.write(object, context, out)? {
                out.truncate(before);
            }
        }
        out.push(b'}');
        if let Some(represent) = &hooks.representation {
            let tree =
                out.get(start..).map(|bytes| json::decode(bytes, crate::python::codecs::Charset::Utf8));
            let Some(Ok(Value::Dict(tree))) = tree else {
                return Err(APIException::server_error("a serializer wrote no JSON"));
            };
            out.truncate(start);
            let tree = represent(object, context.request, tree)?;
            json::write(out, &tree).map_err(APIException::server_error)?;
        }
        Ok(())
    }

    /// Validates input. The values are those of the model's fields, by their names.
    pub(super) fn validate(
        &self,
        input: &Input<'_>,
        hooks: &Hooks<T>,
        context: Context<'_>,
        validation: &Validation<'_, T>,
    ) -> Result<Dict, APIException> {
        if !input.is_dict() {
            let message = format(
                gettext("Invalid data. Expected a dictionary, but got {datatype}."),
                &[("datatype", &input.type_name())],
            );
            return Err(APIException::validation_error(Detail::non_field(message, "invalid")));
        }
        let mut values = Dict::with_capacity(self.entries.len());
        let mut errors = IndexMap::new();
        for NamedEntry { name, entry, .. } in &self.entries {
            let field = &entry.field;
            if field.is_read_only() || self.without_input.contains(name) {
                continue;
            }
            match field.run_validation(field.get_value(name, input, context).as_ref(), context) {
                Ok(Some(value)) => {
                    let value = match &entry.target {
                        Target::Merged(merged) => merged.split(value),
                        _ => Ok(value),
                    };
                    let checked = value.and_then(|mut value| {
                        hooks.check_field(name, &mut value, validation)?;
                        Ok(value)
                    });
                    match checked {
                        Ok(value) => set_value(&mut values, &entry.source, value),
                        Err(error) => _ = errors.insert((*name).to_owned(), invalid(error)?),
                    }
                }
                Ok(None) => {}
                Err(detail) => _ = errors.insert((*name).to_owned(), detail),
            }
        }
        if !errors.is_empty() {
            return Err(APIException::validation_error(Detail::Dict(errors)));
        }
        self.check_unique(&values, context, validation)?;
        for check in &hooks.checks {
            check(&mut values, validation).map_err(serializer_error)?;
        }
        self.check_json(&values)?;
        Ok(values)
    }

    /// Refuses the text `null` of a form in a field of JSON. Django REST framework finds nothing wrong with it, and crashes
    /// when the database refuses the row.
    fn check_json(&self, values: &Dict) -> Result<(), APIException> {
        let mut errors = IndexMap::new();
        for NamedEntry { name, entry, .. } in &self.entries {
            if is_required_json::<T>(entry) && values.get(&entry.source) == Some(&Value::Null) {
                let detail = Detail::list(gettext("This field may not be null."), "null");
                errors.insert((*name).to_owned(), detail);
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(APIException::validation_error(Detail::Dict(errors))) }
    }

    /// Runs the validators of several fields. All their messages are returned.
    fn check_unique(
        &self,
        values: &Dict,
        context: Context<'_>,
        validation: &Validation<'_, T>,
    ) -> Result<(), APIException> {
        if self.validators.is_empty() {
            return Ok(());
        }
        let values = self.with_read_only_defaults(values, context);
        let mut messages = Vec::new();
        for (validator, sources) in &self.validators {
            let Err(error) = validator.check(&values, sources, validation) else { continue };
            match invalid(error)? {
                Detail::List(items) => messages.extend(items),
                other => {
                    let detail = other.into_serializer_error();
                    return Err(APIException::validation_error(detail));
                }
            }
        }
        if messages.is_empty() {
            return Ok(());
        }
        Err(APIException::validation_error(Detail::List(messages).into_serializer_error()))
    }

    /// The values, and the defaults of read-only fields (`_read_only_defaults`).
    fn with_read_only_defaults<'v>(&self, values: &'v Dict, context: Context<'_>) -> Cow<'v, Dict> {
        let mut values = Cow::Borrowed(values);
        if context.partial {
            return values;
        }
        for NamedEntry { entry, .. } in &self.entries {
            let options = entry.field.options();
            if !options.is_read_only() || !options.has_default() || values.contains_key(&entry.source) {
                continue;
            }
            if let Some(default) = options.default_value(context) {
                values.to_mut().insert(entry.source.clone(), default);
            }
        }
        values
    }

    /// The columns that validated values change. Removes them from the values.
    pub(super) fn changes(&self, values: &mut Dict, info: &RequestInfo) -> Result<Changes<T>, APIException> {
        let mut changes = Changes::new();
        for (source, target) in &self.targets {
            let Target::Column(index) = target else { continue };
            let Some(column) = T::META.columns.get(*index) else { continue };
            let Some(value) = values.shift_remove(source) else { continue };
            let value = DbValue::from_validated(&value, info.kind_of(column.kind));
            changes.set_index(*index, value.map_err(APIException::server_error)?);
        }
        Ok(changes)
    }

    /// The names of the fields, for a check that all options name one.
    pub(super) fn names(&self) -> HashSet<&'static str> {
        self.entries.iter().map(|named| named.name).collect()
    }
}

/// The detail of a validation error; any other error ends the request.
fn invalid(error: APIException) -> Result<Detail, APIException> {
    if error.kind() == ExceptionKind::ValidationError { Ok(error.detail().clone()) } else { Err(error) }
}

/// A validation error of the whole object: `as_serializer_error`.
fn serializer_error(error: APIException) -> APIException {
    if error.kind() != ExceptionKind::ValidationError {
        return error;
    }
    APIException::validation_error(error.detail().clone().into_serializer_error())
}

/// Whether it is a column of JSON that refuses NULL, and the field does too.
fn is_required_json<T: Model>(entry: &Entry<T>) -> bool {
    let Target::Column(index) = entry.target else { return false };
    let column = T::META.columns.get(index);
    column.is_some_and(|column| column.class == FieldClass::Json && !column.null)
        && !entry.field.options().allows_null()
}
