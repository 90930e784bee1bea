//! How authentication classes are described (`drf_spectacular/authentication.py`).

use std::borrow::Cow;

use serde_json::{Value, json};

use super::types::{Schema, object};

/// The description of the credentials that an authentication class accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityScheme {
    /// The session's cookie: `cookieAuth`.
    Session,
    /// Username and password: `basicAuth`.
    Basic,
    /// A key in the header `Authorization`: `tokenAuth`.
    Token {
        /// The word before the key.
        keyword: Cow<'static, str>,
    },
    /// Another one.
    Own {
        /// Its name.
        name: Cow<'static, str>,
        /// Its definition: a security scheme object of OpenAPI.
        definition: Value,
    },
}

impl SecurityScheme {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Session => "cookieAuth",
            Self::Basic => "basicAuth",
            Self::Token { .. } => "tokenAuth",
            Self::Own { name, .. } => name,
        }
    }

    pub(super) fn definition(&self, session_cookie_name: &str) -> Schema {
        object(match self {
            Self::Session => json!({"type": "apiKey", "in": "cookie", "name": session_cookie_name}),
            Self::Basic => json!({"type": "http", "scheme": "basic"}),
            Self::Token { keyword } if keyword == "Bearer" => json!({"type": "http", "scheme": "bearer"}),
            Self::Token { keyword } => json!({
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": format!("Token-based authentication with required prefix \"{keyword}\""),
            }),
            Self::Own { definition, .. } => definition.clone(),
        })
    }
}
