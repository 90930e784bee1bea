//! Messages in other languages: over HTTP, by the commands, and on every thread that works for a request.

use std::path::Path;
use std::time::Duration;

use actix_web::rt::time::sleep;
use serde_json::json;
use tutorial::settings;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::RestFramework;
use vitamin::rest_framework::exceptions::APIException;
use vitamin::rest_framework::request::Request;
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;
use vitamin::testing::TestProject;
use vitamin::translation::{get_language, gettext};
use vitamin::urls::{Pattern, path};

use crate::support::*;

database_tests!(
    the_language_of_the_settings,
    the_language_of_the_request,
    each_request_has_its_language_on_every_thread,
    commands_speak_the_language_of_the_settings,
);

/// Writes a compiled catalogue (GNU gettext's manual, section "MO Files"). `\0` separates plural forms.
fn write_catalog(folder: &Path, locale: &str, messages: &[(&str, &str)]) {
    let count = messages.len();
    let (mut tables, mut texts) = (Vec::new(), Vec::new());
    for column in [0, 1] {
        for (original, translation) in messages {
            let text = [original, translation][column];
            tables.extend([text.len(), 28 + 16 * count + texts.len()]);
            texts.extend([text.as_bytes(), b"\0"].concat());
        }
    }
    let head = [0x9504_12de, 0, count, 28, 28 + 8 * count, 0, 0];
    let words = head.into_iter().chain(tables).flat_map(|word| u32::try_from(word).unwrap().to_le_bytes());
    let path = folder.join(locale).join("LC_MESSAGES");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("django.mo"), words.chain(texts).collect::<Vec<u8>>()).unwrap();
}

/// A folder of two catalogues, as `LOCALE_PATHS`.
fn catalogs(database: &TestDatabase) -> String {
    let folder = database.temp_dir().join("locale");
    let german = [
        ("", "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n"),
        ("Authentication credentials were not provided.", "Anmeldedaten fehlen."),
        ("Method \"{method}\" not allowed.", "Methode „{method}“ geht nicht."),
        ("Not found.", "Nicht gefunden."),
        ("This field is required.", "Dieses Feld ist nötig."),
        (
            "This password is too short. It must contain at least %d character.\0\
             This password is too short. It must contain at least %d characters.",
            "Zu kurz, mindestens %d Zeichen nötig.\0Zu kurz, mindestens %d Zeichen sind nötig.",
        ),
        ("Unable to log in with provided credentials.", "Anmeldung nicht möglich."),
        ("username", "Benutzername"),
    ];
    write_catalog(&folder, "de", &german);
    write_catalog(&folder, "fr_FR", &[("Not found.", "Pas trouvé.")]);
    folder.to_str().unwrap().to_owned()
}

fn the_language_of_the_settings(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let program = database.program().env("LOCALE_PATHS", &catalogs(database)).env("LANGUAGE_CODE", "de-at");
    let server = program.serve();
    let client = server.anonymous();
    let refused = client.get("/auth/");
    refused.assert_status(401).assert_json(json!({"detail": "Anmeldedaten fehlen."}));
    refused.assert_no_header("content-language").assert_header("vary", "Accept");
    client.delete("/api-token-auth/").assert_json(json!({"detail": "Methode „DELETE“ geht nicht."}));
    // The password is checked on a thread of its own.
    client
        .post("/api-token-auth/", "username=Pepe&password=bbbb")
        .assert_status(400)
        .assert_json(json!({"non_field_errors": ["Anmeldung nicht möglich."]}));
    client
        .post("/api-token-auth/", "username=Pepe")
        .assert_json(json!({"password": ["Dieses Feld ist nötig."]}));
    // A message without a translation.
    client.post("/api-token-auth/", "username=&password=x").assert_json(json!({
        "username": ["This field may not be blank."]
    }));
}

