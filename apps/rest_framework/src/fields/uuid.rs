//! `UUIDField`.

use std::io::Write as _;

use super::output::{quoted, write_uuid};
use super::{Context, Field, Input, Kind, Options, Output, OutputError, digits, text};
use crate::data::Value;
use crate::error_detail::Detail;
use crate::json;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::gettext;

/// A field of UUIDs: text with or without hyphens, braces or `urn:uuid:`, or a number. The value is the hyphenated text.
pub type UUIDField = Field<Uuid>;

/// The kind of [`UUIDField`].
#[derive(Clone, Debug)]
pub struct Uuid {
    format: UuidFormat,
}

/// The format of UUIDs in responses. Input may have any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UuidFormat {
    /// With hyphens, the default.
    HexVerbose,
    /// Without hyphens.
    Hex,
    /// A number.
    Int,
    /// `urn:uuid:` and the text with hyphens.
    Urn,
}

impl Field<Uuid> {
    /// A field of UUIDs.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Uuid { format: UuidFormat::HexVerbose })
    }

    /// The format of output.
    pub fn format(mut self, format: UuidFormat) -> Self {
        self.kind.format = format;
        self
    }
}

impl Uuid {
    /// The format of output.
    pub fn format(&self) -> UuidFormat {
        self.format
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
        uuid.map(Value::String).ok_or_else(|| Detail::list(gettext("Must be a valid UUID."), "invalid"))
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let uuid = match value {
            ValueRef::Uuid(uuid) => uuid,
            // Python writes `str()` of other values too.
            other if self.format == UuidFormat::HexVerbose => {
                json::write_str(out, &text::str(other, output.time_zone.use_tz()));
                return Ok(());
            }
            ValueRef::Text(text) => match text.parse() {
                Ok(uuid) => uuid,
                Err(_) => return Err(OutputError::unexpected("UUIDField", value)),
            },
            other => return Err(OutputError::unexpected("UUIDField", other)),
        };
        // Writing to a vector cannot fail.
        match self.format {
            UuidFormat::HexVerbose => write_uuid(out, uuid),
            UuidFormat::Hex => quoted(out, |out| _ = write!(out, "{}", uuid.simple())),
            UuidFormat::Int => _ = write!(out, "{}", uuid.as_u128()),
            UuidFormat::Urn => quoted(out, |out| _ = write!(out, "{}", uuid.urn())),
        }
        Ok(())
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
