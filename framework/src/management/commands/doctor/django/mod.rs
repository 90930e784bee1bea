//! `manage doctor --django PYTHON SETTINGS_MODULE`: reads Django's settings with its own interpreter, and compares them with
//! those of this project. Reads only.

mod middleware;
mod values;

use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use self::values::{for_env, of_django, of_variable};
use crate::conf::{Fallback, SecretKey, Setting};
use crate::diagnosis::{Diagnosis, DjangoSettings, Severity};
use crate::management::base::CommandError;
use crate::project::Project;

const SECTION: &str = "Django's settings";
const SCRIPT: &str = include_str!("settings.py");

/// Settings that are read besides those of the same names here.
const MORE: [&str; 2] = ["MIDDLEWARE", "DATABASES"];
/// Settings that are compared in another way, or by an app.
const OTHERWISE: [&str; 5] =
    ["DEBUG", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "PASSWORD_HASHERS", "AUTH_PASSWORD_VALIDATORS"];
/// Settings whose `None` has a counterpart here.
const WITHOUT: [&str; 4] =
    ["SECURE_REFERRER_POLICY", "SECURE_CROSS_ORIGIN_OPENER_POLICY", "X_FRAME_OPTIONS", "CSRF_COOKIE_AGE"];
/// Django's settings that say nothing about an API's requests and responses, or concern Django's own processes.
const IRRELEVANT: [&str; 30] = [
    "ADMINS",
    "BASE_DIR",
    "CACHES",
    "DATABASES",
    "DEBUG",
    "DEFAULT_AUTO_FIELD",
    "DEFAULT_FROM_EMAIL",
    "FIXTURE_DIRS",
    "FORM_RENDERER",
    "IGNORABLE_404_URLS",
    "INSTALLED_APPS",
    "INTERNAL_IPS",
    "LOGGING",
    "LOGGING_CONFIG",
    "LOGIN_REDIRECT_URL",
    "LOGIN_URL",
    "LOGOUT_REDIRECT_URL",
    "MANAGERS",
    "MIDDLEWARE",
    "MIGRATION_MODULES",
    "PASSWORD_RESET_TIMEOUT",
    "REST_FRAMEWORK",
    "ROOT_URLCONF",
    "SERVER_EMAIL",
    "SESSION_CACHE_ALIAS",
    "SILENCED_SYSTEM_CHECKS",
    "STORAGES",
    "TEMPLATES",
    "TEST_RUNNER",
    "WSGI_APPLICATION",
];
/// The same, by the beginnings of their names: cookies that Django alone sets, files, e-mail.
const IRRELEVANT_BEGINNINGS: [&str; 7] =
    ["EMAIL_", "FILE_UPLOAD_", "MEDIA_", "MESSAGE_", "SESSION_COOKIE_", "SESSION_EXPIRE_", "STATIC"];

/// Reads and compares.
///
/// # Errors
/// The interpreter can't be started, or can't import the settings.
pub(super) fn examine(
    project: &Project,
    python: &str,
    module: &str,
    diagnosis: &mut Diagnosis,
) -> Result<(), CommandError> {
    let django = read(project, python, module)?;
    diagnosis.add(SECTION, Severity::Note, format!("Those of {module}, Django {}.", django.version));
    compare_settings(project, &django, diagnosis);
    compare_keys(project, &django, diagnosis);
    report_unfollowed(project, &django, diagnosis);
    project.apps.iter().for_each(|app| app.compare(&django, diagnosis));
    Ok(())
}

fn read(project: &Project, python: &str, module: &str) -> Result<DjangoSettings, CommandError> {
    let declared = project.declared.iter().map(|(_, setting)| setting.name);
    let names: Vec<&str> = declared.chain(MORE).collect();
    let run = Command::new(python)
        .args(["-B", "-c", SCRIPT, module, &names.join(",")])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| CommandError::new(format!("{python}: {error}")))?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        let last = said.trim_end().lines().last().unwrap_or("it said nothing");
        return Err(CommandError::new(format!("{python} can't import the settings {module}: {last}")));
    }
    serde_json::from_slice(&run.stdout)
        .map_err(|error| CommandError::new(format!("{python} does not print the settings: {error}")))
}

fn compare_settings(project: &Project, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let settings = middleware::effective(&django.settings, &django.list("MIDDLEWARE"));
    let mut same = 0;
    for (_, setting) in project.declared.iter().filter(|(_, setting)| !OTHERWISE.contains(&setting.name)) {
        let name = setting.name;
        let here = value_here(project, setting);
        let Some(value) = settings.get(name) else {
            report_only_here(project, setting, diagnosis);
            continue;
        };
        let (of_django, ours) = (of_django(name, value), of_variable(name, here, value));
        // Neither sets it, and there is no default here.
        let is_unset = here.is_none() && !django.of_django.iter().any(|set| set == name);
        if of_django == ours || is_unset && !settings_of_middleware(name) {
            same += 1;
            continue;
        }
        let line = for_env(value);
        let there = if line.is_empty() { "empty".to_owned() } else { setting.shown(&line) };
        let ours = here.map_or("unset".to_owned(), |here| setting.shown(here));
        diagnosis.add(SECTION, Severity::Warning, format!("{name} is {there} in Django, and {ours} here."));
        if value.is_null() && !WITHOUT.contains(&name) {
            // Without a limit, for example, which has no counterpart.
        } else if setting.shown(&line) == line {
            diagnosis.propose_setting(name, line);
        } else {
            diagnosis.propose_setting(name, format!("<the {name} of Django's settings>"));
        }
    }
    diagnosis.add(SECTION, Severity::Fine, format!("{same} settings have the same values as here."));
}

