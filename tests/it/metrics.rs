//! `/metrics`, `/healthz` and `/readyz` on `METRICS_ADDRESS`.

mod format;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use self::format::Scrape;
use crate::support::*;

database_tests!(
    requests_are_counted,
    logins_hashes_and_tokens_are_counted,
    no_secret_and_no_text_of_a_client_is_in_the_metrics,
    the_server_is_ready_once_all_migrations_are_applied,
);

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

fn serve(database: &TestDatabase, settings: &[(&str, &str)]) -> (LiveServer, Client) {
    let manage = database.runserver().env("METRICS_ADDRESS", "127.0.0.1:0");
    let server = settings.iter().fold(manage, |manage, (name, value)| manage.env(name, value)).serve();
    let metrics = metrics_of(&server);
    (server, metrics)
}

/// A client of the server's address for metrics.
fn metrics_of(server: &LiveServer) -> Client {
    let log = server.wait_for_log("/metrics\n");
    let (_, rest) = log.split_once("Metrics at http://").unwrap();
    Client::new(rest.split_once("/metrics").unwrap().0)
}

fn scrape(metrics: &Client) -> Scrape {
    let response = metrics.get("/metrics");
    response.assert_status(200).assert_header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    let prometheus = Scrape::prometheus(&response.body);
    let open = metrics.request("GET", "/metrics").header("accept", OPENMETRICS).send();
    open.assert_header("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let open = Scrape::open_metrics(&open.body);
    // The second scrape has later numbers of the same series.
    assert_eq!(prometheus.names(), open.names());
    prometheus
}

fn requests_are_counted(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let (server, metrics) = serve(database, &[("WORKERS", "2")]);
    let (anonymous, token) = (server.anonymous(), server.token(&database.token("Pepe")));
    let requests = |scrape: &Scrape, view: &str, method: &str, status: &str| {
        scrape.value("vitamin_http_requests_total", &[("view", view), ("method", method), ("status", status)])
    };
    let before = scrape(&metrics);
    assert!(requests(&before, "auth-view", "GET", "200").is_none());
    for _ in 0..7 {
        token.get("/auth/").assert_status(200);
    }
    token.get("/auth.json").assert_status(200);
    anonymous.get("/auth/").assert_status(401);
    anonymous.head("/").assert_status(200);
    anonymous.options("/api-token-auth/").assert_status(200);
    // No view gets these.
    anonymous.get("/nothing/").assert_status(404);
    anonymous.get("/auth").assert_status(301);
    anonymous.clone().host("evil.example").get("/auth/").assert_status(400);
    // The router finds it, not a shortcut.
    anonymous.get("/%61uth/").assert_status(401);
    let after = scrape(&metrics);
    for (view, method, status, count) in [
        ("auth-view", "GET", "200", 8.0),
        ("auth-view", "GET", "401", 2.0),
        ("test-view", "HEAD", "200", 1.0),
        ("/api-token-auth/", "OPTIONS", "200", 1.0),
        ("<none>", "GET", "404", 1.0),
        ("<none>", "GET", "301", 1.0),
        ("<none>", "GET", "400", 1.0),
    ] {
        assert_eq!(requests(&after, view, method, status), Some(count), "{view} {method} {status}");
    }
    let auth = [("view", "auth-view"), ("method", "GET")];
    assert_eq!(after.value("vitamin_http_request_duration_seconds_count", &auth), Some(10.0));
    let sum = after.value("vitamin_http_request_duration_seconds_sum", &auth).unwrap();
    assert!(sum > 0.0 && sum < 30.0, "{sum}");
    // Every client of these tests has its own connection.
    assert!(after.value("vitamin_connections_opened_total", &[]).unwrap() >= 15.0);
    assert!(after.value("vitamin_connections_limit", &[]).unwrap() > 100.0);
    let connection = TcpStream::connect(server.address()).unwrap();
    wait_for("the open connection", || {
        scrape(&metrics).value("vitamin_connections", &[]).filter(|open| *open >= 1.0)
    });
    drop(connection);
    wait_for("the closed one", || {
        scrape(&metrics).value("vitamin_connections", &[]).filter(|open| *open == 0.0)
    });
    let build = [("version", env!("CARGO_PKG_VERSION")), ("profile", "debug")];
    assert_eq!(after.sum("vitamin_build_info", &build), 1.0);
    let started = after.value("process_start_time_seconds", &[]).unwrap();
    let age = chrono::Utc::now().timestamp() as f64 - started;
    assert!((-1.0..600.0).contains(&age), "{age}");
}

fn logins_hashes_and_tokens_are_counted(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let settings = [("WORKERS", "1"), ("LOGIN_THROTTLE_USER", "2"), ("DATABASE_POOL_SIZE", "3")];
    let (server, metrics) = serve(database, &settings);
    let logins = |scrape: &Scrape| {
        ["accepted", "refused", "throttled", "busy", "error"]
            .map(|outcome| scrape.value("vitamin_logins_total", &[("outcome", outcome)]).unwrap())
    };
    let before = scrape(&metrics);
    assert_eq!(logins(&before), [0.0; 5]);
    assert_eq!(before.value("vitamin_password_hashes_total", &[]), Some(0.0));
    assert_eq!(before.value("vitamin_password_queue_limit", &[]), Some(64.0));
    let anonymous = server.anonymous();
    let log_in = |name: &str, password: &str| anonymous.post("/", [("user", name), ("password", password)]);
    let key = log_in("Pepe", "aaaa").key();
    server.basic("Pepe", "aaaa").get("/");
    for status in [401, 401, 429, 429] {
        assert_eq!(log_in("Nobody", "wrong").status, status);
    }
    for _ in 0..5 {
        server.token(&key).get("/auth/").assert_status(200);
    }
    server.token(&"0".repeat(40)).get("/auth/").assert_status(401);
    let after = scrape(&metrics);
    let basic = after.value("vitamin_logins_total", &[("outcome", "accepted")]).unwrap();
    assert_eq!(logins(&after), [basic, 2.0, 2.0, 0.0, 0.0]);
    assert_eq!(after.value("vitamin_password_hashes_total", &[]), Some(basic + 2.0));
    assert!(after.value("vitamin_password_hash_seconds_total", &[]).unwrap() > 0.0);
    assert_eq!(after.value("vitamin_password_threads_busy", &[]), Some(0.0));
    assert_eq!(after.value("vitamin_password_queue_waiting", &[]), Some(0.0));
    let tokens = |cache: &str| after.value("vitamin_token_lookups_total", &[("cache", cache)]).unwrap();
    // Only SQLite tells whether a cached token is still valid.
    let expected = if database.is_sqlite() { (4.0, 2.0) } else { (0.0, 6.0) };
    assert_eq!((tokens("hit"), tokens("miss")), expected);
    assert_eq!(after.value("vitamin_database_pool_limit", &[]), Some(3.0));
    let connections = after.sum("vitamin_database_pool_connections", &[]);
    assert!((1.0..=3.0).contains(&connections), "{connections}");
    assert_eq!(after.value("vitamin_database_pool_timeouts_total", &[]), Some(0.0));
}

/// Clients can make up paths, methods, hosts, names and headers without end, but no series.
fn no_secret_and_no_text_of_a_client_is_in_the_metrics(database: &TestDatabase) {
    database.migrate().create_user("Pepe-the-user", "Pa55word-of-Pepe");
    let key = database.token("Pepe-the-user");
    let (server, metrics) = serve(database, &[("LOGIN_THROTTLE", "false")]);
    let anonymous = server.anonymous();
    let round = |number: usize| {
        let made_up = format!("madeup{number}");
        anonymous.get(&format!("/{made_up}/"));
        anonymous.get(&format!("/auth.{made_up}?password={made_up}"));
        anonymous.get(&format!("/{made_up}"));
        anonymous.request(&made_up.to_uppercase(), "/").send();
        anonymous.request(&made_up.to_uppercase(), "/auth/").send();
        anonymous.clone().host(&format!("{made_up}.example")).get("/");
        anonymous.request("GET", "/").header("x-request-id", &made_up).header("accept", &made_up).send();
        server.token(&format!("{made_up}{key}")).get("/auth/");
        server.token(&key).get(&format!("/?{made_up}"));
        server.basic(&made_up, "Pa55word-of-Pepe").get("/");
        anonymous.post("/", [("user", made_up.as_str()), ("password", "Pa55word-of-Pepe")]);
        anonymous.post("/", [("user", "Pepe-the-user"), ("password", made_up.as_str())]);
        anonymous.post("/", [("user", "Pepe-the-user"), ("password", "Pa55word-of-Pepe")]);
    };
    round(0);
    let before = scrape(&metrics).series();
    (1..12).for_each(round);
    assert_eq!(scrape(&metrics).series(), before);
    let texts = ["/metrics", "/readyz", "/healthz", "/madeup"].map(|path| metrics.get(path).body);
    let text = texts.join("\n").to_lowercase();
    for secret in ["madeup", "pa55word", "pepe", &key, SECRET_KEY, "evil", database.url(), "bcrypt"] {
        assert!(!text.contains(&secret.to_lowercase()), "{secret} is in {text}");
    }
}

fn the_server_is_ready_once_all_migrations_are_applied(database: &TestDatabase) {
    let manage = |arguments: &[&str]| database.manage(arguments).run().expect_success();
    manage(&["migrate", "--verbosity", "0"]);
    let (_server, metrics) = serve(database, &[]);
    let ready = |status: u16| {
        // The answer is kept for a second.
        wait_for("the answer", || {
            let response = metrics.get("/readyz");
            metrics.get("/healthz").assert_status(200).assert_body("ok\n");
            (response.status == status).then_some(response.body)
        })
    };
    assert_eq!(ready(200), "ready\n");
    manage(&["migrate", "authtoken", "zero", "--verbosity", "0"]);
    assert_eq!(ready(503), "1 migration(s) are not applied: 2026-11-23-000400_authtoken_initial.\n");
    manage(&["migrate", "--verbosity", "0"]);
    assert_eq!(ready(200), "ready\n");
}

#[test]
fn a_database_that_is_away_is_not_ready() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let (server, metrics) = serve(&database, &[]);
    metrics.get("/readyz").assert_status(200);
    let (path, away) = (database.url().to_owned(), format!("{}.away", database.url()));
    fs::rename(&path, &away).unwrap();
    let body = wait_for("the failure", || {
        let response = metrics.get("/readyz");
        (response.status == 503).then_some(response.body)
    });
    assert_eq!(body, "The database is unavailable.\n");
    metrics.get("/healthz").assert_status(200);
    server.wait_for_log("Not ready: the database is unavailable: ");
    fs::rename(&away, &path).unwrap();
    wait_for("the database", || (metrics.get("/readyz").status == 200).then_some(()));
}

