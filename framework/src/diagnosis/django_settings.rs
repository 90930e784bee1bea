//! Django's own settings, to compare with the project's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The settings of a Django project, as `manage doctor --django` read them. Keys are there as SHA-256.
#[derive(Debug, Default, Deserialize)]
pub struct DjangoSettings {
    /// Django's version.
    pub version: String,
    pub(crate) settings: Map<String, Value>,
    /// `REST_FRAMEWORK` and its defaults. Empty without Django REST framework.
    rest_framework: Map<String, Value>,
    /// The settings of Django REST framework that the project sets to something else than the default.
    pub rest_framework_changed: Vec<String>,
    /// The settings of Django that have another value than its default.
    pub of_django: Vec<String>,
    /// The other settings that the project sets: its own, and those of packages.
    pub others: Vec<String>,
    /// Whether the root URLconf has `i18n_patterns`.
    #[serde(default)]
    pub has_i18n_patterns: bool,
    /// What the default database's entry sets besides the place: `ATOMIC_REQUESTS`.
    #[serde(default)]
    pub of_database: Vec<String>,
    /// The user model, if it is not Django's own.
    pub user_model: Option<DjangoUserModel>,
}

/// A user model, as Django has it.
#[derive(Debug, Deserialize)]
pub struct DjangoUserModel {
    /// `app_label.ModelName`.
    pub label: String,
    /// The table's name.
    pub table: String,
    /// The class of the primary key: `UUIDField`.
    pub key_field: String,
    /// The primary key's column.
    pub key_column: String,
    /// The login field.
    pub username_field: String,
    /// Each field's column.
    pub columns: BTreeMap<String, String>,
}

impl DjangoSettings {
    /// A setting's value; a class is its path.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.settings.get(name)
    }

    /// A list of texts. Empty if the setting is no list.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&str> {
        texts(self.get(name))
    }

    /// A value of `REST_FRAMEWORK`, or its default.
    #[must_use]
    pub fn rest_framework(&self, key: &str) -> Option<&Value> {
        self.rest_framework.get(key)
    }

    /// As [`DjangoSettings::list`], of `REST_FRAMEWORK`.
    #[must_use]
    pub fn rest_framework_list(&self, key: &str) -> Vec<&str> {
        texts(self.rest_framework(key))
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The last part of a class path: `TokenAuthentication`, of Python or Rust.
#[must_use]
pub fn class_name(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit(['.', ':']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_the_names_of_both_languages() {
        for path in
            ["rest_framework.authentication.TokenAuthentication", "a::b::TokenAuthentication<c::Token>"]
        {
            assert_eq!(class_name(path), "TokenAuthentication");
        }
    }
}
