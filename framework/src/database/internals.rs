//! Tests of diesel's internals that this crate uses. diesel may change them in any minor version, so Cargo.toml fixes it
//! (`~2.3`). Before another minor version is used, each of these must compile and pass; where one does not, look at the
//! file that it names.

use diesel::connection::SimpleConnection as _;
use diesel::internal::derives::multiconnection::{ConnectionSealed, MultiConnectionHelper};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

use super::builds_sql;
use super::{DbConnection, Names, Prepared, RenamingConnection};

diesel::table! {
    item (id) {
        id -> Integer,
        name -> Text,
    }
}

fn connection(names: Names) -> RenamingConnection<SqliteConnection> {
    let mut connection = RenamingConnection::new(SqliteConnection::establish(":memory:").unwrap(), names);
    connection
        .batch_execute("CREATE TABLE item (id integer PRIMARY KEY, name text); CREATE TABLE things (id integer PRIMARY KEY, name text);
                        INSERT INTO item VALUES (1, 'a'); INSERT INTO things VALUES (1, 'b'), (2, 'c');")
        .unwrap();
    connection
}

/// named.rs implements these traits, as diesel's own connections do.
#[test]
fn connections_can_be_wrapped() {
    fn is_connection<C: Connection + ConnectionSealed + MultiConnectionHelper>() {}
    is_connection::<RenamingConnection<SqliteConnection>>();
    #[cfg(feature = "postgres")]
    is_connection::<RenamingConnection<diesel::PgConnection>>();
}

/// named.rs tells by `AstPassHelper::cast_database` why a query is walked: to build its text, or to bind its values.
#[test]
fn a_pass_that_builds_sql_is_recognized() {
    use std::cell::RefCell;

    struct Probe<'a>(&'a RefCell<Vec<bool>>);

    impl QueryFragment<Sqlite> for Probe<'_> {
        fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
            let (mut pass, builds) = builds_sql(pass);
            self.0.borrow_mut().push(builds);
            pass.push_sql("DELETE FROM item WHERE id = ");
            pass.push_bind_param::<diesel::sql_types::Integer, _>(&1)
        }
    }

    impl QueryId for Probe<'_> {
        type QueryId = ();
        const HAS_STATIC_QUERY_ID: bool = false;
    }

    impl<C> diesel::RunQueryDsl<C> for Probe<'_> {}

    let seen = RefCell::default();
    assert_eq!(Probe(&seen).execute(&mut connection(Names::default())), Ok(1));
    let seen = seen.into_inner();
    // Once to build the text; the other walks check whether it is cacheable, and collect the values.
    assert_eq!(seen.iter().filter(|builds| **builds).count(), 1, "{seen:?}");
    assert!(seen.len() > 1, "{seen:?}");
}

/// prepared.rs: a cached statement is only walked for its parameters.
#[test]
fn a_prepared_query_binds_its_parameters_only() {
    let mut names = Names::default();
    names.rename_table("item", "things");
    let mut connection = connection(names);
    for (id, name) in [(1, "b"), (2, "c"), (1, "b")] {
        let query = item::table.find(id).select(item::name);
        let found: String = Prepared::new(query, item::id.eq(id)).get_result(&mut connection).unwrap();
        assert_eq!(found, name);
    }
}

/// manager.rs: the enum that `#[derive(MultiConnection)]` makes of the wrapped connections.
#[test]
fn an_enum_of_wrapped_connections_runs_queries() {
    let mut connection = DbConnection::Sqlite(connection(Names::default()));
    let changed = diesel::update(item::table.find(1)).set(item::name.eq("z")).execute(&mut connection);
    assert_eq!(changed, Ok(1));
    assert_eq!(item::table.select(item::name).get_result::<String>(&mut connection).unwrap(), "z");
}
