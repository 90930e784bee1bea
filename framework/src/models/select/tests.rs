//! The text of statements, and that its forms select the same rows.

use diesel::connection::SimpleConnection as _;
use diesel::debug_query;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Keyed, Output, Select};
use crate::conf::Env;
use crate::database::{Database, DatabaseSettings, DbConnection};
use crate::models::condition::Condition;
use crate::models::keys::Keys;
use crate::models::operand::Operand;
use crate::models::statement::Statement;
use crate::models::*;

diesel::table! {
    shelf_room (id) {
        id -> crate::models::sql_types::UuidKey,
        code -> Text,
        open -> Bool,
    }
}

diesel::table! {
    shelf_book (id) {
        id -> BigInt,
        room_id -> Nullable<crate::models::sql_types::UuidKey>,
        code -> Text,
        next_id -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(shelf_room, shelf_book);

#[derive(Model)]
#[model(crate = crate, table = shelf_room, ordering("code"))]
struct Room {
    #[model(primary_key)]
    id: Uuid,
    #[model(unique, max_length = 9)]
    code: String,
    open: bool,
}

#[derive(Model)]
#[model(crate = crate, table = shelf_book, ordering("id"))]
struct Book {
    id: i64,
    #[model(references(Room), related_name = books)]
    room_id: Option<Uuid>,
    #[model(unique, max_length = 9)]
    code: String,
    #[model(references(Book), related_name = before)]
    next_id: Option<i64>,
}

const BOOKS: i64 = 7;

fn create(connection: &mut DbConnection, room: &str, book: &str) {
    let postgres = connection.is_postgres();
    let (uuid, truth) = if postgres { ("uuid", "boolean") } else { ("char(32)", "bool") };
    let sql = format!(
        "CREATE TABLE {room} (id {uuid} PRIMARY KEY, code varchar(9) UNIQUE, open {truth});
         CREATE TABLE {book} (id bigint PRIMARY KEY, room_id {uuid}, code varchar(9) UNIQUE, next_id bigint);"
    );
    connection.batch_execute(&sql).unwrap();
}

fn fill(connection: &mut DbConnection) {
    for number in 1..=3_u8 {
        Changes::<Room>::new()
            .set(shelf_room::id, Uuid::from_u128(number.into()))
            .set(shelf_room::code, format!("r{number}"))
            .set(shelf_room::open, number != 2)
            .insert(connection)
            .unwrap();
    }
    for id in 1..=BOOKS {
        let room = u128::try_from(id % 4).unwrap();
        Changes::<Book>::new()
            .set(shelf_book::id, id)
            .set(shelf_book::room_id, (room > 0).then(|| Uuid::from_u128(room)))
            .set(shelf_book::code, format!("b{id}"))
            .set(shelf_book::next_id, (id < BOOKS).then_some(id + 1))
            .insert(connection)
            .unwrap();
    }
}

/// A database that lasts as long as its folder.
fn sqlite() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").to_str().unwrap().to_owned();
    let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
    let database = Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file();
    (folder, database)
}

fn sql(rows: &QuerySet<Book>) -> String {
    let select = rows.select(Output::Column("id")).unwrap();
    debug_query::<Sqlite, _>(&select).to_string()
}

fn open_rooms() -> QuerySet<Room> {
    Room::objects().filter(shelf_room::open)
}

#[test]
fn sqlite_looks_for_one_row_among_those_of_another_query() {
    let visible = || Book::objects().filter_in(shelf_book::room_id, open_rooms());
    let one = "SELECT `shelf_book`.`id` FROM `shelf_book` WHERE EXISTS (SELECT 1 FROM `shelf_room` \
               WHERE (`shelf_room`.`open`) AND `shelf_book`.`room_id` = `shelf_room`.`id`) AND `shelf_book`.";
    for rows in [visible().find(3), visible().filter_eq(shelf_book::code, "b3")] {
        assert!(sql(&rows).starts_with(one), "{}", sql(&rows));
    }
    let all = Book::objects().filter_in(shelf_book::room_id, Room::objects()).find(3);
    assert!(
        sql(&all)
            .contains("EXISTS (SELECT 1 FROM `shelf_room` WHERE `shelf_book`.`room_id` = `shelf_room`.`id`)")
    );
    // Several rows; a query that would hide the outer table; one whose rows are limited; a part of a condition.
    let id = Path::from(shelf_book::id);
    for rows in [
        visible(),
        visible().filter_q(Q::compare(&id, Lookup::Gte, 3_i64)),
        visible().filter_q(Q::one_of(&id, &[3_i64.into()])),
        visible().filter_eq(shelf_book::next_id, 3_i64),
        Book::objects()
            .filter_in(shelf_book::next_id, Book::objects().filter_eq(shelf_book::code, "b4"))
            .find(3),
        Book::objects().filter_in(shelf_book::room_id, open_rooms().limit(1)).find(3),
        Book::objects().filter_in(shelf_book::room_id, open_rooms().offset(1)).find(3),
        Book::objects().filter_q(!Q::in_queryset(shelf_book::room_id, open_rooms())).find(3),
    ] {
        assert!(sql(&rows).contains("` IN (SELECT "), "{}", sql(&rows));
        assert!(!sql(&rows).contains("EXISTS"), "{}", sql(&rows));
    }
}

#[test]
fn one_key_is_compared_without_a_list() {
    let (id, code, room) =
        (Path::from(shelf_book::id), Path::from(shelf_book::code), Path::from(shelf_book::room_id));
    let uuid = |number| DbValue::from(Uuid::from_u128(number));
    for (one, several) in [
        (Q::one_of(&id, &[3_i64.into()]), Q::one_of(&id, &[3_i64.into(), 4_i64.into()])),
        (Q::one_of(&code, &["b3".into()]), Q::one_of(&code, &["b3".into(), "b\"4".into()])),
        (Q::one_of(&room, &[uuid(1)]), Q::one_of(&room, &[uuid(1), uuid(2)])),
    ] {
        let (one, several) = (Book::objects().filter_q(one), Book::objects().filter_q(several));
        assert!(sql(&one).contains("` = ?"), "{}", sql(&one));
        assert!(sql(&several).contains("` IN (SELECT value FROM json_each(?))"), "{}", sql(&several));
    }
}

#[test]
fn related_rows_are_looked_up_from_the_list_of_keys() {
    let select = |keys: &[i64]| {
        let keys = Keys::new(keys.iter().map(|key| ValueRef::Integer(*key))).unwrap();
        let mut select = Select::new(Book::META);
        select.output = Output::Columns([2].into());
        select.keyed = Some(Keyed { table: Book::META.table, column: "next_id", keys });
        select.conditions.push(Condition::IsNull { operand: Operand::Column("room_id"), is_null: true });
        select
    };
    assert_eq!(
        debug_query::<Sqlite, _>(&select(&[3, 4])).to_string(),
        "SELECT `shelf_book`.`code` FROM json_each(?) AS vitamin_keys CROSS JOIN `shelf_book` WHERE \
         `shelf_book`.`next_id` = vitamin_keys.value AND `shelf_book`.`room_id` IS NULL -- binds: [\"[3,4]\"]"
    );
    assert_eq!(
        debug_query::<Sqlite, _>(&select(&[3])).to_string(),
        "SELECT `shelf_book`.`code` FROM `shelf_book` WHERE `shelf_book`.`next_id` = ? AND \
         `shelf_book`.`room_id` IS NULL -- binds: [3]"
    );
    #[cfg(feature = "postgres")]
    assert_eq!(
        debug_query::<diesel::pg::Pg, _>(&select(&[3, 4])).to_string(),
        "SELECT \"shelf_book\".\"code\" FROM \"shelf_book\" WHERE \"shelf_book\".\"next_id\" = ANY($1) AND \
         \"shelf_book\".\"room_id\" IS NULL -- binds: [[3, 4]]"
    );
}

#[test]
fn names_are_quoted_as_diesel_does() {
    for meta in [Room::META, Book::META] {
        let list = |quote: char| {
            let column = |column: &crate::models::column::Column| {
                format!("{quote}{}{quote}.{quote}{}{quote}", meta.table, column.column)
            };
            meta.columns.iter().map(column).collect::<Vec<_>>().join(", ")
        };
        assert_eq!((meta.select_list.sqlite, meta.select_list.postgres), (&*list('`'), &*list('"')));
    }
    let delete = Statement::Delete {
        table: "a`b\"c",
        condition: Condition::IsNull { operand: Operand::Column("d`"), is_null: true },
    };
    assert_eq!(
        debug_query::<Sqlite, _>(&delete).to_string(),
        "DELETE FROM `a``b\"c` WHERE `a``b\"c`.`d``` IS NULL -- binds: []"
    );
    #[cfg(feature = "postgres")]
    assert_eq!(
        debug_query::<diesel::pg::Pg, _>(&delete).to_string(),
        "DELETE FROM \"a`b\"\"c\" WHERE \"a`b\"\"c\".\"d`\" IS NULL -- binds: []"
    );
}

/// The ids of books, each condition as a query's own text and as the program decides it.
fn same_rows(connection: &mut DbConnection, keys: &[i64], room: usize, excluded: i64) {
    let rooms = || match room {
        0 => Room::objects(),
        1 => open_rooms(),
        2 => Room::objects().filter_eq(shelf_room::code, "r2"),
        _ => Room::objects().filter(shelf_room::open.eq(false)).limit(1),
    };
    let ids: Vec<Uuid> = rooms().load(connection).unwrap().iter().map(|room| room.id).collect();
    let is_visible = |id: i64| {
        let room = u128::try_from(id % 4).unwrap();
        (1..=BOOKS).contains(&id) && room > 0 && ids.contains(&Uuid::from_u128(room)) && id != excluded
    };
    let visible = || Book::objects().filter_in(shelf_book::room_id, rooms()).exclude_pk(excluded);
    let found = |rows: QuerySet<Book>, connection: &mut DbConnection| {
        let loaded = rows.load(connection).unwrap();
        assert_eq!(rows.count(connection).unwrap(), u64::try_from(loaded.len()).unwrap());
        assert_eq!(rows.exists(connection).unwrap(), !loaded.is_empty());
        loaded.iter().map(|book| book.id).collect::<Vec<_>>()
    };
    for id in keys {
        let expected = if is_visible(*id) { vec![*id] } else { Vec::new() };
        assert_eq!(found(visible().find(*id), connection), expected);
        assert_eq!(found(visible().filter_eq(shelf_book::code, format!("b{id}")), connection), expected);
    }
    let values: Vec<DbValue> = keys.iter().map(|id| DbValue::from(*id)).collect();
    let mut expected: Vec<i64> = keys.iter().copied().filter(|id| is_visible(*id)).collect();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(found(visible().filter_q(Q::one_of(&shelf_book::id.into(), &values)), connection), expected);
    let codes: Vec<DbValue> = keys.iter().map(|id| format!("b{id}").into()).collect();
    assert_eq!(found(visible().filter_q(Q::one_of(&shelf_book::code.into(), &codes)), connection), expected);
    let rows =
        visible().filter_q(Q::one_of(&shelf_book::id.into(), &values)).with(Book::ROOM.with(Room::BOOKS));
    for book in rows.load(connection).unwrap() {
        let room = Book::ROOM.get(&book).unwrap().unwrap();
        let books: Vec<i64> = Room::BOOKS.get(room).unwrap().iter().map(|book| book.id).collect();
        assert_eq!(books, (1..=BOOKS).filter(|id| id % 4 == book.id % 4).collect::<Vec<_>>());
    }
}

fn with_both(test: impl Fn(&mut DbConnection)) {
    let check = |database: &Database| {
        let connection = &mut *database.get().unwrap();
        create(connection, "shelf_room", "shelf_book");
        fill(connection);
        test(connection);
    };
    let (_folder, database) = sqlite();
    check(&database);
    #[cfg(feature = "postgres")]
    if let Some(database) = crate::testing::TestDatabase::postgres() {
        use crate::testing::TestEnvironment as _;
        check(database.database());
    }
}

#[test]
fn forms_of_a_condition_select_the_same_rows() {
    with_both(|connection| {
        let given = (proptest::collection::vec(0..=BOOKS + 1, 0..4), 0..4_usize, 0..=BOOKS);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(64));
        let connection = std::cell::RefCell::new(connection);
        let ran = runner.run(&given, |(keys, room, excluded)| {
            same_rows(&mut connection.borrow_mut(), &keys, room, excluded);
            Ok(())
        });
        ran.unwrap();
    });
}

#[test]
fn renamed_tables_and_columns_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").to_str().unwrap().to_owned();
    let mut settings =
        DatabaseSettings::from_env(&Env::from_iter([("DATABASE_URL", path.as_str())])).unwrap();
    settings.names.rename_table("shelf_room", "places");
    settings.names.rename_table("shelf_book", "the books");
    settings.names.rename_column("shelf_book", "room_id", "place");
    let database = Database::new(&settings).creating_file();
    let connection = &mut *database.get().unwrap();
    create(connection, "places", "'the books'");
    connection.batch_execute("ALTER TABLE 'the books' RENAME room_id TO place").unwrap();
    fill(connection);
    for room in 0..4 {
        same_rows(connection, &[1, 2, 3], room, 2);
        same_rows(connection, &[5], room, 0);
    }
}
