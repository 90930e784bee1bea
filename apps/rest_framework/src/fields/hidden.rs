//! `ReadOnlyField` and `HiddenField`.

use super::any::plain;
use super::{Context, Field, Input, Kind, Options};
use crate::data::Value;
use crate::error_detail::Detail;

/// A field that writes an attribute as it is, and reads nothing.
pub type ReadOnlyField = Field<ReadOnly>;

/// A field that takes no input and has no output: it adds its default to the validated data.
pub type HiddenField = Field<Hidden>;

/// The kind of [`ReadOnlyField`].
#[derive(Clone, Debug)]
pub struct ReadOnly;

/// The kind of [`HiddenField`].
#[derive(Clone, Debug)]
pub struct Hidden;

impl Field<ReadOnly> {
    /// A field that is read-only.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(ReadOnly).read_only()
    }
}

impl Field<Hidden> {
    /// A field with this value.
    pub fn new(value: impl Into<Value>) -> Self {
        Self::of_kind(Hidden).write_only().default(value)
    }

    /// A field whose value is computed at each validation, such as from its request.
    pub fn computed(value: impl Fn(Context<'_>) -> Value + Send + Sync + 'static) -> Self {
        Self::of_kind(Hidden).write_only().default_from(value)
    }
}

impl Kind for ReadOnly {
    const TYPE: &'static str = "field";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        Ok(plain(value))
    }
}

impl Kind for Hidden {
    const TYPE: &'static str = "field";

    fn is_hidden(&self) -> bool {
        true
    }

    fn get_value<'d>(&self, _: &Options, _: &str, _: &'d Input<'_>, _: Context<'_>) -> Option<Input<'d>> {
        None
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        Ok(plain(value))
    }
}
