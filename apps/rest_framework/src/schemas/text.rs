//! The kinds of text fields, which are generic over their syntax.

use crate::fields::{BaseField, Char, Email, IpAddress, Protocol, Regex, Slug, Url};

/// A `CharField`, or a field of one of its subclasses.
pub(super) struct Text<'a> {
    pub(super) allows_blank: bool,
    pub(super) max_length: Option<usize>,
    pub(super) min_length: Option<usize>,
    pub(super) syntax: TextSyntax<'a>,
}

pub(super) enum TextSyntax<'a> {
    Any,
    Email,
    Url,
    /// Whether letters of all scripts are accepted.
    Slug(bool),
    /// The pattern.
    Regex(&'a str),
    IpAddress(Protocol),
}

impl<'a> Text<'a> {
    /// `None` if it is no text field.
    pub(super) fn of(field: &'a dyn BaseField) -> Option<Self> {
        let kind = field.kind();
        if let Some(text) = kind.downcast_ref::<Char>() {
            return Some(Self::new(text, TextSyntax::Any));
        }
        if let Some(text) = kind.downcast_ref::<Char<Email>>() {
            return Some(Self::new(text, TextSyntax::Email));
        }
        if let Some(text) = kind.downcast_ref::<Char<Url>>() {
            return Some(Self::new(text, TextSyntax::Url));
        }
        if let Some(text) = kind.downcast_ref::<Char<Slug>>() {
            return Some(Self::new(text, TextSyntax::Slug(text.syntax().allows_unicode())));
        }
        if let Some(text) = kind.downcast_ref::<Char<Regex>>() {
            return Some(Self::new(text, TextSyntax::Regex(text.syntax().pattern().as_str())));
        }
        let text = kind.downcast_ref::<Char<IpAddress>>()?;
        Some(Self::new(text, TextSyntax::IpAddress(text.syntax().protocol())))
    }

    fn new<S>(text: &Char<S>, syntax: TextSyntax<'a>) -> Self {
        Self {
            allows_blank: text.allows_blank(),
            max_length: text.max_length(),
            min_length: text.min_length(),
            syntax,
        }
    }
}
