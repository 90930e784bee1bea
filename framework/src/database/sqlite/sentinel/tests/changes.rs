//! Tests which pages are reported.

use super::*;

/// Two tables of a hundred rows in WAL mode, with pages of 512 bytes and no free pages.
fn fixture() -> (Fixture, SqliteConnection, Sentinel) {
    let fixture = Fixture(tempfile::tempdir().unwrap());
    let mut writer = fixture.connect();
    writer
        .batch_execute(
            "PRAGMA page_size = 512; PRAGMA journal_mode = WAL;
             CREATE TABLE a (id INTEGER PRIMARY KEY, content TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, content TEXT);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
             INSERT INTO a SELECT i, printf('%.20c', 'a') FROM n;
             INSERT INTO b SELECT id, printf('%.20c', 'b') FROM a; INSERT INTO b VALUES (1000, printf('%.2000c', 'b'))",
        )
        .unwrap();
    let sentinel = fixture.sentinel();
    (fixture, writer, sentinel)
}

/// A stamp, and the number of commits it may include.
struct Observation {
    stamp: Stamp,
    commits: std::ops::RangeInclusive<u64>,
}

/// Returns a row's page, according to SQLite.
fn page_of(reader: &mut SqliteConnection, stamp: &Stamp, table: &str, id: i32) -> Page {
    #[derive(QueryableByName)]
    struct OffsetRow {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        place: i64,
    }
    let sql = format!("SELECT sqlite_offset(content) AS place FROM {table} WHERE id = {id}");
    stamp.page(sql_query(sql).get_result::<OffsetRow>(reader).unwrap().place).unwrap()
}

/// Returns the pages written since, without duplicates.
fn written(sentinel: &mut Sentinel, stamp: &Stamp) -> Option<Vec<Page>> {
    let Changes { stamp: now, mut pages, first_page } = sentinel.changes_since(stamp)?;
    assert!(first_page.is_none() && sentinel.is_unchanged(&now));
    pages.sort_unstable();
    pages.dedup();
    Some(pages)
}

#[test]
fn written_pages_are_reported() {
    let (fixture, mut writer, mut sentinel) = fixture();
    let mut reader = fixture.connect();
    let first = stamp(&mut sentinel);
    let [one, last] = [1, 100].map(|id| page_of(&mut reader, &first, "a", id));
    let other = page_of(&mut reader, &first, "b", 1);
    assert!(one != last && one != other);
    assert_eq!(written(&mut sentinel, &first), Some(vec![]), "nothing yet");
    let commits = [
        ("UPDATE a SET content = printf('%.20c', 'x') WHERE id = 1", vec![one]),
        ("UPDATE a SET content = printf('%.20c', 'y') WHERE id = 1", vec![one]),
        ("UPDATE a SET content = printf('%.20c', 'x') WHERE id IN (1, 100)", vec![one, last]),
        (
            "BEGIN; DELETE FROM a WHERE id = 100; UPDATE b SET content = 'b' WHERE id = 1; COMMIT",
            vec![last, other],
        ),
        ("BEGIN; DELETE FROM a WHERE id = 1; ROLLBACK", vec![]),
        ("INSERT INTO a VALUES (100, 'a')", vec![last]),
    ];
    for (sql, mut pages) in commits {
        let before = stamp(&mut sentinel);
        writer.batch_execute(sql).unwrap();
        pages.sort_unstable();
        assert_eq!(written(&mut sentinel, &before), Some(pages), "{sql}");
    }
    let mut all = vec![one, last, other];
    all.sort_unstable();
    assert_eq!(written(&mut sentinel, &first), Some(all));
    // A checkpoint adds no frames.
    writer.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
    assert!(written(&mut sentinel, &first).is_some());
}

#[test]
fn if_any_row_may_have_changed_the_result_is_none_or_the_first_page_differs() {
    for sql in [
        // The file has other or fewer pages.
        "DELETE FROM a",
        "DELETE FROM b WHERE id = 1000",
        "BEGIN; DELETE FROM a; INSERT INTO b SELECT id + 2000, content FROM b; COMMIT",
        "VACUUM",
        // The schema changes.
        "CREATE TABLE c (id INTEGER)",
        "ALTER TABLE a RENAME TO c",
        "DROP TABLE a",
        "BEGIN; ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; COMMIT",
        // An overflow page.
        "UPDATE b SET content = substr(content, 1, 1999) || 'x' WHERE id = 1000",
        // A new log.
        "PRAGMA wal_checkpoint(RESTART); UPDATE a SET content = printf('%.20c', 'x') WHERE id = 1",
        "PRAGMA wal_checkpoint(TRUNCATE); UPDATE a SET content = printf('%.20c', 'x') WHERE id = 1",
    ] {
        let (_fixture, mut writer, mut sentinel) = fixture();
        let grown = grow(&mut writer, &mut sentinel);
        let before = stamp(&mut sentinel);
        writer.batch_execute(sql).unwrap();
        assert!(!sentinel.is_unchanged(&before), "{sql}");
        let changes = sentinel.changes_since(&before);
        assert!(changes.is_none_or(|changes| changes.first_page.is_some_and(|page| page != grown)), "{sql}");
    }
}

