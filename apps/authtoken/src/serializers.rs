//! What `obtain_auth_token` reads (`rest_framework/authtoken/serializers.py`).

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use vitamin_framework::translation::gettext_lazy;
use vitamin_rest_framework::fields::CharField;
use vitamin_rest_framework::serializers::Serializer;

/// A validated username and password. Deliberately without `Debug`.
#[derive(Deserialize)]
pub struct Credentials {
    /// Trimmed.
    pub username: String,
    /// Not trimmed. Overwritten when it is dropped.
    #[serde(deserialize_with = "zeroizing")]
    pub password: Zeroizing<String>,
}

fn zeroizing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// Django REST framework's AuthTokenSerializer. The view checks the credentials, because that takes time and a
/// database.
#[must_use]
pub fn auth_token_serializer() -> Serializer {
    Serializer::new()
        .component_name("AuthToken")
        .field("username", CharField::new().label(gettext_lazy("Username")).write_only())
        .field(
            "password",
            CharField::new().label(gettext_lazy("Password")).trim_whitespace(false).write_only(),
        )
        .field("token", CharField::new().label(gettext_lazy("Token")).read_only())
}
