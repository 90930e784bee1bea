//! `multipart/form-data` bodies, as `MultiPartParser` of `rest_framework/parsers.py` and of
//! `django/http/multipartparser.py` read them.
//!
//! Django takes bodies that stricter parsers refuse: without a last boundary, with boundaries inside of
//! lines, with parts that have no name (skipped). It refuses others: headers of a kilobyte. Clients see both.

use bytes::Bytes;

use super::form::DATA_UPLOAD_MAX_NUMBER_FIELDS;
use crate::data::UploadedFile;
use crate::mediatypes::parameters::parse_header_parameters;
use crate::python::base64::b64decode;
use crate::python::codecs::Charset;

mod file_name;
mod part;
mod stream;

use part::{Kind, MAX_TOTAL_HEADER_SIZE, Part};
use stream::Stream;

/// How much a body may hold; None is without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `DATA_UPLOAD_MAX_MEMORY_SIZE`: bytes of all fields with their names, two more each; files do not
    /// count.
    pub max_memory_size: Option<usize>,
    /// `DATA_UPLOAD_MAX_NUMBER_FIELDS`: fields, and parts without a Content-Disposition.
    pub max_number_fields: Option<usize>,
    /// `DATA_UPLOAD_MAX_NUMBER_FILES`: files.
    pub max_number_files: Option<usize>,
}

impl Default for Limits {
    /// Django's: 2.5 MiB, 1000 fields, 100 files.
    fn default() -> Self {
        Self {
            max_memory_size: Some(2_621_440),
            max_number_fields: Some(DATA_UPLOAD_MAX_NUMBER_FIELDS),
            max_number_files: Some(100),
        }
    }
}

/// What a form holds, in its order, duplicates kept.
#[derive(Clone, Default, PartialEq)]
pub struct DataAndFiles {
    /// The fields that are text: name and value.
    pub data: Vec<(String, String)>,
    /// The files: name of the field and file. Their names are without folders and unprintable characters, at most 255
    /// characters, and still the client's choice.
    pub files: Vec<(String, UploadedFile)>,
}

// Forms carry passwords, so neither shows what it holds.
impl std::fmt::Debug for DataAndFiles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DataAndFiles").finish_non_exhaustive()
    }
}

/// Why a body is refused. [`MultiPartError::Parse`] is the API's 400, with this text as its detail; for the
/// others Django answers 400 with its own page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MultiPartError {
    /// `ParseError`: the reason, in Django's words.
    Parse(String),
    /// `RequestDataTooBig`.
    RequestDataTooBig,
    /// `TooManyFieldsSent`.
    TooManyFieldsSent,
    /// `TooManyFilesSent`.
    TooManyFilesSent,
}

impl std::fmt::Display for MultiPartError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parse(reason) => write!(formatter, "Multipart form parse error - {reason}"),
            Self::RequestDataTooBig => {
                formatter.write_str("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")
            }
            Self::TooManyFieldsSent => super::form::TooManyFieldsSent.fmt(formatter),
            Self::TooManyFilesSent => {
                formatter.write_str("The number of files exceeded settings.DATA_UPLOAD_MAX_NUMBER_FILES.")
            }
        }
    }
}

impl std::error::Error for MultiPartError {}

/// Reads a form. `content_type` is the header, decoded as Latin-1, `charset` the request's ([`Charset::of_request`]).
///
/// # Errors
/// [`MultiPartError`].
pub fn parse_multipart(
    content_type: &str,
    body: &Bytes,
    charset: Charset,
    limits: Limits,
) -> Result<DataAndFiles, MultiPartError> {
    let separator = format!("--{}", boundary(content_type).map_err(MultiPartError::Parse)?);
    let mut stream = Stream::new(body.clone(), &separator);
    let mut form = Form { charset, limits, out: DataAndFiles::default(), plain_parts: 0, files: 0, size: 0 };
    let mut file = None;
    while let Some(mut open) = stream.next_part() {
        let start = stream.read(&mut open, MAX_TOTAL_HEADER_SIZE);
        let part = Part::parse(&start).map_err(|reason| MultiPartError::Parse(reason.to_owned()))?;
        // A file is complete only when something follows its boundary: a body cut short loses it.
        form.out.files.extend(file.take());
        if let Some(names) = form.names(&part)? {
            let content = stream.read(&mut open, usize::MAX).split_off(part.length);
            file = form.add(names, part, content)?;
        }
    }
    Ok(form.out)
}

