//! Text fields: `CharField`, `EmailField`, `SlugField` and `URLField`.

use super::url::is_url;
use super::{Context, Field, Input, Kind, Options};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::python;
use vitamin_framework::validators::is_valid_email;

/// A text field. Accepts text and numbers, but no booleans, lists and dicts.
pub type CharField = Field<Char>;

/// An e-mail address (`EmailValidator` in django/core/validators.py).
pub type EmailField = Field<Char<Email>>;

/// A slug: ASCII letters, digits, hyphens and underscores.
pub type SlugField = Field<Char<Slug>>;

/// An absolute URL of http, https, ftp or ftps (`URLValidator` in django/core/validators.py).
pub type UrlField = Field<Char<Url>>;

/// The kind of text fields, with the required syntax.
#[derive(Clone, Debug)]
pub struct Char<S = Anything> {
    allow_blank: bool,
    trim_whitespace: bool,
    max_length: Option<usize>,
    min_length: Option<usize>,
    syntax: S,
}

/// The required syntax of a text field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the syntax of a text field",
    label = "not a `Syntax`",
    note = "implement `Syntax` for it: the type for OPTIONS, the message, and `matches`"
)]
pub trait Syntax: Send + Sync {
    /// The type in the response to OPTIONS.
    const TYPE: &'static str;
    /// The error message.
    const MESSAGE: &'static str;
    /// Whether the text is valid.
    fn matches(&self, text: &str) -> bool;
}

/// Any text.
#[derive(Clone, Debug, Default)]
pub struct Anything;

/// An e-mail address.
#[derive(Clone, Debug, Default)]
pub struct Email;

/// ASCII letters, digits, hyphens and underscores.
#[derive(Clone, Debug, Default)]
pub struct Slug;

/// An absolute URL.
#[derive(Clone, Debug, Default)]
pub struct Url;

impl Syntax for Anything {
    const TYPE: &'static str = "string";
    const MESSAGE: &'static str = "";
    fn matches(&self, _: &str) -> bool {
        true
    }
}

impl Syntax for Email {
    const TYPE: &'static str = "email";
    const MESSAGE: &'static str = "Enter a valid email address.";
    fn matches(&self, text: &str) -> bool {
        is_valid_email(text)
    }
}

impl Syntax for Slug {
    const TYPE: &'static str = "slug";
    const MESSAGE: &'static str =
        "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.";
    fn matches(&self, text: &str) -> bool {
        // Python's `$` also matches before a trailing newline.
        let text = text.strip_suffix('\n').unwrap_or(text);
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }
}

impl Syntax for Url {
    const TYPE: &'static str = "url";
    const MESSAGE: &'static str = "Enter a valid URL.";
    fn matches(&self, text: &str) -> bool {
        is_url(text)
    }
}

impl<S: Syntax + Default> Field<Char<S>> {
    /// A field that trims the text and rejects blank text.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Char {
            allow_blank: false,
            trim_whitespace: true,
            max_length: None,
            min_length: None,
            syntax: S::default(),
        })
    }

    /// Accepts blank text.
    pub fn allow_blank(mut self) -> Self {
        self.kind.allow_blank = true;
        self
    }

    /// Whether leading and trailing white space is removed. Disable it for passwords.
    pub fn trim_whitespace(mut self, trim: bool) -> Self {
        self.kind.trim_whitespace = trim;
        self
    }

    /// The maximum number of characters.
    pub fn max_length(mut self, characters: usize) -> Self {
        self.kind.max_length = Some(characters);
        self
    }

    /// The minimum number of characters.
    pub fn min_length(mut self, characters: usize) -> Self {
        self.kind.min_length = Some(characters);
        self
    }
}

impl<S: Syntax> Kind for Char<S> {
    const TYPE: &'static str = S::TYPE;

    fn allow_blank(&self) -> bool {
        self.allow_blank
    }

    fn validate_blank(&self, _: &Options, value: &Input<'_>) -> Option<Result<Value, Detail>> {
        let value = value.as_value()?;
        let is_blank = |text: &str| self.trim_whitespace && python::strip(text).is_empty();
        let blank = match value {
            Value::String(text) => text.is_empty() || is_blank(text),
            // In Python, the text of a file is its name.
            Value::File(file) => is_blank(&file.name),
            _ => false,
        };
        if !blank {
            return None;
        }
        if self.allow_blank {
            return Some(Ok("".into()));
        }
        Some(Err(Detail::list("This field may not be blank.", "blank")))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        match value.as_value() {
            Some(Value::IllFormed(text)) if self.trim_whitespace => Ok(Value::IllFormed(text.trim())),
            Some(value @ Value::IllFormed(_)) => Ok(value.clone()),
            Some(value @ (Value::String(_) | Value::Int(_) | Value::Float(_))) => {
                let text = python::str(value);
                let text = if self.trim_whitespace { python::strip(&text) } else { &text };
                Ok(text.into())
            }
            _ if S::TYPE == Anything::TYPE => Err(Detail::list("Not a valid string.", "invalid")),
            _ => Err(Detail::list(S::MESSAGE, "invalid")),
        }
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let (length, has_null, text) = match value {
            Value::String(text) => (text.chars().count(), text.contains('\0'), text.clone()),
            Value::IllFormed(text) => {
                (text.code_points().len(), text.code_points().contains(&0), text.to_string_lossy())
            }
            _ => return,
        };
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            let message = format!("Ensure this field has no more than {max} characters.");
            errors.push(ErrorDetail::new(message, "max_length"));
        }
        if let Some(min) = self.min_length.filter(|min| length < *min) {
            let message = format!("Ensure this field has at least {min} characters.");
            errors.push(ErrorDetail::new(message, "min_length"));
        }
        if has_null {
            errors.push(ErrorDetail::new("Null characters are not allowed.", "null_characters_not_allowed"));
        }
        if let Value::IllFormed(text) = value {
            let message = format!("Surrogate characters are not allowed: U+{:X}.", text.first_surrogate());
            errors.push(ErrorDetail::new(message, "surrogate_characters_not_allowed"));
        }
        if !self.syntax.matches(&text) {
            errors.push(ErrorDetail::invalid(S::MESSAGE));
        }
    }

    fn describe_limits(&self, info: &mut Dict) {
        for (key, length) in [("min_length", self.min_length), ("max_length", self.max_length)] {
            super::number::describe_limit(info, key, length);
        }
    }
}
