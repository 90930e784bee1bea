//! Receivers on both databases. `examples/tracker/tests/signals.rs` compares all signals with Django's.

use std::sync::{Arc, Mutex};

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection as _;

use super::*;
use crate::database::{Database, DatabaseSettings};
use crate::models::{Changes, DbValue, Model, Models, Object, ValueRef};
use crate::testing::{TestDatabase, TestEnvironment as _};

diesel::table! {
    shop_order (id) {
        id -> BigInt,
        title -> Text,
        state -> Text,
        changed -> Timestamp,
    }
}

diesel::table! {
    shop_line (id) {
        id -> BigInt,
        order_id -> BigInt,
        text -> Text,
    }
}

#[derive(Model)]
#[diesel(table_name = shop_order)]
#[model(crate = crate)]
struct Order {
    id: i64,
    title: String,
    #[model(max_length = 10, default = "new")]
    state: String,
    #[model(auto_now)]
    changed: NaiveDateTime,
}

/// The same table, by another struct.
#[derive(Model)]
#[diesel(table_name = shop_order)]
#[model(crate = crate)]
struct Title {
    id: i64,
    title: String,
    #[model(auto_now)]
    changed: NaiveDateTime,
}

#[derive(Model)]
#[diesel(table_name = shop_line)]
#[model(crate = crate)]
struct Line {
    id: i64,
    #[model(references(Order))]
    order_id: i64,
    text: String,
}

const MODELS: Models<'static> = Models(&[Order::META, Line::META]);

/// A database whose connections send these signals.
fn database(test: &TestDatabase, signals: Signals) -> Database {
    let key = if test.is_sqlite() { "integer PRIMARY KEY AUTOINCREMENT" } else { "bigserial PRIMARY KEY" };
    let time = if test.is_sqlite() { "datetime" } else { "timestamp with time zone" };
    test.execute(&format!(
        "CREATE TABLE shop_order (id {key}, title text NOT NULL, state varchar(10) NOT NULL DEFAULT 'x',
            changed {time} NOT NULL);
         CREATE TABLE shop_line (id {key}, order_id bigint NOT NULL REFERENCES shop_order (id), text text NOT NULL)"
    ));
    let settings = DatabaseSettings { signals, ..DatabaseSettings::from_env(test.env()).unwrap() };
    Database::new(&settings)
}

