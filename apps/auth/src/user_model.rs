//! The settings that describe a Django project's custom user model (`AUTH_USER_MODEL` of
//! `django/conf/global_settings.py`): its tables' names, its key's type, and its login field.

mod columns;

use self::columns::UserColumns;
use super::models::{MAX_USERNAME_LENGTH, User, normalize_email, normalize_username};
use super::password_validation::UserAttributes;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::database::{KeyType, Names};
use vitamin_framework::translation::gettext;

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new("AUTH_USER_MODEL", "The user model, as in Django's setting.").default("auth.User").public(),
    Setting::new("AUTH_USER_DB_TABLE", "The table of the user model, if its `Meta.db_table` sets one.")
        .default_description("Django's name for the model's table")
        .public(),
    Setting::new(
        "AUTH_USER_KEY",
        "The type of its primary key: `integer`, `uuid` or `text`, or the name of Django's field: `CharField`.",
    )
    .default("integer")
    .public(),
    Setting::new(
        "AUTH_USER_COLUMNS",
        "Columns of the user model with other names than AbstractUser's, and fields that it does not have: `first_name=given_name,is_staff=`.",
    )
    .public(),
    Setting::new("USERNAME_FIELD", "The field that users log in with, for example `email`.")
        .default("username"),
];

/// Columns of [`User`] that cannot be the login.
const NO_LOGINS: [&str; 9] = [
    "id",
    "password",
    "last_login",
    "is_superuser",
    "first_name",
    "last_name",
    "is_staff",
    "is_active",
    "date_joined",
];
/// The maximum length of an e-mail field (`EmailField` of `django/db/models/fields/__init__.py`).
const MAX_EMAIL_LENGTH: usize = 254;

/// The user model, as described by the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModel {
    app_label: String,
    /// As `AUTH_USER_MODEL` has it.
    object_name: String,
    /// In lower case.
    model_name: String,
    db_table: String,
    key: KeyType,
    username_field: String,
    pub(super) columns: UserColumns,
}

impl Default for UserModel {
    /// Django's own `auth.User`.
    fn default() -> Self {
        Self {
            app_label: "auth".to_owned(),
            object_name: "User".to_owned(),
            model_name: "user".to_owned(),
            db_table: "auth_user".to_owned(),
            key: KeyType::default(),
            username_field: "username".to_owned(),
            columns: UserColumns::default(),
        }
    }
}

