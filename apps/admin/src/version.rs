//! Whether an object is still the one that a form was made from.

use vitamin_framework::crypto::salted_hmac;
use vitamin_framework::middleware::Site;
use vitamin_framework::models::DbValue;

use crate::display;

const SALT: &str = "vitamin.admin.version";
/// 64 of the digest's bits: a form has few versions.
const LENGTH: usize = 8;

/// Makes versions: short texts that change with any of an object's columns. A form carries one, so that a change by somebody
/// else is not overwritten unseen. They are made with a key, since they also tell of columns that the form does not show:
/// without it, nobody can try values until the version is the same.
#[derive(Clone, Copy)]
pub(crate) struct Versions([u8; 32]);

impl Versions {
    /// With a key that is made from the first of `SECRET_KEY` and its fallbacks.
    pub(crate) fn of(site: &Site) -> Self {
        Self::with_key(site.settings.signing_keys().first().copied().unwrap_or_default())
    }

    fn with_key(key: &[u8]) -> Self {
        Self(salted_hmac(SALT, b"key", key))
    }

    pub(crate) fn version<'a>(&self, values: impl IntoIterator<Item = &'a DbValue>) -> String {
        let mut row = Vec::new();
        for value in values {
            let text = display::plain(value.as_ref());
            row.push(u8::from(value.is_null()));
            // With its length, so that no two rows have the same bytes.
            row.extend_from_slice(&text.len().to_le_bytes());
            row.extend_from_slice(text.as_bytes());
        }
        let digest = salted_hmac(SALT, &row, &self.0);
        digest.iter().take(LENGTH).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_column_counts() {
        let versions = Versions::with_key(b"secret");
        let row = |title: &str, body: Option<&str>| [DbValue::from(1_i64), title.into(), body.into()];
        let first = versions.version(&row("a", None));
        assert_eq!(first.len(), 2 * LENGTH);
        assert_eq!(first, versions.version(&row("a", None)));
        for other in [row("b", None), row("a", Some("")), row("", Some("a"))] {
            assert_ne!(first, versions.version(&other));
        }
    }

    #[test]
    fn it_cannot_be_made_without_the_key() {
        let row = [DbValue::from("a")];
        assert_ne!(Versions::with_key(b"a").version(&row), Versions::with_key(b"b").version(&row));
    }
}
