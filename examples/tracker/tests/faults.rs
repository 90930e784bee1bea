//! Views for models while the database fails: 503 with Retry-After, never a 500, and what can be read is served.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tracker::settings::project;
use vitamin::testing::*;

const READS: [&str; 6] = [
    "/api/labels/", "/api/labels/first/", "/api/projects/?search=x&ordering=name", "/api/issues/?limit=5", "/api/me/",
    "/api/stats/",
];

struct Api {
    server: TestProject,
    client: Client,
}

fn start(database: &TestDatabase) -> Api {
    let server = TestProject::new(database, project);
    let ana = server.create_superuser("ana", "secret");
    let client = server.token(&ana);
    let api = Api { server, client };
    assert_eq!(api.write("first").status, 201);
    api
}

impl Api {
    fn read(&self) -> Vec<TestResponse> {
        READS.iter().map(|path| self.client.get(path)).collect()
    }

    fn write(&self, name: &str) -> TestResponse {
        self.client.post("/api/labels/", json!({"name": name, "slug": name}))
    }
}

#[track_caller]
fn assert_unavailable(request: impl FnOnce() -> TestResponse) {
    let since = Instant::now();
    let response = request();
    assert_eq!(response.status, 503, "{}", response.body);
    assert_eq!(response.header("retry-after"), "1");
    assert!(since.elapsed() < Duration::from_millis(3000), "{:?}", since.elapsed());
}

#[test]
fn a_removed_file_gets_503() {
    let database = TestDatabase::sqlite();
    let api = start(&database);
    assert!(api.read().iter().all(|response| response.status == 200));
    let away = format!("{}.away", database.url());
    fs::rename(database.url(), &away).unwrap();
    thread::sleep(Duration::from_millis(50));
    for path in READS {
        assert_unavailable(|| api.client.get(path));
    }
    assert_unavailable(|| api.write("second"));
    assert_unavailable(|| api.client.patch("/api/labels/first/", json!({"name": "x"})));
    assert_unavailable(|| api.client.delete("/api/labels/first/"));
    assert!(!fs::exists(database.url()).unwrap());
    fs::rename(&away, database.url()).unwrap();
    wait_for("the file", || api.read().iter().all(|response| response.status == 200).then_some(()));
    assert_eq!(api.write("second").status, 201);
}

#[test]
fn a_locked_file_is_read() {
    let database = TestDatabase::sqlite();
    let api = start(&database);
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    let mut other = database.connection();
    diesel::connection::SimpleConnection::batch_execute(&mut *other, "BEGIN EXCLUSIVE").unwrap();
    assert!(api.read().iter().all(|response| response.status == 200));
    api.server.anonymous().get("/api/me/").assert_status(401);
    assert_unavailable(|| api.write("second"));
    assert_unavailable(|| api.client.patch("/api/labels/first/", json!({"name": "x"})));
    assert_unavailable(|| api.client.delete("/api/labels/first/"));
    diesel::connection::SimpleConnection::batch_execute(&mut *other, "ROLLBACK").unwrap();
    assert_eq!(api.write("second").status, 201);
}

/// As a standby, or a primary that was demoted.
#[cfg(feature = "postgres")]
#[test]
fn a_server_for_reading_is_read() {
    let Some(database) = TestDatabase::postgres() else { return };
    let api = start(&database);
    let name = database.url().rsplit('/').next().unwrap();
    database.execute(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ));
    assert!(api.read().iter().all(|response| response.status == 200));
    assert_unavailable(|| api.write("second"));
    assert_unavailable(|| api.client.patch("/api/labels/first/", json!({"name": "x"})));
    assert_unavailable(|| api.client.delete("/api/labels/first/"));
    api.server.anonymous().get("/api/me/").assert_status(401);
}