impl UserModel {
    /// Reads `AUTH_USER_MODEL` (default `auth.User`), `AUTH_USER_DB_TABLE` (default: Django's name for that model's table),
    /// `AUTH_USER_KEY` (default `integer`), `USERNAME_FIELD` (default `username`) and `AUTH_USER_COLUMNS` (default: none).
    ///
    /// # Errors
    /// A name is not valid for Django or the database.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let default = Self::default();
        let (app_label, object_name) = match env.text("AUTH_USER_MODEL") {
            None => (default.app_label, default.object_name),
            Some(model) => match model.split_once('.') {
                Some((app, name)) if is_identifier(app) && is_identifier(name) => {
                    (app.to_owned(), name.to_owned())
                }
                _ => {
                    let message =
                        format!("AUTH_USER_MODEL must be of the form 'app_label.model_name', not '{model}'.");
                    return Err(ImproperlyConfigured::new(message));
                }
            },
        };
        let model_name = object_name.to_lowercase();
        let db_table = identifier("AUTH_USER_DB_TABLE", env.text("AUTH_USER_DB_TABLE"))?;
        let username_field = identifier("USERNAME_FIELD", env.text("USERNAME_FIELD"))?;
        let username_field = username_field.unwrap_or(default.username_field);
        if NO_LOGINS.contains(&username_field.as_str()) {
            let message = format!("USERNAME_FIELD: '{username_field}' can't be a login.");
            return Err(ImproperlyConfigured::new(message));
        }
        let columns = env.parse("AUTH_USER_COLUMNS", UserColumns::default())?;
        if username_field == "email" && !columns.has("email") {
            let message = "AUTH_USER_COLUMNS: 'email=' has no column, but USERNAME_FIELD is email.";
            return Err(ImproperlyConfigured::new(message));
        }
        Ok(Self {
            db_table: db_table.unwrap_or_else(|| format!("{app_label}_{model_name}")),
            app_label,
            object_name,
            model_name,
            key: env.parse("AUTH_USER_KEY", default.key)?,
            username_field,
            columns,
        })
    }

    /// `AUTH_USER_MODEL`, the model's name in lower case.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}.{}", self.app_label, self.model_name)
    }

    /// The model's name, as messages have it: `User`.
    #[must_use]
    pub fn object_name(&self) -> &str {
        &self.object_name
    }

    /// The table's name.
    #[must_use]
    pub fn db_table(&self) -> &str {
        &self.db_table
    }

    /// Whether the table has Django's default name for this model.
    #[must_use]
    pub fn has_default_table(&self) -> bool {
        self.db_table == format!("{}_{}", self.app_label, self.model_name)
    }

    /// The type of the key.
    #[must_use]
    pub const fn key(&self) -> KeyType {
        self.key
    }

    /// The login field.
    #[must_use]
    pub fn username_field(&self) -> &str {
        &self.username_field
    }

    /// The fields that are read.
    pub(super) fn fields() -> impl Iterator<Item = &'static str> {
        UserColumns::fields()
    }

    /// The login field's column.
    pub(super) fn username_column(&self) -> &str {
        self.columns
            .get("username")
            .or_else(|| self.columns.get(&self.username_field))
            .unwrap_or(&self.username_field)
    }

    /// The key's column.
    pub(super) fn key_column(&self) -> &str {
        self.columns.get("id").unwrap_or("id")
    }

    /// The login field's `verbose_name`: AbstractUser's, or Django's default for a custom field.
    #[must_use]
    pub fn verbose_name(&self) -> String {
        if self.is_email() {
            gettext("email address").to_owned()
        } else if self.username_field == "username" {
            gettext("username").to_owned()
        } else {
            self.username_field.replace('_', " ")
        }
    }

    /// Whether the e-mail address is the login.
    #[must_use]
    pub fn is_email(&self) -> bool {
        self.username_field == "email"
    }

    /// Whether the project has its own model instead of `auth.User`.
    #[must_use]
    pub fn is_swapped(&self) -> bool {
        self.label() != "auth.user"
    }

    /// Normalizes a login for storage: an e-mail address as `BaseUserManager.normalize_email`, anything else as
    /// `AbstractBaseUser.normalize_username`.
    #[must_use]
    pub fn normalize(&self, login: &str) -> String {
        if self.is_email() { normalize_email(login) } else { normalize_username(login) }
    }

    /// The maximum number of characters in a login.
    pub(super) fn max_length(&self) -> usize {
        if self.is_email() { MAX_EMAIL_LENGTH } else { MAX_USERNAME_LENGTH }
    }

    /// The attributes that a password must not resemble.
    pub(super) fn attributes<'a>(&self, user: &'a User) -> UserAttributes<'a> {
        UserAttributes {
            first_name: &user.first_name,
            last_name: &user.last_name,
            ..self.login_attributes(&user.username, &user.email)
        }
    }

    /// The same for a user that does not exist yet. If the e-mail address is the login, Django has no username to
    /// compare with.
    pub(super) fn login_attributes<'a>(&self, login: &'a str, email: &'a str) -> UserAttributes<'a> {
        match self.username_field.as_str() {
            "username" => UserAttributes { username: login, email, ..Default::default() },
            "email" => UserAttributes { email: login, ..Default::default() },
            _ => UserAttributes { email, ..Default::default() },
        }
    }

    /// Sets the tables' names. The many-to-many tables have Django's names (`create_many_to_many_intermediary_model` of
    /// `django/db/models/fields/related.py`).
    pub(super) fn names(&self, names: &mut Names) {
        let table = &self.db_table;
        names.rename_table("auth_user", table);
        names.set_key_type(self.key);
        self.columns.names(names);
        names.rename_column("auth_user", "username", self.username_column());
        if self.is_email() {
            names.rename_column("auth_user", "email", self.username_column());
        }
        let user_id = format!("{}_id", self.model_name);
        for (through, field) in
            [("auth_user_groups", "groups"), ("auth_user_user_permissions", "user_permissions")]
        {
            names.rename_table(through, &format!("{table}_{field}"));
            names.rename_column(through, "user_id", &user_id);
        }
    }

    /// Whether nothing in the model tells a superuser from others, so that only Django can create one.
    pub(super) fn lacks_superusers(&self) -> bool {
        !self.columns.has("is_superuser") && !self.columns.has("is_staff")
    }

    /// Whether it has an e-mail address.
    pub(super) fn has_email(&self) -> bool {
        self.columns.has("email")
    }

    /// Whether the model has groups and permissions (Django's `PermissionsMixin`, which brings `is_superuser` along).
    #[must_use]
    pub fn has_permissions(&self) -> bool {
        self.columns.has("is_superuser")
    }

    /// The setting that makes the user table the project's own, if any. Such a table may have columns that only Django
    /// knows, so only Django's migrations can create it.
    #[must_use]
    pub fn left_to_django(&self) -> Option<&'static str> {
        let default = Self::default();
        [
            (self.is_swapped(), "AUTH_USER_MODEL"),
            (self.db_table != default.db_table, "AUTH_USER_DB_TABLE"),
            (self.key != default.key, "AUTH_USER_KEY"),
            (self.username_field != default.username_field, "USERNAME_FIELD"),
            (!self.columns.is_empty(), "AUTH_USER_COLUMNS"),
        ]
        .into_iter()
        .find_map(|(own, setting)| own.then_some(setting))
    }
}