/// The boundary that a Content-Type names, or why there is none.
fn boundary(content_type: &str) -> Result<String, String> {
    if !content_type.starts_with("multipart/") {
        return Err(format!("Invalid Content-Type: {content_type}"));
    }
    if !content_type.is_ascii() {
        return Err(format!("Invalid non-ASCII Content-Type in multipart: {content_type}"));
    }
    let header = parse_header_parameters(content_type).unwrap_or_default();
    let is_valid = |boundary: &&String| {
        (1..=201).contains(&boundary.len())
            && boundary.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && !boundary.ends_with(' ')
    };
    let boundary = header.get("boundary");
    let invalid = || format!("Invalid boundary in multipart: {}", boundary.map_or("None", String::as_str));
    boundary.filter(is_valid).cloned().ok_or_else(invalid)
}

/// The form so far, and what was counted.
struct Form {
    charset: Charset,
    limits: Limits,
    out: DataAndFiles,
    /// Parts that are no files.
    plain_parts: usize,
    files: usize,
    /// Bytes of the fields, as `max_memory_size` counts them.
    size: usize,
}

/// What a part is called that is not skipped.
struct Names {
    field: String,
    /// `None` where it is no file.
    file: Option<String>,
}

impl Form {
    /// Counts a part, and tells whether it is read at all.
    fn names(&mut self, part: &Part) -> Result<Option<Names>, MultiPartError> {
        if part.kind != Kind::File {
            self.plain_parts += 1;
            // Two more for what stands before the first and behind the last boundary.
            if self.limits.max_number_fields.is_some_and(|max| self.plain_parts > max.saturating_add(2)) {
                return Err(MultiPartError::TooManyFieldsSent);
            }
        }
        let Some(name) = &part.name else { return Ok(None) };
        let field = self.charset.decode_lossy(name.trim_matches(part::is_byte_space).as_bytes()).into_owned();
        match part.kind {
            Kind::Raw => Ok(None),
            Kind::Field => Ok(Some(Names { field, file: None })),
            Kind::File => {
                self.files += 1;
                if self.limits.max_number_files.is_some_and(|max| self.files > max) {
                    return Err(MultiPartError::TooManyFilesSent);
                }
                let name = part.file_name.as_deref().unwrap_or_default();
                let name = file_name::sanitize(&self.charset.decode_lossy(name.as_bytes()));
                Ok(name.map(|name| Names { field, file: Some(name) }))
            }
        }
    }

    /// Adds a field to the form; a file is returned instead.
    fn add(
        &mut self,
        names: Names,
        part: Part,
        content: Bytes,
    ) -> Result<Option<(String, UploadedFile)>, MultiPartError> {
        match names.file {
            None => self.add_field(names.field, &part, &content).map(|()| None),
            Some(name) => read_file(names.field, name, part, content),
        }
    }

    fn add_field(&mut self, name: String, part: &Part, content: &[u8]) -> Result<(), MultiPartError> {
        let size = content.len().saturating_add(name.chars().count()).saturating_add(2);
        self.size = self.size.saturating_add(size);
        if self.limits.max_memory_size.is_some_and(|max| self.size > max) {
            return Err(MultiPartError::RequestDataTooBig);
        }
        let decoded = if part.is_base64 { b64decode(content) } else { None };
        let value = self.charset.decode_lossy(decoded.as_deref().unwrap_or(content)).into_owned();
        self.out.data.push((name, value));
        Ok(())
    }
}

fn read_file(
    field_name: String,
    name: String,
    part: Part,
    content: Bytes,
) -> Result<Option<(String, UploadedFile)>, MultiPartError> {
    let bytes = if part.is_base64 {
        let undecodable = || MultiPartError::Parse("Could not decode base64 data.".to_owned());
        b64decode_file(&content).ok_or_else(undecodable)?
    } else {
        content
    };
    if field_name.is_empty() {
        return Ok(None);
    }
    let charset = part.content_type_extra.iter().find(|(name, _)| name == "charset");
    let file = UploadedFile {
        name,
        content_type: part.content_type,
        charset: charset.map(|(_, charset)| charset.clone()),
        content_type_extra: part.content_type_extra.into_iter().collect(),
        bytes,
    };
    Ok(Some((field_name, file)))
}

/// Decodes a file's content, which without white space must be a multiple of four characters.
fn b64decode_file(encoded: &[u8]) -> Option<Bytes> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let symbols = encoded.iter().filter(|byte| !is_space(byte)).count();
    symbols.is_multiple_of(4).then(|| b64decode(encoded).map(Bytes::from)).flatten()
}

#[cfg(test)]
mod tests;
