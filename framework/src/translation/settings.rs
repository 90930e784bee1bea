//! Django's settings of languages.

use super::languages::{LANGUAGES, is_language_code};
use crate::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("LANGUAGE_CODE", "The language of messages: `de`, `pt-br`. It needs `LOCALE_PATHS`, unless it is English.")
        .default("en-us"),
    Setting::new("USE_I18N", "Whether messages are translated.").default("true"),
    Setting::new(
        "LANGUAGES",
        "Language codes that a client may choose with `LOCALE_MIDDLEWARE`, comma-separated, best first.",
    )
    .default_description("Django's"),
    Setting::new(
        "LOCALE_PATHS",
        "Folders of gettext catalogues (`<locale>/LC_MESSAGES/django.mo`), comma-separated: your own, those of your Django \
         apps, Django REST framework's, and Django's own last. Of a message in several, the first is taken.",
    ),
    Setting::new(
        "LOCALE_MIDDLEWARE",
        "Chooses each request's language by its cookie or `Accept-Language`, as LocaleMiddleware does. Set it if your \
         project's `MIDDLEWARE` has that one.",
    )
    .default("false"),
    Setting::new("LANGUAGE_COOKIE_NAME", "The name of the cookie that holds the client's language.")
        .default("django_language")
        .public(),
];

/// Which languages there are, and where their catalogues are.
#[derive(Clone, Debug)]
pub struct LanguageSettings {
    /// `LANGUAGE_CODE` (default `en-us`).
    pub language_code: String,
    /// `USE_I18N` (default true).
    pub use_i18n: bool,
    /// The codes of `LANGUAGES` (default: Django's), in lower case.
    pub languages: Vec<String>,
    /// `LOCALE_PATHS`, first wins. Includes the folders that Django finds by itself: those of its apps and its own.
    pub locale_paths: Vec<String>,
    /// `LOCALE_MIDDLEWARE` (default false): the language depends on the request.
    pub locale_middleware: bool,
    /// `LANGUAGE_COOKIE_NAME` (default `django_language`).
    pub cookie_name: String,
}

impl LanguageSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// A code that is none.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let language_code = env.text("LANGUAGE_CODE").unwrap_or("en-us");
        let languages = match env.words("LANGUAGES") {
            words if words.is_empty() => LANGUAGES.split_ascii_whitespace().map(str::to_owned).collect(),
            words => words,
        };
        let invalid = |setting, code: &str| {
            ImproperlyConfigured::new(format!(
                "{setting}: '{code}' is not a language code, such as de or pt-br."
            ))
        };
        if !is_language_code(language_code) {
            return Err(invalid("LANGUAGE_CODE", language_code));
        }
        if let Some(code) = languages.iter().find(|code| !is_language_code(code)) {
            return Err(invalid("LANGUAGES", code));
        }
        Ok(Self {
            language_code: language_code.to_owned(),
            use_i18n: env.flag("USE_I18N", true)?,
            languages: languages.iter().map(|code| code.to_ascii_lowercase()).collect(),
            locale_paths: env.list("LOCALE_PATHS"),
            locale_middleware: env.flag("LOCALE_MIDDLEWARE", false)?,
            cookie_name: env.text("LANGUAGE_COOKIE_NAME").unwrap_or("django_language").to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked() {
        let read = |name, value| LanguageSettings::from_env(&Env::from_iter([(name, value)]));
        for (name, value) in
            [("LANGUAGE_CODE", "de_AT"), ("LANGUAGE_CODE", "../de"), ("LANGUAGES", "de, fr!")]
        {
            let error = read(name, value).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains("is not a language code"), "{error}");
        }
        assert_eq!(read("LANGUAGES", "['de', 'pt-BR']").unwrap().languages, ["de", "pt-br"]);
        assert_eq!(read("LANGUAGE_CODE", "").unwrap().languages.len(), 99);
    }
}
