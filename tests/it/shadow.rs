//! `manage shadow`: the client gets the other program's response, and the report lists the differences.

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
