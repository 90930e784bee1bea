//! Finds line feeds without a carriage return in a request head.
//!
//! httparse accepts them, gunicorn and others do not, and a proxy and a server that disagree on where a head ends can be made to
//! disagree on whose request follows (RFC 9112, section 2.2 and 11.2).

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
        false
    }
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

    proptest! {
        #[test]
        fn reads_may_be_split_anywhere(head in "[a\r\n]{0,12}", at in 0usize..12) {
            let (first, second) = head.as_bytes().split_at(at.min(head.len()));
            prop_assert_eq!(is_bare(&[first, second]), is_bare(&[head.as_bytes()]));
        }
    }
}
