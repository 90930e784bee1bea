//! The settings of the browsable API.

use vitamin_framework::conf::{Env, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("LOGIN_REDIRECT_URL", "Where a login leads if its page does not say where.")
        .default("/accounts/profile/"),
    Setting::new(
        "LOGOUT_REDIRECT_URL",
        "Where a logout leads if its form does not say where. Unset: a page that says so.",
    ),
];

/// Where logins and logouts lead. The names are Django's, in lower case.
#[derive(Clone, Debug)]
pub struct BrowsableSettings {
    /// `LOGIN_REDIRECT_URL` (default `/accounts/profile/`).
    pub login_redirect_url: String,
    /// `LOGOUT_REDIRECT_URL`.
    pub logout_redirect_url: Option<String>,
}

impl BrowsableSettings {
    /// Reads the settings.
    #[must_use]
    pub fn from_env(env: &Env) -> Self {
        let default = Self::default();
        Self {
            login_redirect_url: env
                .text("LOGIN_REDIRECT_URL")
                .map_or(default.login_redirect_url, str::to_owned),
            logout_redirect_url: env.text("LOGOUT_REDIRECT_URL").map(str::to_owned),
        }
    }
}

impl Default for BrowsableSettings {
    fn default() -> Self {
        Self { login_redirect_url: "/accounts/profile/".to_owned(), logout_redirect_url: None }
    }
}
