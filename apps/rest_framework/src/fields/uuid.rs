//! `UUIDField`.

use super::{Context, Field, Input, Kind, Options, digits};
use crate::data::Value;
use crate::error_detail::Detail;

/// A field of UUIDs: text with or without hyphens, braces or `urn:uuid:`, or a number. The value is the hyphenated text.
pub type UuidField = Field<Uuid>;

/// The kind of [`UuidField`].
#[derive(Clone, Debug)]
pub struct Uuid;

impl Field<Uuid> {
    /// A field of UUIDs.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Uuid)
    }
}

impl Kind for Uuid {
    const TYPE: &'static str = "string";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let number = match value.as_value() {
            Some(Value::Bool(value)) => Some((*value).into()),
            Some(Value::Int(int)) => int.as_u128(),
            Some(Value::String(text)) => parse(text),
            _ => None,
        };
        let uuid = number.map(|number| ::uuid::Uuid::from_u128(number).to_string());
        uuid.map(Value::String).ok_or_else(|| Detail::list("Must be a valid UUID.", "invalid"))
    }
}

/// Python's `uuid.UUID(text)`: 32 characters that `int(text, 16)` accepts, which includes more than digits.
pub(crate) fn parse(text: &str) -> Option<u128> {
    let bare = text.replace("urn:", "").replace("uuid:", "");
    let hex = bare.trim_matches(['{', '}']).replace('-', "");
    if hex.chars().count() != 32 {
        return None;
    }
    let ascii = digits::to_ascii(hex.trim());
    let unsigned = ascii.strip_prefix('+').unwrap_or(&ascii);
    let prefixed = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let hex = match prefixed {
        Some(rest) => digits::without_underscores(rest.strip_prefix('_').unwrap_or(rest))?,
        None => digits::without_underscores(unsigned)?,
    };
    if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&hex, 16).ok()
}
