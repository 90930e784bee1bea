//! Columns of a user model that differ from those of Django's `AbstractUser` (`AUTH_USER_COLUMNS`).

use std::collections::BTreeMap;
use std::str::FromStr;

use super::identifier;
use vitamin_framework::database::{Constant, Names};

/// The fields that a user model may lack, and what is read instead: what Django's `AbstractBaseUser` has for those of its own.
const OPTIONAL: [(&str, Constant); 8] = [
    ("first_name", Constant::EmptyText),
    ("last_name", Constant::EmptyText),
    ("email", Constant::EmptyText),
    ("is_superuser", Constant::Bool(false)),
    ("is_staff", Constant::Bool(false)),
    ("is_active", Constant::Bool(true)),
    ("last_login", Constant::NoTime),
    ("date_joined", Constant::Epoch),
];
/// The others whose column may have another name.
const RENAMED: [&str; 3] = ["id", "username", "password"];

/// The fields with other columns, and as `None` those that the model does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct UserColumns(BTreeMap<&'static str, Option<String>>);

impl FromStr for UserColumns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(item).collect::<Result<_, _>>().map(Self)
    }
}

fn item(item: &str) -> Result<(&'static str, Option<String>), String> {
    let Some((name, column)) = item.split_once('=') else {
        return Err(format!("'{item}' is not of the form field=column"));
    };
    let Some(field) = UserColumns::fields().find(|field| *field == name.trim()) else {
        return Err(format!("'{item}' does not begin with a field of AbstractUser"));
    };
    match column.trim() {
        "" if RENAMED.contains(&field) => {
            Err(format!("'{item}' has no column, but every user model has the field"))
        }
        "" => Ok((field, None)),
        column => {
            let column = identifier("AUTH_USER_COLUMNS", Some(column)).map_err(|error| error.to_string())?;
            Ok((field, column))
        }
    }
}

impl UserColumns {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that the setting may name.
    pub(super) fn fields() -> impl Iterator<Item = &'static str> {
        OPTIONAL.iter().map(|(field, _)| *field).chain(RENAMED)
    }

    /// The column of a field, if it has another name.
    pub(super) fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_deref()
    }

    /// Whether the model has this field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.get(field) != Some(&None)
    }

    /// Sets the columns' names.
    pub(super) fn names(&self, names: &mut Names) {
        for (field, column) in &self.0 {
            match (column, OPTIONAL.iter().find(|(optional, _)| optional == field)) {
                (Some(column), _) => names.rename_column("auth_user", field, column),
                (None, Some((_, constant))) => names.replace_column("auth_user", field, *constant),
                (None, None) => {}
            }
        }
    }

    /// The fields whose column is missing, of those that a model may lack.
    pub(in super::super) fn missing(&self, has_column: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let column = |field: &'static str| match self.0.get(field) {
            Some(column) => column.as_deref(),
            None => Some(field),
        };
        let fields = OPTIONAL.iter().map(|(field, _)| *field);
        fields.filter(|field| column(field).is_some_and(|column| !has_column(column))).collect()
    }

    /// The setting for this model with this column of the key, and without these fields.
    pub(in super::super) fn with(&self, key: Option<&str>, missing: &[&'static str]) -> String {
        let mut columns = self.0.clone();
        columns.extend(key.map(|key| ("id", Some(key.to_owned()))));
        columns.extend(missing.iter().map(|field| (*field, None)));
        let items = columns
            .iter()
            .map(|(field, column)| format!("{field}={}", column.as_deref().unwrap_or_default()));
        items.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_renamed_or_left_out() {
        let columns: UserColumns = " first_name=given_name, is_staff= ,username = login,".parse().unwrap();
        let mut names = Names::default();
        columns.names(&mut names);
        assert_eq!(names.column("auth_user", "first_name"), "given_name");
        assert_eq!(names.column("auth_user", "username"), "login");
        assert_eq!(names.constant("auth_user", "is_staff"), Some(Constant::Bool(false)));
        assert!(columns.has("first_name") && columns.has("email") && !columns.has("is_staff"));
        let missing = columns.missing(|column| ["given_name", "login", "email"].contains(&column));
        assert_eq!(missing, ["last_name", "is_superuser", "is_active", "last_login", "date_joined"]);
        assert_eq!(columns.with(None, &["email"]), "email=,first_name=given_name,is_staff=,username=login");
        assert!(columns.with(Some("code"), &[]).starts_with("first_name=given_name,id=code,"));
        assert_eq!(
            columns.with(None, &["email"]).parse::<UserColumns>().unwrap().missing(|_| true),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("first_name", "'first_name' is not of the form field=column"),
            ("id=", "'id=' has no column, but every user model has the field"),
            ("age=", "'age=' does not begin with a field of AbstractUser"),
            ("password=", "'password=' has no column, but every user model has the field"),
            ("email=a b", "can't be used"),
        ] {
            let error = text.parse::<UserColumns>().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
