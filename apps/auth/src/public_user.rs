//! The user as an API shows it: Django's model `User` (`AbstractUser` of `django/contrib/auth/models.py`) without the
//! password.

use chrono::NaiveDateTime;
use vitamin_framework::models::{Model, TextOrNull};

use super::User;
use crate::schema::auth_user;
use vitamin_framework::database::UserId;

/// A row of `auth_user` without the password: what serializers, filters and relations use. [`User`] is what authentication
/// uses.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
#[diesel(table_name = auth_user)]
#[model(crate = vitamin_framework, name = "User")]
pub struct PublicUser {
    /// Primary key.
    pub id: UserId,
    /// The login.
    #[model(
        unique,
        translated,
        max_length = 150,
        verbose_name = "username",
        unique_message = "A user with that username already exists.",
        help_text = "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
        regex(
            r"^[\w.@+-]+\Z",
            "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
        )
    )]
    pub username: TextOrNull,
    /// The first name, which may be empty.
    #[model(blank, translated, max_length = 150, verbose_name = "first name")]
    pub first_name: TextOrNull,
    /// The last name, which may be empty.
    #[model(blank, translated, max_length = 150, verbose_name = "last name")]
    pub last_name: TextOrNull,
    /// The e-mail address, which may be empty.
    #[model(blank, email, translated, verbose_name = "email address")]
    pub email: TextOrNull,
    /// May use Django's admin site.
    #[model(
        default = false,
        translated,
        verbose_name = "staff status",
        help_text = "Designates whether the user can log into this admin site."
    )]
    pub is_staff: bool,
    /// Whether the account is active.
    #[model(
        default = true,
        translated,
        verbose_name = "active",
        help_text = "Designates whether this user should be treated as active. Unselect this instead of deleting accounts."
    )]
    pub is_active: bool,
    /// When the account was made.
    #[model(default_now, translated, verbose_name = "date joined")]
    pub date_joined: NaiveDateTime,
}

/// The first and the last name with a space between them (`AbstractUser.get_full_name`).
fn full_name(first: &str, last: &str) -> String {
    // Python's `strip()` and Rust's `trim` differ in the separators U+001C to U+001F.
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    format!("{first} {last}").trim_matches(is_space).to_owned()
}

impl PublicUser {
    /// The first and the last name, with a space between them.
    #[must_use]
    pub fn get_full_name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }
}

impl User {
    /// The first and the last name, with a space between them.
    #[must_use]
    pub fn get_full_name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }
}

impl From<&User> for PublicUser {
    /// The same user without the password. A NULL is an empty text, since `User` does not keep the difference.
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            username: user.username.clone().into(),
            first_name: user.first_name.clone().into(),
            last_name: user.last_name.clone().into(),
            email: user.email.clone().into(),
            is_staff: user.is_staff,
            is_active: user.is_active,
            date_joined: user.date_joined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_django_s() {
        for (first, last, name) in [
            ("Ada", "Lovelace", "Ada Lovelace"),
            ("Ada", "", "Ada"),
            ("", "", ""),
            (" \u{1f}Ada", "X ", "Ada X"),
        ] {
            let user =
                User { first_name: first.to_owned(), last_name: last.to_owned(), ..User::named(1, "ada") };
            assert_eq!(
                (user.get_full_name(), PublicUser::from(&user).get_full_name()),
                (name.to_owned(), name.to_owned())
            );
        }
    }

    #[test]
    fn the_model_is_django_s_user_without_the_password() {
        let meta = PublicUser::META;
        assert_eq!((meta.app_label, meta.name, meta.model_name().as_str()), ("auth", "User", "user"));
        assert!(meta.find("password").is_none());
        let (_, email) = meta.find("email").unwrap();
        assert_eq!(email.max_length, Some(254));
        assert!(meta.find("date_joined").unwrap().1.has_default());
    }
}