/// Validates the name of a table or column, if set.
///
/// # Errors
/// The name has other characters than letters, digits and underscores, or starts with a digit. A database could quote
/// more, but such a name is probably a mistake (e.g. `"schema"."table"`; use PostgreSQL's search path for that).
pub fn identifier(setting: &str, value: Option<&str>) -> Result<Option<String>, ImproperlyConfigured> {
    match value.map(str::trim) {
        Some(name) if !is_identifier(name) => Err(ImproperlyConfigured::new(format!(
            "{setting}: '{name}' can't be used: a name consists of letters, digits and underscores, and does not start with a digit."
        ))),
        name => Ok(name.map(str::to_owned)),
    }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_numeric())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(pairs: &[(&str, &str)]) -> Result<UserModel, String> {
        UserModel::from_env(&pairs.iter().copied().collect()).map_err(|error| error.to_string())
    }

    fn live(model: &UserModel) -> [String; 5] {
        let mut names = Names::default();
        model.names(&mut names);
        [
            names.table("auth_user"),
            names.column("auth_user", "username"),
            names.table("auth_user_groups"),
            names.table("auth_user_user_permissions"),
            names.column("auth_user_groups", "user_id"),
        ]
        .map(str::to_owned)
    }

    #[test]
    fn names_are_django_s_defaults() {
        let custom = model(&[("AUTH_USER_MODEL", "accounts.TeamMember")]).unwrap();
        assert_eq!(
            live(&custom),
            [
                "accounts_teammember",
                "username",
                "accounts_teammember_groups",
                "accounts_teammember_user_permissions",
                "teammember_id"
            ]
        );
        let custom = model(&[
            ("AUTH_USER_MODEL", "accounts.Member"),
            ("AUTH_USER_DB_TABLE", "members"),
            ("AUTH_USER_KEY", "uuid"),
            ("USERNAME_FIELD", "email"),
        ])
        .unwrap();
        assert_eq!(
            live(&custom),
            ["members", "email", "members_groups", "members_user_permissions", "member_id"]
        );
        assert_eq!((custom.key(), custom.left_to_django()), (KeyType::Uuid, Some("AUTH_USER_MODEL")));
    }

    #[test]
    fn django_s_own_model_changes_nothing() {
        for pairs in [&[][..], &[("AUTH_USER_MODEL", "auth.User"), ("AUTH_USER_KEY", "bigint")]] {
            let user = model(pairs).unwrap();
            let mut names = Names::default();
            user.names(&mut names);
            assert!(names.is_empty() && user.left_to_django().is_none() && !user.is_swapped());
        }
        // A model of the project's own in the same table.
        let own =
            model(&[("AUTH_USER_MODEL", "accounts.User"), ("AUTH_USER_DB_TABLE", "auth_user")]).unwrap();
        assert_eq!(own.left_to_django(), Some("AUTH_USER_MODEL"));
    }

    #[test]
    fn invalid_names_are_rejected() {
        for value in ["Member", "accounts.", ".Member", "accounts.models.Member", "a-b.Member"] {
            let error = model(&[("AUTH_USER_MODEL", value)]).unwrap_err();
            assert!(error.contains("of the form 'app_label.model_name'"), "{error}");
        }
        for (name, value) in [
            ("AUTH_USER_DB_TABLE", "members; DROP TABLE x"),
            ("AUTH_USER_DB_TABLE", "\"public\".\"members\""),
            ("AUTH_USER_DB_TABLE", "1st"),
            ("USERNAME_FIELD", "e-mail"),
            ("USERNAME_FIELD", "password"),
            ("AUTH_USER_KEY", "json"),
        ] {
            let error = model(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(name) && error.contains("can't be"), "{error}");
        }
    }
}
