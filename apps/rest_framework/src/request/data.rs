//! The data of a request (`request.data`, `request.query_params`).

use std::future::ready;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::stream;
use zeroize::Zeroize as _;

use super::Request;
use crate::data::Data;
use crate::exceptions::APIException;
use crate::mediatypes::latin1;
use crate::mediatypes::parameters::parse_header_parameters;
#[cfg(feature = "browsable-api")]
use crate::parsers::ValuesMemory;
use crate::python::codecs::Charset;
use vitamin_parsing::form::parse_form;

/// The request's data, parsed by the view's parsers (`request.data`).
///
/// Extract a `Result<Data, APIException>` to handle malformed bodies in the handler.
impl FromRequest for Data {
    type Error = APIException;
    type Future = LocalBoxFuture<'static, Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = Request::current(http);
        let payload = payload.take();
        Box::pin(async move {
            let request = request
                .ok_or_else(|| APIException::server_error("only a handler of an APIView can extract Data"))?;
            // A policy may have parsed the body.
            if let Some(data) = request.state.take_data() {
                #[cfg(feature = "browsable-api")]
                request.keep_submitted(&data);
                #[cfg(feature = "browsable-api")]
                if let Some(error) = request.take_refusal() {
                    return Err(error);
                }
                return Ok(data);
            }
            // An extractor before this one may have given it back.
            let payload = if matches!(payload, Payload::None) { request.take_payload() } else { payload };
            let body = request.view().body_reader.body(request.headers())?;
            let bytes = body.read(payload).await?;
            let (data, memory) = body.parse(bytes)?;
            request.state.keep_memory(memory);
            #[cfg(feature = "browsable-api")]
            request.keep_submitted(&data);
            Ok(data)
        })
    }
}

impl Request {
    /// The names and values of the query string, in order.
    ///
    /// # Errors
    /// 400: more parameters than `DATA_UPLOAD_MAX_NUMBER_FIELDS`.
    pub(crate) fn query_pairs(&self) -> Result<Vec<(String, String)>, APIException> {
        let header = self.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let content_type = latin1(header.unwrap_or_default());
        let parameters = parse_header_parameters(&content_type).unwrap_or_default();
        let charset = Charset::of_request(&parameters).unwrap_or_default();
        let max_fields = self.view().body_reader.limits.data_upload_max_number_fields;
        parse_form(self.query_string().as_bytes(), charset, Some(max_fields))
            .map_err(APIException::suspicious_operation)
    }

    /// Drops the data, and gives the memory back that they count for. A handler that waits for something else than its client,
    /// such as a password's hash, calls this before. Without it, the memory counts until the request ends.
    ///
    /// A view that `takes_credentials` calls it in any case, also before it returns an error: then the data are overwritten.
    pub fn drop_data(&self, mut data: Data) {
        if self.view().body_reader.takes_credentials {
            data.zeroize();
        }
        drop(data);
        self.state.release_memory();
    }

    /// Keeps the memory of the data until the request ends.
    #[cfg(feature = "browsable-api")]
    pub(crate) fn keep_memory(&self, memory: ValuesMemory) {
        self.state.keep_memory(memory);
    }

    /// Counts more bytes for the data, until the request ends.
    ///
    /// # Errors
    /// 503: all bodies and values together exceed `REQUEST_BODIES_MAX_MEMORY`.
    #[cfg(feature = "browsable-api")]
    pub(crate) fn reserve_memory(&self, bytes: usize) -> Result<(), APIException> {
        let kept = &self.state.lazy().memory;
        let memory = kept.take().unwrap_or_else(|| self.view().body_reader.bodies.values_memory());
        let reserved = memory.reserve(bytes);
        kept.set(Some(memory));
        reserved
    }

    /// Replaces the data that the handler extracts.
    #[cfg(feature = "browsable-api")]
    pub(crate) fn set_data(&self, data: Data) {
        self.state.lazy().data.replace(Some(data));
    }

    /// Parses the data before the handler runs. The handler can still extract the data or the raw body.
    pub(crate) async fn parse_ahead<T>(&self, inspect: impl FnOnce(&Data) -> T) -> Result<T, APIException> {
        let state = &self.state;
        let parsed = &state.lazy().data;
        if parsed.borrow().is_none() {
            let body = self.view().body_reader.body(self.headers())?;
            let bytes = body.read(state.payload.replace(Payload::None)).await?;
            if !bytes.is_empty() {
                let replay = stream::once(ready(Ok(bytes.clone())));
                state.payload.replace(Payload::Stream { payload: Box::pin(replay) });
            }
            let (data, memory) = body.parse(bytes)?;
            state.keep_memory(memory);
            parsed.replace(Some(data));
        }
        let data = parsed.borrow();
        data.as_ref().map(inspect).ok_or_else(|| APIException::server_error("the parsed data is missing"))
    }
}
