//! On SQLite, with renamed tables and columns. tests/it has the same on both databases.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::*;
use crate::conf::Env;
use crate::database::DatabaseSettings;

diesel::table! {
    question (id) {
        id -> Integer,
        text -> Text,
        votes -> Integer,
    }
}

#[derive(Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = question)]
struct Question {
    id: i32,
    text: String,
    votes: i32,
}

#[derive(AsChangeset, Default)]
#[diesel(table_name = question)]
struct Changes {
    text: Option<String>,
    votes: Option<i32>,
}

/// A database whose table is `questions`, with the column `body` for `text`.
fn database(folder: &std::path::Path) -> Database {
    let path = folder.join("db").to_str().unwrap().to_owned();
    let env = Env::from_iter([("DATABASE_URL", path.as_str()), ("DATABASE_TIMEOUT", "1")]);
    let mut settings = DatabaseSettings::from_env(&env).unwrap();
    settings.names.rename_table("question", "questions");
    settings.names.rename_column("question", "text", "body");
    let database = Database::new(&settings).creating_file();
    let create =
        "CREATE TABLE questions (id integer PRIMARY KEY, body text NOT NULL, votes integer NOT NULL)";
    database.get().unwrap().batch_execute(create).unwrap();
    database
}

fn insert(connection: &mut DbConnection, text: &str) -> QueryResult<Question> {
    let values = (question::text.eq(text), question::votes.eq(0));
    insert_returning!(connection, question::table, values, Question)
}

#[test]
fn the_row_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let made = insert(connection, "Why?").unwrap();
    assert_eq!(made, Question { id: 1, text: "Why?".to_owned(), votes: 0 });
    let changes = Changes { votes: Some(3), ..Changes::default() };
    let target = question::table.find(made.id);
    let changed = update_returning!(connection, target, &changes, Question);
    assert_eq!(changed.unwrap(), Question { votes: 3, ..made });
}

/// `get_result` would return the rejected row.
#[test]
fn a_deferred_foreign_key_rejects_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    connection
        .batch_execute(
            "DROP TABLE questions; CREATE TABLE questions (id integer PRIMARY KEY, body text NOT NULL,
                votes integer NOT NULL REFERENCES other (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TABLE other (id integer PRIMARY KEY); INSERT INTO other VALUES (0);",
        )
        .unwrap();
    let values = (question::text.eq("a"), question::votes.eq(7));
    let refused = insert_returning!(connection, question::table, values, Question);
    assert!(refused.unwrap_err().to_string().contains("FOREIGN KEY"));
    insert(connection, "b").unwrap();
    let changes = Changes { votes: Some(7), ..Changes::default() };
    let refused = update_returning!(connection, question::table.find(1), &changes, Question);
    assert!(refused.unwrap_err().to_string().contains("FOREIGN KEY"));
    assert_eq!(question::table.select(question::votes).load::<i32>(connection), Ok(vec![0]));
}

#[test]
fn an_update_without_changes_returns_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let made = insert(connection, "Why?").unwrap();
    let unchanged = update_returning!(connection, question::table.find(1), &Changes::default(), Question);
    assert_eq!(unchanged.unwrap(), made);
    for changes in [Changes::default(), Changes { votes: Some(1), ..Changes::default() }] {
        let missing = update_returning!(connection, question::table.find(2), &changes, Question);
        assert_eq!(missing, Err(QueryError::NotFound));
    }
}

#[test]
fn a_failed_transaction_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let connection = &mut *database(folder.path()).get().unwrap();
    let count =
        |connection: &mut DbConnection| question::table.count().get_result::<i64>(connection).unwrap();
    let result = connection.atomic(|connection| {
        insert(connection, "a")?;
        let inner = connection.atomic(|connection| {
            insert(connection, "b")?;
            Err::<(), _>(DatabaseError::Unavailable("inner".to_owned()))
        });
        assert!(inner.is_err());
        assert_eq!(count(connection), 1);
        Err::<(), _>(DatabaseError::Unavailable("outer".to_owned()))
    });
    assert!(matches!(result, Err(DatabaseError::Unavailable(why)) if why == "outer"));
    assert_eq!(count(connection), 0);
    connection.atomic(|connection| Ok::<_, DatabaseError>(insert(connection, "c").map(drop)?)).unwrap();
    assert_eq!(count(connection), 1);
}

#[actix_web::test]
async fn a_transaction_takes_the_write_lock_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path());
    let other = database.get().unwrap();
    let read_then_write = database.atomic(move |connection| {
        let mut other = other;
        let before: i64 = question::table.count().get_result(connection)?;
        // The other connection has to wait, and gives up after its time limit.
        let refused = insert(&mut other, "other").map_err(DatabaseError::from);
        assert!(matches!(refused, Err(DatabaseError::Unavailable(_))));
        insert(connection, "own")?;
        Ok::<_, DatabaseError>(before)
    });
    assert_eq!(read_then_write.await.unwrap(), 0);
}
