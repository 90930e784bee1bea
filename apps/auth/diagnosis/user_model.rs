//! What `manage doctor` says of the user model: whether the settings describe the one that this database has.

use diesel::prelude::*;

use crate::apps::auth::user_model::UserModel;
use crate::framework::database::inspection::{LiveSchema, LiveTable};
use crate::framework::database::{DatabaseError, KeyType};
use crate::framework::diagnosis::{Examination, Severity};
use crate::schema::django_content_type;

const SECTION: &str = "Users";
/// Tables of Django's own, and of knox, whose rows a deletion here takes along.
const DELETED_ALONG: [&str; 2] = ["django_admin_log", "knox_authtoken"];
/// Columns by which the table of an `AbstractUser` is known.
const OF_A_USER: [&str; 5] = ["password", "last_login", "is_superuser", "is_active", "date_joined"];

pub(super) fn diagnose(model: &UserModel, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
    let schema = examination.schema;
    let names = &examination.settings.database.names;
    let users = names.table("auth_user");
    let tokens = names.table("authtoken_token");
    let refers_to_users = |table: &str| table == tokens || DELETED_ALONG.contains(&table);
    let elsewhere = schema
        .foreign_keys
        .iter()
        .find(|key| refers_to_users(&key.table) && key.column == "user_id" && key.target != users);
    if let Some(key) = elsewhere {
        let message = format!(
            "{}.user_id refers to {}: that is the table of this project's user model, and {users} is read here.",
            key.table, key.target
        );
        return propose(&key.target, message, examination);
    }
    let Some(table) = schema.tables.get(users) else {
        let mut alike =
            schema.tables.iter().filter(|(_, table)| OF_A_USER.iter().all(|name| has(table, name)));
        return match (alike.next(), alike.next()) {
            (Some((name, _)), None) => {
                let message = format!("{name} looks like the table of this project's user model.");
                propose(name, message, examination)
            }
            _ => Ok(()),
        };
    };
    let mut wrong = Vec::new();
    match key_type(table) {
        Some(key) if key == model.key() => {}
        Some(key) => {
            wrong.push(("AUTH_USER_KEY", format!("{users}.id is of another type"), setting(key).to_owned()))
        }
        None => {
            let message = format!("{users}.id is neither a whole number nor a UUID, which no setting helps.");
            examination.diagnosis.say(SECTION, Severity::Problem, message);
        }
    }
    if !has(table, model.username_field()) {
        let message = format!("{users} has no column {}", model.username_field());
        let login = if has(table, "email") { "email" } else { "<the column of the login>" };
        wrong.push(("USERNAME_FIELD", message, login.to_owned()));
    }
    if let Some(name) = model_name(users, schema)
        && names.column("auth_user_groups", "user_id") != format!("{name}_id")
    {
        let message = format!("{users}_groups has the column {name}_id");
        wrong.push(("AUTH_USER_MODEL", message, label(&name, users, examination)?));
    }
    for (variable, message, value) in wrong {
        let message = format!("{message}: set {variable}={value}.");
        examination.diagnosis.say(SECTION, Severity::Problem, message);
        examination.diagnosis.set(variable, value);
    }
    let own = [names.table("auth_user_groups"), names.table("auth_user_user_permissions")];
    let known = |table: &str| own.contains(&table) || refers_to_users(table);
    let unknown: Vec<String> = schema
        .foreign_keys
        .iter()
        .filter(|key| key.target == users && !known(&key.table))
        .map(|key| format!("{}.{}", key.table, key.column))
        .collect();
    if !unknown.is_empty() {
        let message = format!(
            "Refer to users, and no app here owns them: {}. A user with such rows can be deleted in Django only, which \
             knows what shall become of the rows; here the database refuses.",
            unknown.join(", ")
        );
        examination.diagnosis.say(SECTION, Severity::Note, message);
    }
    Ok(())
}

/// Says the message, with all settings that make this table the users'.
fn propose(table: &str, message: String, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
    let schema = examination.schema;
    let mut settings = Vec::new();
    if table != "auth_user" {
        let label = match model_name(table, schema) {
            Some(name) => label(&name, table, examination)?,
            None => unknown_label(),
        };
        let default = label.replace('.', "_");
        settings.push(("AUTH_USER_MODEL", label));
        if default != table {
            settings.push(("AUTH_USER_DB_TABLE", table.to_owned()));
        }
    }
    if let Some(live) = schema.tables.get(table) {
        if let Some(key @ KeyType::Uuid) = key_type(live) {
            settings.push(("AUTH_USER_KEY", setting(key).to_owned()));
        }
        if !has(live, "username") && has(live, "email") {
            settings.push(("USERNAME_FIELD", "email".to_owned()));
        }
    }
    let words: Vec<String> = settings.iter().map(|(variable, value)| format!("{variable}={value}")).collect();
    let message = format!("{message} Set {}. docs/user-model.md has more.", words.join(", "));
    examination.diagnosis.say(SECTION, Severity::Problem, message);
    for (variable, value) in settings {
        examination.diagnosis.set(variable, value);
    }
    Ok(())
}

fn has(table: &LiveTable, column: &str) -> bool {
    table.columns.iter().any(|live| live.name == column)
}

fn key_type(users: &LiveTable) -> Option<KeyType> {
    let id = users.columns.iter().find(|column| column.name == "id")?;
    match id.type_name.as_str() {
        "uuid" | "char" => Some(KeyType::Uuid),
        name if name.contains("int") => Some(KeyType::Integer),
        _ => None,
    }
}

const fn setting(key: KeyType) -> &'static str {
    match key {
        KeyType::Integer => "integer",
        KeyType::Uuid => "uuid",
    }
}

/// The model's name, which Django puts into a column of the table that holds its users' groups.
fn model_name(users: &str, schema: &LiveSchema) -> Option<String> {
    let groups = schema.tables.get(&format!("{users}_groups"))?;
    let names = groups.columns.iter().filter_map(|column| column.name.strip_suffix("_id"));
    names.into_iter().find(|name| *name != "group").map(str::to_owned)
}

/// `AUTH_USER_MODEL` for a model of this name, as far as Django's list of models tells.
fn label(name: &str, table: &str, examination: &mut Examination<'_>) -> Result<String, DatabaseError> {
    if !examination.can_read(django_content_type::table) {
        return Ok(unknown_label());
    }
    let mut apps: Vec<String> = django_content_type::table
        .filter(django_content_type::model.eq(name))
        .select(django_content_type::app_label)
        .load(examination.connection)?;
    if let Some(fits) = apps.iter().find(|app| format!("{app}_{name}") == table) {
        return Ok(format!("{fits}.{name}"));
    }
    // What Django itself has is none of the project's own.
    apps.retain(|app| app != "auth");
    Ok(match apps.as_slice() {
        [app] => format!("{app}.{name}"),
        _ => unknown_label(),
    })
}

fn unknown_label() -> String {
    "<the AUTH_USER_MODEL of Django's settings>".to_owned()
}
