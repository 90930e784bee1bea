//! The settings of the middleware, by Django's names.

use vitamin_parsing::python::Regex;

use super::security::{self, SecuritySettings};
use crate::conf::{Env, ImproperlyConfigured, SecretKey, Setting};
use crate::cors::CorsSettings;
use crate::csrf::CsrfSettings;
use crate::http::{
    ForwardedAllowIps, ScriptName, SecureProxySslHeader, SessionCookieSettings, TrustedProxies,
};

/// The settings that the middleware read.
pub(crate) fn settings() -> Vec<Setting> {
    [OWN, security::SETTINGS].concat()
}

/// The setting that static files depend on too.
pub(crate) const FORCE_SCRIPT_NAME: &str = "FORCE_SCRIPT_NAME";

/// The settings of the other modules.
const OWN: &[Setting] = &[
    Setting::new(
        "DEBUG",
        "Shows detailed error pages and allows the local hosts. Never set it in production.",
    )
    .default("false"),
    Setting::new(
        "SECRET_KEY",
        "Signs sessions. Required unless `DEBUG` is on. Beside a Django project, use that project's own \
         key.",
    )
    .secret(),
    Setting::new("SECRET_KEY_FALLBACKS", "Older keys, comma-separated, whose signatures are still accepted.")
        .secret(),
    Setting::new(
        "ALLOWED_HOSTS",
        "Hosts that the site answers for, comma-separated: `example.com`, `.example.com` (with its \
         subdomains), or `*` for any. Required unless `DEBUG` is on.",
    ),
    Setting::new(
        "APPEND_SLASH",
        "Redirects an unknown path to the same path with a slash, if that one exists.",
    )
    .default("true"),
    Setting::new("PREPEND_WWW", "Redirects a host without `www.` to the same host with it.").default("false"),
    Setting::new(
        "DISALLOWED_USER_AGENTS",
        "Python's regular expressions of `User-Agent` headers that are answered with 403, as a Python list or comma-separated.",
    ),
    Setting::new(
        "SECURE_PROXY_SSL_HEADER",
        "The header and value by which your proxy marks https requests: `X-Forwarded-Proto=https`.",
    ),
    Setting::new(
        "FORWARDED_ALLOW_IPS",
        "Proxies whose `X-Forwarded-Proto` is trusted if `SECURE_PROXY_SSL_HEADER` is unset, or `*` for \
         any. The meaning is gunicorn's.",
    )
    .default("127.0.0.1,::1"),
    Setting::new(
        "TRUSTED_PROXIES",
        "Your proxies, as addresses and networks, comma-separated: `127.0.0.1,10.0.0.0/8`. The client's address is the \
         last one in `X-Forwarded-For` that is none of them. Unset: the address of the connection.",
    ),
    Setting::new("USE_X_FORWARDED_HOST", "Takes the host from the proxy's `X-Forwarded-Host` header.")
        .default("false"),
    Setting::new(
        "USE_X_FORWARDED_PORT",
        "Takes the port from the proxy's `X-Forwarded-Port` header. It counts where a request has no `Host`, and for the \
         `Referer` of a cookie's domain.",
    )
    .default("false"),
    Setting::new(
        FORCE_SCRIPT_NAME,
        "The path below which clients find the site, if your proxy removes it from requests: `/shop`. URLs that are made begin \
         with it.",
    ),
    Setting::new("SESSION_COOKIE_NAME", "The name of Django's session cookie.").default("sessionid").public(),
];

/// Django's settings of the same names.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// `DEBUG` (default false): detailed error pages, and local hosts are allowed. Never in production.
    pub debug: bool,
    /// `ALLOWED_HOSTS`, comma-separated: `example.com`, `.example.com` (with its subdomains), or `*`.
    pub allowed_hosts: Vec<String>,
    /// `APPEND_SLASH` (default true): redirect an unknown path to the same path with a slash, if that one exists.
    pub append_slash: bool,
    /// `SECRET_KEY`, which signs sessions.
    pub secret_key: Option<SecretKey>,
    /// `SECRET_KEY_FALLBACKS`, comma-separated: older keys whose signatures are still accepted.
    pub secret_key_fallbacks: Vec<SecretKey>,
    /// `SESSION_COOKIE_NAME` (default `sessionid`).
    pub session_cookie_name: String,
    /// How the session cookie is sent.
    pub session_cookie: SessionCookieSettings,
    /// The CSRF settings.
    pub csrf: CsrfSettings,
    /// The CORS settings.
    pub cors: CorsSettings,
    /// The settings of SecurityMiddleware.
    pub security: SecuritySettings,
    /// `PREPEND_WWW` (default false): redirect to the host with `www.`.
    pub prepend_www: bool,
    /// `DISALLOWED_USER_AGENTS`: clients that are refused.
    pub disallowed_user_agents: Vec<Regex>,
    /// `SECURE_PROXY_SSL_HEADER`.
    pub secure_proxy_ssl_header: Option<SecureProxySslHeader>,
    /// `USE_X_FORWARDED_HOST` (default false): take the host from the proxy's `X-Forwarded-Host`.
    pub use_x_forwarded_host: bool,
    /// `USE_X_FORWARDED_PORT` (default false): take the port from the proxy's `X-Forwarded-Port`.
    pub use_x_forwarded_port: bool,
    /// `FORCE_SCRIPT_NAME`.
    pub script_name: ScriptName,
    /// `FORWARDED_ALLOW_IPS` (default `127.0.0.1,::1`).
    pub forwarded_allow_ips: ForwardedAllowIps,
    /// `TRUSTED_PROXIES` (default: none).
    pub trusted_proxies: TrustedProxies,
}

impl HttpSettings {
    /// Reads the settings. System checks validate them.
    ///
    /// # Errors
    /// The first variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            debug: env.flag("DEBUG", false)?,
            allowed_hosts: env.words("ALLOWED_HOSTS").iter().map(|host| host.to_lowercase()).collect(),
            append_slash: env.flag("APPEND_SLASH", true)?,
            secret_key: env.get("SECRET_KEY").map(SecretKey::new),
            secret_key_fallbacks: env.list("SECRET_KEY_FALLBACKS").into_iter().map(SecretKey::new).collect(),
            session_cookie_name: env.text("SESSION_COOKIE_NAME").unwrap_or("sessionid").to_owned(),
            session_cookie: SessionCookieSettings::from_env(env)?,
            csrf: CsrfSettings::from_env(env)?,
            cors: CorsSettings::from_env(env)?,
            security: SecuritySettings::from_env(env)?,
            prepend_www: env.flag("PREPEND_WWW", false)?,
            disallowed_user_agents: env.regexes("DISALLOWED_USER_AGENTS")?,
            secure_proxy_ssl_header: env.optional("SECURE_PROXY_SSL_HEADER")?,
            use_x_forwarded_host: env.flag("USE_X_FORWARDED_HOST", false)?,
            use_x_forwarded_port: env.flag("USE_X_FORWARDED_PORT", false)?,
            script_name: env.parse(FORCE_SCRIPT_NAME, ScriptName::default())?,
            forwarded_allow_ips: env.parse("FORWARDED_ALLOW_IPS", ForwardedAllowIps::default())?,
            trusted_proxies: env.parse("TRUSTED_PROXIES", TrustedProxies::default())?,
        })
    }

    /// The keys that may have signed a value: `SECRET_KEY`, which also signs, then its fallbacks.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<&[u8]> {
        self.secret_key.iter().chain(&self.secret_key_fallbacks).map(SecretKey::as_bytes).collect()
    }
}
