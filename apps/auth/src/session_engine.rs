//! Where Django keeps its sessions (`SESSION_ENGINE`), and how it writes them (`SESSION_SERIALIZER`).

use std::str::FromStr;
use std::time::Duration;

use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};

const BACKENDS: &str = "django.contrib.sessions.backends.";
const DB: &str = "django.contrib.sessions.backends.db";
const JSON: &str = "django.contrib.sessions.serializers.JSONSerializer";

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "SESSION_ENGINE",
        "Where Django keeps sessions: `django.contrib.sessions.backends.db`, `.cached_db` (read from the database too) or \
         `.signed_cookies`.",
    )
    .default(DB)
    .public(),
    Setting::new("SESSION_SERIALIZER", "How Django writes sessions. Only its JSON can be read.")
        .default(JSON)
        .public(),
];

/// Where the data of a session are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEngine {
    /// In the table `django_session`: Django's `db`, and `cached_db`, whose cache only repeats the table.
    Database,
    /// In the cookie itself, signed: `signed_cookies`. Nothing revokes such a session before its end but a change of the
    /// user's password.
    SignedCookies {
        /// `SESSION_COOKIE_AGE`.
        max_age: Duration,
    },
}

impl SessionEngine {
    /// Reads the settings.
    ///
    /// # Errors
    /// Sessions that can't be read here.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let serializer = env.text("SESSION_SERIALIZER").unwrap_or(JSON);
        let max_age = Duration::from_secs(env.parse("SESSION_COOKIE_AGE", 1_209_600)?);
        if serializer.rsplit('.').next() != Some("JSONSerializer") {
            return Err(ImproperlyConfigured::new(format!(
                "SESSION_SERIALIZER: sessions of {serializer} can't be read here, only those of Django's {JSON}. Pickled \
                 sessions would let anybody who knows SECRET_KEY run code."
            )));
        }
        match env.parse("SESSION_ENGINE", Engine::Database)? {
            Engine::Database => Ok(Self::Database),
            Engine::SignedCookies => Ok(Self::SignedCookies { max_age }),
        }
    }
}

enum Engine {
    Database,
    SignedCookies,
}

impl FromStr for Engine {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(BACKENDS) {
            Some("db" | "cached_db") => Ok(Self::Database),
            Some("signed_cookies") => Ok(Self::SignedCookies),
            Some("cache") => {
                Err("Django keeps these sessions in its cache alone, as pickles, which are not read here. \
                                  django.contrib.sessions.backends.cached_db keeps them in the database too")
            }
            Some("file") => Err("Django keeps these sessions in files, which are not read here. Use \
                                 django.contrib.sessions.backends.db in both programs"),
            _ => Err("it is none of Django's db, cached_db and signed_cookies"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<SessionEngine, String> {
        SessionEngine::from_env(&pairs.iter().copied().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn engines_are_read_by_django_s_paths() {
        for (engine, expected) in [
            ("", SessionEngine::Database),
            (DB, SessionEngine::Database),
            ("django.contrib.sessions.backends.cached_db", SessionEngine::Database),
            (
                "django.contrib.sessions.backends.signed_cookies",
                SessionEngine::SignedCookies { max_age: Duration::from_secs(60) },
            ),
        ] {
            let settings = [("SESSION_ENGINE", engine), ("SESSION_COOKIE_AGE", "60")];
            assert_eq!(read(&settings), Ok(expected), "{engine}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_in_words() {
        for (name, value, why) in [
            ("SESSION_ENGINE", "django.contrib.sessions.backends.cache", "in its cache alone"),
            ("SESSION_ENGINE", "django.contrib.sessions.backends.file", "in files"),
            ("SESSION_ENGINE", "shop.sessions", "none of Django's"),
            ("SESSION_SERIALIZER", "django.contrib.sessions.serializers.PickleSerializer", "Pickled"),
            ("SESSION_COOKIE_AGE", "a week", "invalid digit"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(name) && error.contains(why), "{error}");
        }
    }
}
