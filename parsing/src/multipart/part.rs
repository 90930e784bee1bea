//! The headers of one part of a multipart body: `parse_boundary_stream` in `django/http/multipartparser.py`.

use crate::mediatypes::parameters::parse_header_parameters;
use crate::python::strip;

/// The maximum bytes of a part's headers.
pub(super) const MAX_TOTAL_HEADER_SIZE: usize = 1024;

/// The kind of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// A part without a Content-Disposition, such as the text around the form. Skipped.
    Raw,
    /// A text field.
    Field,
    /// A field with a file name.
    File,
}

/// One part. The last of repeated headers wins.
pub(super) struct Part {
    pub kind: PartKind,
    pub name: Option<String>,
    pub file_name: Option<String>,
    pub content_type: String,
    pub content_type_extra: Vec<(String, String)>,
    pub is_base64: bool,
    /// The bytes of the headers, with the empty line after them.
    pub length: usize,
}

impl Part {
    /// Parses the headers. `start` is the whole part, or its first [`MAX_TOTAL_HEADER_SIZE`] bytes. Malformed header lines
    /// are skipped.
    ///
    /// # Errors
    /// Django's message for headers that are too long.
    pub fn parse(start: &[u8]) -> Result<Self, &'static str> {
        let mut part = Self {
            kind: PartKind::Raw,
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
                self.kind = if self.file_name.is_some() { PartKind::File } else { PartKind::Field };
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

/// Splits at CRLF only.
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
