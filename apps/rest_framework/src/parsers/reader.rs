//! Reads and parses the body of a request with a view's parsers (`Request._parse`).

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use bytes::Bytes;

use super::body::Bodies;
use super::{Parser, ParserContext, UploadLimits, ValuesMemory};
use crate::data::{Data, Dict, QueryDict, Value};
use crate::exceptions::APIException;
use crate::mediatypes::latin1;
use crate::mediatypes::parameters::parse_header_parameters;
use crate::negotiation::select_parser;
use crate::python::codecs::Charset;

/// A view's parsers, with the project's limits.
pub(crate) struct BodyReader {
    pub(crate) parsers: Vec<Arc<dyn Parser>>,
    pub(crate) limits: UploadLimits,
    pub(crate) bodies: Bodies,
    /// Whether `data_upload_max_credentials_size` applies.
    pub(crate) takes_credentials: bool,
}

/// The parser and length of a body, from the request's headers.
pub(crate) struct Body<'a> {
    reader: &'a BodyReader,
    content_type: Cow<'a, str>,
    /// `None` if there is no body.
    parser: Option<&'a dyn Parser>,
    length: usize,
}

impl BodyReader {
    /// The body that the headers announce.
    ///
    /// # Errors
    /// 415: no parser has its media type.
    pub(crate) fn body<'a>(&'a self, headers: &'a HeaderMap) -> Result<Body<'a>, APIException> {
        let header = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let content_type = latin1(header.unwrap_or_default());
        // Without this header a WSGI server passes no body to Django REST framework, so a chunked body is empty.
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let length: u64 = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        if length == 0 {
            return Ok(Body { reader: self, content_type, parser: None, length: 0 });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let parser = select_parser(self.parsers.iter().map(|parser| parser.media_type()), header)
            .and_then(|index| self.parsers.get(index));
        match parser {
            Some(parser) => Ok(Body { reader: self, content_type, parser: Some(parser.as_ref()), length }),
            None => Err(APIException::unsupported_media_type(&content_type)),
        }
    }
}

impl Body<'_> {
    /// Reads the whole body; empty if there is none.
    ///
    /// # Errors
    /// Those of [`Bodies::read`].
    pub(crate) async fn read(&self, payload: Payload) -> Result<Bytes, APIException> {
        match self.parser {
            Some(parser) => {
                let limits = &self.reader.limits;
                let mut limit = parser.max_body_size(limits);
                if self.reader.takes_credentials {
                    limit = limit.min(limits.data_upload_max_credentials_size);
                }
                self.reader.bodies.read(payload, self.length, limit, self.reader.takes_credentials).await
            }
            None => Ok(Bytes::new()),
        }
    }

    /// Parses the body. The memory counts as long as the data may be kept.
    ///
    /// # Errors
    /// Those of the parser, or 400 for an unknown charset.
    pub(crate) fn parse(&self, body: Bytes) -> Result<(Data, ValuesMemory), APIException> {
        let memory = self.reader.bodies.values_memory();
        let Some(parser) = self.parser else { return Ok((empty_data(&self.content_type), memory)) };
        let parameters = parse_header_parameters(&self.content_type).unwrap_or_default();
        let charset = Charset::of_body(&parameters, &body);
        let context = ParserContext {
            content_type: &self.content_type,
            charset: charset.map_err(|error| APIException::parse_error(error.to_string()))?,
            limits: &self.reader.limits,
            memory: &memory,
        };
        Ok((parser.parse(body, &context)?, memory))
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