fn the_language_of_the_request(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let program =
        database.program().env("LOCALE_PATHS", &catalogs(database)).env("LOCALE_MIDDLEWARE", "true");
    let server = program.serve();
    let client = server.anonymous();
    let ask = |header: &str, value: &str| client.request("GET", "/auth/").header(header, value).send();
    let german = ask("accept-language", "pt;q=0.5, de-at");
    german.assert_json(json!({"detail": "Anmeldedaten fehlen."}));
    german.assert_header("content-language", "de").assert_header("vary", "Accept, Accept-Language");
    ask("cookie", "django_language=de").assert_header("content-language", "de");
    let english = ask("accept-language", "tlh");
    english.assert_json(json!({"detail": "Authentication credentials were not provided."}));
    english.assert_header("content-language", "en");
    let french = client.request("GET", "/auth/?format=none").header("accept-language", "fr").send();
    french.assert_status(404).assert_json(json!({"detail": "Pas trouvé."}));
    // Pages and redirects have the headers too, and so have refused hosts.
    let hidden = client.request("GET", "/nowhere/").header("accept-language", "fr").send();
    hidden
        .assert_status(404)
        .assert_header("content-language", "fr")
        .assert_header("vary", "Accept-Language");
    let redirect = client.request("GET", "/auth").header("accept-language", "fr").send();
    redirect.assert_status(301).assert_header("content-language", "fr");
    let elsewhere = Client::new(server.address()).host("example.org").get("/auth/");
    elsewhere.assert_status(400).assert_header("content-language", "en");
    // SessionMiddleware is outside of LocaleMiddleware.
    let bad = client.request("GET", "/auth/").header("cookie", "sessionid=short").send();
    bad.assert_header("vary", "Accept, Accept-Language, Cookie");
}

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    Project::new(env, apps![Auth::from_env(env)?, RestFramework::from_env(env)?], urlpatterns)
}

fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("messages/", APIView::new("MessagesView").get(messages)),
        path("panic/", APIView::new("PanickingView").get(panics)),
    ]
}

/// The message on the request's thread, before and after waiting, and on those of the database.
async fn messages(request: Request) -> Result<Response, APIException> {
    let database = request.database()?;
    let before = (get_language(), gettext("Not found."));
    sleep(Duration::from_millis(20)).await;
    let after = gettext("Not found.");
    let read = database.run(|_| Ok::<_, APIException>(gettext("Not found."))).await?;
    let written = database.write(|_| Ok::<_, APIException>(gettext("Not found."))).await?;
    let raised = database.run(|_| Err::<(), _>(APIException::not_found())).await.unwrap_err();
    Ok(Response::new((before, after, read, written, raised.to_string())))
}

async fn panics() -> Response {
    sleep(Duration::from_millis(1)).await;
    panic!("on purpose, in {:?}", get_language())
}

fn each_request_has_its_language_on_every_thread(database: &TestDatabase) {
    let paths = catalogs(database);
    let settings = [("LOCALE_PATHS", paths.as_str()), ("LOCALE_MIDDLEWARE", "1"), ("LANGUAGES", "en,de,fr")];
    let server = TestProject::with_settings(database, project, &settings);
    let languages = [("de", "Nicht gefunden."), ("fr", "Pas trouvé."), ("en", "Not found.")];
    std::thread::scope(|scope| {
        for (language, message) in languages.into_iter().cycle().take(12) {
            let client = server.anonymous();
            scope.spawn(move || {
                for _ in 0..5 {
                    let answer =
                        client.request("GET", "/messages/").header("accept-language", language).send();
                    answer.assert_json(json!([[language, message], message, message, message, message]));
                    let broken = client.request("GET", "/panic/").header("accept-language", language).send();
                    broken.assert_status(500).assert_header("content-language", language);
                }
            });
        }
    });
}

fn commands_speak_the_language_of_the_settings(database: &TestDatabase) {
    database.migrate().create_user("taken", "aaaa");
    let program = database.program().env("LOCALE_PATHS", &catalogs(database)).env("LANGUAGE_CODE", "de");
    let mut terminal = program.manage(&["createsuperuser"]).env("LOGNAME", "op").on_terminal();
    terminal.expect("Benutzername (leave blank to use 'op'): ").type_line("taken");
    terminal.expect("Error: That Benutzername is already taken.\n");
    terminal.expect("Benutzername (leave blank to use 'op'): ").type_line("");
    terminal.expect("Email address: ").type_line("");
    terminal.expect_hidden("Password: ").type_line("kurz");
    terminal.expect_hidden("Password (again): ").type_line("kurz");
    terminal.expect("Zu kurz, mindestens 8 Zeichen sind nötig.");
    terminal.expect("Bypass password validation and create user anyway? [y/N]: ").press("\u{3}");
    assert_eq!(terminal.wait(), Some(1));
}

#[test]
fn a_language_without_a_catalogue_is_reported() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let output = database.manage(&["check"]).env("LANGUAGE_CODE", "de").run();
    assert!(output.stdout.contains("(vitamin.W009) LANGUAGE_CODE is de"), "{}", output.report());
    // The tutorial's own settings have none of these.
    let defaults = settings::project(&Env::from_iter([("SECRET_KEY", SECRET_KEY)])).unwrap();
    assert!(defaults.translations.is_none());
}
