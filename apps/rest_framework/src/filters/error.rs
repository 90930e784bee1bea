//! The errors of Django's form fields.

use crate::error_detail::ErrorDetail;
use vitamin_framework::translation::{gettext, percent_format};

/// An error of one value.
pub(crate) type Invalid = ErrorDetail;

pub(super) fn required() -> Invalid {
    ErrorDetail::new(gettext("This field is required."), "required")
}

pub(super) fn null_characters() -> Invalid {
    ErrorDetail::new(gettext("Null characters are not allowed."), "null_characters_not_allowed")
}

/// The error of a regular expression that the database can't read.
pub(crate) fn invalid_pattern() -> Invalid {
    Invalid::invalid(gettext("Enter a valid value."))
}

pub(super) fn invalid_choice(value: &str) -> Invalid {
    let message = percent_format(
        gettext("Select a valid choice. %(value)s is not one of the available choices."),
        &[("value", &value)],
    );
    ErrorDetail::new(message, "invalid_choice")
}
