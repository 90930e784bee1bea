//! The declaration of a setting. The declarations are the one list of settings that `manage diffsettings`,
//! docs/settings.md, `.env.example` and the debug page share.

use super::filter;

/// A setting that an app or the framework reads from the environment: its name, its default and its meaning.
///
/// ```
/// use vitamin_framework::conf::Setting;
///
/// const PAGE_SIZE: Setting = Setting::new("POLLS_PAGE_SIZE", "Polls per page.").default("20");
/// assert_eq!(PAGE_SIZE.shown("50"), "50");
/// assert_eq!(Setting::new("POLLS_API_KEY", "").shown("50"), "********");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What the setting does, as docs/settings.md and `.env.example` print it.
    pub help: &'static str,
    /// The value that the setting has if nothing sets it.
    pub default: Fallback,
    empty_is_a_value: bool,
    visibility: Visibility,
}

/// The default of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// There is none.
    Unset,
    /// This value, as it would be written in `.env`.
    Value(&'static str),
    /// A value that depends on something else, in words: `one per core`.
    Described(&'static str),
}

#[derive(Clone, Copy, Debug)]
enum Visibility {
    /// Hidden if the name looks like that of a secret.
    ByName,
    Public,
    Secret,
    /// Shown without its password.
    Url,
}

impl Setting {
    /// A setting without a default. Its value is secret if Django would hide a setting of this name: if the name contains
    /// `API`, `AUTH`, `TOKEN`, `KEY`, `SECRET`, `PASS` or `SIGNATURE`.
    #[must_use]
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, default: Fallback::Unset, empty_is_a_value: false, visibility: Visibility::ByName }
    }

    /// Sets the default, as it would be written in `.env`.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Self {
        self.default = Fallback::Value(value);
        self
    }

    /// Describes a default that depends on something else.
    #[must_use]
    pub const fn default_description(mut self, description: &'static str) -> Self {
        self.default = Fallback::Described(description);
        self
    }

    /// Distinguishes an empty value from an unset one, for a setting that is read with [`Env::raw`](super::Env::raw).
    #[must_use]
    pub const fn empty_is_a_value(mut self) -> Self {
        self.empty_is_a_value = true;
        self
    }

    /// Returns whether this value counts as unset.
    pub(super) fn is_unset(&self, value: &str) -> bool {
        value.is_empty() && !self.empty_is_a_value
    }

    /// Shows the value, whatever the name looks like.
    #[must_use]
    pub const fn public(mut self) -> Self {
        self.visibility = Visibility::Public;
        self
    }

    /// Hides the value.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.visibility = Visibility::Secret;
        self
    }

    /// Shows the value, a URL, without its password.
    #[must_use]
    pub const fn url(mut self) -> Self {
        self.visibility = Visibility::Url;
        self
    }

    /// Returns the value as it may be printed: stars instead of a secret.
    #[must_use]
    pub fn shown(&self, value: &str) -> String {
        match self.visibility {
            Visibility::Public => value.to_owned(),
            Visibility::Url => filter::mask_url(value),
            Visibility::ByName if !filter::is_secret(self.name) => value.to_owned(),
            Visibility::ByName | Visibility::Secret => filter::STARS.to_owned(),
        }
    }

    /// Returns the secret parts of the value.
    pub(crate) fn secrets<'a>(&self, value: &'a str) -> Vec<&'a str> {
        match self.visibility {
            Visibility::Public => Vec::new(),
            Visibility::Url => filter::url_secrets(value),
            Visibility::ByName if !filter::is_secret(self.name) => Vec::new(),
            // A list such as SECRET_KEY_FALLBACKS has several.
            Visibility::ByName | Visibility::Secret => {
                [value].into_iter().chain(value.split(',').map(str::trim)).collect()
            }
        }
    }
}
