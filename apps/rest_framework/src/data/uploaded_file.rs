//! A file of a multipart form (django/core/files/uploadedfile.py).

use std::fmt;

use bytes::Bytes;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

/// A file as the client sent it, whole in memory.
#[derive(Clone, Default, PartialEq, Deserialize)]
pub struct UploadedFile {
    /// The base name that the client gave. Never a path to open.
    pub name: String,
    /// The media type that the client claimed, without parameters; empty if it gave none.
    pub content_type: String,
    /// The `charset` parameter of that media type.
    pub charset: Option<String>,
    /// The other parameters of that media type.
    pub content_type_extra: IndexMap<String, String>,
    /// The content. In a request's data it is a part of the body, all of which counts as held while it or a clone is there
    /// (`REQUEST_BODIES_MAX_MEMORY`): copy what is to outlive the request.
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
    struct Content;
    impl Visitor<'_> for Content {
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
    deserializer.deserialize_byte_buf(Content)
}
