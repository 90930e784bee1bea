//! `ImageField`.

use super::limit::describe_limit;
use super::{Context, Field, File, Input, Kind, Options, Output, OutputError};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::gettext;

/// A field of an uploaded image: BMP, GIF, JPEG, PNG, TIFF or WebP. The file's header must have the signature of one of
/// these formats, and a width and a height. The rest of the file is not decoded, unlike in Django, where Pillow checks more
/// of it and knows more formats.
pub type ImageField = Field<Image>;

/// The kind of [`ImageField`].
#[derive(Clone, Debug)]
pub struct Image {
    pub(super) file: File,
}

impl Field<Image> {
    /// A field of an image.
    #[expect(clippy::new_without_default, reason = "`default` is an option of every field")]
    pub fn new() -> Self {
        Self::of_kind(Image { file: File::new() })
    }
}

impl Image {
    /// The options that all files have.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Kind for Image {
    const TYPE: &'static str = "image upload";
    const REQUIRED: &'static str = File::REQUIRED;

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let (file, value) = self.file.check(value)?;
        // Django's form field rejects an empty file, whatever `allow_empty_file` says.
        if file.size() == 0 {
            return Err(Detail::list(gettext("The submitted file is empty."), "empty"));
        }
        let size = imagesize::blob_size(&file.bytes);
        if !size.is_ok_and(|size| size.width > 0 && size.height > 0) {
            let message =
                "Upload a valid image. The file you uploaded was either not an image or a corrupted image.";
            return Err(Detail::list(gettext(message), "invalid_image"));
        }
        Ok(value)
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        self.file.write(value, output, out)
    }

    fn describe_limits(&self, info: &mut Dict) {
        describe_limit(info, "max_length", self.file.max_length());
    }
}
