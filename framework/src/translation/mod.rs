//! Translations of messages (`django/utils/translation`): `LANGUAGE_CODE`, and LocaleMiddleware's choice.
//!
//! Messages are written in English, and marked with [`gettext`]. It looks them up in the gettext catalogues of
//! `LOCALE_PATHS`, in the language of the request that this thread works for. Without one, and for messages without a
//! translation, it returns the English text, which costs one comparison.
//!
//! ```
//! use vitamin_framework::translation::{format, gettext, ngettext, percent_format};
//!
//! let name = gettext("Not found.");
//! let length = format(gettext("Ensure this field has no more than {max_length} characters."), &[("max_length", &5)]);
//! let files = percent_format(ngettext("%(n)d file", "%(n)d files", 2), &[("n", &2)]);
//! # assert_eq!((name, &*files), ("Not found.", "2 files"));
//! # assert!(length.contains("than 5 characters"));
//! ```
//!
//! Values are put in after the lookup, with [`format()`] or [`percent_format`]: the catalogues have the message without them.
//!
//! The catalogues are read once, at the start, and never freed; so a translation is a `&'static str`, as the English text
//! is.

mod accept;
mod catalog;
mod checks;
mod format;
mod input_formats;
mod languages;
mod lazy;
mod load;
mod plural;
mod settings;
mod translations;

use std::cell::Cell;

pub(crate) use self::checks::check;
pub use self::format::{format, percent_format};
pub use self::input_formats::InputFormat;
pub use self::lazy::{LazyText, capfirst, gettext_lazy};
pub use self::settings::LanguageSettings;
pub(crate) use self::settings::SETTINGS;
use self::translations::is_english;
pub use self::translations::{Translation, Translations};

thread_local! {
    static ACTIVE: Cell<Option<&'static Translation>> = const { Cell::new(None) };
}

/// Returns the translation of a message into the active language, or the message itself.
///
/// It is for messages in the source, of which the catalogues have the translations. Input of a client is none.
#[must_use]
pub fn gettext(message: &'static str) -> &'static str {
    match ACTIVE.get() {
        None => message,
        Some(translation) => translation.gettext(message).unwrap_or(message),
    }
}

/// Returns the plural form of a message for this number, in the active language.
#[must_use]
pub fn ngettext(singular: &'static str, plural: &'static str, number: u64) -> &'static str {
    let form = ACTIVE.get().and_then(|translation| translation.ngettext(singular, number));
    form.unwrap_or(if number == 1 { singular } else { plural })
}

/// Returns the active language's code in lower case, such as `de`. `None` if messages are not translated.
#[must_use]
pub fn get_language() -> Option<&'static str> {
    ACTIVE.get().map(Translation::language)
}

/// The active language. Pass it on with [`activate`] to a thread that works for the same request.
#[must_use]
pub fn active() -> Option<&'static Translation> {
    ACTIVE.get()
}

/// Translates into this language on this thread, until the guard is dropped. `None` is English.
///
/// The middleware does this while a request's future is polled, and the database's threads do it for their jobs.
#[must_use = "the language is active until this is dropped"]
pub fn activate(translation: Option<&'static Translation>) -> Activated {
    Activated { previous: ACTIVE.replace(translation) }
}

/// Restores the language that was active before. A panic does so too, since the thread then works for other requests.
#[derive(Debug)]
pub struct Activated {
    previous: Option<&'static Translation>,
}

impl Drop for Activated {
    fn drop(&mut self) {
        ACTIVE.set(self.previous);
    }
}
