//! Parsers (`rest_framework/parsers.py`), and the extractor [`Data`] of a request's parsed body.

pub mod body;

pub use vitamin_parsing::{form, multipart};

use std::borrow::Cow;
use std::future::ready;
use vitamin_framework::conf::{Env, ImproperlyConfigured};

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::stream;

use self::form::parse_form;
use self::multipart::{Limits, MultiPartError, parse_multipart};
use super::data::{Data, Dict, QueryDict, Value};
use super::exceptions::APIException;
use super::json::{self, DecodeError};
use super::mediatypes::latin1;
use super::mediatypes::parameters::parse_header_parameters;
use super::negotiation::select_parser;
use super::policies::Policies;
use super::python::codecs::Charset;
use super::request::Request;

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

/// The request's data, parsed by the view's parsers (`request.data`).
///
/// Extract a `Result<Data, APIException>` to handle malformed bodies in the handler.
impl FromRequest for Data {
    type Error = APIException;
    type Future = LocalBoxFuture<'static, Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = Request::of(http);
        let payload = payload.take();
        Box::pin(async move {
            let request = request
                .ok_or_else(|| APIException::server_error("only a handler of an APIView can extract Data"))?;
            // A policy may have parsed the body.
            if let Some(data) = request.state().take_data() {
                return Ok(data);
            }
            let body = BodyParser::for_request(&request)?;
            let bytes = body.read(payload).await?;
            body.parse(bytes)
        })
    }
}

/// The parser and length of a body, from the request's headers (`Request._parse`).
struct BodyParser<'a> {
    content_type: Cow<'a, str>,
    view: &'a Policies,
    /// `None` if there is no body.
    parser: Option<&'a dyn Parser>,
    length: usize,
}

impl<'a> BodyParser<'a> {
    fn for_request(request: &'a Request) -> Result<Self, APIException> {
        let header = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let (content_type, view) = (latin1(header.unwrap_or_default()), request.policies());
        // Without this header a WSGI server passes no body to Django REST framework, so a chunked body is empty.
        let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let length: u64 = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        if length == 0 {
            return Ok(Self { content_type, view, parser: None, length: 0 });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let parser = select_parser(view.parsers.iter().map(|parser| parser.media_type()), header)
            .and_then(|index| view.parsers.get(index));
        match parser {
            Some(parser) => Ok(Self { content_type, view, parser: Some(parser.as_ref()), length }),
            None => Err(APIException::unsupported_media_type(&content_type)),
        }
    }

    async fn read(&self, payload: Payload) -> Result<Bytes, APIException> {
        match self.parser {
            Some(parser) => {
                let limit = parser.max_body_size(&self.view.limits);
                self.view.bodies.read(payload, self.length, limit).await
            }
            None => Ok(Bytes::new()),
        }
    }

    fn parse(&self, body: Bytes) -> Result<Data, APIException> {
        let Some(parser) = self.parser else { return Ok(empty_data(&self.content_type)) };
        let parameters = parse_header_parameters(&self.content_type).unwrap_or_default();
        let charset = Charset::of_body(&parameters, &body);
        let context = ParserContext {
            content_type: &self.content_type,
            charset: charset.map_err(|error| APIException::parse_error(error.to_string()))?,
            limits: &self.view.limits,
        };
        parser.parse(body, &context)
    }
}

/// The data of a request without a body: an empty form, or an empty object.
fn empty_data(content_type: &str) -> Data {
    let form_types = ["application/x-www-form-urlencoded", "multipart/form-data"];
    let parameters = parse_header_parameters(content_type).unwrap_or_default();
    if form_types.contains(&&*parameters.value) {
        return Data::Form(QueryDict::new());
    }
    Data::Json(Value::Dict(Dict::new()))
}

impl Request {
    /// The last value of a query parameter, or `None`.
    ///
    /// # Errors
    /// 400: more parameters than `DATA_UPLOAD_MAX_NUMBER_FIELDS`.
    pub fn query_param(&self, name: &str) -> Result<Option<String>, APIException> {
        let header = self.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let content_type = latin1(header.unwrap_or_default());
        let parameters = parse_header_parameters(&content_type).unwrap_or_default();
        let charset = Charset::of_request(&parameters).unwrap_or_default();
        let fields = parse_form(
            self.query_string().as_bytes(),
            charset,
            Some(self.policies().limits.data_upload_max_number_fields),
        )
        .map_err(APIException::suspicious_operation)?;
        Ok(fields.into_iter().rev().find(|(field, _)| field == name).map(|(_, value)| value))
    }

    /// Parses the data before the handler runs. The handler can still extract the data or the raw body.
    pub(super) async fn parse_ahead<T>(&self, inspect: impl FnOnce(&Data) -> T) -> Result<T, APIException> {
        let state = self.state();
        let parsed = &state.rare().data;
        if parsed.borrow().is_none() {
            let body = BodyParser::for_request(self)?;
            let bytes = body.read(state.payload.replace(Payload::None)).await?;
            if !bytes.is_empty() {
                let replay = stream::once(ready(Ok(bytes.clone())));
                state.payload.replace(Payload::Stream { payload: Box::pin(replay) });
            }
            let data = body.parse(bytes)?;
            parsed.replace(Some(data));
        }
        let data = parsed.borrow();
        data.as_ref().map(inspect).ok_or_else(|| APIException::server_error("the parsed data is missing"))
    }
}
