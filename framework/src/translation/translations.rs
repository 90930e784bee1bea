//! The languages of a project: their messages, and which of them a request gets.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use indexmap::IndexMap;

use super::accept::{MAX_LENGTH, parse_accept_lang_header};
use super::input_formats::{InputFormat, InputFormats};
use super::languages::special_fallback;
use super::load::{Catalogs, Loader};
use super::settings::LanguageSettings;
use crate::conf::ImproperlyConfigured;
use crate::http::{get_cookie, get_header};

/// The messages of one language. It lives as long as the process, so that its messages do.
#[derive(Debug)]
pub struct Translation {
    language: String,
    catalogs: Catalogs,
    /// The messages of `LANGUAGE_CODE`, which are used if this language has none.
    default: Option<&'static Self>,
    content_language: Option<HeaderValue>,
    input_formats: InputFormats,
}

impl Translation {
    /// The language's code in lower case: `de`, `pt-br`.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The formats of Python's `strptime` that forms read, if the language has its own.
    #[must_use]
    pub fn input_formats(&self, kind: InputFormat) -> Option<&[String]> {
        self.input_formats.get(kind)
    }

    /// `Content-Language` of the responses in this language, if the project has LocaleMiddleware.
    pub(crate) fn content_language(&self) -> Option<&HeaderValue> {
        self.content_language.as_ref()
    }

    /// The translation of a message (`DjangoTranslation.gettext`).
    pub(super) fn gettext(&'static self, msgid: &str) -> Option<&'static str> {
        let Catalogs { own, parents } = &self.catalogs;
        own.iter()
            .find_map(|catalog| catalog.message(msgid))
            .or_else(|| {
                // A message that has plural forms: Django takes that of one, by the formula of the catalogue that it read
                // first, its own.
                let index = own.last()?.plural_forms.index(1)?;
                own.iter().find_map(|catalog| catalog.form(msgid, index))
            })
            .or_else(|| {
                parents.iter().find_map(|catalog| {
                    let form = || catalog.form(msgid, catalog.plural_forms.index(1)?);
                    catalog.message(msgid).or_else(form)
                })
            })
            .or_else(|| self.default?.gettext(msgid))
    }

    /// The form of a message for this number (`DjangoTranslation.ngettext`).
    pub(super) fn ngettext(&'static self, singular: &str, number: u64) -> Option<&'static str> {
        let Catalogs { own, parents } = &self.catalogs;
        own.iter()
            .chain(parents)
            .find_map(|catalog| catalog.form(singular, catalog.plural_forms.index(number)?))
            .or_else(|| self.default?.ngettext(singular, number))
    }

    pub(super) fn has_catalog(&self) -> bool {
        !self.catalogs.own.is_empty()
    }

    /// Whether it changes anything.
    fn is_needed(&self) -> bool {
        let Catalogs { own, parents } = &self.catalogs;
        own.iter().chain(parents).any(|catalog| !catalog.is_empty()) || !self.input_formats.is_empty()
    }
}

/// A project's languages.
#[derive(Debug)]
pub struct Translations {
    default: &'static Translation,
    /// With LocaleMiddleware.
    choice: Option<Choice>,
}

/// How LocaleMiddleware chooses a language.
#[derive(Debug)]
struct Choice {
    /// By their codes, in the order of `LANGUAGES`.
    languages: IndexMap<String, Supported>,
    cookie_name: String,
    /// For a request that asks for none of them.
    default: &'static Translation,
}

#[derive(Debug)]
struct Supported {
    translation: &'static Translation,
    /// Whether it has a catalogue. English needs none.
    exists: bool,
}

impl Translations {
    /// Reads the catalogues of the languages that may be needed. `None` if all messages are in English, and no header
    /// depends on the language.
    ///
    /// The catalogues are never freed.
    ///
    /// # Errors
    /// A catalogue that can't be read.
    pub fn load(settings: &LanguageSettings) -> Result<Option<&'static Self>, ImproperlyConfigured> {
        let paths = if settings.use_i18n { &*settings.locale_paths } else { &[] };
        let mut loader = Loader::default();
        let mut load = |code: &str, default: Option<&'static Translation>| {
            // English and the default language have no other language to fall back to.
            let is_last = code.starts_with("en") || code == settings.language_code;
            let language = if settings.use_i18n { code.to_ascii_lowercase() } else { code.to_owned() };
            Ok::<_, ImproperlyConfigured>(&*Box::leak(Box::new(Translation {
                catalogs: loader.catalogs(paths, code)?,
                default: default.filter(|_| !is_last),
                // A language code is always a valid header value.
                content_language: HeaderValue::from_str(&language)
                    .ok()
                    .filter(|_| settings.locale_middleware),
                input_formats: InputFormats::read(paths, code),
                language,
            })))
        };
        let default = load(&settings.language_code, None)?;
        if !settings.locale_middleware {
            return Ok(default.is_needed().then(|| &*Box::leak(Box::new(Self { default, choice: None }))));
        }
        let mut languages = IndexMap::new();
        if settings.use_i18n {
            for code in &settings.languages {
                let translation = load(code, Some(default))?;
                let exists = is_english(code) || translation.has_catalog();
                languages.insert(code.clone(), Supported { translation, exists });
            }
        }
        let mut choice = Choice { languages, cookie_name: settings.cookie_name.clone(), default };
        choice.default = choice.supported_variant(&settings.language_code).unwrap_or(default);
        Ok(Some(Box::leak(Box::new(Self { default, choice: Some(choice) }))))
    }

