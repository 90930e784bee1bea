//! What `obtain_auth_token` reads (`rest_framework/authtoken/serializers.py`).

use serde::Deserialize;

use vitamin_rest_framework::fields::CharField;
use vitamin_rest_framework::serializers::Serializer;

/// A validated username and password. Deliberately without `Debug`.
#[derive(Deserialize)]
pub struct Credentials {
    /// Trimmed.
    pub username: String,
    /// Not trimmed.
    pub password: String,
}

/// Django REST framework's AuthTokenSerializer. The view checks the credentials, because that takes time and a
/// database.
#[must_use]
pub fn auth_token_serializer() -> Serializer {
    Serializer::new()
        .component_name("AuthToken")
        .field("username", CharField::new().label("Username").write_only())
        .field("password", CharField::new().label("Password").trim_whitespace(false).write_only())
        .field("token", CharField::new().label("Token").read_only())
}
