//! What `obtain_auth_token` reads (`rest_framework/authtoken/serializers.py`).

use serde::Deserialize;

use vitamin_rest_framework::fields::CharField;
use vitamin_rest_framework::serializers::Serializer;

/// A name and a password, as they passed the serializer. Deliberately without `Debug`.
#[derive(Deserialize)]
pub struct Credentials {
    /// Trimmed.
    pub username: String,
    /// As it was sent.
    pub password: String,
}

/// Django REST framework's AuthTokenSerializer. Whether the credentials are right is the view's to find out, since
/// that takes a database and a while.
#[must_use]
pub fn auth_token_serializer() -> Serializer {
    Serializer::new()
        .field("username", CharField::new().label("Username").write_only())
        .field("password", CharField::new().label("Password").trim_whitespace(false).write_only())
        .field("token", CharField::new().label("Token").read_only())
}
