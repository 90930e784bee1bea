//! The page of a response.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::controls::Controls;
use super::description;
use super::forms::Forms;
use super::frame::target;
use super::highlight::highlight;
use super::pager::Pager;
use super::submit::METHOD;
use super::user_may::UserMay;
use crate::exceptions::APIException;
use crate::policies::Policies;
use crate::renderers::{Renderer, Renderers};
use crate::request::{PageContent, Request};
use crate::settings::APISettings;
use crate::utils::urls::replace_query_param;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// A template of the project is wrong, or a bug.
    #[error(transparent)]
    Template(#[from] minijinja::Error),
    /// The database fails, or a serializer is declared wrongly.
    #[error(transparent)]
    View(#[from] APIException),
}

/// The page of a response with these headers.
pub(super) async fn page(
    policies: &Policies,
    request: &Request,
    content: &PageContent,
    headers: &HeaderMap,
) -> Result<String, PageError> {
    let fallback = APISettings::default();
    let settings = request.app_data::<Data<APISettings>>().map_or(&fallback, |settings| settings);
    let target = target(request);
    let user_may = UserMay::find(policies, request, content).await;
    let forms = Forms::of(request, content, &user_may, &target).await?;
    let controls = Controls::of(request, settings, content).ok().flatten();
    let format = request.view().url_format_override;
    let renderers = Renderers::of(request).map(Renderers::classes).unwrap_or_default();
    let formats = format.into_iter().flat_map(|param| {
        let target = &target;
        renderers
            .iter()
            .map(move |renderer| (renderer.format(), replace_query_param(target, param, renderer.format())))
    });
    let method_url = |method: &Method| replace_query_param(&target, METHOD, method.as_str());
    let is_allowed = |method: &Method| user_may.methods.contains(method);
    let context = context!(
        name => request.view_name(),
        description => Value::from_safe_string(description::markdown(request.view_description())),
        method => request.method().as_str(),
        status => status_line(content.status),
        is_error => content.status.is_client_error() || content.status.is_server_error(),
        headers => Serde(shown_headers(headers, content, renderers)),
        content => Value::from_safe_string(highlight(&String::from_utf8_lossy(&content.json))),
        formats => Serde(formats.collect::<Vec<_>>()),
        can_get => is_allowed(&Method::GET),
        options_url => is_allowed(&Method::OPTIONS).then(|| method_url(&Method::OPTIONS)),
        delete_url => is_allowed(&Method::DELETE).then(|| method_url(&Method::DELETE)),
        forms => Serde(forms),
        controls => Serde(controls),
        path => request.get_path(),
        pager => Serde(Pager::of(request, settings)),
    );
    Ok(super::render(request, "rest_framework/api.html", context)?)
}

fn status_line(status: StatusCode) -> String {
    format!("HTTP {} {}", status.as_str(), status.canonical_reason().unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// The response's headers as a program gets them, in the order of their names.
fn shown_headers(
    headers: &HeaderMap,
    content: &PageContent,
    renderers: &[Arc<dyn Renderer>],
) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let own = headers.iter().filter(|(name, _)| ![SET_COOKIE, CONTENT_TYPE].contains(name));
    let mut shown: Vec<(String, String)> = own.map(|(name, value)| (title(name), text(value))).collect();
    if !content.json.is_empty() {
        let other = renderers.iter().find(|renderer| renderer.format() != "api");
        let media_type = other.map_or("application/json", |renderer| renderer.media_type());
        shown.push(("Content-Type".to_owned(), media_type.to_owned()));
    }
    shown.sort();
    shown
}

/// `www-authenticate` as `WWW-Authenticate`.
fn title(name: &HeaderName) -> String {
    let part = |part: &str| match part {
        "www" | "etag" => part.to_ascii_uppercase(),
        _ => {
            let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
            format!("{}{rest}", first.to_ascii_uppercase())
        }
    };
    name.as_str().split('-').map(part).collect::<Vec<_>>().join("-")
}
