//! Passwords are overwritten in the server's memory after a login.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::support::*;

/// What stands in memory for a freed piece begins with the allocator's own data, so only the end is looked for.
const PASSWORD: &str = "The front is overwritten by the allocator, and W1pe-me from memory!";
const END: &str = "W1pe-me from memory!";

database_tests!(a_login_leaves_no_copy_of_the_password);

fn a_login_leaves_no_copy_of_the_password(database: &TestDatabase) {
    database.migrate().create_user("Pepe", PASSWORD);
    let json = |name: &str| format!(r#"{{"{name}":"Pepe","password":"{PASSWORD}"}}"#);
    let form = format!("username=Pepe&password={}", PASSWORD.replace(' ', "+"));
    let basic = format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(format!("Pepe:{PASSWORD}")));
    let is_json = "Content-Type: application/json\r\n";
    let is_form = "Content-Type: application/x-www-form-urlencoded\r\n";
    // The last number: whether the buffer of the connection, which is actix-web's, has the password in clear.
    for (method, path, headers, body, status, buffered) in [
        ("POST", "/", is_json, json("user"), "200", 1),
        ("POST", "/api-token-auth/", is_json, json("username"), "200", 1),
        ("POST", "/api-token-auth/", is_json, json("missing"), "400", 1),
        ("POST", "/api-token-auth/", is_form, form, "200", 0),
        ("GET", "/", &basic, String::new(), "200", 0),
    ] {
        let server = database.runserver().env("WORKERS", "1").serve();
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{length}\r\n{body}");
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = [0; 4096];
        let count = stream.read(&mut response).unwrap();
        let response = String::from_utf8_lossy(&response[..count]);
        assert_eq!(response.split(' ').nth(1), Some(status), "{path} {headers} {response}");
        let found = count_in_memory(server.pid().as_raw_nonzero().get(), END);
        assert!(found <= buffered, "{found} copies after {method} {path} {headers}");
    }
}

/// How often a text is in the writable memory of a process.
fn count_in_memory(process: i32, text: &str) -> usize {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let writable = maps.lines().filter(|line| line.contains(" rw") && !line.contains("[v"));
    let counts = writable.map(|line| {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.seek(SeekFrom::Start(start)).unwrap();
        match memory.read_exact(&mut bytes) {
            Ok(()) => bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count(),
            // Guard pages.
            Err(_) => 0,
        }
    });
    counts.sum()
}
