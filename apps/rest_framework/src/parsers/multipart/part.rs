//! The headers of one part of a multipart body, after `parse_boundary_stream` in
//! `django/http/multipartparser.py`.

use crate::mediatypes::parameters::parse_header_parameters;
use crate::python::strip;

/// Bytes within which a part's headers must end.
pub(super) const MAX_TOTAL_HEADER_SIZE: usize = 1024;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Without a Content-Disposition: what surrounds the form. Not read.
    Raw,
    /// A field.
    Field,
    /// A field with a file name.
    File,
}

/// One part. Where a header is repeated, the last one counts (but a file remains one).
pub(super) struct Part {
    pub kind: Kind,
    pub name: Option<String>,
    pub file_name: Option<String>,
    pub content_type: String,
    pub content_type_extra: Vec<(String, String)>,
    pub is_base64: bool,
    /// Bytes of the headers, with the empty line behind them.
    pub length: usize,
}

impl Part {
    /// Reads the headers. `start` is the whole part, or its first bytes, as many as headers may have. Header lines that
    /// cannot be read are skipped.
    ///
    /// # Errors
    /// Django's words for headers that do not end in time.
    pub fn parse(start: &[u8]) -> Result<Self, &'static str> {
        let mut part = Self {
            kind: Kind::Raw,
            name: None,
            file_name: None,
            content_type: String::new(),
            content_type_extra: Vec::new(),
            is_base64: false,
            length: 0,
        };
        let start = start.get(..MAX_TOTAL_HEADER_SIZE).unwrap_or(start);
        let Some(end) = memchr::memmem::find(start, b"\r\n\r\n") else {
            if start.len() < MAX_TOTAL_HEADER_SIZE {
                return Ok(part);
            }
            return Err("Request max total header size exceeded.");
        };
        part.length = end + 4;
        for line in lines(start.get(..end).unwrap_or_default()) {
            part.read_header(line);
        }
        Ok(part)
    }

    fn read_header(&mut self, line: &[u8]) {
        let Ok(line) = std::str::from_utf8(line) else { return };
        let Ok(header) = parse_header_parameters(line) else { return };
        let Some((header_name, value)) = header.value.split_once(':') else { return };
        match header_name {
            "content-disposition" => {
                self.name = header.get("name").cloned();
                self.file_name = header.get("filename").filter(|name| !name.is_empty()).cloned();
                self.kind = if self.file_name.is_some() { Kind::File } else { Kind::Field };
            }
            "content-type" => {
                self.content_type = strip(value).to_owned();
                self.content_type_extra = header.params;
            }
            "content-transfer-encoding" => self.is_base64 = strip(value) == "base64",
            _ => {}
        }
    }
}

/// Splits at CRLF alone.
fn lines(headers: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(headers);
    std::iter::from_fn(move || {
        let text = rest?;
        let at = memchr::memmem::find(text, b"\r\n");
        rest = at.and_then(|at| text.get(at + 2..));
        at.map_or(Some(text), |at| text.get(..at))
    })
}

/// Python's `bytes.isspace()`.
pub(super) fn is_byte_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}
