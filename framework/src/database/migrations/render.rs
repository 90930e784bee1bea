//! Puts the live database's names and types into a migration's SQL.
//!
//! An app refers to users by the names of Django's own user model. A project with its own model has other names, and
//! perhaps another type of key:
//!
//! ```sql
//! "user_id" integer /* AUTH_USER_KEY */ NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
//! ```
//!
//! For diesel's command the marker is a comment. It knows no settings, so it can't run such a migration for a project
//! with its own user model.

use std::borrow::Cow;

use super::{EmbeddedMigration, MigrationError};
use crate::database::DbConnection;
use crate::database::inspection::LiveSchema;
use crate::database::tokens::{Piece, Word, pieces, statements, words};

/// The users' table in `schema.rs`.
pub(crate) const USERS: &str = "auth_user";
/// The comment after the type of a column that holds a user's key.
const MARKER: &str = "AUTH_USER_KEY";

/// Returns the SQL for this database.
///
/// # Errors
/// The users' table is missing, or the script refers to it in a way that can't be translated.
pub(super) fn render<'a>(
    script: &'a str,
    migration: &EmbeddedMigration,
    connection: &mut DbConnection,
) -> Result<Cow<'a, str>, MigrationError> {
    let error = |message: String| MigrationError(format!("{}: {message}", migration.name));
    let mut users = None;
    if refers_to_users(script) {
        let live = connection.names().table(USERS).to_owned();
        let schema = LiveSchema::read(connection).map_err(MigrationError::new)?;
        let Some(table) = schema.tables.get(&live) else {
            return Err(error(format!(
                "The table {live} is missing, and this migration refers to it. Create it first: by the migrations of \
                 auth (name them in this migration's metadata.toml: dependencies = [\"auth\"]), or, for a user model of \
                 your Django project, by Django's own `migrate`."
            )));
        };
        let name = connection.names().column(USERS, "id");
        let key = table.columns.iter().find(|column| column.name == name);
        let key = key.ok_or_else(|| error(format!("The table {live} has no column {name}.")))?;
        users = Some(foreign_key_type(&key.type_name).to_owned());
    }
    let names = connection.names();
    if names.table(USERS) != USERS
        && references(script).any(|table| !table.is_quoted && table.text.eq_ignore_ascii_case(USERS))
    {
        return Err(error(format!("Put {USERS} in double quotes: only quoted names are translated.")));
    }
    let renamed = names.rename_script(script);
    match users {
        Some(key) if key != "integer" && renamed.contains(MARKER) => set_key_type(&renamed, &key)
            .map(Cow::Owned)
            .ok_or_else(|| error(format!("The comment /* {MARKER} */ must follow the type integer."))),
        _ => Ok(renamed),
    }
}

/// The type of a column that refers to a key of this type: on SQLite Django's `UUIDField` is `char(32)`.
fn foreign_key_type(key: &str) -> &str {
    if key == "char" { "char(32)" } else { key }
}

/// Replaces the word `integer` before each marker. Returns `None` if another word is there.
fn set_key_type(sql: &str, key: &str) -> Option<String> {
    let mut rendered = String::with_capacity(sql.len() + 32);
    for piece in pieces(sql) {
        match piece {
            Piece::Identifier { quote, name } => {
                rendered.extend([&*String::from(quote), name, &*String::from(quote)])
            }
            Piece::Comment(text) if text.trim_matches(['/', '*', ' ']) == MARKER => {
                let before = rendered.trim_end();
                let start = before.len().checked_sub("integer".len())?;
                if !before.get(start..)?.eq_ignore_ascii_case("integer") {
                    return None;
                }
                let spaces = rendered.split_off(before.len());
                rendered.truncate(start);
                rendered.extend([key, &spaces, text]);
            }
            other => rendered.push_str(other.text()),
        }
    }
    Some(rendered)
}

/// Whether the script refers to users and does not itself create their table.
fn refers_to_users(script: &str) -> bool {
    // Nearly all scripts are decided here.
    (script.contains(USERS) || script.contains(MARKER))
        && (script.contains(MARKER) || references(script).any(|table| table.text == USERS))
        && !created_tables(script).any(|table| table == USERS)
}

/// The tables that a script's foreign keys refer to.
pub(super) fn references(script: &str) -> impl Iterator<Item = Word<'_>> {
    statements(script).into_iter().flat_map(|statement| {
        let words = words(statement);
        let after = words.iter().skip(1).copied();
        words
            .iter()
            .zip(after)
            .filter(|(word, _)| word.is("REFERENCES"))
            .map(|(_, table)| table)
            .collect::<Vec<_>>()
    })
}

/// The tables that a script creates, without temporary ones.
pub(crate) fn created_tables(script: &str) -> impl Iterator<Item = &str> {
    statements(script).into_iter().filter_map(|statement| {
        let words = words(statement);
        let mut words = words.iter();
        if !words.next()?.is("CREATE") || !words.next()?.is("TABLE") {
            return None;
        }
        words
            .find(|word| !["IF", "NOT", "EXISTS"].iter().any(|keyword| word.is(keyword)))
            .map(|word| word.text)
    })
}
