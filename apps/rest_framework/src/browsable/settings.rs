//! The settings of the browsable API.

use std::path::PathBuf;

use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "STATIC_URL",
        "Where the style sheet and the script of the browsable API are served: below `rest_framework/` of this path.",
    )
    .default("/static/"),
    Setting::new(
        "TEMPLATES_DIR",
        "The folder of the project's own templates. A file `rest_framework/api.html` in it replaces that of the browsable \
         API. It is read when the program starts.",
    )
    .default("templates"),
    Setting::new("LOGIN_REDIRECT_URL", "Where a login leads if its page does not say where.")
        .default("/accounts/profile/"),
    Setting::new("LOGOUT_REDIRECT_URL", "Where a logout leads if its form does not say where. Unset: a page that says so."),
];

/// Paths of the browsable API. The names are Django's, in lower case.
#[derive(Clone, Debug)]
pub struct BrowsableSettings {
    /// `STATIC_URL` (default `/static/`), with a slash at both ends.
    pub static_url: String,
    /// `TEMPLATES_DIR` (default `templates`).
    pub templates_dir: PathBuf,
    /// `LOGIN_REDIRECT_URL` (default `/accounts/profile/`).
    pub login_redirect_url: String,
    /// `LOGOUT_REDIRECT_URL`.
    pub logout_redirect_url: Option<String>,
}

impl BrowsableSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `STATIC_URL` is not a path.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let default = Self::default();
        let static_url = match env.text("STATIC_URL") {
            None => default.static_url,
            Some(url) => {
                let is_path = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
                let url = match url.trim_matches('/') {
                    "" => "/".to_owned(),
                    path => format!("/{path}/"),
                };
                if !url.chars().all(is_path) || url.contains("//") {
                    return Err(ImproperlyConfigured::new(format!(
                        "STATIC_URL: '{url}' is not a path of this server: letters, digits, '-', '_', '.', '~' and single \
                         slashes."
                    )));
                }
                url
            }
        };
        Ok(Self {
            static_url,
            templates_dir: env.text("TEMPLATES_DIR").map_or(default.templates_dir, PathBuf::from),
            login_redirect_url: env
                .text("LOGIN_REDIRECT_URL")
                .map_or(default.login_redirect_url, str::to_owned),
            logout_redirect_url: env.text("LOGOUT_REDIRECT_URL").map(str::to_owned),
        })
    }
}

impl Default for BrowsableSettings {
    fn default() -> Self {
        Self {
            static_url: "/static/".to_owned(),
            templates_dir: PathBuf::from("templates"),
            login_redirect_url: "/accounts/profile/".to_owned(),
            logout_redirect_url: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_static_url_is_a_path() {
        let read = |url| BrowsableSettings::from_env(&Env::from_iter([("STATIC_URL", url)]));
        for (url, expected) in [("static/", "/static/"), ("/a/b", "/a/b/"), ("/", "/"), ("//a", "/a/")] {
            assert_eq!(read(url).unwrap().static_url, expected);
        }
        for url in ["https://cdn.example/", "/a//b/", "/a b/", "/<x>/", "/{x}/"] {
            assert!(read(url).is_err(), "{url}");
        }
    }
}
