//! The triggers that send a notification for each change to a token or a user: their SQL, and whether a database has
//! them.
//!
//! A notification's payload is only the user's primary key, because every role of the database may listen. It is empty
//! if every user is affected. A trigger must never make one of Django's statements fail, so the function refers to no
//! column but the one named by its argument, and tolerates that one's absence. The triggers fire `ALWAYS`, so also for
//! rows written by replication or a restore.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::schema::authtoken_token;
use vitamin_auth::schema::auth_user;
use vitamin_framework::database::{DatabaseError, DbConnection, Names};

/// The channel of the notifications.
pub(super) const CHANNEL: &str = "vitamin_token";

const FUNCTION: &str = "vitamin_token_notify";
/// Removal identifies the triggers by name alone.
const ROW_TRIGGER: &str = "vitamin_token_notify";
const TRUNCATE_TRIGGER: &str = "vitamin_token_notify_truncate";

/// The function's body, exactly as PostgreSQL stores it.
const BODY: &str = "
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        PERFORM pg_catalog.pg_notify('vitamin_token',
            COALESCE(pg_catalog.jsonb_extract_path_text(pg_catalog.to_jsonb(OLD), TG_ARGV[0]), ''));
    ELSE
        PERFORM pg_catalog.pg_notify('vitamin_token', '');
    END IF;
    RETURN NULL;
END
";

/// Bits of `pg_trigger.tgtype`: a row's UPDATE and DELETE; TRUNCATE.
const ROW_UPDATE_DELETE: i16 = 1 | 16 | 8;
const TRUNCATE: i16 = 32;

/// The tables' real names, each with its column that holds the user's key.
fn tables(names: &Names) -> [(&str, &str); 2] {
    let [tokens, users] = ["authtoken_token", "auth_user"];
    [
        (names.table(tokens), names.column(tokens, authtoken_token::user_id::NAME)),
        (names.table(users), names.column(users, auth_user::id::NAME)),
    ]
}

/// SQL that installs the triggers, replacing existing ones. It opens no transaction.
pub(crate) fn install_sql(names: &Names) -> String {
    let mut sql = format!(
        "CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $vitamin${BODY}$vitamin$;\n"
    );
    for (table, column) in tables(names) {
        let quoted = identifier(table);
        for (name, event, argument) in [
            (
                ROW_TRIGGER,
                "UPDATE OR DELETE",
                format!("FOR EACH ROW EXECUTE FUNCTION {FUNCTION}({})", literal(column)),
            ),
            (TRUNCATE_TRIGGER, "TRUNCATE", format!("FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()")),
        ] {
            sql.push_str(&format!(
                "DROP TRIGGER IF EXISTS {name} ON {quoted};\nCREATE TRIGGER {name} AFTER {event} ON {quoted} {argument};\n\
                 ALTER TABLE {quoted} ENABLE ALWAYS TRIGGER {name};\n"
            ));
        }
    }
    sql
}

/// SQL that removes the triggers, even if only some of them exist.
pub(crate) fn uninstall_sql(names: &Names) -> String {
    let mut sql = String::new();
    for (table, _) in tables(names) {
        for name in [ROW_TRIGGER, TRUNCATE_TRIGGER] {
            sql.push_str(&format!("DROP TRIGGER IF EXISTS {name} ON {};\n", identifier(table)));
        }
    }
    sql.push_str(&format!("DROP FUNCTION IF EXISTS {FUNCTION}();\n"));
    sql
}

/// SQL condition that is true if all triggers exist as [`install_sql`] creates them, and are enabled.
pub(super) fn installed_condition(names: &Names) -> String {
    let wanted = tables(names).map(|(table, column)| {
        let table = literal(&identifier(table));
        let argument = literal(&format!("{column}\\000"));
        format!(
            "(to_regclass({table}), '{ROW_TRIGGER}', {ROW_UPDATE_DELETE}, {argument}), \
             (to_regclass({table}), '{TRUNCATE_TRIGGER}', {TRUNCATE}, '')"
        )
    });
    format!(
        "(SELECT count(*) = {} FROM (VALUES {}) AS wanted (relation, name, type, argument) \
         JOIN pg_trigger ON tgrelid = relation AND tgname = name AND tgtype = type \
         AND encode(tgargs, 'escape') = argument \
         JOIN pg_proc ON pg_proc.oid = tgfoid \
         WHERE tgenabled = 'A' AND tgqual IS NULL AND prosrc = $vitamin${BODY}$vitamin$)",
        2 * wanted.len(),
        wanted.join(", "),
    )
}

/// A query whose text changes with every commit that changed the triggers, their function or their tables, even if
/// everything is as before at its end: such a transaction may have revoked tokens without a notification. PostgreSQL
/// writes a changed row of its catalogs as a new version, with the transaction as its `xmin`.
pub(super) fn version_query(names: &Names) -> String {
    let relations =
        tables(names).map(|(table, _)| format!("to_regclass({})", literal(&identifier(table)))).join(", ");
    format!(
        "SELECT concat_ws(' ', {relations}, string_agg(concat_ws(':', t.oid, t.xmin, tgenabled, c.oid, c.xmin, p.oid, p.xmin), \
         ' ' ORDER BY t.oid)) \
         FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid \
         WHERE tgrelid IN ({relations}) AND tgname IN ('{ROW_TRIGGER}', '{TRUNCATE_TRIGGER}')"
    )
}

/// Whether a database has the triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriggerState {
    /// All triggers are as expected.
    Installed,
    /// Some are missing, of another version, or disabled.
    Other,
    /// There are none.
    Missing,
}

#[derive(QueryableByName)]
struct InstalledRow {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    installed: bool,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    any: bool,
}

/// Checks a PostgreSQL database for the triggers.
///
/// # Errors
/// The query fails.
pub(crate) fn trigger_state(connection: &mut DbConnection) -> Result<TriggerState, DatabaseError> {
    let sql = format!(
        "SELECT {} AS installed, \
         EXISTS (SELECT FROM pg_trigger WHERE tgname IN ($1, $2)) OR to_regproc($3) IS NOT NULL AS any",
        installed_condition(connection.names())
    );
    let query = diesel::sql_query(sql).bind::<Text, _>(ROW_TRIGGER).bind::<Text, _>(TRUNCATE_TRIGGER);
    let found: InstalledRow = query.bind::<Text, _>(FUNCTION).get_result(connection)?;
    Ok(match found {
        InstalledRow { installed: true, .. } => TriggerState::Installed,
        InstalledRow { any: true, .. } => TriggerState::Other,
        InstalledRow { .. } => TriggerState::Missing,
    })
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(identifier(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("a'b"), "'a''b'");
    }

    #[test]
    fn the_function_notifies_the_listener_s_channel() {
        assert_eq!(BODY.matches(&format!("pg_notify('{CHANNEL}'")).count(), 2);
    }
}
