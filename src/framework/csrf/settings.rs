//! Django's `CSRF_…` settings.

use actix_web::http::header::HeaderName;

use super::url::SplitUrl;
use crate::framework::conf::{Env, ImproperlyConfigured};
use crate::framework::http::header_name;

/// Where the secret and its token are, and which sites may send them.
#[derive(Clone, Debug)]
pub struct CsrfSettings {
    /// `CSRF_COOKIE_NAME` (default `csrftoken`).
    pub cookie_name: String,
    /// `CSRF_COOKIE_DOMAIN`: a Referer of this domain, or below it where it begins with a dot, is good.
    pub cookie_domain: Option<String>,
    /// `CSRF_HEADER_NAME` (default `X-CSRFToken`), which Django writes `HTTP_X_CSRFTOKEN`.
    pub header_name: HeaderName,
    /// `CSRF_TRUSTED_ORIGINS`, comma-separated: `https://example.com`, `https://*.example.com`.
    pub trusted_origins: Vec<String>,
}

impl CsrfSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// A header's name that is none; an origin without a scheme, which would match nothing.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let name = env.get("CSRF_HEADER_NAME").unwrap_or("HTTP_X_CSRFTOKEN");
        let trusted_origins = env.list("CSRF_TRUSTED_ORIGINS");
        if let Some(origin) = trusted_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ImproperlyConfigured::new(format!(
                "CSRF_TRUSTED_ORIGINS: '{origin}' does not start with a scheme (usually http:// or https://)."
            )));
        }
        Ok(Self {
            cookie_name: env.get("CSRF_COOKIE_NAME").unwrap_or("csrftoken").to_owned(),
            cookie_domain: env.get("CSRF_COOKIE_DOMAIN").map(str::to_owned),
            header_name: header_name(name)
                .map_err(|reason| ImproperlyConfigured::new(format!("CSRF_HEADER_NAME: {reason}")))?,
            trusted_origins,
        })
    }
}

fn is_origin(origin: &str) -> bool {
    SplitUrl::parse(origin).is_some_and(|url| !url.scheme.is_empty() && !url.netloc.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<CsrfSettings, String> {
        CsrfSettings::from_env(&Env::from_iter([(name, value)])).map_err(|error| error.to_string())
    }

    #[test]
    fn a_header_is_named_in_either_way() {
        for name in ["X-XSRF-Token", "HTTP_X_XSRF_TOKEN"] {
            assert_eq!(read("CSRF_HEADER_NAME", name).unwrap().header_name, "x-xsrf-token");
        }
        assert!(read("CSRF_HEADER_NAME", "a b").unwrap_err().starts_with("CSRF_HEADER_NAME: "));
    }

    #[test]
    fn an_origin_has_a_scheme() {
        assert_eq!(read("CSRF_TRUSTED_ORIGINS", "https://a, https://*.b").unwrap().trusted_origins.len(), 2);
        assert!(read("CSRF_TRUSTED_ORIGINS", "example.com").unwrap_err().contains("'example.com' does not"));
    }
}
