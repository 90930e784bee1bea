//! The defaults of model fields.

use uuid::Uuid;
use vitamin_parsing::data::Value;

use super::sql_types::Json;

/// A value that `#[model(default = …)]` takes.
pub trait IntoDefault {
    /// The value as serializers see it.
    fn into_default(self) -> Value;
}

/// Types that are values as they are.
macro_rules! into_default {
    ($($type:ty),*) => { $(
        impl IntoDefault for $type {
            fn into_default(self) -> Value {
                self.into()
            }
        }
    )* };
}

into_default!(bool, i64, f64, &str, String, Value);

impl IntoDefault for i32 {
    fn into_default(self) -> Value {
        i64::from(self).into()
    }
}

impl IntoDefault for Uuid {
    fn into_default(self) -> Value {
        self.to_string().into()
    }
}

impl IntoDefault for Json {
    fn into_default(self) -> Value {
        self.0
    }
}

/// Converts a default, for the derive macro.
#[doc(hidden)]
pub fn default_value(value: impl IntoDefault) -> Value {
    value.into_default()
}
