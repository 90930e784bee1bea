//! The page to read the API: a reference that needs no script. It stands where drf-spectacular has `SpectacularRedocView`.

mod operation;
mod shape;

use std::rc::Rc;

use actix_web::HttpResponse;
use minijinja::value::Serde;
use minijinja::{Value as PageValue, context};
use serde::Serialize;
use serde_json::Value;

use self::operation::Group;
use self::shape::Shape;
use super::{page_view, respond, schema_url, settings, title};
use crate::browsable::markdown;
use crate::exceptions::APIException;
use crate::request::Request;
use crate::schemas::documents::{document, requested_version};
use crate::views::APIView;
use vitamin_framework::templates::POLICY;

pub(super) const TEMPLATE: &str = "rest_framework/reference.html";

/// The reference of the API, made from the document that the pattern `url_name` serves. A project mounts it with
/// `path("schema/reference/", spectacular_reference_view("schema"))`.
///
/// It is a plain page that browsers show without scripts. Its policies are those of the document
/// ([`serve_permissions`](crate::schemas::SpectacularSettings::serve_permissions)).
#[must_use]
pub fn spectacular_reference_view(url_name: &str) -> APIView {
    let url_name: Rc<str> = url_name.into();
    page_view("SpectacularReferenceView").get(move |request: Request| {
        let page = page(&request, &url_name);
        async move { page }
    })
}

fn page(request: &Request, url_name: &str) -> Result<HttpResponse, APIException> {
    let settings = settings(request);
    let version = requested_version(request, &settings)?;
    let document = document(request, &settings, version.as_deref())?;
    let reference = Reference::of(&document.0);
    let context = context!(
        name => title(&settings),
        schema_url => schema_url(request, url_name)?,
        reference => Serde(reference),
    );
    respond(request, TEMPLATE, context, POLICY)
}

/// What the page shows of a document.
#[derive(Serialize)]
struct Reference<'d> {
    version: &'d str,
    description: PageValue,
    groups: Vec<Group<'d>>,
    schemas: Vec<Component<'d>>,
    security: Vec<Scheme<'d>>,
}

/// A schema that others refer to.
#[derive(Serialize)]
struct Component<'d> {
    name: &'d str,
    description: PageValue,
    shape: Shape<'d>,
}

/// A way to authenticate.
#[derive(Serialize)]
struct Scheme<'d> {
    name: &'d str,
    kind: String,
    description: PageValue,
}

impl<'d> Reference<'d> {
    fn of(document: &'d Value) -> Self {
        let components = &document["components"];
        let schemas = entries(&components["schemas"]).map(|(name, schema)| Component {
            name,
            description: description(schema),
            shape: Shape::of(schema),
        });
        let security = entries(&components["securitySchemes"]).map(|(name, scheme)| Scheme {
            name,
            kind: kind(scheme),
            description: description(scheme),
        });
        Self {
            version: text(&document["info"], "version"),
            description: description(&document["info"]),
            groups: operation::groups(document),
            schemas: schemas.collect(),
            security: security.collect(),
        }
    }
}

/// How credentials are sent.
fn kind(scheme: &Value) -> String {
    match text(scheme, "type") {
        "apiKey" => format!("the {} {}", text(scheme, "in"), text(scheme, "name")),
        "http" => format!("the header Authorization, scheme {}", text(scheme, "scheme")),
        other => other.to_owned(),
    }
}

/// The entries of an object; none of anything else.
fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The items of an array; none of anything else.
fn items<'v>(object: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    object[key].as_array().into_iter().flatten()
}

/// A text of an object; empty if there is none.
fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object[key].as_str().unwrap_or_default()
}

fn flag(object: &Value, key: &str) -> bool {
    object[key] == true
}

/// The description of an object as HTML.
fn description(object: &Value) -> PageValue {
    match text(object, "description") {
        "" => PageValue::from(""),
        text => PageValue::from_safe_string(markdown(text)),
    }
}

#[cfg(test)]
mod tests;
