//! `manage shadow`: its client gets the other program's answer, and the report says where ours differs.

use rustix::process::Signal;

use crate::support::{Server, TestDatabase};

/// In front of a program of the same make on another database, which stands for Django here; tests/django has the real one.
fn shadow<'a>(database: &'a TestDatabase, other: &Server<'_>) -> Server<'a> {
    let origin = format!("http://{}", other.address());
    database.manage(&["shadow", "--to", &origin, "127.0.0.1:0"]).serve()
}

#[test]
fn what_differs_is_told_without_what_it_is() {
    let (ours, theirs) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    ours.migrate();
    theirs.migrate().create_user("Pepe", "aaaa");
    let django = theirs.serve();
    let mut shadow = shadow(&ours, &django);
    let key = theirs.token("Pepe");
    // The client gets what the other says, also to what is not compared.
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
fn nothing_is_written_and_django_may_be_down() {
    let database = TestDatabase::sqlite();
    database.migrate().create_user("Pepe", "aaaa");
    let hash = database.user("Pepe").unwrap().password;
    let mut shadow = {
        let django = database.serve();
        let origin = format!("http://{}", django.address());
        // Here this project would write the hash anew at a login, were its database not read only.
        let shadow = database
            .manage(&["shadow", "--to", &origin, "127.0.0.1:0"])
            .env("PASSWORD_HASHERS", "pbkdf2_sha256,bcrypt_sha256")
            .env("PBKDF2_ITERATIONS", "1000")
            .serve();
        // Pepe:aaaa
        let basic = shadow.anonymous().request("GET", "/").header("authorization", "Basic UGVwZTphYWFh");
        assert_eq!(basic.send().status, 200);
        shadow.log_with("was not hashed anew");
        shadow
    };
    assert_eq!(shadow.anonymous().get("/auth/").status, 502);
    shadow.signal(Signal::TERM);
    assert_eq!(shadow.wait().code(), Some(0));
    assert_eq!(database.user("Pepe").unwrap().password, hash);
}

/// One that says `{"detail":"GET Response"}` behind TLS, by a certificate that `fixtures/tls-ca.pem` vouches for.
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
                // A client that refuses the certificate ends it.
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(length) => request.extend_from_slice(&buffer[..length]),
                    }
                }
                let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nvary: Accept\r\n\
                    allow: GET, POST, HEAD, OPTIONS\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"detail\":\"GET Response\"}";
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            });
        }
    });
    address
}

#[cfg(feature = "shadow-tls")]
#[test]
fn django_may_be_behind_tls() {
    let database = TestDatabase::sqlite();
    database.migrate();
    let origin = format!("https://{}", behind_tls());
    let shadow = || database.manage(&["shadow", "--to", &origin, "127.0.0.1:0"]);
    let fixture = |name: &str| format!("{}/tests/it/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut trusting = shadow().env("SSL_CERT_FILE", &fixture("tls-ca.pem")).serve();
    let answer = trusting.anonymous().get("/");
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"detail":"GET Response"}"#));
    trusting.signal(Signal::INT);
    // It lacks headers.
    assert_eq!(trusting.wait().code(), Some(1));
    assert!(trusting.log().contains("1 responses compared, 1 of them differ"), "{}", trusting.log());
    // A file without a certificate in it: nobody is trusted.
    let finished = shadow().env("SSL_CERT_FILE", &fixture("tls-server.der")).run();
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("there is no certificate to trust"), "{}", finished.stderr);
}

/// One that nobody vouches for is refused before anything was said.
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
    assert!(shadow.log_with("Django did not respond").contains("UnknownIssuer"), "{}", shadow.log());
}
