//! Parsers (`rest_framework/parsers.py`): they turn the body of a request into [`Data`].

pub mod body;
pub(super) mod reader;

pub use vitamin_parsing::{form, multipart};

use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};

use bytes::Bytes;

use self::form::parse_form;
use self::multipart::{Limits, MultiPartError, parse_multipart};
use super::data::{Data, QueryDict, Value};
use super::exceptions::APIException;
use super::json::{self, DecodeError};
use super::python::codecs::Charset;

/// The settings that this module reads.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "DATA_UPLOAD_MAX_MEMORY_SIZE",
        "The maximum size of a body in bytes, without its files. A larger one is answered with 400.",
    )
    .default("2621440"),
    Setting::new(
        "DATA_UPLOAD_MAX_NUMBER_FIELDS",
        "The maximum number of fields of a form or a query string. More are answered with 400.",
    )
    .default("1000"),
    Setting::new(
        "DATA_UPLOAD_MAX_NUMBER_FILES",
        "The maximum number of files of a form. More are answered with 400.",
    )
    .default("100"),
    Setting::new(
        "FILE_UPLOAD_MAX_SIZE",
        "The maximum size of a form with files, in bytes. A larger one is answered with 400.",
    )
    .default("26214400"),
];

/// The limits on a request's body and query string. The names are those of Django's settings.
#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    /// The maximum bytes of a body, without files (`DATA_UPLOAD_MAX_MEMORY_SIZE`, default 2.5 MiB).
    pub data_upload_max_memory_size: usize,
    /// The maximum fields of a form or query string (`DATA_UPLOAD_MAX_NUMBER_FIELDS`, default 1000).
    pub data_upload_max_number_fields: usize,
    /// The maximum files of a form (`DATA_UPLOAD_MAX_NUMBER_FILES`, default 100).
    pub data_upload_max_number_files: usize,
    /// The maximum bytes of a form with files (`FILE_UPLOAD_MAX_SIZE`, default 25 MiB). Django has no such limit, because
    /// it writes large files to disk. This server keeps them in memory.
    pub file_upload_max_size: usize,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            data_upload_max_memory_size: 2_621_440,
            data_upload_max_number_fields: 1000,
            data_upload_max_number_files: 100,
            file_upload_max_size: 26_214_400,
        }
    }
}

impl UploadLimits {
    /// Reads the settings of the same names.
    ///
    /// # Errors
    /// A variable is not a number.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        let default = Self::default();
        Ok(Self {
            data_upload_max_memory_size: env
                .parse("DATA_UPLOAD_MAX_MEMORY_SIZE", default.data_upload_max_memory_size)?,
            data_upload_max_number_fields: env
                .parse("DATA_UPLOAD_MAX_NUMBER_FIELDS", default.data_upload_max_number_fields)?,
            data_upload_max_number_files: env
                .parse("DATA_UPLOAD_MAX_NUMBER_FILES", default.data_upload_max_number_files)?,
            file_upload_max_size: env.parse("FILE_UPLOAD_MAX_SIZE", default.file_upload_max_size)?,
        })
    }
}

/// The parser's input besides the body.
pub struct ParserContext<'a> {
    /// The whole `Content-Type` header.
    pub content_type: &'a str,
    /// The charset of the `Content-Type`, or UTF-8.
    pub charset: Charset,
    /// The project's limits.
    pub limits: &'a UploadLimits,
}

/// Parses a body. The request's `Content-Type` selects one of the view's parsers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parser",
    label = "not a `Parser`",
    note = "use `JSONParser`, `FormParser` or `MultiPartParser`, or implement `Parser` for it: `media_type` and `parse`"
)]
pub trait Parser: Send + Sync {
    /// The media type of the bodies that it parses.
    fn media_type(&self) -> &'static str;

    /// The maximum bytes of a body. A larger body is 400, and is not read to its end.
    fn max_body_size(&self, limits: &UploadLimits) -> usize {
        limits.data_upload_max_memory_size
    }

    /// Parses a body, which is not empty.
    ///
    /// # Errors
    /// A [`ParseError`](APIException::parse_error) if the body is malformed.
    fn parse(&self, body: Bytes, context: &ParserContext<'_>) -> Result<Data, APIException>;
}

/// `application/json`, with the rules of CPython's `json`.
pub struct JSONParser;

impl Parser for JSONParser {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn parse(&self, body: Bytes, context: &ParserContext<'_>) -> Result<Data, APIException> {
        json::decode(&body, context.charset).map(Data::Json).map_err(|error| match error {
            DecodeError::Malformed(reason) => {
                APIException::parse_error(format!("JSON parse error - {reason}"))
            }
            DecodeError::TooDeep => {
                APIException::server_error("the JSON of the request is nested too deeply")
            }
        })
    }
}

/// `application/x-www-form-urlencoded`.
pub struct FormParser;

impl Parser for FormParser {
    fn media_type(&self) -> &'static str {
        "application/x-www-form-urlencoded"
    }

    fn parse(&self, body: Bytes, context: &ParserContext<'_>) -> Result<Data, APIException> {
        let fields = parse_form(&body, context.charset, Some(context.limits.data_upload_max_number_fields))
            .map_err(APIException::suspicious_operation)?;
        Ok(Data::Form(fields.into_iter().collect()))
    }
}

/// `multipart/form-data`, with files.
pub struct MultiPartParser;

impl Parser for MultiPartParser {
    fn media_type(&self) -> &'static str {
        "multipart/form-data"
    }

    fn max_body_size(&self, limits: &UploadLimits) -> usize {
        limits.file_upload_max_size.max(limits.data_upload_max_memory_size)
    }

    fn parse(&self, body: Bytes, context: &ParserContext<'_>) -> Result<Data, APIException> {
        let limits = Limits {
            max_memory_size: Some(context.limits.data_upload_max_memory_size),
            max_number_fields: Some(context.limits.data_upload_max_number_fields),
            max_number_files: Some(context.limits.data_upload_max_number_files),
        };
        let form = parse_multipart(context.content_type, &body, context.charset, limits);
        let form = form.map_err(|error| match error {
            MultiPartError::Parse(_) => APIException::parse_error(error.to_string()),
            error => APIException::suspicious_operation(error),
        })?;
        let mut data: QueryDict = form.data.into_iter().collect();
        for (field, file) in form.files {
            data.append(field, Value::File(Box::new(file)));
        }
        Ok(Data::Form(data))
    }
}
