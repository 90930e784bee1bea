//! `manage shadow`: the client gets the other program's response, and the report lists the differences.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::*;

/// Starts it in front of this same program on another database, which stands in for Django; tests/django has the real
/// one.
fn shadow(database: &TestDatabase, other: &LiveServer) -> LiveServer {
    let origin = format!("http://{}", other.address());
    database.manage(&["shadow", "--to", &origin, "127.0.0.1:0"]).serve()
}

#[test]
fn differences_are_reported_without_their_values() {
    let (ours, theirs) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    ours.migrate();
    theirs.migrate().create_user("Pepe", "aaaa");
    let django = theirs.serve();
    let mut shadow = shadow(&ours, &django);
    let key = theirs.token("Pepe");
    // The client gets the other program's response, even if it is not compared.
    assert_eq!(shadow.token(&key).get("/auth/").status, 200);
    assert_eq!(shadow.anonymous().get("/").body, r#"{"detail":"GET Response"}"#);
    assert_eq!(shadow.anonymous().post("/", "user=Pepe&password=aaaa").key(), key);
    assert_eq!(shadow.anonymous().get("/reset/s3cret/").status, 404);
    shadow.signal(Signal::INT);
    assert_eq!(shadow.wait().code(), Some(1));
    let report = shadow.log();
    for expected in [
        "GET /auth/\n       1 x body: $.detail\n       1 x header www-authenticate only here\n       1 x status 200 there, 401 here\n",
        "2 responses compared, 1 of them differ. Not compared: 1 for paths that only Django has, 0 because",
    ] {
        assert!(report.contains(expected), "{expected} is not in {report}");
    }
    assert!(!report.contains(&key) && !report.contains("Pepe"), "{report}");
}

#[test]
fn nothing_is_written_even_if_django_is_down() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let hash = database.user("Pepe").unwrap().password;
    let mut shadow = {
        let django = database.serve();
        let origin = format!("http://{}", django.address());
        // This project would rehash at a login if its database were not read-only.
        let shadow = database
            .manage(&["shadow", "--to", &origin, "127.0.0.1:0"])
            .env("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256")
            .env("PBKDF2_ITERATIONS", "1000")
            .serve();
        // Pepe:aaaa
        let basic = shadow.anonymous().request("GET", "/").header("authorization", "Basic UGVwZTphYWFh");
        assert_eq!(basic.send().status, 200);
        shadow.wait_for_log("could not be rehashed");
        shadow
    };
    assert_eq!(shadow.anonymous().get("/auth/").status, 502);
    shadow.signal(Signal::TERM);
    assert_eq!(shadow.wait().code(), Some(0));
    assert_eq!(database.user("Pepe").unwrap().password, hash);
}

/// The tokens of a database.
fn tokens(database: &TestDatabase) -> i64 {
    use diesel::prelude::*;
    vitamin::authtoken::schema::authtoken_token::table
        .count()
        .get_result(&mut *database.connection())
        .unwrap()
}

#[test]
fn writes_are_replayed_on_a_copy() {
    let [theirs, copy] = [(); 2].map(|()| TestDatabase::sqlite());
    for database in [&theirs, &copy] {
        database.migrate().create_user("Pepe", "aaaa");
    }
    theirs.create_user("Rosa", "bbbb");
    let django = theirs.serve();
    let origin = format!("http://{}", django.address());
    let shadow = ["shadow", "--to", &origin, "--write-database", copy.url(), "127.0.0.1:0"];
    let mut shadow = theirs.manage(&shadow).serve();
    let key = shadow.anonymous().post("/", "user=Pepe&password=aaaa").key();
    assert_eq!(shadow.anonymous().post("/", "user=Pepe&password=wrong").status, 401);
    assert_eq!(shadow.anonymous().request("POST", "/auth/").send().status, 401);
    assert_eq!(shadow.anonymous().post("/nothing/", "a=b").status, 404);
    assert_eq!(shadow.anonymous().post("/", "user=Rosa&password=bbbb").status, 200);
    // The last one is replayed before the end.
    shadow.signal(Signal::TERM);
    assert_eq!(shadow.wait().code(), Some(1));
    let report = shadow.log();
    for expected in [
        "POST /\n       1 x body",
        "       1 x status 200 there, 401 here\n",
        "4 responses compared, 1 of them differ. Not compared: 1 for paths that only Django has, 0 because",
    ] {
        assert!(report.contains(expected), "{expected} is not in {report}");
    }
    assert_eq!((tokens(&theirs), tokens(&copy)), (2, 1));
    assert_eq!(theirs.token("Pepe"), key);
    assert_ne!(copy.token("Pepe"), key);
    let refused = theirs.manage(&["shadow", "--to", &origin, "--write-database", theirs.url()]).run();
    assert_eq!(
        refused.stderr,
        "CommandError: --write-database must be a copy: it names the project's own database.\n"
    );
}

