use std::path::Path;

use actix_web::test::TestRequest;
use tempfile::TempDir;

use super::*;
use crate::conf::Env;
use crate::translation::catalog::tests::compile;
use crate::translation::{activate, get_language, gettext, ngettext};

/// `(folder, locale, messages)`
type Written<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

fn write(root: &Path, files: &[Written<'_>]) {
    for (folder, locale, messages) in files {
        let path = root.join(folder).join(locale).join("LC_MESSAGES");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("django.mo"), compile(messages, false)).unwrap();
    }
}

/// The translations of catalogues in folders `a` and `b`, of which `a` wins.
fn load(
    root: &Path,
    settings: &[(&str, &str)],
) -> Result<Option<&'static Translations>, ImproperlyConfigured> {
    let paths = format!("{0}/a,{0}/b", root.display());
    let env: Env = settings.iter().copied().chain([("LOCALE_PATHS", paths.as_str())]).collect();
    Translations::load(&LanguageSettings::from_env(&env).unwrap())
}

/// The expected answers are Django's, made by tests/django/translation.py.
#[test]
fn languages_are_chosen_as_in_django() {
    let mut lines = include_str!("../../fixtures/language_choices.jsonl").lines();
    let locales: Vec<String> = serde_json::from_str(lines.next().unwrap()).unwrap();
    let root = TempDir::new().unwrap();
    locales.iter().for_each(|locale| write(root.path(), &[("a", locale, &[])]));
    type Answers = Vec<(Option<String>, Option<String>, String)>;
    for line in lines {
        let (code, languages, answers): (String, Option<Vec<String>>, Answers) =
            serde_json::from_str(line).unwrap();
        let languages = languages.unwrap_or_default().join(",");
        let settings = [
            ("LOCALE_MIDDLEWARE", "true"),
            ("LANGUAGE_CODE", code.as_str()),
            ("LANGUAGES", languages.as_str()),
        ];
        let translations = load(root.path(), &settings).unwrap().unwrap();
        for (cookie, accept, expected) in answers {
            let mut request = TestRequest::default();
            if let Some(accept) = &accept {
                request = request.insert_header(("accept-language", accept.as_bytes()));
            }
            if let Some(cookie) = &cookie {
                request = request.insert_header(("cookie", format!("django_language={cookie}").as_bytes()));
            }
            let chosen = translations.for_request(request.to_srv_request().headers());
            assert_eq!(chosen.language(), expected, "{code} {languages}: {cookie:?} {accept:?}");
            assert_eq!(chosen.content_language().unwrap(), &expected);
        }
    }
}

#[test]
fn the_first_folder_wins_and_each_keeps_its_plural_forms() {
    let root = TempDir::new().unwrap();
    let header = ("", "Plural-Forms: nplurals=2; plural=n>4;\n");
    write(
        root.path(),
        &[
            ("a", "de", &[header, ("one", "a: eins"), ("%d day\0%d days", "a: %d Tag\0a: %d Tage")]),
            (
                "b",
                "de",
                &[
                    ("one", "b: eins"),
                    ("two", "b: zwei"),
                    ("%d hour\0%d hours", "b: %d Stunde\0b: %d Stunden"),
                ],
            ),
            ("b", "de_AT", &[("three", "b: drei in Österreich")]),
            ("b", "fr", &[("five", "b: cinq")]),
        ],
    );
    let translations = load(root.path(), &[("LANGUAGE_CODE", "de-at")]).unwrap().unwrap();
    let _active = activate(Some(translations.default_language()));
    assert_eq!(get_language(), Some("de-at"));
    let messages = ["one", "two", "three", "four", "%d hour"].map(gettext);
    assert_eq!(messages, ["a: eins", "b: zwei", "b: drei in Österreich", "four", "b: %d Stunde"]);
    let days = [1, 4, 5].map(|n| ngettext("%d day", "%d days", n));
    assert_eq!(days, ["a: %d Tag", "a: %d Tag", "a: %d Tage"]);
    let hours = [1, 4].map(|n| ngettext("%d hour", "%d hours", n));
    assert_eq!(hours, ["b: %d Stunde", "b: %d Stunden"]);
    assert_eq!([1, 2].map(|n| ngettext("%d year", "%d years", n)), ["%d year", "%d years"]);

    let settings = [("LANGUAGE_CODE", "fr"), ("LOCALE_MIDDLEWARE", "1"), ("LANGUAGES", "fr,de-at,en-gb")];
    let translations = load(root.path(), &settings).unwrap().unwrap();
    let in_language = |code: &'static str| {
        let request = TestRequest::default().insert_header(("accept-language", code)).to_srv_request();
        let _active = activate(Some(translations.for_request(request.headers())));
        ["one", "five"].map(gettext)
    };
    assert_eq!(in_language("de-at"), ["a: eins", "b: cinq"], "LANGUAGE_CODE stands in");
    assert_eq!(in_language("en"), ["one", "five"], "but not for English");
}

#[test]
fn english_needs_nothing() {
    let root = TempDir::new().unwrap();
    assert!(load(root.path(), &[]).unwrap().is_none());
    assert!(load(root.path(), &[("LANGUAGE_CODE", "de")]).unwrap().is_none());
    write(root.path(), &[("a", "de", &[("one", "eins")]), ("a", "en", &[("one", "1")])]);
    assert!(load(root.path(), &[("LANGUAGE_CODE", "de"), ("USE_I18N", "false")]).unwrap().is_none());
    assert!(load(root.path(), &[("LANGUAGE_CODE", "de")]).unwrap().is_some());
    assert!(load(root.path(), &[]).unwrap().is_some(), "a project may change the English texts");
}

/// As in `django/utils/translation/trans_null.py`.
#[test]
fn without_i18n_there_is_one_language() {
    let root = TempDir::new().unwrap();
    write(root.path(), &[("a", "de", &[("one", "eins")])]);
    let settings = [("USE_I18N", "false"), ("LOCALE_MIDDLEWARE", "true"), ("LANGUAGE_CODE", "pt-BR")];
    let translations = load(root.path(), &settings).unwrap().unwrap();
    let request = TestRequest::default().insert_header(("accept-language", "de")).to_srv_request();
    let translation = translations.for_request(request.headers());
    assert_eq!(translation.content_language().unwrap(), "pt-BR");
    assert_eq!(translation.gettext("one"), None);
}

#[test]
fn an_unreadable_catalogue_is_named() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("b/de/LC_MESSAGES");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("django.mo"), "msgid").unwrap();
    let error = load(root.path(), &[("LANGUAGE_CODE", "de")]).unwrap_err().to_string();
    assert!(error.ends_with("b/de/LC_MESSAGES/django.mo: it is not a compiled catalogue."), "{error}");
}
