//! What a client sees of CPython's and Django's parsers, byte for byte: which input they accept, the values they return,
//! and the messages of their errors. No HTTP server is needed.
//!
//! | module | imitates |
//! |---|---|
//! | [`data`] | Python values, `QueryDict`, `UploadedFile` |
//! | [`json`] | CPython's `json`, as `JSONParser` and `JSONRenderer` use it |
//! | [`form`] | `FormParser`, `QueryDict` of a query string |
//! | [`multipart`] | `MultiPartParser` |
//! | [`mediatypes`] | `rest_framework.utils.mediatypes`, `parse_header_parameters` |
//! | [`python`] | `str()`, `repr()`, `int()`, codecs, base64, `re` |
//!
//! ```
//! use vitamin_parsing::json::{decode, to_bytes};
//! use vitamin_parsing::python::codecs::Charset;
//!
//! let value = decode(br#"{"ratio": 1e16, "ok": true}"#, Charset::Utf8)?;
//! assert_eq!(to_bytes(&value, None).unwrap(), r#"{"ratio":1e+16,"ok":true}"#);
//! # Ok::<(), vitamin_parsing::json::DecodeError>(())
//! ```

pub mod data;
pub mod form;
pub mod json;
pub mod mediatypes;
pub mod multipart;
pub mod python;
