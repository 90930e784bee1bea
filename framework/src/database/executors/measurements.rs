//! What the executors gain, as ratios of one run:
//! `cargo test --release -p vitamin-framework --lib -- --ignored --nocapture --test-threads 1 measurements`, with `TMPDIR`
//! on a disk.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use futures_util::future::join_all;
use rustix::time::{ClockId, clock_gettime};

use crate::conf::Env;
use crate::database::sqlite::sentinel::tests::OtherProcess;
use crate::database::{Database, DatabaseError, DatabaseSettings, DbConnection};

diesel::table! {
    comment (id) {
        id -> BigInt,
        issue_id -> BigInt,
        body -> Text,
    }
}

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);
/// Requests at the same time.
const REQUESTS: usize = 32;

fn open(folder: &std::path::Path) -> Database {
    let path = folder.join("db").to_str().unwrap().to_owned();
    let env = Env::from_iter([("DATABASE_URL", path.as_str())]);
    let database = Database::new(&DatabaseSettings::from_env(&env).unwrap()).creating_file();
    let sql = "CREATE TABLE issue (id INTEGER PRIMARY KEY); INSERT INTO issue VALUES (1), (2);
               CREATE TABLE comment (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL,
                   issue_id INTEGER NOT NULL REFERENCES issue (id) DEFERRABLE INITIALLY DEFERRED);
               CREATE INDEX comment_issue ON comment (issue_id);
               WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000)
               INSERT INTO comment (body, issue_id) SELECT 'a comment of usual length', 1 FROM c";
    database.get().unwrap().batch_execute(sql).unwrap();
    database
}

fn insert(connection: &mut DbConnection) -> Result<(), DatabaseError> {
    let values = (comment::issue_id.eq(2), comment::body.eq("a comment of usual length"));
    Ok(diesel::insert_into(comment::table).values(values).execute(connection).map(drop)?)
}

fn page(connection: &mut DbConnection) -> Result<usize, DatabaseError> {
    let count: i64 = comment::table.filter(comment::issue_id.eq(1)).count().get_result(connection)?;
    let query = comment::table.filter(comment::issue_id.eq(1)).order(comment::id).limit(20);
    let rows: Vec<(i64, i64, String)> = query.load(connection)?;
    Ok(rows.len().min(usize::try_from(count).unwrap_or(0)))
}

fn row(connection: &mut DbConnection) -> Result<usize, DatabaseError> {
    let row: (i64, i64, String) = comment::table.find(500).get_result(connection)?;
    Ok(row.2.len())
}

/// Requests per second by the clock, and per second of processor time.
#[derive(Clone, Copy, Debug)]
struct Rate {
    clock: f64,
    processor: f64,
}

async fn rate<F: Future<Output = ()>>(request: impl Fn() -> F) -> Rate {
    let processor = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap().as_secs_f64();
    let (started, processor_before) = (Instant::now(), processor());
    let requests = join_all((0..REQUESTS).map(async |_| {
        let mut count = 0_u32;
        while started.elapsed() < ROUND {
            request().await;
            count += 1;
            tokio::task::yield_now().await;
        }
        count
    }));
    let count = f64::from(requests.await.into_iter().sum::<u32>());
    Rate {
        clock: count / started.elapsed().as_secs_f64(),
        processor: count / (processor() - processor_before),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(what: &str, rates: &[(Rate, Rate)]) {
    let of = |value: fn(&(Rate, Rate)) -> f64| median(rates.iter().map(value).collect());
    println!(
        "{what}: {:.0} and {:.0} a second, x{:.2}; {:.0} and {:.0} a processor second, x{:.2}",
        of(|rates| rates.0.clock),
        of(|rates| rates.1.clock),
        of(|rates| rates.1.clock / rates.0.clock),
        of(|rates| rates.0.processor),
        of(|rates| rates.1.processor),
        of(|rates| rates.1.processor / rates.0.processor),
    );
}

/// How long other processes wait for their writes while requests write without a pause.
fn waits_elsewhere(path: &str, until: Instant) -> (Vec<f64>, usize) {
    let mut other = OtherProcess::start(path);
    let (mut waits, mut failed) = (Vec::new(), 0);
    other.run("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL").unwrap();
    while Instant::now() < until {
        let started = Instant::now();
        match other.run("BEGIN IMMEDIATE; INSERT INTO comment (body, issue_id) VALUES ('other', 2); COMMIT") {
            Ok(()) => waits.push(started.elapsed().as_secs_f64() * 1000.0),
            Err(_) => failed += 1,
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    waits.sort_by(f64::total_cmp);
    (waits, failed)
}

#[actix_web::test]
#[ignore = "a measurement"]
async fn measurements_of_other_processes() {
    let folder = tempfile::tempdir().unwrap();
    let database = &open(folder.path());
    for name in ["atomic", "write", "atomic", "write"] {
        let until = Instant::now() + 4 * ROUND;
        let path = folder.path().join("db").to_str().unwrap().to_owned();
        let other = std::thread::spawn(move || waits_elsewhere(&path, until));
        let failed = std::cell::Cell::new(0);
        while Instant::now() < until {
            rate(async || {
                let result = if name == "write" {
                    database.write(insert).await
                } else {
                    database.atomic(insert).await
                };
                failed.set(failed.get() + u32::from(result.is_err()));
            })
            .await;
        }
        let (waits, failed_elsewhere) = other.join().unwrap();
        println!(
            "{name}: another process wrote {} times, waited {:.1} ms (median), {:.1} (p90), {:.1} (longest), {failed_elsewhere} \
             times in vain; {} failed here",
            waits.len(),
            median(waits.clone()),
            waits[waits.len() * 9 / 10],
            waits[waits.len() - 1],
            failed.get(),
        );
    }
}

#[actix_web::test]
#[ignore = "a measurement"]
async fn measurements_of_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let database = &open(folder.path());
    let here = std::thread::current().id();
    for query in [
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT x FROM c WHERE x < 0",
        "SELECT count(*) FROM comment a, comment b, comment c WHERE a.body LIKE '%x%' || b.id || c.body LIMIT 1",
        "SELECT a.body FROM comment a, comment b, comment c ORDER BY a.body || b.body || c.id LIMIT 20",
    ] {
        let (sender, receiver) = std::sync::mpsc::channel();
        let read = database.read(move |connection| {
            if std::thread::current().id() == here {
                let started = Instant::now();
                let failed = diesel::sql_query(query).execute(connection).is_err();
                sender.send((started.elapsed(), failed)).unwrap();
            }
            Ok::<_, DatabaseError>(())
        });
        read.await.unwrap();
        // The pool gets such reads for a while.
        std::thread::sleep(Duration::from_millis(200));
        println!("stopped after {:?}", receiver.recv().unwrap());
    }
}

#[actix_web::test]
#[ignore = "a measurement"]
async fn measurements() {
    let folder = tempfile::tempdir().unwrap();
    let database = &open(folder.path());
    let (mut writes, mut pages, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let atomic = rate(async || database.atomic(insert).await.unwrap()).await;
        writes.push((atomic, rate(async || database.write(insert).await.unwrap()).await));
        let run = rate(async || assert_eq!(database.run(page).await.unwrap(), 20)).await;
        pages.push((run, rate(async || assert_eq!(database.read(page).await.unwrap(), 20)).await));
        let run = rate(async || assert_eq!(database.run(row).await.unwrap(), 25)).await;
        rows.push((run, rate(async || assert_eq!(database.read(row).await.unwrap(), 25)).await));
    }
    report("atomic and write, one row", &writes);
    report("run and read, count and 20 rows", &pages);
    report("run and read, one row", &rows);
}
