//! A response, with its assertions.

use std::borrow::Borrow;
use std::fmt;

use serde_json::Value;

/// The number of characters of a body that a failed assertion shows.
const SHOWN_BODY: usize = 4000;

/// A parsed HTTP response.
///
/// An assertion returns the response, so that they can be chained. If it fails, it shows the request and the whole response.
#[derive(Clone, Debug)]
pub struct TestResponse {
    /// The status code.
    pub status: u16,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body as text; [`bytes`](Self::bytes) if it is something else.
    pub body: String,
    bytes: Vec<u8>,
    /// Method and path.
    request: String,
}

impl TestResponse {
    /// Parses a response; `None` if it is incomplete.
    ///
    /// # Panics
    /// It is no HTTP response.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Response::new(&mut headers);
        let length = match head.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return None,
            Err(error) => panic!("no HTTP response: {error}: {}", String::from_utf8_lossy(bytes)),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = head.headers.iter().map(|header| (header.name.to_lowercase(), text(header.value)));
        let headers: Vec<_> = headers.collect();
        let body = &bytes[length..];
        let is_chunked =
            headers.iter().any(|header| *header == ("transfer-encoding".into(), "chunked".into()));
        let bytes = if is_chunked && !body.is_empty() { join_chunks(body)? } else { body.to_owned() };
        Some(Self { status: head.code?, headers, body: text(&bytes), bytes, request: String::new() })
    }

    pub(super) fn answering(self, request: String) -> Self {
        Self { request, ..self }
    }

    /// The body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the value of a header, or "" if it is missing. The first of several.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers_named(name).first().copied().unwrap_or_default()
    }

    /// Returns all values of a header.
    #[must_use]
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the body, parsed as JSON.
    ///
    /// # Panics
    /// It is no JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| self.fail(&format!("JSON ({error})")))
    }

    /// Returns the status, the headers specific to this response, and the body, for a snapshot.
    ///
    /// Headers that every response has are left out.
    #[must_use]
    pub fn snapshot(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for wanted in ["allow", "content-type", "location", "retry-after", "www-authenticate"] {
            for value in self.headers_named(wanted) {
                text.push_str(&format!("{wanted}: {value}\n"));
            }
        }
        format!("{text}\n{}", self.body)
    }

    /// Asserts the status code.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        if self.status != status {
            self.fail(&format!("status {status}"));
        }
        self
    }

    /// Asserts that the body is this JSON. The order of keys and the white space do not matter.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn assert_json(&self, expected: impl Borrow<Value>) -> &Self {
        let expected = expected.borrow();
        if self.json() != *expected {
            self.fail(&format!("the JSON {expected}"));
        }
        self
    }

    /// Asserts that the body is exactly this text.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn assert_body(&self, text: &str) -> &Self {
        if self.bytes != text.as_bytes() {
            self.fail(&format!("the body {text:?}"));
        }
        self
    }

    /// Asserts that the response has this header, once and with this value.
    ///
    /// # Panics
    /// It has not.
    #[track_caller]
    pub fn assert_header(&self, name: &str, value: &str) -> &Self {
        if self.headers_named(name) != [value] {
            self.fail(&format!("the header {name}: {value}"));
        }
        self
    }

    /// Asserts that the response does not have this header.
    ///
    /// # Panics
    /// It has.
    #[track_caller]
    pub fn assert_no_header(&self, name: &str) -> &Self {
        if !self.headers_named(name).is_empty() {
            self.fail(&format!("no header {name}"));
        }
        self
    }

    #[track_caller]
    fn fail(&self, expected: &str) -> ! {
        panic!("{}: expected {expected}, but the response is\n\n{self}\n", self.request)
    }
}

/// Status, headers and body; a long body is cut.
impl fmt::Display for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        let shown: String = self.body.chars().take(SHOWN_BODY).collect();
        write!(f, "\n{shown}{}", if shown.len() < self.body.len() { "…" } else { "" })
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
