//! Text that is translated when it is shown, such as the label of a field that was declared at the start.

use std::borrow::Cow;

use super::gettext;

/// Text that an app declares: as it is, or to be translated ([`gettext_lazy`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LazyText(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Plain(Cow<'static, str>),
    Translated(&'static str),
    /// Translated, with its first letter in upper case.
    Capitalized(&'static str),
}

/// Marks a message whose translation is looked up each time that it is shown.
///
/// ```
/// use vitamin_framework::translation::{LazyText, gettext_lazy};
///
/// let labels: [LazyText; 2] = [gettext_lazy("Username"), "Nickname".into()];
/// assert_eq!(labels.map(|label| label.text()), ["Username", "Nickname"]);
/// ```
#[must_use]
pub const fn gettext_lazy(message: &'static str) -> LazyText {
    LazyText(Kind::Translated(message))
}

impl LazyText {
    /// The text, in the active language if it is marked.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        match &self.0 {
            Kind::Plain(text) => text.clone(),
            Kind::Translated(message) => gettext(message).into(),
            Kind::Capitalized(message) => capfirst(gettext(message)).into(),
        }
    }

    /// The same text with its first letter in upper case.
    #[must_use]
    pub fn capfirst(self) -> Self {
        Self(match self.0 {
            Kind::Plain(text) => Kind::Plain(capfirst(&text).into()),
            Kind::Translated(message) | Kind::Capitalized(message) => Kind::Capitalized(message),
        })
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for LazyText {
    fn from(text: T) -> Self {
        Self(Kind::Plain(text.into()))
    }
}

/// Makes the first letter upper case (`django.utils.text.capfirst`).
#[must_use]
pub fn capfirst(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
