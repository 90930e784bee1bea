//! `multipart/form-data` bodies: `MultiPartParser` of `rest_framework/parsers.py` and `django/http/multipartparser.py`.
//!
//! Django accepts bodies that stricter parsers reject: without a last boundary, with boundaries inside of lines, with
//! parts without a name (which it skips). It rejects others, such as part headers of a kilobyte. Clients see both.

use bytes::Bytes;

use crate::data::UploadedFile;
use crate::form::DATA_UPLOAD_MAX_NUMBER_FIELDS;
use crate::mediatypes::parameters::parse_header_parameters;
use crate::python::base64::b64decode;
use crate::python::codecs::Charset;

mod file_name;
mod part;
mod stream;

use part::{MAX_TOTAL_HEADER_SIZE, Part, PartKind};
use stream::BoundaryStream;

/// The limits on a body. `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `DATA_UPLOAD_MAX_MEMORY_SIZE`: the bytes of all fields, each with its name and two more. Files do not count.
    pub max_memory_size: Option<usize>,
    /// `DATA_UPLOAD_MAX_NUMBER_FIELDS`: the number of fields and of parts without a Content-Disposition.
    pub max_number_fields: Option<usize>,
    /// `DATA_UPLOAD_MAX_NUMBER_FILES`: the number of files.
    pub max_number_files: Option<usize>,
}

impl Default for Limits {
    /// Django's defaults: 2.5 MiB, 1000 fields, 100 files.
    fn default() -> Self {
        Self {
            max_memory_size: Some(2_621_440),
            max_number_fields: Some(DATA_UPLOAD_MAX_NUMBER_FIELDS),
            max_number_files: Some(100),
        }
    }
}

/// The fields and files of a form, in order, with duplicates.
#[derive(Clone, Default, PartialEq)]
pub struct DataAndFiles {
    /// The text fields: name and value.
    pub data: Vec<(String, String)>,
    /// The files: field name and file. File names have no folders, no unprintable characters and at most 255 characters,
    /// but are otherwise chosen by the client.
    pub files: Vec<(String, UploadedFile)>,
}

// Forms contain passwords, so `Debug` shows no values.
impl std::fmt::Debug for DataAndFiles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DataAndFiles").finish_non_exhaustive()
    }
}

/// Why a body is rejected. [`MultiPartError::Parse`] is a 400 with this text as its detail. The others are 400 with
/// Django's plain page.
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
            Self::TooManyFieldsSent => crate::form::TooManyFieldsSent.fmt(formatter),
            Self::TooManyFilesSent => {
                formatter.write_str("The number of files exceeded settings.DATA_UPLOAD_MAX_NUMBER_FILES.")
            }
        }
    }
}

impl std::error::Error for MultiPartError {}

/// Parses a form. `content_type` is the header, decoded as Latin-1. `charset` is the request's ([`Charset::of_request`]).
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
    let mut stream = BoundaryStream::new(body.clone(), &separator);
    let mut form =
        FormBuilder { charset, limits, out: DataAndFiles::default(), plain_parts: 0, files: 0, size: 0 };
    let mut file = None;
    while let Some(mut open) = stream.next_part() {
        let start = stream.read(&mut open, MAX_TOTAL_HEADER_SIZE);
        let part = Part::parse(&start).map_err(|reason| MultiPartError::Parse(reason.to_owned()))?;
        // A file counts only if something follows its boundary. A truncated body loses its last file.
        form.out.files.extend(file.take());
        if let Some(names) = form.names(&part)? {
            let content = stream.read(&mut open, usize::MAX).split_off(part.length);
            file = form.add(names, part, content)?;
        }
    }
    Ok(form.out)
}

/// The boundary of a Content-Type, or Django's message if there is none.
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

/// The form so far, and its counts for the limits.
struct FormBuilder {
    charset: Charset,
    limits: Limits,
    out: DataAndFiles,
    /// The number of parts that are not files.
    plain_parts: usize,
    files: usize,
    /// The bytes of the fields, as counted by `max_memory_size`.
    size: usize,
}

/// The names of a part that is not skipped.
struct PartNames {
    field: String,
    /// `None` if the part is not a file.
    file: Option<String>,
}

impl FormBuilder {
    /// Counts a part. Returns its names, or `None` to skip it.
    fn names(&mut self, part: &Part) -> Result<Option<PartNames>, MultiPartError> {
        if part.kind != PartKind::File {
            self.plain_parts += 1;
            // Two more for the text before the first boundary and after the last one.
            if self.limits.max_number_fields.is_some_and(|max| self.plain_parts > max.saturating_add(2)) {
                return Err(MultiPartError::TooManyFieldsSent);
            }
        }
        let Some(name) = &part.name else { return Ok(None) };
        let field = self.charset.decode_lossy(name.trim_matches(part::is_byte_space).as_bytes()).into_owned();
        match part.kind {
            PartKind::Raw => Ok(None),
            PartKind::Field => Ok(Some(PartNames { field, file: None })),
            PartKind::File => {
                self.files += 1;
                if self.limits.max_number_files.is_some_and(|max| self.files > max) {
                    return Err(MultiPartError::TooManyFilesSent);
                }
                let name = part.file_name.as_deref().unwrap_or_default();
                let name = file_name::sanitize(&self.charset.decode_lossy(name.as_bytes()));
                Ok(name.map(|name| PartNames { field, file: Some(name) }))
            }
        }
    }

    /// Adds a field to the form, or returns a file.
    fn add(
        &mut self,
        names: PartNames,
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

/// Decodes a file's content. Without white space, its length must be a multiple of four.
fn b64decode_file(encoded: &[u8]) -> Option<Bytes> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let symbols = encoded.iter().filter(|byte| !is_space(byte)).count();
    symbols.is_multiple_of(4).then(|| b64decode(encoded).map(Bytes::from)).flatten()
}

#[cfg(test)]
mod tests;
