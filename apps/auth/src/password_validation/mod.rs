//! Password validators, after `django/contrib/auth/password_validation.py` of Django 5.2.
//! Messages are translated.
//!
//! [`PasswordValidators`] is the setting `AUTH_PASSWORD_VALIDATORS`. Lengths are in characters (code points).

use std::fmt;
use std::sync::Arc;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use vitamin_framework::translation::{gettext, ngettext, percent_format};

mod common;
mod similarity;
#[cfg(test)]
mod tests;

pub use self::common::CommonPasswordValidator;
pub use self::similarity::{UserAttribute, UserAttributeSimilarityValidator};
use vitamin_framework::conf::Setting;
use vitamin_framework::conf::list::words;

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[Setting::new(
    "AUTH_PASSWORD_VALIDATORS",
    "Class names of the validators for new passwords, comma-separated. An empty value disables them.",
)
.default_description("Django's four")
.empty_is_a_value()
.public()];

/// The user attributes that a validator may use. Empty ones are ignored.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserAttributes<'a> {
    /// `auth_user.username`.
    pub username: &'a str,
    /// `auth_user.first_name`.
    pub first_name: &'a str,
    /// `auth_user.last_name`.
    pub last_name: &'a str,
    /// `auth_user.email`.
    pub email: &'a str,
}

/// One rule for new passwords.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a password validator",
    label = "not a `PasswordValidator`",
    note = "implement `PasswordValidator` for it: one method, `validate`"
)]
pub trait PasswordValidator: Send + Sync {
    /// Checks `password` for the user of `user`.
    ///
    /// The message for the user.
    fn validate(&self, password: &str, user: &UserAttributes<'_>) -> Result<(), String>;

    /// Says what the rule is, for the form that asks for a password. Empty if there is nothing to say.
    fn get_help_text(&self) -> String {
        String::new()
    }
}

/// An ordered list of validators. A clone shares the list. The default is the four of a new Django project, in its
/// order; Django's own global default is none.
#[derive(Clone)]
pub struct PasswordValidators(Arc<[Box<dyn PasswordValidator>]>);

/// Django's classes, in the order of a new project.
pub(super) const CLASSES: [&str; 4] = [
    "UserAttributeSimilarityValidator",
    "MinimumLengthValidator",
    "CommonPasswordValidator",
    "NumericPasswordValidator",
];

/// The name of a class of Django's, which may be given with its module. `None` for another class.
pub(super) fn class_name(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("django.contrib.auth.password_validation.").unwrap_or(path);
    CLASSES.into_iter().find(|class| *class == name)
}

/// An entry of `AUTH_PASSWORD_VALIDATORS` that names an unknown validator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("AUTH_PASSWORD_VALIDATORS names an unknown validator '{0}'")]
pub struct UnknownValidator(pub String);

impl PasswordValidators {
    /// Creates a list of the caller's own validators; an empty list allows every password.
    pub fn new(validators: Vec<Box<dyn PasswordValidator>>) -> Self {
        Self(validators.into())
    }

    /// Parses a setting: a list ([`words`]) of Django's classes, with or without
    /// `django.contrib.auth.password_validation.`, each with its default options. An empty text is an empty list.
    ///
    /// # Errors
    /// [`UnknownValidator`], with the bad entry.
    pub fn from_setting(names: &str) -> Result<Self, UnknownValidator> {
        let validators =
            words(names).into_iter().map(|name| -> Result<Box<dyn PasswordValidator>, UnknownValidator> {
                Ok(match class_name(&name) {
                    Some("UserAttributeSimilarityValidator") => {
                        Box::new(UserAttributeSimilarityValidator::default())
                    }
                    Some("MinimumLengthValidator") => Box::new(MinimumLengthValidator::default()),
                    Some("CommonPasswordValidator") => Box::new(CommonPasswordValidator),
                    Some("NumericPasswordValidator") => Box::new(NumericPasswordValidator),
                    _ => return Err(UnknownValidator(name)),
                })
            });
        Ok(Self::new(validators.collect::<Result<_, _>>()?))
    }

