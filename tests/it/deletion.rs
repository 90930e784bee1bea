//! Deleting a user also deletes what Django's cascade would delete, or nothing at all.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use tutorial::settings;
use vitamin::app::Apps;
use vitamin::auth::{User, UserId};
use vitamin::conf::Env;

use crate::support::*;

database_tests!(
    related_rows_are_deleted,
    an_unowned_reference_prevents_the_deletion,
    deleting_an_unknown_user_returns_false,
);

/// The tables of Django's admin site and of knox, reduced to the relevant columns, and one of a project's own.
const MORE_TABLES: &str = "
    CREATE TABLE knox_authtoken (digest varchar(128) NOT NULL PRIMARY KEY, user_id integer NOT NULL
        REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE polls_vote (id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL
        REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED);";

const TABLES: [&str; 5] = [
    "authtoken_token",
    "auth_user_groups",
    "auth_user_user_permissions",
    "django_admin_log",
    "knox_authtoken",
];

fn apps() -> Apps {
    settings::project(&Env::from_iter([("SECRET_KEY", "x")])).unwrap().apps
}

/// Creates Pepe and Rosa, each with a row in every table.
fn arrange(database: &TestDatabase) -> (UserId, UserId) {
    database.migrate().create_user("Pepe", "aaaa").create_user("Rosa", "bbbb");
    let ids = ["Pepe", "Rosa"].map(|name| {
        database.token(name);
        database.user(name).unwrap().id
    });
    let connection = &mut *database.connection();
    connection.batch_execute(MORE_TABLES).unwrap();
    connection.batch_execute("INSERT INTO auth_group (id, name) VALUES (1, 'cooks');").unwrap();
    for id in ids {
        connection
            .batch_execute(&format!(
                "INSERT INTO auth_user_groups (user_id, group_id) VALUES ({id}, 1);
                 INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES ({id}, 1);
                 INSERT INTO django_admin_log (id, user_id, object_repr, action_flag, change_message, action_time)
                     VALUES ({id}, {id}, '', 1, '', '2026-11-30 00:00:00');
                 INSERT INTO knox_authtoken (digest, user_id) VALUES ('{id}', {id});"
            ))
            .unwrap();
    }
    (ids[0], ids[1])
}

fn count(database: &TestDatabase, table: &str, user_id: UserId) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let query = format!("SELECT count(*) AS rows FROM {table} WHERE user_id = {user_id}");
    sql_query(query).get_result::<Count>(&mut *database.connection()).unwrap().rows
}

fn related_rows_are_deleted(database: &TestDatabase) {
    let (pepe, rosa) = arrange(database);
    let server = database.serve();
    let client = server.token(&database.token("Pepe"));
    assert_eq!(client.get("/auth/").status, 200);
    assert!(User::delete(&mut database.connection(), &apps(), pepe).unwrap());
    assert_eq!(client.get("/auth/").status, 401);
    assert!(database.user("Pepe").is_none());
    for table in TABLES {
        assert_eq!((count(database, table, pepe), count(database, table, rosa)), (0, 1), "{table}");
    }
}

fn an_unowned_reference_prevents_the_deletion(database: &TestDatabase) {
    let (pepe, _) = arrange(database);
    let vote = format!("INSERT INTO polls_vote (id, user_id) VALUES (1, {pepe})");
    database.connection().batch_execute(&vote).unwrap();
    let error = User::delete(&mut database.connection(), &apps(), pepe).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("foreign key"), "{error}");
    assert!(database.user("Pepe").is_some());
    for table in TABLES {
        assert_eq!(count(database, table, pepe), 1, "{table}");
    }
    // The connection is still usable.
    database.connection().batch_execute("DELETE FROM polls_vote").unwrap();
    assert!(User::delete(&mut database.connection(), &apps(), pepe).unwrap());
}

fn deleting_an_unknown_user_returns_false(database: &TestDatabase) {
    database.migrate();
    assert!(!User::delete(&mut database.connection(), &apps(), 7.into()).unwrap());
    assert!(!User::set_active(&mut database.connection(), 7.into(), false).unwrap());
}
