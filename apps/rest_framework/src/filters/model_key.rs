//! Keys of objects in ModelChoiceFilter and ModelMultipleChoiceFilter (django/forms/models.py).

use crate::error_detail::ErrorDetail;
use crate::fields::{digits, uuid};

use super::{Cleaned, FormField, error};
use vitamin_framework::translation::{gettext, percent_format};

/// The type of the key by which a filter finds objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKey {
    /// A whole number.
    Integer,
    /// A UUID.
    Uuid,
    /// Text.
    Text,
}

impl ModelKey {
    /// Reads a key. It does not say whether there is such an object: if there is none, the error is
    /// [`not_found`](Self::not_found).
    ///
    /// # Errors
    /// The field's error: it is no key, so that there cannot be such an object.
    pub fn clean(self, field: &FormField, text: &str) -> Result<Cleaned, ErrorDetail> {
        match self {
            Self::Text => Ok(Cleaned::Text(text.to_owned())),
            Self::Uuid => match uuid::parse(text) {
                Some(number) => Ok(Cleaned::Uuid(::uuid::Uuid::from_u128(number))),
                None => Err(ErrorDetail::invalid(percent_format(
                    gettext("“%(value)s” is not a valid UUID."),
                    &[("value", &text)],
                ))),
            },
            Self::Integer => match digits::int(text) {
                Some(number) => {
                    number.as_i64().map(Cleaned::Integer).ok_or_else(|| Self::not_found(field, text))
                }
                None if field.has_many_keys() => Err(ErrorDetail::new(
                    percent_format(gettext("“%(pk)s” is not a valid value."), &[("pk", &text)]),
                    "invalid_pk_value",
                )),
                None => Err(Self::not_found(field, text)),
            },
        }
    }

    /// The field's error for a key without an object. Of several keys, Django compares the client's text with the text of
    /// the objects' keys, so that ` 1` and `01` are not found.
    #[must_use]
    pub fn not_found(field: &FormField, text: &str) -> ErrorDetail {
        if field.has_many_keys() {
            return error::invalid_choice(text);
        }
        let message = "Select a valid choice. That choice is not one of the available choices.";
        ErrorDetail::new(gettext(message), "invalid_choice")
    }
}
