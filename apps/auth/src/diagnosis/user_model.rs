//! The checks of `manage doctor` on the user model: whether the settings match the database.

use diesel::prelude::*;

use crate::schema::django_content_type;
use crate::user_model::UserModel;
use vitamin_framework::database::inspection::{LiveSchema, LiveTable};
use vitamin_framework::database::{DatabaseError, KeyType};
use vitamin_framework::diagnosis::{Examination, Severity};

const SECTION: &str = "Users";
/// Tables of Django, and of knox, whose `user_id` shows which table the users are in.
const OF_DJANGO: [&str; 2] = ["django_admin_log", "knox_authtoken"];
/// Columns that identify the table of an `AbstractUser`.
const USER_COLUMNS: [&str; 5] = ["password", "last_login", "is_superuser", "is_active", "date_joined"];

pub(super) fn diagnose(model: &UserModel, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
    let schema = examination.schema;
    let names = &examination.settings.database.names;
    let users = names.table("auth_user");
    let tokens = names.table("authtoken_token");
    let refers_to_users = |table: &str| table == tokens || OF_DJANGO.contains(&table);
    let elsewhere = schema
        .foreign_keys
        .iter()
        .find(|key| refers_to_users(&key.table) && key.column == "user_id" && key.target != users);
    if let Some(key) = elsewhere {
        let message = format!(
            "{}.user_id refers to {}: that is the table of this project's user model, and {users} is read here.",
            key.table, key.target
        );
        return propose(model, &key.target, &message, examination);
    }
    let Some(table) = schema.tables.get(users) else {
        let mut alike =
            schema.tables.iter().filter(|(_, table)| USER_COLUMNS.iter().all(|name| has(table, name)));
        return match (alike.next(), alike.next()) {
            (Some((name, _)), None) => {
                let message = format!("{name} looks like the table of this project's user model.");
                propose(model, name, &message, examination)
            }
            _ => Ok(()),
        };
    };
    let key = key_column(model, table);
    if key.is_some() && key_type(model, table).is_none() {
        let message = format!(
            "{users}.{} is no integer, UUID or text, which no setting supports.",
            key.unwrap_or_default()
        );
        examination.diagnosis.add(SECTION, Severity::Problem, message);
    }
    for SettingMismatch { variable, value, why } in compare(model, users, examination)? {
        examination.diagnosis.add(SECTION, Severity::Problem, format!("{why}: set {variable}={value}."));
        examination.diagnosis.propose_setting(variable, value);
    }
    Ok(())
}

/// A setting that does not match the user table.
struct SettingMismatch {
    variable: &'static str,
    value: String,
    why: String,
}

/// Returns the settings that must change for this table to be read.
fn compare(
    model: &UserModel,
    table: &str,
    examination: &mut Examination<'_>,
) -> Result<Vec<SettingMismatch>, DatabaseError> {
    let schema = examination.schema;
    let mut mismatches = Vec::new();
    let mut add = |variable, value: &str, why| {
        mismatches.push(SettingMismatch { variable, value: value.to_owned(), why })
    };
    let mut label = model.label();
    if let Some(name) = model_name(table, schema)
        && let found = find_label(&name, table, examination)?
        && (!label.ends_with(&format!(".{name}")) || found.as_ref().is_some_and(|found| *found != label))
    {
        label = found.unwrap_or_else(|| "<the AUTH_USER_MODEL of Django's settings>".to_owned());
        add("AUTH_USER_MODEL", &label, format!("{table}_groups.{name}_id is named after another model"));
    }
    let named_after_it = label.replace('.', "_") == table;
    if table != model.db_table() && !(named_after_it && model.has_default_table()) {
        add("AUTH_USER_DB_TABLE", table, format!("{} is another table", model.db_table()));
    }
    let Some(live) = schema.tables.get(table) else { return Ok(mismatches) };
    let key_column = key_column(model, live);
    if let Some(key) = key_type(model, live).filter(|key| *key != model.key()) {
        let value = match key {
            KeyType::Integer => "integer",
            KeyType::Uuid => "uuid",
            KeyType::Text => "text",
        };
        add("AUTH_USER_KEY", value, format!("{table}.{} is of another type", key_column.unwrap_or_default()));
    }
    let field = model.username_column();
    if !has(live, field) {
        let login = ["username", "email"].into_iter().find(|name| has(live, name));
        let login = login.unwrap_or("<the column of the login>");
        add("USERNAME_FIELD", login, format!("{table} has no column {field}"));
    }
    let key = key_column.filter(|key| *key != model.key_column());
    let missing = model.columns.missing(|column| has(live, column));
    if key.is_some() || !missing.is_empty() {
        let absent = key.map(|_| model.key_column()).into_iter().chain(missing.iter().copied());
        let absent = absent.collect::<Vec<_>>().join(", ");
        let why = format!(
            "{table} has no column {absent} (if a field has another column, `manage doctor --django` names it)"
        );
        add("AUTH_USER_COLUMNS", &model.columns.with(key, &missing), why);
    }
    Ok(mismatches)
}

