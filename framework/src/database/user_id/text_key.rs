//! A user's key that is a text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A user's key that is a text, of at most [`MAX_LEN`](Self::MAX_LEN) bytes. It has its bytes in place, so that keys can be copied
/// as numbers are.
#[derive(Clone, Copy)]
pub struct TextKey {
    len: u8,
    bytes: [u8; Self::MAX_LEN],
}

/// A text that is too long for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a user's key has more than {} bytes", TextKey::MAX_LEN)]
pub struct TooLong;

impl TextKey {
    /// The bytes of the longest key.
    pub const MAX_LEN: usize = 62;

    /// The key of this text.
    ///
    /// # Errors
    /// It is too long.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        let mut bytes = [0; Self::MAX_LEN];
        let place = bytes.get_mut(..text.len()).ok_or(TooLong)?;
        place.copy_from_slice(text.as_bytes());
        let len = u8::try_from(text.len()).map_err(|_| TooLong)?;
        Ok(Self { len, bytes })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        // They are those of a text.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Debug for TextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl PartialEq for TextKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for TextKey {}

impl PartialOrd for TextKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TextKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for TextKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_text() {
        for text in ["", "7", "é", &"x".repeat(TextKey::MAX_LEN)] {
            assert_eq!(TextKey::new(text).unwrap().as_str(), text);
        }
        assert_eq!(TextKey::new(&"x".repeat(TextKey::MAX_LEN + 1)), Err(TooLong));
        assert_eq!(TextKey::new(&"é".repeat(32)), Err(TooLong));
        let [a, ab, b] = ["a", "ab", "b"].map(|text| TextKey::new(text).unwrap());
        assert!(a < ab && ab < b);
    }
}
