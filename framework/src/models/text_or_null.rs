//! A text of a column that another project may have made NULL.

use std::fmt;
use std::ops::Deref;

use diesel::{deserialize, sql_types};

use super::column::{ColumnKind, FieldClass};
use super::field_value::FieldValue;
use super::row::{RawValue, Row};
use super::value::ValueRef;

/// A text column that the model's description says is NOT NULL, but may be NULL in the tables of a project with a model of its own, such as
/// `email` of a user model with `EmailField(null=True)`. Serializers write NULL as `null`, as in Django; otherwise it is an empty text. A
/// column of your own that may be NULL is an `Option<String>`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TextOrNull(Option<String>);

impl TextOrNull {
    /// Whether the column is NULL.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.0.is_none()
    }
}

impl Deref for TextOrNull {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl fmt::Display for TextOrNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for TextOrNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<String> for TextOrNull {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<&str> for TextOrNull {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<TextOrNull> for String {
    fn from(text: TextOrNull) -> Self {
        text.0.unwrap_or_default()
    }
}

impl FieldValue for TextOrNull {
    type SqlType = sql_types::Text;
    const KIND: ColumnKind = ColumnKind::Text;
    const CLASS: FieldClass = FieldClass::Char;

    fn from_raw(raw: RawValue<'_>) -> deserialize::Result<Self> {
        Option::from_raw(raw).map(Self)
    }

    fn from_column(row: &Row<'_>, index: usize) -> deserialize::Result<Option<Self>> {
        Ok(Some(Self(row.text(index)?)))
    }

    fn as_value(&self) -> ValueRef<'_> {
        self.0.as_deref().map_or(ValueRef::Null, ValueRef::Text)
    }
}