/// Grows a table, which changes the first page only in its size.
fn grow(writer: &mut SqliteConnection, sentinel: &mut Sentinel) -> FirstPage {
    let before = stamp(sentinel);
    writer.batch_execute("INSERT INTO a (content) SELECT content FROM a WHERE id < 50").unwrap();
    sentinel.changes_since(&before).unwrap().first_page.unwrap()
}

#[test]
fn a_growing_table_keeps_the_first_page() {
    let (_fixture, mut writer, mut sentinel) = fixture();
    let grown = grow(&mut writer, &mut sentinel);
    for _ in 0..5 {
        assert_eq!(grow(&mut writer, &mut sentinel), grown);
    }
    writer.batch_execute("CREATE TABLE c (id INTEGER)").unwrap();
    assert_ne!(grow(&mut writer, &mut sentinel), grown);
}

#[test]
fn the_number_of_frames_read_is_bounded() {
    let (_fixture, mut writer, mut sentinel) = fixture();
    let before = stamp(&mut sentinel);
    for n in 0..80 {
        assert_eq!(sentinel.changes_since(&before).is_some(), n <= 64, "{n}");
        writer.batch_execute(&format!("UPDATE a SET content = printf('%020d', {n}) WHERE id = 1")).unwrap();
    }
}

#[test]
fn rollback_mode_reports_no_pages() {
    let fixture = Fixture::new("DELETE");
    let mut sentinel = fixture.sentinel();
    let before = stamp(&mut sentinel);
    assert!(sentinel.changes_since(&before).is_none() && before.page(4096).is_none());
}

#[test]
fn a_replaced_file_reports_no_pages() {
    let (fixture, _writer, mut sentinel) = fixture();
    let before = stamp(&mut sentinel);
    std::fs::rename(fixture.path("db"), fixture.path("gone")).unwrap();
    thread::sleep(A_WHILE);
    assert!(sentinel.changes_since(&before).is_none());
}

#[test]
fn pages_are_reported_during_commits_and_log_restarts() {
    let (fixture, mut writer, mut sentinel) = fixture();
    writer.batch_execute("PRAGMA wal_autocheckpoint = 50").unwrap();
    let [done, looks] = [0, 0].map(AtomicU64::new);
    let mut reader = fixture.connect();
    let [one, two] = ["a", "b"].map(|table| page_of(&mut reader, &stamp(&mut sentinel), table, 50));
    drop(reader);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=3000_u64 {
                let table = if n % 2 == 0 { "a" } else { "b" };
                writer
                    .batch_execute(&format!(
                        "UPDATE {table} SET content = printf('%020d', {n}) WHERE id = 50"
                    ))
                    .unwrap();
                done.store(n, Ordering::Release);
                // Guarantees a check in each log, however busy the machine is.
                let seen = looks.load(Ordering::Acquire);
                while n % 20 == 0 && looks.load(Ordering::Acquire) == seen {
                    thread::yield_now();
                }
            }
        });
        let now = |sentinel: &mut Sentinel, from: &Option<Observation>| {
            let before = done.load(Ordering::Acquire);
            let changes = from.as_ref().and_then(|from| sentinel.changes_since(&from.stamp));
            let (stamp, pages) = match changes {
                Some(Changes { stamp, pages, .. }) => (stamp, Some(pages)),
                None => (sentinel.read(|| ()).1?, None),
            };
            // A commit in progress may be included.
            Some((Observation { stamp, commits: before..=done.load(Ordering::Acquire) + 1 }, pages))
        };
        let (mut reported, mut last) = (0, None);
        while last.as_ref().is_none_or(|last: &Observation| *last.commits.start() < 3000) {
            looks.fetch_add(1, Ordering::Release);
            let Some((look, pages)) = now(&mut sentinel, &last) else { continue };
            if let (Some(last), Some(pages)) = (last, pages) {
                assert!(pages.iter().all(|page| [one, two].contains(page)), "{pages:?}");
                let count = u64::try_from(pages.len()).unwrap();
                assert!(count + last.commits.end() >= *look.commits.start(), "one is missing");
                assert!(count + last.commits.start() <= *look.commits.end(), "one is too many");
                reported += count;
            }
            last = Some(look);
        }
        assert!(reported > 0);
    });
}
