//! `FileField`.

use super::{Context, Field, Input, Kind, Options};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;

/// A field of an uploaded file.
pub type FileField = Field<File>;

/// The kind of [`FileField`].
#[derive(Clone, Debug, Default)]
pub struct File {
    max_length: Option<usize>,
    allow_empty_file: bool,
}

impl Field<File> {
    /// A field of a file that is not empty.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(File::default())
    }

    /// The maximum characters of the file's name.
    pub fn max_length(mut self, characters: usize) -> Self {
        self.kind.max_length = Some(characters);
        self
    }

    /// Accepts an empty file.
    pub fn allow_empty_file(mut self) -> Self {
        self.kind.allow_empty_file = true;
        self
    }
}

impl Kind for File {
    const TYPE: &'static str = "file upload";
    const REQUIRED: &'static str = "No file was submitted.";

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let Some(value @ Value::File(file)) = value.as_value() else {
            let message = "The submitted data was not a file. Check the encoding type on the form.";
            return Err(Detail::list(message, "invalid"));
        };
        if file.name.is_empty() {
            return Err(Detail::list("No filename could be determined.", "no_name"));
        }
        if !self.allow_empty_file && file.size() == 0 {
            return Err(Detail::list("The submitted file is empty.", "empty"));
        }
        let length = file.name.chars().count();
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            let message = format!("Ensure this filename has at most {max} characters (it has {length}).");
            return Err(Detail::list(message, "max_length"));
        }
        Ok(value.clone())
    }

    fn describe_limits(&self, info: &mut Dict) {
        super::number::describe_limit(info, "max_length", self.max_length);
    }
}
