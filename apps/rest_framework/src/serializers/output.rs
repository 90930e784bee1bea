//! The output of validated data (`Serializer.to_representation` of rest_framework/serializers.py).

use super::source::get_value;
use super::{ListSerializer, Object, Serializer};
use crate::data::{Dict, Value};
use crate::fields::{BaseField, Context, Output, OutputError, value_ref};
use crate::json;
use vitamin_framework::models::ValueRef;

impl Serializer {
    /// Writes a validated object as JSON (`serializer.data` without a model): the fields that are not write-only, in order.
    ///
    /// # Errors
    /// An attribute is missing, or a value does not fit its field: a bug of the app.
    pub fn data(&self, validated: &Value, output: &Output<'_>) -> Result<Vec<u8>, OutputError> {
        let mut out = Vec::new();
        let output = Output { partial: output.partial || self.kind.partial, ..*output };
        self.represent_value(validated, &output, &mut out)?;
        Ok(out)
    }
}

impl ListSerializer {
    /// Writes validated objects as a JSON array.
    ///
    /// # Errors
    /// As [`Serializer::data`].
    pub fn data(&self, validated: &Value, output: &Output<'_>) -> Result<Vec<u8>, OutputError> {
        let mut out = Vec::new();
        self.represent_value(validated, output, &mut out)?;
        Ok(out)
    }
}

impl Object {
    /// Writes the fields of an object.
    pub(super) fn represent(
        &self,
        values: &Dict,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        out.push(b'{');
        let mut is_first = true;
        for (name, field) in self.fields.iter().filter(|(_, field)| !field.options().is_write_only()) {
            let Some(value) = attribute(name, field.as_ref(), values, output)? else { continue };
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            json::write_str(out, name);
            out.push(b':');
            match value {
                Attribute::Value(value) => field.to_representation(value_ref(value), output, out)?,
                Attribute::Default(value) => field.to_representation(value_ref(&value), output, out)?,
                Attribute::Whole => {
                    let whole = Value::Dict(values.clone());
                    field.to_representation(ValueRef::Json(&whole), output, out)?;
                }
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// Where a field's value comes from.
enum Attribute<'v> {
    Value(&'v Value),
    Default(Value),
    Whole,
}

/// `Field.get_attribute`. `None` leaves the field out.
fn attribute<'v>(
    name: &str,
    field: &dyn BaseField,
    values: &'v Dict,
    output: &Output<'_>,
) -> Result<Option<Attribute<'v>>, OutputError> {
    let options = field.options();
    let source = options.source().unwrap_or(name);
    if source == "*" {
        return Ok(Some(Attribute::Whole));
    }
    if let Some(value) = get_value(values, source) {
        return Ok(Some(Attribute::Value(value)));
    }
    if options.has_default() {
        if output.partial {
            return Ok(None);
        }
        return Ok(options.default_value(Context::new(output.time_zone)).map(Attribute::Default));
    }
    if options.allows_null() {
        return Ok(Some(Attribute::Default(Value::Null)));
    }
    if options.is_required() {
        return Err(OutputError::new(format!("the attribute {source} of the field {name} is missing")));
    }
    Ok(None)
}