    /// Runs all validators on `password`.
    ///
    /// The messages of the validators that reject it, in the order of the list.
    pub fn validate_password(&self, password: &str, user: &UserAttributes<'_>) -> Result<(), Vec<String>> {
        let errors: Vec<_> =
            self.0.iter().filter_map(|validator| validator.validate(password, user).err()).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// What the rules are, in the order of the list (`password_validators_help_texts`).
    #[must_use]
    pub fn help_texts(&self) -> Vec<String> {
        self.0.iter().map(|validator| validator.get_help_text()).filter(|text| !text.is_empty()).collect()
    }
}

impl Default for PasswordValidators {
    fn default() -> Self {
        Self::new(vec![
            Box::new(UserAttributeSimilarityValidator::default()),
            Box::new(MinimumLengthValidator::default()),
            Box::new(CommonPasswordValidator),
            Box::new(NumericPasswordValidator),
        ])
    }
}

impl fmt::Debug for PasswordValidators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordValidators({})", self.0.len())
    }
}

/// Rejects passwords shorter than `min_length` characters.
#[derive(Clone, Copy, Debug)]
pub struct MinimumLengthValidator {
    /// Characters; 8 by default.
    pub min_length: usize,
}

impl Default for MinimumLengthValidator {
    fn default() -> Self {
        Self { min_length: 8 }
    }
}

impl PasswordValidator for MinimumLengthValidator {
    fn validate(&self, password: &str, _user: &UserAttributes<'_>) -> Result<(), String> {
        let length = self.min_length;
        if password.chars().count() >= length {
            return Ok(());
        }
        let message = ngettext(
            "This password is too short. It must contain at least %d character.",
            "This password is too short. It must contain at least %d characters.",
            u64::try_from(length).unwrap_or(u64::MAX),
        );
        Err(message.replacen("%d", &length.to_string(), 1))
    }

    fn get_help_text(&self) -> String {
        let message = ngettext(
            "Your password must contain at least %(min_length)d character.",
            "Your password must contain at least %(min_length)d characters.",
            u64::try_from(self.min_length).unwrap_or(u64::MAX),
        );
        percent_format(message, &[("min_length", &self.min_length)])
    }
}

/// Rejects passwords of only digits, of any script.
#[derive(Clone, Copy, Debug, Default)]
pub struct NumericPasswordValidator;

impl PasswordValidator for NumericPasswordValidator {
    fn validate(&self, password: &str, _user: &UserAttributes<'_>) -> Result<(), String> {
        if password.is_empty() || !password.chars().all(is_digit) {
            return Ok(());
        }
        Err(gettext("This password is entirely numeric.").to_owned())
    }

    fn get_help_text(&self) -> String {
        gettext("Your password can’t be entirely numeric.").to_owned()
    }
}

/// Python's `str.isdigit`: decimal digits, and the others with Unicode's `Numeric_Type=Digit`, such as
/// superscripts and circled digits. Unicode adds no more of the latter (UAX #44), so the list below is final.
fn is_digit(letter: char) -> bool {
    letter.general_category() == GeneralCategory::DecimalNumber
        || matches!(letter,
            '\u{b2}'..='\u{b3}' | '\u{b9}' | '\u{1369}'..='\u{1371}' | '\u{19da}' | '\u{2070}'
            | '\u{2074}'..='\u{2079}' | '\u{2080}'..='\u{2089}' | '\u{2460}'..='\u{2468}'
            | '\u{2474}'..='\u{247c}' | '\u{2488}'..='\u{2490}' | '\u{24ea}' | '\u{24f5}'..='\u{24fd}'
            | '\u{24ff}' | '\u{2776}'..='\u{277e}' | '\u{2780}'..='\u{2788}' | '\u{278a}'..='\u{2792}'
            | '\u{10a40}'..='\u{10a43}' | '\u{10e60}'..='\u{10e68}' | '\u{11052}'..='\u{1105a}'
            | '\u{1f100}'..='\u{1f10a}')
}

/// What `\w` matches in Python: letters, numbers and the underscore. Rust's `is_alphanumeric` also includes combining
/// vowel signs and circled letters.
pub(crate) fn is_word(letter: char) -> bool {
    letter == '_'
        || matches!(
            letter.general_category_group(),
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
        )
}
