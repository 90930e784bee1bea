//! Username validation (`django/contrib/auth/validators.py`).

use super::password_validation::is_word;
use vitamin_framework::translation::{gettext, ngettext, percent_format};

/// Checks a username with Django's UnicodeUsernameValidator and the column's length. Returns the error messages.
#[must_use]
pub fn validate_username(username: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let valid = |c: char| is_word(c) || ".@+-".contains(c);
    if !username.chars().all(valid) {
        messages.push(
            gettext("Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.")
                .to_owned(),
        );
    }
    let length = username.chars().count();
    if length > 150 {
        messages.push(too_long(150, length));
    }
    messages
}

/// The message of a value that is too long (`MaxLengthValidator` of `django/core/validators.py`).
pub(crate) fn too_long(max: usize, length: usize) -> String {
    let message = ngettext(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        u64::try_from(max).unwrap_or(u64::MAX),
    );
    percent_format(message, &[("limit_value", &max), ("show_value", &length)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_allow_any_script_but_no_spaces_or_symbols() {
        for name in ["Pepe", "walterwhité", "a.b@c+d-e_f", "日本"] {
            assert!(validate_username(name).is_empty(), "{name}");
        }
        for name in ["two words", "semi;colon", "ⓐ", "new\nline"] {
            assert_eq!(validate_username(name).len(), 1, "{name:?}");
        }
        assert_eq!(
            validate_username(&"x".repeat(151)),
            ["Ensure this value has at most 150 characters (it has 151)."]
        );
    }
}
