//! Benchmarks of the functions in a request: `cargo bench`, or `cargo bench -- json` for some of them.

#![expect(clippy::unwrap_used, reason = "what is measured is known to succeed")]

use bytes::Bytes;
use diesel::SqliteConnection;
use diesel::connection::{Connection, SimpleConnection};
use divan::{Bencher, black_box};
use serde_json::json;
use vitamin::database::sqlite::sentinel::{Sentinel, Stamp};
use vitamin::parsing::form::parse_form;
use vitamin::parsing::json::{decode, to_bytes};
use vitamin::parsing::mediatypes::parameters::parse_header_parameters;
use vitamin::parsing::multipart::{Limits, parse_multipart};
use vitamin::parsing::python::codecs::Charset;
use vitamin::rest_framework::negotiation::{accepts_all, select_parser, select_renderer};

fn main() {
    divan::main();
}

/// The JSON of a login (no rows), or of a list.
fn json_body(rows: usize) -> serde_json::Value {
    if rows == 0 {
        return json!({"username": "Pepe", "password": "correct horse battery staple"});
    }
    let row = |number| {
        let name = format!("Käthe {number}");
        json!({"id": number, "name": name, "price": 12.5, "tags": ["a", "b\n"], "active": true, "parent": null})
    };
    (0..rows).map(row).collect()
}

#[divan::bench(args = [0, 100])]
fn json_decode(bencher: Bencher, rows: usize) {
    let body = serde_json::to_vec(&json_body(rows)).unwrap();
    bencher
        .counter(divan::counter::BytesCount::new(body.len()))
        .bench(|| decode(black_box(&body), Charset::default()).unwrap());
}

#[divan::bench(args = [0, 100])]
fn json_render(bencher: Bencher, rows: usize) {
    let data = json_body(rows);
    bencher.bench(|| to_bytes(black_box(&data), None).unwrap());
}

#[divan::bench]
fn form(bencher: Bencher) {
    let body = b"username=Pepe&password=correct+horse%20battery+staple&next=%2Fauth%2F";
    bencher.bench(|| parse_form(black_box(body), Charset::default(), Some(1000)).unwrap());
}

/// Two fields, and a file of `size` bytes.
#[divan::bench(args = [1_000, 1_000_000])]
fn multipart(bencher: Bencher, size: usize) {
    let mut body = Vec::new();
    for (name, value) in [("username", "Pepe"), ("password", "aaaa")] {
        let part = format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(
        b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
          Content-Type: application/octet-stream\r\n\r\n",
    );
    body.extend(std::iter::repeat_n(b'x', size));
    body.extend_from_slice(b"\r\n--X--\r\n");
    let body = Bytes::from(body);
    bencher.counter(divan::counter::BytesCount::new(body.len())).bench(|| {
        let content_type = "multipart/form-data; boundary=X";
        parse_multipart(content_type, black_box(&body), Charset::default(), Limits::default()).unwrap()
    });
}

const RENDERERS: [(&str, &str); 2] = [("application/json", "json"), ("text/html", "api")];

const ACCEPT: [&str; 3] = [
    "application/json",
    "application/json, text/plain, */*",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
];

#[divan::bench(args = ACCEPT)]
fn negotiate_renderer(bencher: Bencher, accept: &str) {
    bencher.bench(|| {
        let accept = black_box(accept.as_bytes());
        select_renderer(&RENDERERS, [accept], None, None).unwrap().renderer
    });
}

#[divan::bench]
fn negotiate_nothing(bencher: Bencher) {
    bencher.bench(|| accepts_all([black_box(&b"*/*"[..])]));
}

#[divan::bench(args = ["application/json", "application/json; charset=utf-8", "multipart/form-data; boundary=X"])]
fn negotiate_parser(bencher: Bencher, content_type: &str) {
    let parsers = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
    bencher.bench(|| select_parser(parsers, Some(black_box(content_type.as_bytes()))).unwrap());
}

/// A Content-Type with `count` parameters; the time must grow linearly.
#[divan::bench(args = [1, 1_000, 10_000])]
fn header_parameters(bencher: Bencher, count: usize) {
    let parameters = (0..count).map(|number| format!(";p{number}={number}"));
    let line = std::iter::once("application/json".to_owned()).chain(parameters).collect::<String>();
    bencher.counter(divan::counter::BytesCount::new(line.len())).bench(|| {
        let header = parse_header_parameters(black_box(&line)).unwrap();
        header.params.len()
    });
}

/// Returns a watched database and its current state.
fn watched(journal_mode: &str) -> (tempfile::TempDir, SqliteConnection, Sentinel, Stamp) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite3").to_str().unwrap().to_owned();
    let mut connection = SqliteConnection::establish(&path).unwrap();
    let sql =
        format!("PRAGMA journal_mode = {journal_mode}; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
    connection.batch_execute(&sql).unwrap();
    let mut sentinel = Sentinel::open(&path).unwrap();
    let stamp = sentinel.read(|| ()).1.unwrap();
    (folder, connection, sentinel, stamp)
}

/// The cost of a cached token: checking for a commit. In rollback mode this asks the operating system.
#[divan::bench(args = ["wal", "delete"])]
fn sentinel_is_unchanged(bencher: Bencher, journal_mode: &str) {
    let (_folder, _connection, mut sentinel, stamp) = watched(journal_mode);
    bencher.bench_local(|| assert!(sentinel.is_unchanged(black_box(&stamp))));
}

/// The cost after this many commits.
///
#[divan::bench(args = [1, 64])]
fn sentinel_changes_since(bencher: Bencher, commits: usize) {
    let (_folder, mut connection, mut sentinel, stamp) = watched("wal");
    for _ in 0..commits {
        connection.batch_execute("UPDATE t SET n = n + 1").unwrap();
    }
    bencher
        .bench_local(|| assert_eq!(sentinel.changes_since(black_box(&stamp)).unwrap().pages.len(), commits));
}