/// A server that responds `{"detail":"GET Response"}` over TLS, with a certificate signed by `fixtures/tls-ca.pem`.
#[cfg(feature = "shadow-tls")]
fn behind_tls() -> std::net::SocketAddr {
    use std::io::{Read as _, Write as _};
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, Stream, crypto::ring};

    let certificate = CertificateDer::from(&include_bytes!("fixtures/tls-server.der")[..]);
    let key = PrivateKeyDer::try_from(&include_bytes!("fixtures/tls-server.key.der")[..]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let config = Arc::clone(&config);
            std::thread::spawn(move || {
                let (mut socket, mut tls) = (socket.unwrap(), ServerConnection::new(config).unwrap());
                let mut stream = Stream::new(&mut tls, &mut socket);
                let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
                // A client that rejects the certificate closes the connection.
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(length) => request.extend_from_slice(&buffer[..length]),
                    }
                }
                let response = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nvary: Accept\r\n\
                    allow: GET, POST, HEAD, OPTIONS\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"detail\":\"GET Response\"}";
                let _ = stream.write_all(response.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            });
        }
    });
    address
}

#[cfg(feature = "shadow-tls")]
#[test]
fn django_may_use_tls() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let origin = format!("https://{}", behind_tls());
    let shadow = || database.manage(&["shadow", "--to", &origin, "127.0.0.1:0"]);
    let fixture = |name: &str| format!("{}/tests/it/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut trusting = shadow().env("SSL_CERT_FILE", &fixture("tls-ca.pem")).serve();
    let response = trusting.anonymous().get("/");
    assert_eq!((response.status, response.body.as_str()), (200, r#"{"detail":"GET Response"}"#));
    trusting.signal(Signal::INT);
    // The response lacks headers.
    assert_eq!(trusting.wait().code(), Some(1));
    assert!(trusting.log().contains("1 responses compared, 1 of them differ"), "{}", trusting.log());
    // A file without a certificate: no server is trusted.
    let output = shadow().env("SSL_CERT_FILE", &fixture("tls-server.der")).run();
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("there is no certificate to trust"), "{}", output.stderr);
}

/// An untrusted server is rejected before anything is sent.
#[cfg(feature = "shadow-tls")]
#[test]
fn a_certificate_must_be_trusted() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let origin = format!("https://{}", behind_tls());
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/tls-other-ca.pem");
    let shadow = database.manage(&["shadow", "--to", &origin, "127.0.0.1:0"]);
    let shadow = shadow.env("SSL_CERT_FILE", other).serve();
    assert_eq!(shadow.anonymous().get("/").status, 502);
    assert!(shadow.wait_for_log("Django did not respond").contains("UnknownIssuer"), "{}", shadow.log());
}

/// A server of one connection, which sends what it is told to, and then closes the connection. Returns its address, what it
/// is to send, and the heads of the requests it gets.
fn scripted() -> (SocketAddr, Sender<Vec<u8>>, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ((script, chunks), (heads, requests)) = (channel::<Vec<u8>>(), channel());
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        heads.send(read_head(&mut socket)).unwrap();
        for chunk in chunks {
            socket.write_all(&chunk).unwrap();
        }
    });
    (address, script, requests)
}

