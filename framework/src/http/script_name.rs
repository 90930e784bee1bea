//! `FORCE_SCRIPT_NAME`: the path below which the clients find the site, if the proxy removes it from requests
//! (`django/core/handlers/wsgi.py`, `django/urls/base.py`).

use std::fmt;
use std::str::FromStr;

use actix_web::HttpRequest;

use crate::middleware::HttpSettings;

/// The path's beginning that only clients see: `/shop`, or nothing. It has no slash at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptName(String);

impl ScriptName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The rest of a path below it. `None` if the path is not below it, or the name is empty.
    #[must_use]
    pub fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&self.0)?;
        (!self.0.is_empty() && rest.starts_with('/')).then_some(rest)
    }
}

impl fmt::Display for ScriptName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ScriptName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim_end_matches('/');
        let is_path = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
        if !(name.is_empty() || name.starts_with('/')) || name.contains("//") || !name.chars().all(is_path) {
            return Err("it is not a path such as /shop".to_owned());
        }
        Ok(Self(name.to_owned()))
    }
}

/// The path that the client used, with its escapes (`HttpRequest.path`): the request's own below `FORCE_SCRIPT_NAME`.
#[must_use]
pub fn get_path(request: &HttpRequest, settings: &HttpSettings) -> String {
    format!("{}{}", settings.script_name, request.path())
}

/// The path and the query that the client used (`HttpRequest.get_full_path`).
#[must_use]
pub fn get_full_path(request: &HttpRequest, settings: &HttpSettings) -> String {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    format!("{}{target}", settings.script_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_path_or_nothing() {
        for (text, name) in
            [("", ""), ("/", ""), ("/shop", "/shop"), ("/shop/", "/shop"), ("/a/b-1.x_~/", "/a/b-1.x_~")]
        {
            assert_eq!(text.parse::<ScriptName>().unwrap().as_str(), name, "{text}");
        }
        for text in ["shop", "shop/", "//host", "/a//b", "/a b", "/a?b", "https://example.com/shop", "/%2f"] {
            assert!(text.parse::<ScriptName>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_path_below_it_loses_it() {
        let shop: ScriptName = "/shop".parse().unwrap();
        assert_eq!(shop.strip("/shop/x/"), Some("/x/"));
        assert_eq!([shop.strip("/shopping/"), shop.strip("/x/"), shop.strip("/shop")], [None; 3]);
        assert_eq!(ScriptName::default().strip("/x/"), None);
    }
}
