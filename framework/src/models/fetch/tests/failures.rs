//! What happens to the other requests, and to the same one, when a pipelined statement fails.

use std::time::Instant;

use diesel::sql_types::Integer;
use futures_util::future::join;

use super::*;

/// Reads one row, on a connection that the row names.
async fn pid(database: &Database) -> i64 {
    let owners = Owner::objects().annotate("pid", sql::<Integer>("pg_backend_pid()"));
    integer(&owners.fetch_first(database).await.unwrap().unwrap(), "pid")
}

fn integer(owner: &Object<Owner>, annotation: &'static str) -> i64 {
    match owner.annotation(annotation).unwrap() {
        DbValue::Integer(number) => *number,
        other => panic!("{other:?}"),
    }
}

/// Part 1, after some time, and the limit of statements.
async fn slow(database: &Database, seconds: f64) -> (String, String) {
    let limit = format!("pg_sleep({seconds})::text || current_setting('statement_timeout')");
    let part = Part::objects().find(1).annotate("limit", sql::<Text>(&limit)).fetch_first(database).await;
    let part = part.unwrap().unwrap();
    let DbValue::Text(limit) = part.annotation("limit").unwrap() else { panic!() };
    (part.name.clone(), limit.clone())
}

#[actix_web::test]
async fn a_slow_read_is_repeated_and_holds_no_other_up() {
    let Some((_test, database)) = prepare().await else { return };
    assert_eq!(slow(&database, 0.0).await.1, "250ms");
    let others = async {
        let started = Instant::now();
        join_all((0..20).map(|_| limit_of_statements(&database))).await;
        started.elapsed()
    };
    let ((name, limit), waited) = join(slow(&database, 0.5), others).await;
    assert_eq!((name.as_str(), limit.as_str()), ("part 1", "30s"));
    assert!(waited < Duration::from_millis(450), "{waited:?}");
    // All first rows of this model are read on the pool for a while, as they are one kind.
    wait_for_pipeline(&database).await;
    assert_eq!(slow(&database, 0.0).await.1, "30s");
    actix_web::rt::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(slow(&database, 0.0).await.1, "250ms");
}