/// Reports the message, with all settings that select this table.
fn propose(
    model: &UserModel,
    table: &str,
    message: &str,
    examination: &mut Examination<'_>,
) -> Result<(), DatabaseError> {
    let mismatches = compare(model, table, examination)?;
    let words: Vec<String> =
        mismatches.iter().map(|mismatch| format!("{}={}", mismatch.variable, mismatch.value)).collect();
    let message = format!("{message} Set {}. docs/user-model.md has more.", words.join(", "));
    examination.diagnosis.add(SECTION, Severity::Problem, message);
    for SettingMismatch { variable, value, .. } in mismatches {
        examination.diagnosis.propose_setting(variable, value);
    }
    Ok(())
}

fn has(table: &LiveTable, column: &str) -> bool {
    table.columns.iter().any(|live| live.name == column)
}

/// The key's column: that of the settings, or else the table's primary key.
fn key_column<'a>(model: &'a UserModel, users: &'a LiveTable) -> Option<&'a str> {
    match users.primary_key.as_slice() {
        _ if has(users, model.key_column()) => Some(model.key_column()),
        [only] => Some(only),
        _ => None,
    }
}

fn key_type(model: &UserModel, users: &LiveTable) -> Option<KeyType> {
    let key = key_column(model, users)?;
    match users.columns.iter().find(|column| column.name == key)?.type_name.as_str() {
        "uuid" | "char" => Some(KeyType::Uuid),
        "varchar" | "character varying" | "text" => Some(KeyType::Text),
        name if name.contains("int") => Some(KeyType::Integer),
        _ => None,
    }
}

/// Returns the model's name, which Django puts into a column of the user's groups table.
fn model_name(users: &str, schema: &LiveSchema) -> Option<String> {
    let groups = schema.tables.get(&format!("{users}_groups"))?;
    let names = groups.columns.iter().filter_map(|column| column.name.strip_suffix("_id"));
    names.into_iter().find(|name| *name != "group").map(str::to_owned)
}

/// Returns `AUTH_USER_MODEL` for a model of this name, according to Django's content types.
fn find_label(
    name: &str,
    table: &str,
    examination: &mut Examination<'_>,
) -> Result<Option<String>, DatabaseError> {
    if !examination.can_read(django_content_type::table) {
        return Ok(None);
    }
    let apps: Vec<String> = django_content_type::table
        .filter(django_content_type::model.eq(name))
        .select(django_content_type::app_label)
        .load(examination.connection)?;
    let fits = apps.iter().find(|app| format!("{app}_{name}") == table);
    Ok(match (fits, apps.as_slice()) {
        (Some(app), _) | (None, [app]) => Some(format!("{app}.{name}")),
        // Without Django's content types, the table of this name was created here.
        //
        _ if table == "auth_user" => Some("auth.user".to_owned()),
        _ => None,
    })
}
