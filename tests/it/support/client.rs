//! An HTTP client that sends exactly the given bytes, even in a header, and returns the raw response.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A client that sends its authorization with every request.
#[derive(Clone)]
pub struct Client {
    address: String,
    authorization: Option<String>,
}

/// A request that is not sent yet.
pub struct RequestBuilder {
    address: String,
    line: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

/// A parsed HTTP response.
#[derive(Debug)]
pub struct TestResponse {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Client {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), authorization: None }
    }

    pub(super) fn authorization(mut self, value: String) -> Self {
        self.authorization = Some(value);
        self
    }

    pub fn get(&self, path: &str) -> TestResponse {
        self.request("GET", path).send()
    }

    /// Posts a form.
    pub fn post(&self, path: &str, form: &str) -> TestResponse {
        self.request("POST", path).body("application/x-www-form-urlencoded", form).send()
    }

    /// Posts JSON.
    pub fn post_json(&self, path: &str, json: &str) -> TestResponse {
        self.request("POST", path).body("application/json", json).send()
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = RequestBuilder {
            address: self.address.clone(),
            line: format!("{method} {path} HTTP/1.1"),
            headers: Vec::new(),
            body: None,
        };
        match &self.authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }
}

impl RequestBuilder {
    /// Adds a header, keeping others of the same name. `host` has a default.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    pub fn body(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_owned());
        self.header("content-type", content_type)
    }

    pub fn send(self) -> TestResponse {
        self.try_send().unwrap_or_else(|error| panic!("no response: {error}"))
    }

    /// The connection is refused, or ends without a response.
    pub fn try_send(mut self) -> std::io::Result<TestResponse> {
        if !self.headers.iter().any(|(name, _)| name == "host") {
            self.headers.push(("host".to_owned(), self.address.clone().into_bytes()));
        }
        if let Some(body) = &self.body {
            self.headers.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
        }
        let mut request = format!("{}\r\nconnection: close\r\n", self.line).into_bytes();
        for (name, value) in &self.headers {
            request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        request.extend(self.body.unwrap_or_default());

        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.write_all(&request)?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        TestResponse::parse(&response)
            .ok_or_else(|| std::io::Error::other(format!("{} bytes", response.len())))
    }
}

impl TestResponse {
    /// Parses a response; `None` if it is incomplete.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Response::new(&mut headers);
        let length = match head.parse(bytes).unwrap() {
            httparse::Status::Complete(length) => length,
            httparse::Status::Partial => return None,
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
        let headers = head.headers.iter().map(|header| (header.name.to_lowercase(), text(header.value)));
        let mut response = Self { status: head.code?, headers: headers.collect(), body: String::new() };
        let body = &bytes[length..];
        let chunked = response.header("transfer-encoding") == "chunked" && !body.is_empty();
        response.body = if chunked { text(&join_chunks(body)?) } else { text(body) };
        Some(response)
    }

    /// Returns the value of a header, or "" if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map_or("", |(_, value)| value)
    }

    /// Returns the status, the headers specific to this response, and the body, for a snapshot.
    ///
    /// `framework.rs` tests the headers that every response has.
    pub fn snapshot(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for wanted in ["allow", "content-type", "location", "retry-after", "www-authenticate"] {
            for (_, value) in self.headers.iter().filter(|(name, _)| name == wanted) {
                text.push_str(&format!("{wanted}: {value}\n"));
            }
        }
        format!("{text}\n{}", self.body)
    }

    /// Returns the token in the body.
    pub fn key(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let (_, rest) = self.body.split_once(r#""token":""#).expect(&self.body);
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// Decodes a chunked body; `None` if its end is missing.
fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((head, size)) = httparse::parse_chunk_size(rest).unwrap() else {
            return None;
        };
        if size == 0 {
            return Some(body);
        }
        let (chunk, after) = rest.get(head..)?.split_at_checked(size.try_into().unwrap())?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n")?;
    }
}