fn titled(title: &str) -> Changes<Order> {
    let mut changes = Changes::new();
    changes.set(shop_order::title, title);
    changes
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

crate::database_tests!(
    a_receiver_changes_what_is_stored,
    a_receivers_error_undoes_the_write,
    another_struct_of_the_table_is_heard,
    a_deletion_is_heard_as_a_whole,
    receivers_write_in_the_same_transaction,
);

fn a_receiver_changes_what_is_stored(test: &TestDatabase) {
    let (mut signals, log) = (Signals::default(), Log::default());
    let seen = log.clone();
    signals.pre_save::<Order>(move |event| {
        let state = event.changes.value(shop_order::state);
        seen.add(format!("{} {}", event.pk.is_none(), matches!(state, DbValue::Text(text) if text == "new")));
        let title = event.changes.value(shop_order::title);
        if let DbValue::Text(title) = title {
            event.changes.set(shop_order::title, title.to_uppercase());
        }
        Ok(())
    });
    let seen = log.clone();
    signals.post_save::<Order>(move |event| {
        let Order { id, title, state, .. } = event.instance;
        seen.add(format!("{id} {title} {state} {} {:?}", event.created, event.update_fields));
        Ok(())
    });
    let database = database(test, signals);
    let connection = &mut *database.get().unwrap();
    let mut order = titled("one").insert(connection).unwrap();
    assert_eq!(order.title, "ONE");
    order.update(connection, &titled("two")).unwrap();
    assert_eq!((order.title.as_str(), order.state.as_str()), ("TWO", "new"));
    assert!(titled("three").update(connection, ValueRef::Integer(99)).unwrap().is_none());
    let all = Order::objects();
    assert_eq!(all.update(connection, &titled("unheard")).unwrap(), 1);
    assert_eq!(
        log.take(),
        [
            "true true",
            "1 ONE new true None",
            "false false",
            r#"1 TWO new false Some(["title", "changed"])"#,
            "false false"
        ]
    );
}

fn a_receivers_error_undoes_the_write(test: &TestDatabase) {
    let mut signals = Signals::default();
    let committed = Log::default();
    let seen = committed.clone();
    signals.post_save::<Order>(move |event| {
        let seen = seen.clone();
        event.on_commit(move || seen.add("committed"));
        if event.instance.title == "bad" { Err("a bad title".into()) } else { Ok(()) }
    });
    signals.pre_delete_any(|_| Err(diesel::result::Error::RollbackTransaction.into()));
    let database = database(test, signals);
    let connection = &mut *database.get().unwrap();
    let error = titled("bad").insert(connection).unwrap_err();
    assert!(matches!(&error, DatabaseError::Receiver(_)));
    assert_eq!(error.to_string(), "a bad title");
    assert_eq!(Order::objects().count(connection).unwrap(), 0);
    let mut order = titled("good").insert(connection).unwrap();
    assert!(order.update(connection, &titled("bad")).is_err());
    assert_eq!(Order::objects().first(connection).unwrap().unwrap().title, "good");
    let refused = order.delete(connection, MODELS).unwrap_err();
    assert_eq!(refused.to_string(), diesel::result::Error::RollbackTransaction.to_string());
    assert_eq!(Order::objects().count(connection).unwrap(), 1);
    assert_eq!(committed.take(), ["committed"]);
}

fn another_struct_of_the_table_is_heard(test: &TestDatabase) {
    let (mut signals, log) = (Signals::default(), Log::default());
    signals.pre_save::<Order>(|event| {
        event.changes.set(shop_order::state, "checked");
        Ok(())
    });
    signals.pre_save::<Title>(|event| {
        event.changes.set(shop_order::title, "changed");
        Ok(())
    });
    let seen = log.clone();
    signals.post_save::<Order>(move |event| {
        seen.add(format!("{} {}", event.instance.title, event.instance.state));
        Ok(())
    });
    let seen = log.clone();
    signals.post_delete::<Title>(move |event| {
        seen.add(format!("title {} deleted", event.instance.title));
        Ok(())
    });
    let seen = log.clone();
    signals.post_delete::<Order>(move |event| {
        seen.add(format!("order {} deleted", event.instance.state));
        Ok(())
    });
    let database = database(test, signals);
    let connection = &mut *database.get().unwrap();
    let mut changes = Changes::<Title>::new();
    changes.set(shop_order::title, "first");
    let title = changes.insert(connection).unwrap();
    assert_eq!(title.title, "changed");
    title.delete(connection, MODELS).unwrap();
    assert_eq!(log.take(), ["changed x", "title changed deleted", "order x deleted"]);
}

fn line(connection: &mut DbConnection, order: &Object<Order>, text: &str) -> Object<Line> {
    let mut changes = Changes::<Line>::new();
    changes.set(shop_line::order_id, order.id).set(shop_line::text, text);
    changes.insert(connection).unwrap()
}

fn a_deletion_is_heard_as_a_whole(test: &TestDatabase) {
    let (mut signals, log) = (Signals::default(), Log::default());
    let seen = log.clone();
    signals.pre_delete::<Order>(move |event| {
        let lines = Line::objects().count(event.connection)?;
        seen.add(format!("order {} has {lines} lines", event.instance.id));
        Ok(())
    });
    let seen = log.clone();
    signals.post_delete_any(move |event| {
        let values: Vec<String> = event
            .instance
            .values()
            .map(|value| match value {
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => text.to_owned(),
                ValueRef::DateTime(_) => "time".to_owned(),
                _ => "other".to_owned(),
            })
            .collect();
        seen.add(format!("{:?} {} is gone", event.sender, values.join(" ")));
        Ok(())
    });
    let database = database(test, signals);
    let connection = &mut *database.get().unwrap();
    let orders = ["a", "b"].map(|title| titled(title).insert(connection).unwrap());
    line(connection, &orders[0], "x");
    line(connection, &orders[0], "y");
    line(connection, &orders[1], "z");
    orders[0].delete(connection, MODELS).unwrap();
    assert_eq!(
        log.take(),
        [
            "order 1 has 3 lines",
            "shop.Line 2 1 y is gone",
            "shop.Line 1 1 x is gone",
            "shop.Order 1 a new time is gone"
        ]
    );
    assert_eq!(Line::objects().count(connection).unwrap(), 1);
}

/// They see what was written, and what they write sends signals too.
fn receivers_write_in_the_same_transaction(test: &TestDatabase) {
    let (mut signals, log) = (Signals::default(), Log::default());
    signals.post_save::<Order>(|event| {
        if event.created {
            let mut changes = Changes::<Line>::new();
            changes.set(shop_line::order_id, event.instance.id).set(shop_line::text, "first");
            changes.insert(event.connection)?;
        }
        Ok(())
    });
    let seen = log.clone();
    signals.post_save_of(Line::META, move |event| {
        assert!(event.connection.is_in_transaction());
        seen.add(format!("{:?}", matches!(event.instance.get("order"), Some(ValueRef::Integer(1)))));
        Ok(())
    });
    let database = database(test, signals);
    let connection = &mut *database.get().unwrap();
    titled("a").insert(connection).unwrap();
    assert_eq!(log.take(), ["true"]);
    assert!(!connection.is_in_transaction());
    connection.batch_execute("DROP TABLE shop_line").unwrap();
    assert!(titled("b").insert(connection).is_err());
    assert_eq!(Order::objects().count(connection).unwrap(), 1);
}
