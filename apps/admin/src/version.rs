//! Whether an object is still the one that a form was made from.

use std::hash::{DefaultHasher, Hasher as _};

use vitamin_framework::models::DbValue;

use crate::display;

/// A short text that changes with any of an object's columns. A form carries it, so that a change by somebody else is not
/// overwritten unseen. It protects from accidents only: it is no secret.
pub(crate) fn version<'a>(values: impl IntoIterator<Item = &'a DbValue>) -> String {
    let mut hasher = DefaultHasher::new();
    for value in values {
        hasher.write_u8(u8::from(value.is_null()));
        hasher.write(display::plain(value.as_ref()).as_bytes());
        hasher.write_u8(0xff);
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_column_counts() {
        let row = |title: &str, body: Option<&str>| [DbValue::from(1_i64), title.into(), body.into()];
        let first = version(&row("a", None));
        assert_eq!(first, version(&row("a", None)));
        for other in [row("b", None), row("a", Some("")), row("", Some("a"))] {
            assert_ne!(first, version(&other));
        }
    }
}
