//! Triggers that change under a running server.

use diesel::connection::SimpleConnection as _;

use super::{INSTALL, UNINSTALL, delay_until, prepare, serve, wait_until_cached};
use crate::revocation::{ACCEPTED, Connection, turns};
use crate::support::*;

/// A transaction that revokes while the triggers are off, and leaves everything as it was.
#[test]
fn triggers_that_are_off_within_a_transaction_are_noticed() {
    let Some((database, key)) = prepare() else { return };
    let server = serve(&database);
    let install = database.manage(&[INSTALL, &["--sql"]].concat()).run().expect_success();
    let uninstall = database.manage(&[UNINSTALL, &["--sql"]].concat()).run().expect_success();
    let tables = |sql: &dyn Fn(&str) -> String| ["authtoken_token", "auth_user"].map(sql).join("; ");
    let enable = tables(&|table| {
        let always = ["vitamin_token_notify", "vitamin_token_notify_truncate"]
            .map(|name| format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"));
        format!("ALTER TABLE {table} ENABLE TRIGGER ALL; {}", always.join("; "))
    });
    let disable = |what: &str| tables(&|table| format!("ALTER TABLE {table} DISABLE TRIGGER {what}"));
    let rename =
        |from: &str, to: &str| tables(&|table| format!("ALTER TABLE {table}{from} RENAME TO {table}{to}"));
    let function = "CREATE OR REPLACE FUNCTION vitamin_token_notify() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN RETURN NULL; END'";
    let changes = [
        (disable("USER"), enable.clone()),
        (disable("ALL"), enable),
        (uninstall, install.clone()),
        (function.to_owned(), install),
        // It never turns the triggers off, since they fire always.
        ("SET LOCAL session_replication_role = replica".to_owned(), String::new()),
        (rename("", "_other"), rename("_other", "")),
    ];
    let mut client = Connection::connect(server.address());
    let mut other = database.connection();
    for (off, on) in changes {
        for (revoke, refused, give_back) in turns(&database, &key) {
            let revoke = if off.contains("RENAME") {
                revoke
                    .replace("authtoken_token", "authtoken_token_other")
                    .replace("auth_user", "auth_user_other")
            } else {
                revoke
            };
            assert_eq!(client.get(&key).0, 200);
            wait_until_cached(&database, &server, &key);
            let revoke = revoke.replace("BEGIN; ", "").replace("; COMMIT", "");
            // Deferred constraints are checked before the triggers change.
            other
                .batch_execute(&format!(
                    "BEGIN; {off}; {revoke}; SET CONSTRAINTS ALL IMMEDIATE; {on}; COMMIT"
                ))
                .unwrap_or_else(|error| panic!("{error}: {off}; {revoke}; {on}"));
            delay_until(&mut client, &key, refused);
            other.batch_execute(&give_back).unwrap();
            delay_until(&mut client, &key, ACCEPTED);
        }
    }
}
