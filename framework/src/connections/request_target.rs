//! Encodes bytes of a request's path and query that actix-web refuses, as Django's servers take them.
//!
//! RFC 3986 forbids `"`, `<`, `>`, a backquote and bytes above ASCII there, but some clients send them as they are. gunicorn passes them
//! on, and to Django they mean the same as their percent-encoded form. actix-web answers 400, before any log line.

use percent_encoding::percent_encode_byte;
use tokio::io::ReadBuf;

/// Encodes the request line that begins at `start`. Nothing changes if it is not read to its end, or there is no room.
pub(super) fn encode(buffer: &mut ReadBuf<'_>, start: usize) {
    let read = buffer.filled().get(start..).unwrap_or_default();
    let Some(line) = memchr::memchr(b'\r', read).and_then(|end| read.get(..end)) else { return };
    // Hardly any line has such a byte.
    if !line.iter().any(|byte| is_refused(*byte)) {
        return;
    }
    let Some(encoded) = encoded(line) else { return };
    let rest = read.get(line.len()..).unwrap_or_default();
    if encoded.len() - line.len() <= buffer.remaining() {
        let bytes = [&encoded, rest].concat();
        buffer.set_filled(start);
        buffer.put_slice(&bytes);
    }
}

/// The encoded line. `None` if it is no request line: on a kept connection the first bytes of a head may have come with the request
/// before, so that these are a part of a header field.
fn encoded(line: &[u8]) -> Option<Vec<u8>> {
    let target = memchr::memchr(b' ', line)? + 1;
    let version = memchr::memrchr(b' ', line).filter(|version| *version >= target)?;
    let is_request = line.get(..target - 1)?.iter().all(u8::is_ascii_uppercase)
        && line.get(target..)?.starts_with(b"/")
        && line.get(version..)?.starts_with(b" HTTP/1.");
    let mut encoded = Vec::with_capacity(line.len() + 32);
    for (at, byte) in line.iter().enumerate() {
        if (target..version).contains(&at) && is_refused(*byte) {
            encoded.extend_from_slice(percent_encode_byte(*byte).as_bytes());
        } else {
            encoded.push(*byte);
        }
    }
    is_request.then_some(encoded)
}

/// Bytes that actix-web refuses in a path or a query, and that are neither spaces nor control characters.
const fn is_refused(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>' | b'`') || byte > b'~'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(read: &str, room: usize) -> String {
        let mut space = vec![0; "before".len() + read.len() + room];
        let mut buffer = ReadBuf::new(&mut space);
        buffer.put_slice(b"before");
        buffer.put_slice(read.as_bytes());
        encode(&mut buffer, "before".len());
        String::from_utf8(buffer.filled()["before".len()..].to_owned()).unwrap()
    }

    #[test]
    fn only_the_path_and_the_query_are_encoded() {
        for (read, expected) in [
            ("GET /a?b=c HTTP/1.1\r\nX: \"<é>\"\r\n\r\n", None),
            (
                "GET /\"<é>`?q=\"x\" HTTP/1.1\r\nX: \"é\"\r\n\r\n\"",
                Some("GET /%22%3C%C3%A9%3E%60?q=%22x%22 HTTP/1.1\r\nX: \"é\"\r\n\r\n\""),
            ),
            ("POST /\u{7f} HTTP/1.0\r\n\r\n", Some("POST /%7F HTTP/1.0\r\n\r\n")),
            ("GET /{|}\\^[]'%22%zz HTTP/1.1\r\n\r\n", None),
            // A request line of two targets is answered with 400 all the same.
            ("GET /\" \" HTTP/1.1\r\n\r\n", Some("GET /%22 %22 HTTP/1.1\r\n\r\n")),
        ] {
            assert_eq!(passed(read, 64), expected.unwrap_or(read), "{read:?}");
        }
    }

    #[test]
    fn what_is_no_request_line_stays() {
        for read in [
            "",
            "GET /\"",
            "GET\r\n",
            "GET \"\r\n",
            "\r\nGET /\" HTTP/1.1\r\n\r\n",
            "\"GET\" / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\"\r\n\r\n",
            "-ua: \"Chromium\";v=\"1\"\r\n\r\n",
            "ST: /\"a\" HTTP/1.1\r\n\r\n",
            "AGENT \"a\" HTTP/1.1\r\n\r\n",
            "GET /\" SMTP/1.1\r\n\r\n",
        ] {
            assert_eq!(passed(read, 64), read);
        }
    }

    #[test]
    fn without_room_the_line_stays() {
        let read = "GET /\"\" HTTP/1.1\r\n\r\n";
        assert_eq!(passed(read, 3), read);
        assert_eq!(passed(read, 4), "GET /%22%22 HTTP/1.1\r\n\r\n");
    }
}
