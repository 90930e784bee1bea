//! Forms that mean another method than POST, and raw bodies in forms. HTML forms can only send GET and POST, and only forms.
//!
//! A form of the page posts to `?_method=PUT`. That counts only if all of this holds:
//!
//! - the client negotiated the page, so that programs never meet it;
//! - the body is a form with a CSRF token that matches the CSRF cookie, whatever the authentication class. Otherwise another
//!   site's form could do what browsers let no other site do, to a user whose password the browser sends by itself.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use actix_web::web::Data as AppData;

use super::{complete, decode_form};
use crate::classes;
use crate::data::{Data, QueryDict};
use crate::exceptions::APIException;
use crate::finalize::refusal;
use crate::handlers::{BoxedHandler, Handlers};
use crate::initial::perform_content_negotiation;
use crate::mediatypes::media_type_matches;
use crate::parsers::reader::BodyReader;
use crate::parsers::{FormParser, MultiPartParser, Parser, ValuesMemory};
use crate::policies::Policies;
use crate::renderers::Renderers;
use crate::request::{Request, check_csrf, form_token};
use vitamin_framework::middleware::Site;
use vitamin_framework::urls::EndpointFuture;

/// The query parameter that names the method.
pub(super) const METHOD: &str = "_method";
/// The fields of a raw body, and of its media type.
pub(super) const CONTENT: &str = "_content";
pub(super) const CONTENT_TYPE_FIELD: &str = "_content_type";

/// Whether a request may be a form that means another method.
pub(crate) fn is_form_of_another_method(request: &Request) -> bool {
    *request.http().method() == Method::POST && request.query_string().contains("_method=")
}

/// Answers such a request.
pub(crate) fn submit(
    policies: Rc<Policies>,
    request: Request,
    handlers: Rc<(Handlers, BoxedHandler)>,
) -> EndpointFuture {
    Box::pin(async move {
        if let Err(error) = read(&policies, &request).await {
            let mut response = refusal(&policies, &request, error);
            if let Some(content) = request.take_page_content() {
                complete(&policies, &request, content, &mut response).await;
            }
            return Ok(ServiceResponse::new(request.into_parts().0, response));
        }
        let (handlers, method_not_allowed) = &*handlers;
        let handler = handlers.find(request.method()).unwrap_or(method_not_allowed);
        handler(policies, request).await
    })
}

/// Reads the method and the body. A request that is no form of the page stays what it is.
async fn read(policies: &Policies, request: &Request) -> Result<(), APIException> {
    if perform_content_negotiation(policies, request).is_err() || !is_browsable(request) || !is_form(request)
    {
        return Ok(());
    }
    let Some(method) = request.query_param::<String>(METHOD)?.and_then(|method| allowed(&method)) else {
        return Ok(());
    };
    let site = request.app_data::<AppData<Site>>();
    let site = site.ok_or_else(|| APIException::server_error("the app data has no Site"))?;
    let view = &request.view().body_reader;
    let forms = BodyReader {
        parsers: form_parsers(),
        limits: view.limits,
        bodies: view.bodies.clone(),
        takes_credentials: view.takes_credentials,
    };
    let body = forms.body(request.headers())?;
    let bytes = body.read(request.take_payload()).await?;
    let (data, memory) = body.parse(bytes)?;
    check_csrf(request, site, "POST", || form_token(&data)).map_err(|reason| {
        APIException::permission_denied(Some(&reason.detail(&site.settings.csrf.header_name)))
    })?;
    let has_body = ![Method::DELETE, Method::OPTIONS].contains(&method);
    request.set_form_method(method);
    let data = match raw(&data) {
        Some((content_type, content)) => {
            let (data, memory) = parse_raw(view, &content_type, content)?;
            request.keep_memory(memory);
            data
        }
        None if has_body => {
            // The view may read no forms.
            view.body(request.headers())?;
            request.keep_memory(memory);
            let (data, errors) = decode_form(request, data)?;
            if let Some(errors) = errors {
                request.refuse_data(APIException::validation_error(errors));
            }
            data
        }
        None => QueryDict::new().into(),
    };
    request.set_data(data);
    Ok(())
}

/// The parsers of forms, whatever the view's are.
pub(super) fn form_parsers() -> Vec<Arc<dyn Parser>> {
    classes![FormParser, MultiPartParser]
}

/// Whether the page was negotiated.
fn is_browsable(request: &Request) -> bool {
    let renderer = Renderers::of(request).and_then(|renderers| renderers.get(request.accepted_renderer()));
    renderer.is_some_and(|(renderer, _)| (renderer.media_type(), renderer.format()) == ("text/html", "api"))
}

fn allowed(method: &str) -> Option<Method> {
    let methods = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    methods.into_iter().find(|known| known.as_str() == method)
}

fn is_form(request: &Request) -> bool {
    let media_type =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["application/x-www-form-urlencoded", "multipart/form-data"]
        .iter()
        .any(|form| media_type_matches(form, media_type))
}

/// The raw body in a form, and its media type.
fn raw(data: &Data) -> Option<(String, String)> {
    let text = |name| data.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    Some((text(CONTENT_TYPE_FIELD)?, text(CONTENT)?))
}

/// Parses a raw body as if it had been sent with this media type.
fn parse_raw(
    view: &BodyReader,
    content_type: &str,
    content: String,
) -> Result<(Data, ValuesMemory), APIException> {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_str(content_type)
        .map_err(|_| APIException::unsupported_media_type(content_type))?;
    headers.insert(CONTENT_TYPE, content_type);
    // A text area sends the line ends of the network.
    let content = content.replace("\r\n", "\n");
    headers.insert(CONTENT_LENGTH, HeaderValue::from(content.len()));
    view.body(&headers)?.parse(content.into())
}
