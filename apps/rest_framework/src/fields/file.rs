//! `FileField`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Context, Field, Input, Kind, Options, Output, OutputError};
use crate::data::{Dict, UploadedFile, Value};
use crate::error_detail::Detail;
use crate::json;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field of an uploaded file.
pub type FileField = Field<File>;

/// The kind of [`FileField`].
#[derive(Clone, Debug)]
pub struct File {
    max_length: Option<usize>,
    allow_empty_file: bool,
    use_url: bool,
}

macro_rules! file_options {
    ($($kind:ty { $($file:ident).* }),+) => {
        $(
            impl $crate::fields::Field<$kind> {
                /// The maximum characters of the file's name.
                pub fn max_length(mut self, characters: usize) -> Self {
                    self.$($file).*.max_length = Some(characters);
                    self
                }

                /// Accepts an empty file.
                pub fn allow_empty_file(mut self) -> Self {
                    self.$($file).*.allow_empty_file = true;
                    self
                }

                /// Whether output is the file's URL, or its name. By default it is the URL.
                pub fn use_url(mut self, use_url: bool) -> Self {
                    self.$($file).*.use_url = use_url;
                    self
                }
            }
        )+
    };
}

file_options!(File { kind }, super::Image { kind.file });

impl Field<File> {
    /// A field of a file that is not empty.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(File::new())
    }
}

/// The characters that `filepath_to_uri` does not escape (django/utils/encoding.py).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b'\'');

impl File {
    pub(super) fn new() -> Self {
        Self { max_length: None, allow_empty_file: false, use_url: true }
    }

    /// The maximum characters of the file's name.
    pub fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    /// Whether an empty file is a value.
    pub fn allows_empty_file(&self) -> bool {
        self.allow_empty_file
    }

    /// Whether output is the file's URL.
    pub fn uses_url(&self) -> bool {
        self.use_url
    }

    /// Checks the name and the size of a file.
    pub(super) fn check<'v>(&self, value: &'v Input<'_>) -> Result<(&'v UploadedFile, Value), Detail> {
        let Some(value @ Value::File(file)) = value.as_value() else {
            let message = gettext("The submitted data was not a file. Check the encoding type on the form.");
            return Err(Detail::list(message, "invalid"));
        };
        if file.name.is_empty() {
            return Err(Detail::list(gettext("No filename could be determined."), "no_name"));
        }
        if !self.allow_empty_file && file.size() == 0 {
            return Err(Detail::list(gettext("The submitted file is empty."), "empty"));
        }
        let length = file.name.chars().count();
        // As in Python, a maximum of 0 is none.
        if let Some(max) = self.max_length.filter(|max| *max > 0 && length > *max) {
            let message = format(
                gettext("Ensure this filename has at most {max_length} characters (it has {length})."),
                &[("max_length", &max), ("length", &length)],
            );
            return Err(Detail::list(message, "max_length"));
        }
        Ok((file, value.clone()))
    }

    /// Writes a column's text, which is a path below `MEDIA_ROOT`. An uploaded file that is not stored has no URL.
    pub(super) fn write(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        match value {
            ValueRef::Text("") => out.extend_from_slice(b"null"),
            ValueRef::Text(name) if self.use_url => {
                let path = name.replace('\\', "/");
                let path = utf8_percent_encode(path.trim_start_matches('/'), ESCAPED);
                if let Some(request) = output.request {
                    json::write_str(out, &request.url(&path.to_string()));
                    return Ok(());
                }
                let media = output.media_url.trim_end_matches('/');
                let base = output.base_url.filter(|_| !media.contains("://")).unwrap_or_default();
                json::write_str(out, &format!("{base}{media}/{path}"));
            }
            ValueRef::Text(name) => json::write_str(out, name),
            ValueRef::Json(Value::File(_)) if self.use_url => out.extend_from_slice(b"null"),
            ValueRef::Json(Value::File(file)) => json::write_str(out, &file.name),
            other => return Err(OutputError::unexpected("FileField", other)),
        }
        Ok(())
    }
}

impl Kind for File {
    const TYPE: &'static str = "file upload";
    const REQUIRED: &'static str = "No file was submitted.";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        self.check(value).map(|(_, value)| value)
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        self.write(value, output, out)
    }

    fn describe_limits(&self, info: &mut Dict) {
        super::limit::describe_limit(info, "max_length", self.max_length);
    }
}
