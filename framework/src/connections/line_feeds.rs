//! Finds line feeds without a carriage return in a request head.
//!
//! httparse accepts them, gunicorn and others do not, and a proxy and a server that disagree on where a head ends can be made to
//! disagree on whose request follows (RFC 9112, section 2.2 and 11.2).

use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

/// The state between two reads of one head.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineFeeds {
    /// The last byte of the reads before.
    last: u8,
    /// Bytes of the line so far, without its end.
    line: usize,
    /// Whether there was a line that is not empty.
    has_begun: bool,
    /// Whether the head is over.
    is_over: bool,
    /// Whether the last read has bytes after the head.
    has_more: bool,
}

impl LineFeeds {
    /// The state before a head. On a kept connection the first part of the head may have come with the request before, so that
    /// `bytes` begin anywhere. If they begin with a line end, it may be the head's last one: then they are not checked.
    pub(super) fn new(bytes: &[u8], is_first: bool) -> Self {
        let is_line_end = matches!(bytes.first(), Some(b'\r' | b'\n'));
        Self { is_over: is_line_end && !is_first, ..Self::default() }
    }

    /// Reads more bytes of a head. Returns whether a line of it ends without a carriage return. Bytes after the head are ignored.
    pub(super) fn is_bare_in(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while !self.is_over {
            let Some(at) = memchr::memchr(b'\n', rest) else {
                self.has_more = false;
                self.line += rest.len();
                self.last = rest.last().copied().unwrap_or(self.last);
                return false;
            };
            let (before, after) = rest.split_at_checked(at).unwrap_or_default();
            let length = self.line + before.len();
            if before.last().copied().unwrap_or(self.last) != b'\r' {
                return true;
            }
            let is_empty = length <= 1;
            // Empty lines before the request line are allowed (RFC 9112, section 2.2).
            self.is_over = is_empty && self.has_begun;
            self.has_begun |= !is_empty;
            (self.line, self.last) = (0, b'\n');
            rest = after.get(1..).unwrap_or_default();
        }
        self.has_more = !rest.is_empty();
        false
    }

    /// The same for the heads that follow in the same bytes, if requests come together.
    pub(super) fn is_bare_in_next(self, bytes: &[u8]) -> bool {
        self.has_more && is_bare_in_pipelined(bytes)
    }
}

/// Whether `bytes`, which begin with a head, have a head with such a line further on: requests may come together. All of it must
/// be certain, because a body may have any line feeds: each message begins with a request line, and is whole, without chunks.
fn is_bare_in_pipelined(bytes: &[u8]) -> bool {
    has_bare(bytes) && Messages(bytes).any(|is_bare| is_bare)
}

/// Whether any line feed does not follow a carriage return. Without an early exit, so that the compiler vectorizes the loop.
fn has_bare(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or_default();
    let bare = |(before, byte): (&u8, &u8)| u8::from(*byte == b'\n') & u8::from(*before != b'\r');
    bytes.iter().zip(rest).fold(0, |any, pair| any | bare(pair)) != 0
}

/// Requests that follow each other: for each head, whether it has a bare line feed.
struct Messages<'a>(&'a [u8]);

impl Iterator for Messages<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        let mut lines = Lines(self.0);
        // Empty lines may precede the request line.
        let first = lines.find(|line| !matches!(*line, b"" | b"\r"))?;
        if !is_request_line(first) {
            return None;
        }
        if !first.ends_with(b"\r") {
            return Some(true);
        }
        let mut body = 0;
        for line in &mut lines {
            let Some(field) = line.strip_suffix(b"\r") else { return Some(true) };
            if field.is_empty() {
                self.0 = lines.0.get(body..).unwrap_or_default();
                return Some(false);
            }
            if value(field, TRANSFER_ENCODING.as_str()).is_some() {
                return None;
            }
            if let Some(length) = value(field, CONTENT_LENGTH.as_str()) {
                body = std::str::from_utf8(length).ok()?.trim().parse().ok()?;
            }
        }
        // The rest of the head comes with the next read.
        None
    }
}

/// The lines that are whole, without their line feeds.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = self.0.split_at_checked(memchr::memchr(b'\n', self.0)?)?;
        self.0 = rest.get(1..).unwrap_or_default();
        Some(line)
    }
}

fn is_request_line(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let method = memchr::memchr(b' ', line).and_then(|end| line.get(..end)).unwrap_or_default();
    let version = line.len().checked_sub(" HTTP/1.1".len()).and_then(|start| line.get(start..));
    !method.is_empty()
        && method.iter().all(u8::is_ascii_uppercase)
        && version.is_some_and(|version| version.starts_with(b" HTTP/1."))
}

/// The value of a field, if it has this name.
fn value<'a>(field: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (start, rest) = field.split_at_checked(name.len())?;
    rest.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_bare(reads: &[&[u8]]) -> bool {
        let mut state = LineFeeds::default();
        reads.iter().any(|bytes| state.is_bare_in(bytes))
    }

    #[test]
    fn bare_line_feeds_are_found_in_the_head_only() {
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false),
            ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nbody\n", false),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", true),
            ("\nGET / HTTP/1.1\r\n", true),
            ("\r\n\nGET / HTTP/1.1\r\n", true),
        ] {
            assert_eq!(is_bare(&[head.as_bytes()]), expected, "{head:?}");
        }
    }

    #[test]
    fn a_body_is_not_taken_for_a_head() {
        // The end of a head that began in the read before, and its body.
        for bytes in ["\r\nbody\n", "\n\r\nbody\n", "\n\r\n"] {
            assert!(!LineFeeds::new(bytes.as_bytes(), false).is_bare_in(bytes.as_bytes()), "{bytes:?}");
        }
        let bytes = b"st: a\r\n\r\nbody\n";
        assert!(!LineFeeds::new(bytes, false).is_bare_in(bytes));
        assert!(LineFeeds::new(b"\n", true).is_bare_in(b"\n"));
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    #[test]
    fn requests_that_come_together_are_all_checked() {
        let post = |body: &str| format!("POST / HTTP/1.1\r\nContent-Length:{}\r\n\r\n{body}", body.len());
        for (rest, expected) in [
            (GET, false),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", true),
            ("GET / HTTP/1.1\r\nHost: a\n", true),
            ("\r\nGET / HTTP/1.1\r\nX: \n", true),
            ("GET / HTTP/1.1", false),
            // What no request line precedes may be anything.
            ("Host: a\n\r\n", false),
            ("get / HTTP/1.1\n\n", false),
        ] {
            for before in [GET.repeat(3), post("{\n}"), format!("{GET}{}{GET}", post("\nGET / HTTP/1.1\n"))] {
                assert_eq!(is_bare_in_pipelined(format!("{before}{rest}").as_bytes()), expected, "{rest:?}");
            }
        }
        // Bodies whose end is unknown.
        for head in ["Content-Length: 1000", "Transfer-Encoding: chunked", "content-length: x"] {
            let bytes = format!("{GET}POST / HTTP/1.1\r\n{head}\r\n\r\n{GET}GET / HTTP/1.1\n");
            assert!(!is_bare_in_pipelined(bytes.as_bytes()), "{head}");
        }
        assert!(!is_bare_in_pipelined(b"") && !is_bare_in_pipelined(b"\n"));
    }

    proptest! {
        #[test]
        fn reads_may_be_split_anywhere(head in "[a\r\n]{0,12}", at in 0usize..12) {
            let (first, second) = head.as_bytes().split_at(at.min(head.len()));
            prop_assert_eq!(is_bare(&[first, second]), is_bare(&[head.as_bytes()]));
        }
    }
}