/// A PostgreSQL that stands still.
#[cfg(feature = "postgres")]
#[test]
fn a_database_that_does_not_answer_is_not_ready() {
    let Some(database) = TestDatabase::postgres() else { return };
    database.migrate();
    // It accepts connections, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user:S3cret@{}/db", silent.local_addr().unwrap());
    let (server, metrics) = serve(&database, &[("DATABASE_URL", &url), ("DATABASE_TIMEOUT", "1")]);
    let started = Instant::now();
    let probes: Vec<_> = (0..4)
        .map(|_| {
            let metrics = metrics.clone();
            std::thread::spawn(move || metrics.get("/readyz"))
        })
        .collect();
    metrics.get("/healthz").assert_status(200);
    scrape(&metrics);
    for probe in probes {
        let response = probe.join().unwrap();
        assert_eq!(response.status, 503, "{}", response.body);
        assert!(response.body.starts_with("The database "), "{}", response.body);
    }
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(!server.log().contains("S3cret"));
}

#[test]
fn the_public_address_serves_no_metrics() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let (server, metrics) = serve(&database, &[]);
    for path in ["/metrics", "/healthz", "/readyz"] {
        server.anonymous().get(path).assert_status(404);
        metrics.get(path).assert_status(200);
        metrics.head(path).assert_status(200).assert_body("");
        metrics.post(path, ()).assert_status(405).assert_header("allow", "GET, HEAD");
    }
    for path in ["/", "/auth/", "/metrics/"] {
        metrics.get(path).assert_status(404);
    }
    // Off by default.
    let server = database.serve();
    assert!(!server.log().contains("Metrics at"));
    let threads = fs::read_dir(format!("/proc/{}/task", server.pid().as_raw_nonzero())).unwrap();
    let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).unwrap());
    assert!(names.collect::<Vec<_>>().iter().all(|name| name != "metrics\n"));
}