/// Whether the value may follow from `MIDDLEWARE`, not from the settings module.
fn settings_of_middleware(name: &str) -> bool {
    ["SECURE_", "CORS_", "X_FRAME_", "APPEND_", "PREPEND_", "DISALLOWED_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The value of a variable, or its default.
fn value_here<'a>(project: &'a Project, setting: &Setting) -> Option<&'a str> {
    let former = match setting.name {
        "CORS_ALLOWED_ORIGINS" => Some("CORS_ORIGIN_WHITELIST"),
        "CORS_ALLOWED_ORIGIN_REGEXES" => Some("CORS_ORIGIN_REGEX_WHITELIST"),
        "CORS_ALLOW_ALL_ORIGINS" => Some("CORS_ORIGIN_ALLOW_ALL"),
        _ => None,
    };
    let own = project.env.text(setting.name).or_else(|| project.env.text(former?));
    own.or(match setting.default {
        Fallback::Value(value) => Some(value),
        Fallback::Unset | Fallback::Described(_) => None,
    })
}

/// A setting of django-cors-headers that only this project sets.
fn report_only_here(project: &Project, setting: &Setting, diagnosis: &mut Diagnosis) {
    let name = setting.name;
    if !name.starts_with("CORS_") || name.starts_with("CORS_ORIGIN_") {
        return;
    }
    let is_default = |own: &str| matches!(setting.default, Fallback::Value(default) if default == own);
    if let Some(own) = project.env.text(name).filter(|own| !is_default(own)) {
        diagnosis.add(
            SECTION,
            Severity::Warning,
            format!("{name} is {own} here, and has its default in Django."),
        );
    }
}

fn compare_keys(project: &Project, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let digest =
        |key: &SecretKey| Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let http = &project.settings.http;
    let ours: Option<String> = http.secret_key.as_ref().map(digest);
    if ours.as_deref() == django.get("SECRET_KEY").and_then(Value::as_str) {
        diagnosis.add(SECTION, Severity::Fine, "SECRET_KEY is Django's.");
    } else {
        let message = "SECRET_KEY is another than Django's: sessions and signed values of the one are invalid in the other.";
        diagnosis.add(SECTION, Severity::Warning, message);
        diagnosis.propose_setting("SECRET_KEY", "<the SECRET_KEY of Django's settings>");
    }
    let fallbacks: Vec<String> = http.secret_key_fallbacks.iter().map(digest).collect();
    if fallbacks != django.list("SECRET_KEY_FALLBACKS") {
        let message = "SECRET_KEY_FALLBACKS are others than Django's.";
        diagnosis.add(SECTION, Severity::Warning, message);
        diagnosis.propose_setting("SECRET_KEY_FALLBACKS", "<the SECRET_KEY_FALLBACKS of Django's settings>");
    }
}

/// What to do about a part of Django's `DATABASES`.
fn advice(name: &str) -> &'static str {
    match name {
        "ATOMIC_REQUESTS" => {
            " Each write of a view is a transaction of its own; a handler uses `write` for several."
        }
        "OPTIONS['options']" | "OPTIONS['service']" | "OPTIONS['isolation_level']" => {
            " DATABASE_URL takes it: ?options=-c search_path=shop, ?service=shop."
        }
        _ => "",
    }
}

/// Names what Django does and this program does not.
fn report_unfollowed(project: &Project, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let is_declared = |name: &str| project.declared.iter().any(|(_, setting)| setting.name == name);
    for name in middleware::unknown(&django.list("MIDDLEWARE"), is_declared("LANGUAGE_CODE")) {
        let message = format!(
            "{name} of MIDDLEWARE has no counterpart: what it does to requests and responses is missing here."
        );
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    let matters = |name: &&String| {
        !is_declared(name)
            && !IRRELEVANT.contains(&name.as_str())
            && !IRRELEVANT_BEGINNINGS.iter().any(|start| name.starts_with(start))
    };
    for name in django.of_django.iter().filter(matters) {
        diagnosis.add(SECTION, Severity::Warning, format!("Django sets {name}, which is not followed here."));
    }
    let others: Vec<&str> = django
        .others
        .iter()
        .map(String::as_str)
        .filter(|name| !is_declared(name) && !IRRELEVANT.contains(name))
        .collect();
    if !others.is_empty() {
        let message = format!(
            "Settings of packages or of the project itself, which nothing reads here: {}.",
            others.join(", ")
        );
        diagnosis.add(SECTION, Severity::Note, message);
    }
    if django.has_i18n_patterns {
        let message = "ROOT_URLCONF has i18n_patterns: there are no paths with a language here. Let the proxy send them to Django, or \
                       include the patterns once a language: include(\"de/\", …).";
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    for name in &django.of_database {
        let message = format!("DATABASES sets {name}, which is not followed here.{}", advice(name));
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    let databases = django.list("DATABASES");
    if databases.len() > 1 {
        let message = format!(
            "DATABASES has {}. One database is used here, that of DATABASE_URL.",
            databases.join(", ")
        );
        diagnosis.add(SECTION, Severity::Warning, message);
    }
}
