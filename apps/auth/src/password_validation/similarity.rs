//! `UserAttributeSimilarityValidator`, and the parts of Python's `difflib` that it needs.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::{PasswordValidator, UserAttributes, is_word};
use vitamin_framework::translation::{gettext, percent_format};

/// An attribute that a password is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAttribute {
    /// `username`
    Username,
    /// `first_name`
    FirstName,
    /// `last_name`
    LastName,
    /// `email`
    Email,
}

impl UserAttribute {
    /// Django's `DEFAULT_USER_ATTRIBUTES`, in its order: the first that is too similar is the one reported.
    pub const DEFAULT: [Self; 4] = [Self::Username, Self::FirstName, Self::LastName, Self::Email];

    /// The field's `verbose_name` in `django/contrib/auth/models.py`.
    pub fn verbose_name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::FirstName => "first name",
            Self::LastName => "last name",
            Self::Email => "email address",
        }
    }

    fn of<'a>(self, user: &UserAttributes<'a>) -> &'a str {
        match self {
            Self::Username => user.username,
            Self::FirstName => user.first_name,
            Self::LastName => user.last_name,
            Self::Email => user.email,
        }
    }
}

/// Rejects passwords too similar to an attribute of the user, or to one of its words.
#[derive(Clone, Debug)]
pub struct UserAttributeSimilarityValidator {
    /// The attributes to compare with, in order.
    pub user_attributes: Vec<UserAttribute>,
    /// The rejected similarity, 0.1 to 1.0; 0.7 by default. It compares letters, not their order.
    pub max_similarity: f64,
}

impl Default for UserAttributeSimilarityValidator {
    fn default() -> Self {
        Self { user_attributes: UserAttribute::DEFAULT.to_vec(), max_similarity: 0.7 }
    }
}

impl PasswordValidator for UserAttributeSimilarityValidator {
    fn validate(&self, password: &str, user: &UserAttributes<'_>) -> Result<(), String> {
        let lower = Zeroizing::new(password.to_lowercase());
        let password: Zeroizing<Vec<char>> = Zeroizing::new(lower.chars().collect());
        let is_similar = |part: &str| {
            let part: Vec<char> = part.chars().collect();
            !exceeds_maximum_length_ratio(password.len(), self.max_similarity, part.len())
                && quick_ratio(&password, &part) >= self.max_similarity
        };
        let similar = self.user_attributes.iter().find(|attribute| {
            let value = attribute.of(user).to_lowercase();
            !value.is_empty() && (split_words(&value).any(is_similar) || is_similar(&value))
        });
        similar.map_or(Ok(()), |attribute| {
            Err(percent_format(
                gettext("The password is too similar to the %(verbose_name)s."),
                &[("verbose_name", &gettext(attribute.verbose_name()))],
            ))
        })
    }

    fn get_help_text(&self) -> String {
        gettext("Your password can’t be too similar to your other personal information.").to_owned()
    }
}

/// Python's `re.split(r"\W+", text)`: the result starts or ends with an empty word if the text starts or ends with a
/// non-letter. An empty word is similar to an empty password.
fn split_words(text: &str) -> impl Iterator<Item = &str> {
    let words: Vec<_> = text.split(|letter| !is_word(letter)).collect();
    let last = words.len().saturating_sub(1);
    let kept = move |(index, word): &(usize, &str)| !word.is_empty() || *index == 0 || *index == last;
    words.into_iter().enumerate().filter(kept).map(|(_, word)| word)
}

/// Whether a password of `password` characters is so much longer than an attribute of `value` characters that no
/// comparison is needed. This also bounds the cost of a long password.
fn exceeds_maximum_length_ratio(password: usize, max_similarity: f64, value: usize) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52; Python's floats do the same")]
    let (length, value_length) = (password as f64, value as f64);
    password >= 10 * value && value_length < max_similarity / 2.0 * length
}

/// Python's `difflib.SequenceMatcher(a=a, b=b).quick_ratio()`: twice the number of common letters, in any order,
/// divided by the letters of both. Two empty texts are equal.
fn quick_ratio(a: &[char], b: &[char]) -> f64 {
    let mut available: HashMap<char, usize> = HashMap::new();
    for letter in b {
        *available.entry(*letter).or_default() += 1;
    }
    let matches = a.iter().filter(|letter| {
        let left = available.get_mut(letter).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    });
    let (matches, length) = (matches.count(), a.len() + b.len());
    if length == 0 {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52; Python's floats do the same")]
    let (matches, length) = (matches as f64, length as f64);
    2.0 * matches / length
}
