//! A file of a multipart form (django/core/files/uploadedfile.py).

use std::fmt;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

/// An uploaded file, held in memory.
#[derive(Clone, Default, PartialEq, Deserialize)]
pub struct UploadedFile {
    /// The base name that the client sent. Never open it as a path.
    pub name: String,
    /// The media type that the client sent, without parameters. Empty if it sent none.
    pub content_type: String,
    /// The `charset` parameter of that media type.
    pub charset: Option<String>,
    /// The other parameters of that media type.
    pub content_type_extra: IndexMap<String, String>,
    /// The content. In a request's data it is a slice of the body. The whole body counts towards
    /// `REQUEST_BODIES_MAX_MEMORY` until the slice and its clones are dropped: copy content that outlives the request.
    #[serde(deserialize_with = "content")]
    pub bytes: Bytes,
}

impl UploadedFile {
    /// The size of the content in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

impl fmt::Debug for UploadedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadedFile").finish_non_exhaustive()
    }
}

fn content<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    struct ContentVisitor;
    impl Visitor<'_> for ContentVisitor {
        type Value = Bytes;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the content of a file")
        }
        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
            Ok(Bytes::copy_from_slice(bytes))
        }
        fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
            Ok(bytes.into())
        }
    }
    deserializer.deserialize_byte_buf(ContentVisitor)
}