fn read_head(socket: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn in_front_of(database: &TestDatabase, django: SocketAddr) -> LiveServer {
    database.manage(&["shadow", "--to", &format!("http://{django}"), "127.0.0.1:0"]).serve()
}

fn ask(shadow: &LiveServer, headers: &str) -> TcpStream {
    let mut client = TcpStream::connect(shadow.address()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // This path is compared.
    write!(client, "GET /auth/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n").unwrap();
    client
}

#[test]
fn a_response_that_django_breaks_off_is_broken_off() {
    let database = TestDatabase::sqlite();
    database.migrate();
    for size in [10, 70_000, 3 << 20] {
        for framing in ["sized", "chunked"] {
            let (django, script, _requests) = scripted();
            let mut shadow = in_front_of(&database, django);
            let mut client = ask(&shadow, "");
            let body = vec![b'x'; size];
            let start = match framing {
                "sized" => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", size + 1),
                _ => format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n"),
            };
            script
                .send([start.as_bytes(), &body, if framing == "sized" { b"" } else { b"\r\n" }].concat())
                .unwrap();
            drop(script);
            let mut response = Vec::new();
            // The end of the connection, or its reset.
            let _ = client.read_to_end(&mut response);
            let (head, got) =
                response.split_at(response.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4);
            let head = String::from_utf8(head.to_vec()).unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{framing} {size}: {head}");
            if framing == "sized" {
                assert!(
                    head.contains(&format!("content-length: {}\r\n", size + 1)) && got.len() <= size,
                    "{size}: {head}"
                );
            } else {
                assert!(head.contains("transfer-encoding: chunked\r\n"), "{size}: {head}");
                assert!(!got.ends_with(b"0\r\n\r\n"), "{size}: it looks complete");
            }
            shadow.wait_for_log("since Django broke it off");
            shadow.signal(Signal::INT);
            assert_eq!(shadow.wait().code(), Some(0), "{framing} {size}");
            let compared = size <= 1 << 20;
            let failed = format!("{} because one side did not respond in full", u8::from(compared));
            assert!(
                shadow.log().contains(&failed) || shadow.stdout().contains(&failed) || !compared,
                "{}",
                shadow.stdout()
            );
        }
    }
}

#[test]
fn a_stream_flows_as_it_comes() {
    let database = TestDatabase::sqlite();
    database.migrate();
    for (framing, end) in [("transfer-encoding: chunked", "0\r\n\r\n"), ("connection: close", "")] {
        let (django, script, _requests) = scripted();
        let shadow = in_front_of(&database, django);
        let mut client = ask(&shadow, "");
        script
            .send(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{framing}\r\n\r\n").into())
            .unwrap();
        assert!(read_head(&mut client).starts_with("HTTP/1.1 200 OK\r\n"));
        for event in ["one", "two"] {
            let chunk = if end.is_empty() { event.to_owned() } else { format!("3\r\n{event}\r\n") };
            script.send(chunk.into()).unwrap();
            // It arrives although Django has not gone on.
            let mut chunk = [0; 8];
            client.read_exact(&mut chunk).unwrap();
            assert_eq!(String::from_utf8_lossy(&chunk), format!("3\r\n{event}\r\n"), "{framing}");
        }
        script.send(end.into()).unwrap();
        drop(script);
        let mut chunk = [0; 5];
        client.read_exact(&mut chunk).unwrap();
        assert_eq!(&chunk, b"0\r\n\r\n", "{framing}");
        client.shutdown(Shutdown::Both).unwrap();
    }
}

#[test]
fn headers_of_connections_do_not_pass() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let shadow = |django: SocketAddr, trusted: &str| {
        let shadow = database.manage(&["shadow", "--to", &format!("http://{django}"), "127.0.0.1:0"]);
        shadow.env("FORWARDED_ALLOW_IPS", trusted).serve()
    };
    let sent = "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nProxy-Authorization: Basic eDp5\r\n\
        X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-End: 1\r\n";
    for (trusted, expected) in [
        (
            "10.9.9.9",
            ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http", "x-forwarded-host: 127.0.0.1"],
        ),
        ("127.0.0.1", ["x-forwarded-for: 10.0.0.1", "x-forwarded-proto: https", "x-forwarded-host: evil"]),
    ] {
        let (django, script, requests) = scripted();
        let shadow = shadow(django, trusted);
        let mut client = ask(&shadow, sent);
        let request = requests.recv_timeout(Duration::from_secs(20)).unwrap().to_ascii_lowercase();
        for line in expected {
            assert!(request.contains(&format!("\r\n{line}\r\n")), "{trusted}: {line} is not in {request}");
        }
        assert!(request.contains("\r\nx-end: 1\r\n"), "{request}");
        for name in ["\r\nx-hop:", "\r\nte:", "\r\nproxy-authorization:", "\r\nconnection:"] {
            assert!(!request.contains(name), "{trusted}: {name} in {request}");
        }
        let response = "HTTP/1.1 200 OK\r\nconnection: X-Own\r\nx-own: 1\r\nkeep-alive: timeout=1\r\nx-end: 1\r\n\
            content-length: 0\r\n\r\n";
        script.send(response.into()).unwrap();
        let head = read_head(&mut client);
        assert!(head.contains("\r\nx-end: 1\r\n"), "{head}");
        assert!(!head.contains("x-own:") && !head.contains("keep-alive:"), "{head}");
    }
}
