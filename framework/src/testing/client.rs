//! An HTTP client that sends exactly the given bytes, even in a header.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Body, TestResponse};

/// The methods that change nothing, which Django accepts without a CSRF token.
const SAFE_METHODS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/// A client in a role: it sends its headers with every request. It stores no cookies and follows no redirects.
#[derive(Clone, Debug)]
pub struct Client {
    address: String,
    host: String,
    headers: Vec<(String, Vec<u8>)>,
    unsafe_headers: Vec<(String, Vec<u8>)>,
}

/// A request that is not sent yet.
#[derive(Clone, Debug)]
#[must_use = "call `send`"]
pub struct RequestBuilder {
    address: String,
    host: String,
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Client {
    /// Creates a client of the server at this address, `127.0.0.1:PORT`.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            host: address.to_owned(),
            headers: Vec::new(),
            unsafe_headers: Vec::new(),
        }
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends this `Host` instead of the address.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Adds a header to every request.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds a header to every request whose method is not GET, HEAD, OPTIONS or TRACE.
    #[must_use]
    pub fn unsafe_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.unsafe_headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sends a GET request.
    #[track_caller]
    pub fn get(&self, path: &str) -> TestResponse {
        self.request("GET", path).send()
    }

    /// Sends a HEAD request.
    #[track_caller]
    pub fn head(&self, path: &str) -> TestResponse {
        self.request("HEAD", path).send()
    }

    /// Sends an OPTIONS request.
    #[track_caller]
    pub fn options(&self, path: &str) -> TestResponse {
        self.request("OPTIONS", path).send()
    }

    /// Sends a DELETE request.
    #[track_caller]
    pub fn delete(&self, path: &str) -> TestResponse {
        self.request("DELETE", path).send()
    }

    /// Posts a body: `json!({…})`, `[("name", "value")]`, `"name=value"`, a [`Multipart`](super::Multipart) or any
    /// [`Body`].
    #[track_caller]
    pub fn post(&self, path: &str, body: impl Into<Body>) -> TestResponse {
        self.request("POST", path).data(body).send()
    }

    /// Sends a PUT request, with a body as for [`post`](Self::post).
    #[track_caller]
    pub fn put(&self, path: &str, body: impl Into<Body>) -> TestResponse {
        self.request("PUT", path).data(body).send()
    }

    /// Sends a PATCH request, with a body as for [`post`](Self::post).
    #[track_caller]
    pub fn patch(&self, path: &str, body: impl Into<Body>) -> TestResponse {
        self.request("PATCH", path).data(body).send()
    }

    /// Starts a request of any method.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let mut headers = self.headers.clone();
        if !SAFE_METHODS.contains(&method) {
            headers.extend(self.unsafe_headers.iter().cloned());
        }
        RequestBuilder {
            address: self.address.clone(),
            host: self.host.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: None,
        }
    }
}

impl RequestBuilder {
    /// Adds a header, keeping others of the same name. `host` has a default.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Sets the body, as for [`Client::post`].
    pub fn data(self, body: impl Into<Body>) -> Self {
        match body.into().content {
            Some((content_type, bytes)) => self.body(&content_type, bytes),
            None => self,
        }
    }

    /// Sets the body and its content type.
    pub fn body(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_owned());
        self.header("content-type", content_type)
    }

    /// Sends it.
    ///
    /// # Panics
    /// There is no response.
    #[track_caller]
    pub fn send(self) -> TestResponse {
        let request = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{request}: no response: {error}"))
    }

    /// Sends it.
    ///
    /// # Errors
    /// The connection is refused, or ends without a response.
    pub fn try_send(mut self) -> std::io::Result<TestResponse> {
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            self.headers.push(("host".to_owned(), self.host.into_bytes()));
        }
        if let Some(body) = &self.body {
            self.headers.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
        }
        let line = format!("{} {}", self.method, self.path);
        let mut request = format!("{line} HTTP/1.1\r\nconnection: close\r\n").into_bytes();
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
            .map(|response| response.answering(line))
            .ok_or_else(|| std::io::Error::other(format!("{} bytes", response.len())))
    }
}
