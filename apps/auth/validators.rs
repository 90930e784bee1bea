//! What a username and an e-mail address may be (`django/contrib/auth/validators.py`, `django/core/validators.py`).

/// Django's UnicodeUsernameValidator and the length of the column: the messages, if any.
#[must_use]
pub fn validate_username(username: &str) -> Vec<String> {
    let mut messages = Vec::new();
    // Python's \w: letters, digits and underscore of every script.
    let valid = |c: char| c.is_alphanumeric() || "_.@+-".contains(c);
    if !username.chars().all(valid) {
        messages.push(
            "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
                .to_owned(),
        );
    }
    let length = username.chars().count();
    if length > 150 {
        messages.push(format!("Ensure this value has at most 150 characters (it has {length})."));
    }
    messages
}
