//! Parsers (`rest_framework/parsers.py`): they turn the body of a request into [`Data`].

pub mod body;
mod memory;
pub(super) mod reader;

pub use self::memory::ValuesMemory;
pub use vitamin_parsing::{form, multipart};

use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
use vitamin_framework::diagnosis::class_name;

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
        "DATA_UPLOAD_MAX_NUMBER_VALUES",
        "The maximum number of values of a JSON document. More are answered with 400.",
    )
    .default("100000"),
    Setting::new(
        "DATA_UPLOAD_MAX_CREDENTIALS_SIZE",
        "The maximum size of a body with a password, such as that of `POST /api-token-auth/`, in bytes. A \
         larger one is answered with 400.",
    )
    .default("65536")
    .public(),
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
    /// The maximum values of a JSON document, arrays and objects included (`DATA_UPLOAD_MAX_NUMBER_VALUES`, default
    /// 100,000). Django has no such limit; a value takes up to a hundred times the memory of its text.
    pub data_upload_max_number_values: usize,
    /// The maximum bytes of a body of a view that [takes credentials](super::views::APIView::takes_credentials)
    /// (`DATA_UPLOAD_MAX_CREDENTIALS_SIZE`, default 64 KiB). Django has no such limit.
    pub data_upload_max_credentials_size: usize,
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
            data_upload_max_number_values: 100_000,
            data_upload_max_credentials_size: 65_536,
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
            data_upload_max_number_values: env
                .parse("DATA_UPLOAD_MAX_NUMBER_VALUES", default.data_upload_max_number_values)?,
            data_upload_max_credentials_size: env
                .parse("DATA_UPLOAD_MAX_CREDENTIALS_SIZE", default.data_upload_max_credentials_size)?,
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
    /// Counts the values that the parser makes. A parser whose values may take much more memory than their text reserves it.
    pub memory: &'a ValuesMemory,
}

/// Parses a body. The request's `Content-Type` selects one of the view's parsers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parser",
    label = "not a `Parser`",
    note = "use `JSONParser`, `FormParser` or `MultiPartParser`, or implement `Parser` for it: `media_type` and `parse`"
)]
pub trait Parser: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

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
        let mut refused = None;
        let mut reserve = |bytes| {
            refused = context.memory.reserve(bytes).err();
            refused.is_none()
        };
        let max_values = context.limits.data_upload_max_number_values;
        let limits = json::Limits { max_values, reserve: &mut reserve };
        let decoded = json::decode_within(&body, context.charset, limits);
        decoded.map(Data::Json).map_err(|error| match error {
            DecodeError::Malformed(reason) => {
                APIException::parse_error(format!("JSON parse error - {reason}"))
            }
            // CPython's message. There it is no ValueError, so Django REST framework answers 500.
            DecodeError::TooDeep => {
                APIException::parse_error("JSON parse error - maximum recursion depth exceeded")
            }
            DecodeError::TooManyValues => APIException::suspicious_operation(
                "The number of JSON values exceeded DATA_UPLOAD_MAX_NUMBER_VALUES.",
            ),
            DecodeError::OutOfMemory => refused
                .unwrap_or_else(|| APIException::service_unavailable("no memory for the values of a body")),
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
        context.memory.reserve(body.len())?;
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
        // Without the files, which are slices of the body.
        context.memory.reserve(body.len().min(context.limits.data_upload_max_memory_size))?;
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
