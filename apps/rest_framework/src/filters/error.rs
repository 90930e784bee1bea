//! The errors of Django's form fields.

use crate::error_detail::ErrorDetail;

/// An error of one value.
pub(crate) type Invalid = ErrorDetail;

pub(super) fn required() -> Invalid {
    ErrorDetail::new("This field is required.", "required")
}

pub(super) fn null_characters() -> Invalid {
    ErrorDetail::new("Null characters are not allowed.", "null_characters_not_allowed")
}

pub(super) fn invalid_choice(value: &str) -> Invalid {
    let message = format!("Select a valid choice. {value} is not one of the available choices.");
    ErrorDetail::new(message, "invalid_choice")
}