/// Those behind the first slow read don't wait for each other.
#[actix_web::test]
async fn many_slow_reads_hold_no_other_up() {
    let Some((_test, database)) = prepare().await else { return };
    let started = Instant::now();
    // The pool has ten connections.
    let slow = join_all((0..9).map(|_| slow(&database, 0.3)));
    let others = async {
        for _ in 0..40 {
            let started = Instant::now();
            let _: String = limit_of_statements(&database).await;
            assert!(started.elapsed() < Duration::from_millis(700), "{:?}", started.elapsed());
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
        started.elapsed()
    };
    let (found, others) = join(slow, others).await;
    assert!(found.iter().all(|(name, limit)| name == "part 1" && limit == "30s"));
    assert!(
        started.elapsed() < Duration::from_millis(1500) && others < Duration::from_millis(1500),
        "{others:?}"
    );
}

#[actix_web::test]
async fn a_lost_connection_is_replaced() {
    let Some((_test, database)) = prepare().await else { return };
    for in_use in [true, false] {
        let terminate = async {
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
            // All sessions but its own, as when the server restarts.
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            database.connect().unwrap().batch_execute(sql).unwrap();
        };
        if in_use {
            let reads = join_all((0..10).map(|_| slow(&database, 0.1)));
            let (found, ()) = join(reads, terminate).await;
            assert!(found.iter().all(|(name, _)| name == "part 1"));
        } else {
            terminate.await;
        }
        for _ in 0..20 {
            assert!(Part::objects().fetch_exists(&database).await.unwrap());
        }
        wait_for_pipeline(&database).await;
    }
}

#[actix_web::test]
async fn a_changed_table_replaces_the_connection() {
    let Some((_test, database)) = prepare().await else { return };
    let read = async || Part::objects().find(1).fetch_first(&database).await.unwrap().unwrap().name.clone();
    for _ in 0..3 {
        assert_eq!(read().await, "part 1");
    }
    let before = pid(&database).await;
    database
        .connect()
        .unwrap()
        .batch_execute("ALTER TABLE box_part ALTER COLUMN name TYPE varchar(50)")
        .unwrap();
    for _ in 0..20 {
        assert_eq!(read().await, "part 1");
    }
    wait_for_pipeline(&database).await;
    assert_ne!(pid(&database).await, before);
}

/// The connection rejects writes, so the pool runs it.
#[actix_web::test]
async fn a_function_that_writes_runs_on_the_pool() {
    let Some((_test, database)) = prepare().await else { return };
    database.get().unwrap().batch_execute("CREATE SEQUENCE numbers").unwrap();
    for expected in 1..4 {
        let next = Part::objects().annotate("next", sql::<BigInt>("nextval('numbers')"));
        let part = next.fetch_first(&database).await.unwrap().unwrap();
        assert_eq!(part.annotation("next").unwrap(), &DbValue::Integer(expected));
    }
    assert_eq!(limit_of_statements(&database).await, "250ms");
}

#[actix_web::test]
async fn errors_are_those_of_the_pool() {
    let Some((_test, database)) = prepare().await else { return };
    let broken = || Part::objects().annotate("value", sql::<BigInt>("1 / (box_part.id - box_part.id)"));
    let pooled = broken().load(&mut database.get().unwrap()).unwrap_err().to_string();
    assert_eq!(broken().fetch(&database).await.unwrap_err().to_string(), pooled);
    assert_eq!(pooled, "division by zero");
    let mistake = Part::objects().order_by(["nope"]).fetch(&database).await.unwrap_err();
    assert_eq!(mistake.to_string(), "Part has no field `nope` to order by");
    assert_eq!(limit_of_statements(&database).await, "250ms");
}

/// Its statement still runs, but nobody waits for it.
#[actix_web::test]
async fn a_dropped_read_leaves_the_connection_usable() {
    let Some((_test, database)) = prepare().await else { return };
    for _ in 0..50 {
        let read = actix_web::rt::time::timeout(Duration::from_millis(1), slow(&database, 0.01));
        assert!(read.await.is_err());
    }
    let parts = Part::objects().fetch(&database).await.unwrap();
    assert_eq!(parts.len(), 50);
    assert_eq!(limit_of_statements(&database).await, "250ms");
}

#[actix_web::test]
async fn prepared_statements_are_bounded() {
    let Some((_test, database)) = prepare().await else { return };
    let (mut most, mut pids) = (0, std::collections::BTreeSet::new());
    let id = Path::<Part>::named("id").unwrap();
    for number in 0..1300_i64 {
        // A new text for each number.
        let mut parts = Part::objects();
        for bit in 0..11 {
            let lookup = if number >> bit & 1 == 1 { Lookup::Gt } else { Lookup::Lt };
            parts = parts.filter_q(Q::compare(&id, lookup, bit));
        }
        assert!(!parts.fetch_exists(&database).await.unwrap());
        // diesel keeps no statement with such an expression.
        let kept = sql::<BigInt>("(SELECT count(*) FROM pg_prepared_statements)");
        let limit = sql::<Text>("current_setting('statement_timeout')");
        let owner = Owner::objects().annotate("kept", kept).annotate("limit", limit);
        let owner = owner.annotate("pid", sql::<Integer>("pg_backend_pid()"));
        let owner = owner.fetch_first(&database).await.unwrap().unwrap();
        if owner.annotation("limit").unwrap() == &DbValue::Text("250ms".to_owned()) {
            most = most.max(integer(&owner, "kept"));
            pids.insert(integer(&owner, "pid"));
        } else {
            wait_for_pipeline(&database).await;
        }
    }
    assert!((490..510).contains(&most), "{most}");
    assert!(pids.len() >= 2, "{pids:?}");
}

#[actix_web::test]
async fn it_can_be_switched_off() {
    let Some((test, database)) = prepare().await else { return };
    assert_eq!(limit_of_statements(&database).await, "250ms");
    let env = [("DATABASE_URL", test.url()), ("DATABASE_READ_CONNECTIONS", "0")];
    let database = Database::new(&DatabaseSettings::from_env(&Env::from_iter(env)).unwrap()).creating_file();
    for _ in 0..10 {
        assert_eq!(limit_of_statements(&database).await, "30s");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The next use of a new database closes the connections to one that is gone.
#[actix_web::test]
async fn connections_end_with_the_database() {
    let Some((test, database)) = prepare().await else { return };
    let mut observer = database.connect().unwrap();
    drop(database);
    let Some((_other_test, _other)) = prepare().await else { return };
    // Fails by a division by zero once only the observer is left.
    let count = "SELECT 1 / (count(*) - 1) FROM pg_stat_activity WHERE datname = current_database()";
    let mut is_alone = false;
    for _ in 0..200 {
        is_alone = is_alone || observer.batch_execute(count).is_err();
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(is_alone, "{}", test.url());
}