#[test]
fn an_address_that_cannot_be_used_is_an_error_that_names_the_setting() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (value, expected) in [(address.as_str(), "Address already in use"), ("nonsense", "can't be used")] {
        let output = database.runserver().env("METRICS_ADDRESS", value).run();
        assert_ne!(output.code, Some(0));
        assert!(output.stderr.contains("METRICS_ADDRESS") && output.stderr.contains(expected), "{output:?}");
    }
}

#[test]
fn slow_and_many_clients_do_not_keep_others_from_the_metrics() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let (_server, metrics) = serve(&database, &[]);
    let address = metrics.address();
    let slow: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nX").unwrap();
            stream
        })
        .collect();
    let started = Instant::now();
    scrape(&metrics);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    // Each head has a deadline of five seconds.
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[test]
fn a_server_that_stops_is_not_ready_but_answers() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let (mut server, metrics) = serve(&database, &[]);
    metrics.get("/readyz").assert_status(200);
    // A request in progress, whose body is awaited.
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = "POST / HTTP/1.1\r\nHost: testserver\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    stream.write_all(format!("{head}Content-Length: 23\r\n\r\nuser=Pepe").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    server.signal(Signal::TERM);
    server.wait_for_log("Shutting down");
    metrics.get("/readyz").assert_status(503).assert_body("The server is stopping.\n");
    scrape(&metrics);
    stream.write_all(b"&password=aaaa").unwrap();
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..length]));
    assert_eq!(server.wait().code(), Some(0));
}

/// Each family has a help text, and docs/deployment.md names it.
#[test]
fn every_metric_is_documented() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let (server, metrics) = serve(&database, &[]);
    server.anonymous().get("/");
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/deployment.md")).unwrap();
    // The names in the first cells of tables.
    let cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let documented: BTreeSet<&str> = names.filter_map(|name| name.split('{').next()).collect();
    for name in scrape(&metrics).families() {
        assert!(documented.contains(name.as_str()), "docs/deployment.md does not name {name}");
    }
}
