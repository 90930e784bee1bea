//! Text fields: `CharField`, `EmailField`, `SlugField` and `URLField`.

use std::borrow::Cow;

use super::url::is_url;
use super::{Context, Field, Input, Kind, Options, Output, OutputError, text};
use crate::data::{Dict, Value};
use crate::error_detail::{Detail, ErrorDetail};
use crate::{json, python};
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};
use vitamin_framework::validators::is_valid_email;

/// A text field. Accepts text and numbers, but no booleans, lists and dicts.
pub type CharField = Field<Char>;

/// An e-mail address (`EmailValidator` in django/core/validators.py).
pub type EmailField = Field<Char<Email>>;

/// A slug: ASCII letters, digits, hyphens and underscores.
pub type SlugField = Field<Char<Slug>>;

/// An absolute URL of http, https, ftp or ftps (`URLValidator` in django/core/validators.py).
pub type URLField = Field<Char<Url>>;

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
    /// The error message, which is translated. If it is empty, a value that is no text gets `CharField`'s message.
    const MESSAGE: &'static str;
    /// Whether the text is valid.
    fn matches(&self, text: &str) -> bool;
    /// The error message for text in the active language, if it depends on the options.
    fn message(&self) -> Cow<'static, str> {
        gettext(Self::MESSAGE).into()
    }
    /// Converts a value in a way of its own. `None`: as `CharField` does.
    fn convert(&self, _value: &Input<'_>) -> Option<Result<Value, Detail>> {
        None
    }
}

/// Any text.
#[derive(Clone, Debug, Default)]
pub struct Anything;

/// An e-mail address.
#[derive(Clone, Debug, Default)]
pub struct Email;

/// Letters, digits, hyphens and underscores.
#[derive(Clone, Debug, Default)]
pub struct Slug {
    allow_unicode: bool,
}

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
        if self.allow_unicode {
            return !text.is_empty() && text.chars().all(|c| c == '-' || python::is_word(c));
        }
        // Python's `$` also matches before a trailing newline.
        let text = text.strip_suffix('\n').unwrap_or(text);
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }
    fn message(&self) -> Cow<'static, str> {
        let of_unicode =
            "Enter a valid \"slug\" consisting of Unicode letters, numbers, underscores, or hyphens.";
        gettext(if self.allow_unicode { of_unicode } else { Self::MESSAGE }).into()
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
        Self::of_syntax(S::default())
    }
}

impl Field<Char<Slug>> {
    /// Accepts letters and digits of every script.
    pub fn allow_unicode(mut self) -> Self {
        self.kind.syntax.allow_unicode = true;
        self
    }
}

impl Slug {
    /// Whether letters of all scripts are accepted.
    pub fn allows_unicode(&self) -> bool {
        self.allow_unicode
    }
}

impl<S> Char<S> {
    /// Whether blank text is a value.
    pub fn allows_blank(&self) -> bool {
        self.allow_blank
    }

    /// Whether leading and trailing white space is removed.
    pub fn trims_whitespace(&self) -> bool {
        self.trim_whitespace
    }

    /// The maximum number of characters.
    pub fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    /// The minimum number of characters.
    pub fn min_length(&self) -> Option<usize> {
        self.min_length
    }

    /// The required syntax.
    pub fn syntax(&self) -> &S {
        &self.syntax
    }
}

impl<S: Syntax> Field<Char<S>> {
    /// A field of this syntax that trims the text and rejects blank text.
    pub fn of_syntax(syntax: S) -> Self {
        Self::of_kind(Char {
            allow_blank: false,
            trim_whitespace: true,
            max_length: None,
            min_length: None,
            syntax,
        })
    }

    /// Changes the required syntax.
    pub(super) fn with_syntax(mut self, change: impl FnOnce(&mut S)) -> Self {
        change(&mut self.kind.syntax);
        self
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
        Some(Err(Detail::list(gettext("This field may not be blank."), "blank")))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        if let Some(converted) = self.syntax.convert(value) {
            return converted;
        }
        match value.as_value() {
            Some(Value::IllFormed(text)) if self.trim_whitespace => Ok(Value::IllFormed(text.trim())),
            Some(value @ Value::IllFormed(_)) => Ok(value.clone()),
            Some(value @ (Value::String(_) | Value::Int(_) | Value::Float(_))) => {
                let text = python::str(value);
                let text = if self.trim_whitespace { python::strip(&text) } else { &text };
                Ok(text.into())
            }
            _ if S::MESSAGE.is_empty() => Err(Detail::list(gettext("Not a valid string."), "invalid")),
            _ => Err(Detail::list(gettext(S::MESSAGE), "invalid")),
        }
    }

    fn validate(&self, value: &Value, errors: &mut Vec<ErrorDetail>) {
        let (length, has_null, text) = match value {
            Value::String(text) => (text.chars().count(), text.contains('\0'), Cow::Borrowed(text.as_str())),
            Value::IllFormed(text) => (
                text.code_points().len(),
                text.code_points().contains(&0),
                Cow::Owned(text.to_string_lossy()),
            ),
            _ => return,
        };
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            let message = format(
                gettext("Ensure this field has no more than {max_length} characters."),
                &[("max_length", &max)],
            );
            errors.push(ErrorDetail::new(message, "max_length"));
        }
        if let Some(min) = self.min_length.filter(|min| length < *min) {
            let message = format(
                gettext("Ensure this field has at least {min_length} characters."),
                &[("min_length", &min)],
            );
            errors.push(ErrorDetail::new(message, "min_length"));
        }
        if has_null {
            errors.push(ErrorDetail::new(
                gettext("Null characters are not allowed."),
                "null_characters_not_allowed",
            ));
        }
        if let Value::IllFormed(text) = value {
            let message = format(
                gettext("Surrogate characters are not allowed: U+{code_point:X}."),
                &[("code_point:X", &format_args!("{:X}", text.first_surrogate()))],
            );
            errors.push(ErrorDetail::new(message, "surrogate_characters_not_allowed"));
        }
        if !self.syntax.matches(&text) {
            errors.push(ErrorDetail::invalid(self.syntax.message()));
        }
    }

    fn initial(&self, _: &Options) -> Value {
        "".into()
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        match value {
            ValueRef::Text(text) => json::write_str(out, text),
            other => json::write_str(out, &text::str(other, output.time_zone.use_tz())),
        }
        Ok(())
    }

    fn describe_limits(&self, info: &mut Dict) {
        for (key, length) in [("min_length", self.min_length), ("max_length", self.max_length)] {
            super::limit::describe_limit(info, key, length);
        }
    }
}
