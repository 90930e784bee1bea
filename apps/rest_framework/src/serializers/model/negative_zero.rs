//! Decimals that are `-0.00`: Django answers the request that stores one with its sign, which no database keeps and
//! [`BigDecimal`](bigdecimal::BigDecimal) does not have.

use bigdecimal::Zero as _;

use super::entry::Target;
use super::output::{OutputField, Representation};
use super::resolved::Resolved;
use crate::data::{Dict, Value};
use crate::exceptions::APIException;
use crate::fields::BaseField;
use std::sync::Arc;
use vitamin_framework::models::{ColumnKind, DbValue, Model, Object, ValueRef};

/// The texts of negative zeros, by their columns' names.
#[derive(Default)]
pub(super) struct NegativeZeros(Vec<(&'static str, String)>);

impl NegativeZeros {
    /// Those among validated values.
    pub(super) fn of<T: Model>(resolved: &Resolved<T>, values: &Dict) -> Self {
        let found = resolved.targets.iter().filter_map(|(source, target)| {
            let Target::Column(index) = target else { return None };
            let column = T::META.columns.get(*index).filter(|column| column.kind == ColumnKind::Decimal)?;
            let text = values.get(source).and_then(Value::as_str)?;
            let is_zero = text.strip_prefix('-')?.bytes().all(|byte| matches!(byte, b'0' | b'.'));
            is_zero.then(|| (column.name, text.to_owned()))
        });
        Self(found.collect())
    }

    /// Keeps the texts in the object that was stored.
    pub(super) fn keep<T: Model>(&self, object: &mut Object<T>) {
        for (name, text) in &self.0 {
            object.set_written(name, text.clone().into());
        }
    }
}

/// A column of decimals.
pub(super) struct DecimalOutput {
    pub(super) index: usize,
    pub(super) name: &'static str,
    pub(super) field: Arc<dyn BaseField>,
}

impl<T: Model> OutputField<T> for DecimalOutput {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        let value = object.value(self.index);
        let written = match value {
            ValueRef::Decimal(number) if number.is_zero() => object.find_annotation(self.name),
            _ => None,
        };
        self.field.to_representation(written.map_or(value, DbValue::as_ref), &context.output, out)?;
        Ok(true)
    }
}