    /// The project's language, `LANGUAGE_CODE`.
    #[must_use]
    pub fn default_language(&self) -> &'static Translation {
        self.default
    }

    /// The language of the response to a request with these headers (`get_language_from_request`).
    #[must_use]
    pub fn for_request(&self, headers: &HeaderMap) -> &'static Translation {
        let Some(choice) = &self.choice else { return self.default };
        if choice.languages.is_empty() {
            return choice.default;
        }
        choice.of_cookie(headers).or_else(|| choice.of_header(headers)).unwrap_or(choice.default)
    }
}

impl Choice {
    fn of_cookie(&self, headers: &HeaderMap) -> Option<&'static Translation> {
        self.supported_variant(&get_cookie(headers, &self.cookie_name)?)
    }

    fn of_header(&self, headers: &HeaderMap) -> Option<&'static Translation> {
        let header = get_header(headers, ACCEPT_LANGUAGE)?;
        let accepted = parse_accept_lang_header(&header).into_iter();
        accepted.take_while(|code| code != "*").find_map(|code| self.supported_variant(&code))
    }

    /// The language, or the most similar one (`get_supported_language_variant`): for `de-at` also `de`, for `fr-fr` also
    /// `fr-ca`.
    fn supported_variant(&self, code: &str) -> Option<&'static Translation> {
        let code = if code.chars().count() <= MAX_LENGTH {
            code
        } else {
            let (end, _) = code.char_indices().nth(MAX_LENGTH)?;
            let head = code.get(..end)?;
            head.rsplit_once('-').map(|(generic, _)| generic).filter(|generic| !generic.is_empty())?
        };
        if code.is_empty() {
            return None;
        }
        let parents = || std::iter::successors(code.rsplit_once('-'), |(parent, _)| parent.rsplit_once('-'));
        let possible =
            [code].into_iter().chain(special_fallback(code)).chain(parents().map(|(parent, _)| parent));
        let is_supported = |code: &str| {
            let supported = self.languages.get(&code.to_lowercase())?;
            supported.exists.then_some(supported.translation)
        };
        possible.clone().find_map(is_supported).or_else(|| {
            let generic = possible.last()?;
            let is_variant =
                |code: &str| code.strip_prefix(generic).is_some_and(|rest| rest.starts_with('-'));
            self.languages.iter().find(|(code, _)| is_variant(code)).map(|(_, variant)| variant.translation)
        })
    }
}

/// Whether the language is that of the messages in the source, which need no catalogue.
pub(super) fn is_english(code: &str) -> bool {
    code.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case("en"))
}

#[cfg(test)]
mod tests;
