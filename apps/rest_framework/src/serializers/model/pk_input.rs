//! A primary key that a client sends, as Django's `queryset.get(pk=…)` takes it.

use uuid::Uuid;

use crate::data::Value;
use crate::error_detail::Detail;
use crate::fields::{parse_uuid, to_ascii};
use crate::python;
use crate::request::RequestInfo;
use vitamin_framework::models::{ColumnKind, DbValue, Model, WrongType};
use vitamin_framework::translation::{format, gettext, percent_format};

/// A key, or a value that no row has.
pub(super) enum PkInput {
    /// A key to look up.
    Key(DbValue),
    /// No row has it, such as an integer that is out of range.
    None,
}

/// Converts a client's value to a primary key of this kind.
pub(super) fn pk_input(data: &Value, kind: ColumnKind) -> Result<PkInput, Detail> {
    if let Value::Bool(_) = data {
        return Err(incorrect_type(data));
    }
    match kind {
        _ if *data == Value::Null => Ok(PkInput::None),
        ColumnKind::Uuid => uuid(data),
        ColumnKind::Text => {
            let text = python::str(data).into_owned();
            Ok(if text.contains('\0') { PkInput::None } else { PkInput::Key(DbValue::Text(text)) })
        }
        _ => integer(data),
    }
}

fn incorrect_type(data: &Value) -> Detail {
    let message = format(
        gettext("Incorrect type. Expected pk value, received {data_type}."),
        &[("data_type", &data.type_name())],
    );
    Detail::list(message, "incorrect_type")
}

/// Python's `int(value)`.
fn integer(data: &Value) -> Result<PkInput, Detail> {
    let number = match data {
        Value::Int(number) => number.as_i64(),
        Value::Float(number) if number.is_finite() => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float out of range saturates: no row has it"
            )]
            let whole = number.trunc() as i64;
            Some(whole).filter(|whole| *whole != i64::MAX && *whole != i64::MIN)
        }
        Value::String(text) => match python::int(&to_ascii(text)) {
            // The parser stops at the limits.
            Some(number) => Some(number).filter(|number| *number != i64::MAX && *number != i64::MIN),
            None => return Err(incorrect_type(data)),
        },
        _ => return Err(incorrect_type(data)),
    };
    Ok(number.map_or(PkInput::None, |number| PkInput::Key(DbValue::Integer(number))))
}

/// `UUIDField.to_python`: text in any of Python's forms, or an integer.
fn uuid(data: &Value) -> Result<PkInput, Detail> {
    let invalid = || {
        let message =
            percent_format(gettext("“%(value)s” is not a valid UUID."), &[("value", &python::str(data))]);
        Detail::list(message, "invalid")
    };
    let uuid = match data {
        Value::Int(number) => match number.as_u128() {
            Some(number) => Uuid::from_u128(number),
            None => return Err(invalid()),
        },
        Value::String(text) => parse_uuid(text).map(Uuid::from_u128).ok_or_else(invalid)?,
        _ => return Err(invalid()),
    };
    Ok(PkInput::Key(DbValue::Uuid(uuid)))
}

/// The primary key that a serializer validated.
pub(super) fn pk_of<U: Model>(value: &Value, info: &RequestInfo) -> Result<DbValue, WrongType> {
    DbValue::from_validated(value, info.kind_of(U::META.primary_key().kind))
}

/// A value of a URL, for a look-up by a column of this kind: `None` if it is no value of the column, `Some(None)` if no row
/// has it.
#[doc(hidden)]
#[must_use]
pub fn pk_lookup(text: String, kind: ColumnKind) -> Option<Option<DbValue>> {
    match pk_input(&Value::String(text), kind) {
        Ok(PkInput::Key(key)) => Some(Some(key)),
        Ok(PkInput::None) => Some(None),
        Err(_) => None,
    }
}
