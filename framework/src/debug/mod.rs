//! The page of a 500 with `DEBUG` (`django/views/debug.py`, `technical_500_response`): the error and its causes, the
//! request, the route and the settings.
//!
//! Secrets are masked: settings, headers and query parameters whose names are those of secrets, and their values wherever
//! else they occur. A request's body is never shown. Without `DEBUG` nothing of this runs.

mod page;
mod panics;
mod report;
mod request;

use std::collections::HashMap;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

pub(crate) use self::panics::last_panic;
pub use self::report::ErrorReport;
pub(crate) use self::request::RequestSnapshot;
use crate::conf::filter::STARS;
use crate::project::Project;
use crate::urls::{Resolver, UrlConf};

/// Secrets shorter than this are masked in their own place only: elsewhere they would hide ordinary text.
const MIN_SECRET: usize = 4;

/// What the debug pages of a project show besides the error and the request.
pub(crate) struct DebugPages {
    /// Names, values and sources; secrets are masked already.
    settings: Vec<(&'static str, String, String)>,
    secrets: Vec<String>,
    /// The view of each route.
    views: HashMap<String, String>,
    csrf_header: HeaderName,
}

impl DebugPages {
    /// Collects what all pages show. From now on, the process records where it panics.
    pub(crate) fn new(project: &Project) -> Self {
        panics::record();
        let values = project.declared.values(&project.env);
        let settings = values.into_iter().map(|value| {
            let source = value.source.map_or("default".to_owned(), |source| format!("from {source}"));
            (value.setting.name, value.shown.unwrap_or_default(), source)
        });
        Self {
            settings: settings.collect(),
            secrets: project.declared.secrets(&project.env).into_iter().map(str::to_owned).collect(),
            views: UrlConf::new((project.urlpatterns)()).view_names().into_iter().collect(),
            csrf_header: project.settings.http.csrf.header_name.clone(),
        }
    }

    /// Replaces the body of a 500 by the debug page, if an error or a panic caused it. The other headers stay.
    pub(crate) fn show_response(
        &self,
        response: &mut HttpResponse,
        request: &RequestSnapshot,
        resolver: &Resolver,
        id: Uuid,
    ) {
        if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
            return;
        }
        let attached = response.extensions().get::<ErrorReport>().cloned();
        let Some(report) = attached.or_else(|| response.error().map(ErrorReport::of_response_error)) else {
            return;
        };
        self.replace(response, &report, request, resolver, id);
    }

    /// Does the same for an error that no view turned into a response.
    pub(crate) fn show_error(
        &self,
        error: &mut Error,
        report: Option<&ErrorReport>,
        request: &RequestSnapshot,
        resolver: &Resolver,
        id: Uuid,
    ) {
        if error.as_response_error().status_code() != StatusCode::INTERNAL_SERVER_ERROR {
            return;
        }
        let report = report.cloned().unwrap_or_else(|| ErrorReport::of_response_error(error));
        let mut response = error.error_response();
        self.replace(&mut response, &report, request, resolver, id);
        *error = InternalError::from_response("internal server error", response).into();
    }

    fn replace(
        &self,
        response: &mut HttpResponse,
        report: &ErrorReport,
        request: &RequestSnapshot,
        resolver: &Resolver,
        id: Uuid,
    ) {
        let path = percent_decode_str(request.path()).decode_utf8_lossy();
        let route = resolver.route(&path);
        let masker = Masker::new(self.secrets.iter().cloned().chain(request.secrets()));
        let content = page::Content {
            report,
            request,
            route,
            view: route.and_then(|route| self.views.get(route)).map(String::as_str),
            id,
            settings: &self.settings,
            csrf_header: &self.csrf_header,
            masker: &masker,
        };
        let (content_type, body) = if request.prefers_html() {
            ("text/html; charset=utf-8", content.html())
        } else {
            ("text/plain; charset=utf-8", content.text())
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let old = std::mem::replace(response, HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR));
        *response = old.set_body(actix_web::body::BoxBody::new(body));
    }
}

/// Replaces known secrets in any text.
pub(crate) struct Masker(Vec<String>);

impl Masker {
    fn new(secrets: impl Iterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.filter(|secret| secret.len() >= MIN_SECRET).collect();
        // A secret may be a part of another one.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(secrets)
    }

    fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), STARS))
    }
}

#[cfg(test)]
mod tests;
