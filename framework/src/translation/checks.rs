//! The system check of languages.

use super::{LanguageSettings, Translation, Translations, is_english};
use crate::checks::CheckMessage;

/// Run by Django's interpreter, prints the line to set.
const FIND_LOCALE_PATHS: &str = "from django.utils.translation.trans_real import all_locale_paths; django, *more = \
    all_locale_paths(); print(\"LOCALE_PATHS=\" + \",\".join(map(str, [*more, django])))";

/// Finds a `LANGUAGE_CODE` without a catalogue, which Django refuses.
pub(crate) fn check(
    settings: &LanguageSettings,
    translations: Option<&'static Translations>,
) -> Option<CheckMessage> {
    let code = &settings.language_code;
    let has_catalog = translations.map(Translations::default_language).is_some_and(Translation::has_catalog);
    if !settings.use_i18n || is_english(code) || has_catalog {
        return None;
    }
    let message =
        format!("LANGUAGE_CODE is {code}, but LOCALE_PATHS has no catalogue of it: messages are in English.");
    let hint = format!(
        "Set LOCALE_PATHS. In your Django project's folder, this prints it: python manage.py shell -v 0 -c \
         '{FIND_LOCALE_PATHS}'"
    );
    Some(CheckMessage::warning("vitamin.W009", message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::Env;

    #[test]
    fn a_language_without_a_catalogue_is_reported() {
        let found = |pairs: &[(&str, &str)]| {
            let settings = LanguageSettings::from_env(&pairs.iter().copied().collect::<Env>()).unwrap();
            check(&settings, Translations::load(&settings).unwrap())
        };
        let message = found(&[("LANGUAGE_CODE", "de"), ("LOCALE_PATHS", "/nowhere")]).unwrap();
        assert!(message.to_string().contains("LANGUAGE_CODE is de, but LOCALE_PATHS has no catalogue of it"));
        assert!(message.hint.unwrap().contains("python manage.py shell"));
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("LANGUAGE_CODE", "en-gb")]), None);
        assert_eq!(found(&[("LANGUAGE_CODE", "de"), ("USE_I18N", "false")]), None);
    }
}
