//! Pipelined reads on PostgreSQL give what a connection of the pool gives.

use std::time::Duration;

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::conf::Env;
use crate::database::{Database, DatabaseSettings, UserId};
use crate::models::*;
use crate::testing::TestDatabase;

diesel::table! {
    box_owner (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    box_thing (id) {
        id -> BigInt,
        owner_id -> Nullable<BigInt>,
        small -> Nullable<SmallInt>,
        number -> Nullable<Integer>,
        float -> Nullable<Double>,
        truth -> Nullable<Bool>,
        text -> Nullable<Text>,
        day -> Nullable<Date>,
        at -> Nullable<Time>,
        moment -> Nullable<Timestamp>,
        span -> Nullable<crate::models::sql_types::Duration>,
        uuid -> Nullable<crate::models::sql_types::UuidKey>,
        price -> Nullable<Numeric>,
        document -> Nullable<crate::models::sql_types::JsonType>,
        bytes -> Nullable<Binary>,
        user_id -> Nullable<crate::database::UserKey>,
    }
}

diesel::table! {
    box_part (id) {
        id -> BigInt,
        thing_id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    box_tag (id) {
        id -> BigInt,
        slug -> Text,
    }
}

#[derive(Model)]
#[diesel(table_name = box_owner)]
#[model(crate = crate, ordering("id"))]
struct Owner {
    id: i64,
    name: String,
}

impl Owner {
    const THINGS: Reverse<Self, Thing> = Thing::OWNER.reverse("things");
}

#[derive(Model)]
#[diesel(table_name = box_thing)]
#[model(crate = crate, ordering("id"))]
#[model(many_to_many(tags: Tag, box_thing_tags(thing_id, tag_id), blank))]
struct Thing {
    id: i64,
    #[model(references(Owner))]
    owner_id: Option<i64>,
    small: Option<i16>,
    number: Option<i32>,
    float: Option<f64>,
    truth: Option<bool>,
    text: Option<String>,
    day: Option<NaiveDate>,
    at: Option<NaiveTime>,
    moment: Option<NaiveDateTime>,
    span: Option<TimeDelta>,
    uuid: Option<Uuid>,
    price: Option<BigDecimal>,
    document: Option<Json>,
    bytes: Option<Vec<u8>>,
    user_id: Option<UserId>,
}

impl Thing {
    const PARTS: Reverse<Self, Part> = Part::THING.reverse("parts");
}

#[derive(Model)]
#[diesel(table_name = box_part)]
#[model(crate = crate, ordering("-id"))]
struct Part {
    id: i64,
    #[model(references(Thing))]
    thing_id: i64,
    name: String,
}

#[derive(Model)]
#[diesel(table_name = box_tag)]
#[model(crate = crate, ordering("slug"))]
struct Tag {
    id: i64,
    slug: String,
}

const TABLES: &str = r#"
CREATE TABLE box_owner (id bigint PRIMARY KEY, name varchar(100) NOT NULL);
CREATE TABLE box_thing (id bigint PRIMARY KEY, owner_id bigint, small smallint, number integer, float double precision,
    truth boolean, text varchar(30), day date, at time, moment timestamptz, span interval, uuid uuid, price numeric(20, 5),
    document jsonb, bytes bytea, user_id integer);
CREATE TABLE box_part (id bigint PRIMARY KEY, thing_id bigint NOT NULL, name text NOT NULL);
CREATE TABLE box_tag (id bigint PRIMARY KEY, slug text NOT NULL);
CREATE TABLE box_thing_tags (id bigint PRIMARY KEY, thing_id bigint NOT NULL, tag_id bigint NOT NULL);
INSERT INTO box_owner VALUES (1, 'Ana'), (2, 'Bo');
INSERT INTO box_thing VALUES
    (1, 1, -32768, 2147483647, 1e300, true, 'naïve ''", \', '2024-02-29', '23:59:59.999999',
     '2024-02-29 23:30:00.123456+02', '-1 day 00:00:00.5', '6fa459ea-ee8a-3ca4-894e-db77e160355e', 12345.67890,
     '{"b": [1, null, "x"], "a": 1.50}', '\x00ff', 7),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 1, 0, 0, '-Infinity', false, '', '0001-01-01', '00:00', '1970-01-01 00:00:00+00', '0', uuid_nil(), 0, '[]', '', 0);
INSERT INTO box_part SELECT n, 1 + n % 3, 'part ' || n FROM generate_series(1, 50) n;
INSERT INTO box_tag VALUES (1, 'new'), (2, 'art');
INSERT INTO box_thing_tags VALUES (1, 1, 1), (2, 1, 2), (3, 3, 1);
"#;

fn open(database: &TestDatabase) -> Database {
    let env = [("DATABASE_URL", database.url())];
    Database::new(&DatabaseSettings::from_env(&Env::from_iter(env)).unwrap()).creating_file()
}

/// Returns a database with the tables, once its reads are pipelined.
async fn prepare() -> Option<(TestDatabase, Database)> {
    let test = TestDatabase::postgres()?;
    let database = open(&test);
    let tables = TABLES.replace("uuid_nil()", "'00000000-0000-0000-0000-000000000000'");
    database.get().unwrap().batch_execute(&tables).unwrap();
    wait_for_pipeline(&database).await;
    Some((test, database))
}

async fn wait_for_pipeline(database: &Database) {
    for _ in 0..500 {
        if limit_of_statements(database).await == "250ms" {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("reads are not pipelined");
}

mod failures;

/// Tells a pipelined connection from one of the pool.
async fn limit_of_statements(database: &Database) -> String {
    let limit = Owner::objects().annotate("limit", sql::<Text>("current_setting('statement_timeout')"));
    match limit.fetch_first(database).await {
        Ok(Some(owner)) => match owner.annotation("limit").unwrap() {
            DbValue::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn values<T: Model>(objects: &[Object<T>]) -> Vec<Vec<DbValue>> {
    let columns = || 0..T::META.columns.len();
    objects.iter().map(|object| columns().map(|index| object.value(index).to_owned()).collect()).collect()
}

#[actix_web::test]
async fn values_of_every_kind_are_the_same() {
    let Some((_test, database)) = prepare().await else { return };
    let pooled = Thing::objects().load(&mut database.get().unwrap()).unwrap();
    let pipelined = Thing::objects().fetch(&database).await.unwrap();
    assert_eq!(values(&pipelined), values(&pooled));
    let first = &pipelined[0];
    assert_eq!(
        (first.small, first.number, first.float, first.truth),
        (Some(-32768), Some(i32::MAX), Some(1e300), Some(true))
    );
    assert_eq!(first.text.as_deref(), Some("naïve '\", \\"));
    assert_eq!(first.moment.unwrap().to_string(), "2024-02-29 21:30:00.123456");
    assert_eq!(first.span.unwrap(), TimeDelta::days(-1) + TimeDelta::milliseconds(500));
    assert_eq!(first.price.as_ref().unwrap().to_string(), "12345.67890");
    assert_eq!(first.bytes.as_deref(), Some(&[0, 255][..]));
    assert!(values(&pipelined)[1][1..].iter().all(|value| *value == DbValue::Null));
    // As parameters.
    for (index, column) in Thing::META.columns.iter().enumerate() {
        let value = pooled[0].value(index).to_owned();
        let path = Path::<Thing>::named(column.name).unwrap();
        let query = || Thing::objects().filter_q(Q::compare(&path, Lookup::Exact, value.clone()));
        let expected = query().load(&mut database.get().unwrap()).unwrap();
        assert!(!expected.is_empty(), "{}", column.name);
        assert_eq!(values(&query().fetch(&database).await.unwrap()), values(&expected), "{}", column.name);
    }
}

#[actix_web::test]
async fn annotations_of_every_kind_are_the_same() {
    let Some((_test, database)) = prepare().await else { return };
    let names: Vec<&str> = Thing::META.columns.iter().map(|column| column.column).collect();
    for name in names {
        let query = || Thing::objects().annotate("value", sql::<Text>(&format!("box_thing.\"{name}\"")));
        let read = |things: Vec<Object<Thing>>| -> Vec<DbValue> {
            things.iter().map(|thing| thing.annotation("value").unwrap().clone()).collect()
        };
        let expected =
            query().load(&mut database.get().unwrap()).map(read).map_err(|error| error.to_string());
        let found = query().fetch(&database).await.map(read).map_err(|error| error.to_string());
        assert_eq!(found, expected, "{name}");
    }
}

#[actix_web::test]
async fn relations_are_the_same() {
    let Some((_test, database)) = prepare().await else { return };
    let query = || {
        Thing::objects()
            .with(Thing::OWNER.with(Owner::THINGS.with(Thing::PARTS).with(Thing::TAGS)))
            .with(Thing::PARTS.with(Part::THING.with(Thing::TAGS)))
            .with(Thing::TAGS)
    };
    // Each level, in order.
    let describe = |things: &[Object<Thing>]| {
        let mut all = values(things);
        for thing in things {
            if let Some(owner) = Thing::OWNER.get(thing).unwrap() {
                all.push(vec![owner.name.clone().into()]);
                for thing in Owner::THINGS.get(owner).unwrap() {
                    all.append(&mut values(Thing::PARTS.get(thing).unwrap()));
                    all.append(&mut values(Thing::TAGS.get(thing).unwrap()));
                }
            }
            for part in Thing::PARTS.get(thing).unwrap() {
                all.append(&mut values(std::slice::from_ref(part)));
                all.append(&mut values(Thing::TAGS.get(Part::THING.get(part).unwrap().unwrap()).unwrap()));
            }
            all.append(&mut values(Thing::TAGS.get(thing).unwrap()));
        }
        all
    };
    let pooled = query().load(&mut database.get().unwrap()).unwrap();
    let (count, pipelined) = query().fetch_page(&database, 10, 0).await.unwrap();
    assert_eq!((count, describe(&pipelined)), (3, describe(&pooled)));
    assert!(describe(&pipelined).len() > 150);
    assert_eq!(Thing::PARTS.get(&pipelined[0]).unwrap().len(), 16);
    assert_eq!(Thing::TAGS.get(&pipelined[0]).unwrap().len(), 2);
}

#[actix_web::test]
async fn pages_are_windows() {
    let Some((_test, database)) = prepare().await else { return };
    let ids = |parts: Vec<Object<Part>>| parts.iter().map(|part| part.id).collect::<Vec<_>>();
    let all = Part::objects;
    let (count, parts) = all().fetch_page(&database, 3, 1).await.unwrap();
    assert_eq!((count, ids(parts)), (50, vec![49, 48, 47]));
    let (count, parts) = all().fetch_page(&database, 3, u64::MAX).await.unwrap();
    assert_eq!((count, ids(parts)), (50, vec![]));
    let (count, parts) = all().fetch_page_by_count(&database, 3, |count| count - 2).await.unwrap();
    assert_eq!((count, ids(parts)), (50, vec![2, 1]));
    assert_eq!(all().fetch_count(&database).await.unwrap(), 50);
    assert_eq!(all().fetch_first(&database).await.unwrap().unwrap().id, 50);
    assert!(all().fetch_exists(&database).await.unwrap());
    assert!(!all().none().fetch_exists(&database).await.unwrap());
    for (key, exists) in [(DbValue::Integer(7), true), (DbValue::Integer(70), false), (DbValue::Null, false)]
    {
        assert_eq!(fetch_pks(&database, Part::META, vec![key]).await.unwrap().len(), usize::from(exists));
    }
}

#[actix_web::test]
async fn names_are_translated() {
    let Some((test, database)) = prepare().await else { return };
    let sql =
        "ALTER TABLE box_owner RENAME TO people; ALTER TABLE people RENAME COLUMN name TO \"full name\"";
    database.get().unwrap().batch_execute(sql).unwrap();
    let mut settings = open(&test).settings().clone();
    settings.names.rename_table("box_owner", "people");
    settings.names.rename_column("box_owner", "name", "full name");
    let database = Database::new(&settings);
    wait_for_pipeline(&database).await;
    let things = Thing::objects().with(Thing::OWNER).order_by(["id"]).fetch(&database).await.unwrap();
    assert_eq!(Thing::OWNER.get(&things[0]).unwrap().unwrap().name, "Ana");
}

#[actix_web::test]
async fn requests_share_connections() {
    let Some((_test, database)) = prepare().await else { return };
    let request = async |number: i64| {
        let id = 1 + number % 50;
        let part = Part::objects().find(id).with(Part::THING.with(Thing::TAGS)).fetch_first(&database).await;
        assert_eq!(part.unwrap().unwrap().name, format!("part {id}"));
        let missing = Part::objects().find(1000 + number).fetch_first(&database).await;
        assert!(missing.unwrap().is_none());
    };
    for _ in 0..3 {
        join_all((0..200).map(request)).await;
        wait_for_pipeline(&database).await;
    }
    let open = Owner::objects().annotate(
        "open",
        sql::<BigInt>("(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())"),
    );
    let owner = open.first(&mut database.get().unwrap()).unwrap().unwrap();
    // Two of this thread, and up to ten of the pool.
    assert!(matches!(owner.annotation("open").unwrap(), DbValue::Integer(3..=12)));
}
