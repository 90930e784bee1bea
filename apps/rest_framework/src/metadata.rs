//! The response to `OPTIONS` (`rest_framework/metadata.py`, `SimpleMetadata`).

use actix_web::http::Method;
use indexmap::IndexMap;
use serde::Serialize;

use super::data::Value;
use super::exceptions::APIException;
use super::handlers::{BoxedHandler, with_policies};
use super::initial::check_permissions;
use super::policies::Policies;
use super::request::Request;
use super::response::Response;

#[derive(Serialize)]
struct Metadata {
    name: String,
    description: String,
    renders: Vec<&'static str>,
    parses: Vec<&'static str>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    actions: IndexMap<&'static str, Value>,
}

/// The default OPTIONS handler of a view.
pub(super) fn options() -> BoxedHandler {
    with_policies(metadata)
}

async fn metadata(policies: &Policies, request: &Request) -> Result<Response, APIException> {
    let view = &policies.view;
    Ok(Response::new(Metadata {
        name: view.name.clone(),
        description: view.description.clone(),
        renders: view.media_types.clone(),
        parses: view.body_reader.parsers.iter().map(|parser| parser.media_type()).collect(),
        actions: actions(policies, request).await?,
    }))
}

/// The serializer's fields, for each of POST and PUT that the view has and the user may use.
async fn actions(
    policies: &Policies,
    request: &Request,
) -> Result<IndexMap<&'static str, Value>, APIException> {
    let mut actions = IndexMap::new();
    let view = &policies.view;
    if view.serializer.is_none() && view.model_view.is_none() {
        return Ok(actions);
    }
    for (name, method) in [("POST", Method::POST), ("PUT", Method::PUT)] {
        // The serializer may depend on the method.
        let request = request.with_method(method);
        if !view.methods.contains(request.method())
            || check_permissions(&policies.permissions, &request).await.is_err()
        {
            continue;
        }
        if let (Some(model_view), "PUT") = (&view.model_view, name)
            && model_view.check_object(&request).await.is_err()
        {
            continue;
        }
        let info = match (&view.serializer, &view.model_view) {
            (Some(serializer), _) => serializer.get_serializer(&request).info(),
            (None, Some(model_view)) => model_view.info(&request)?,
            (None, None) => continue,
        };
        actions.insert(name, Value::Dict(info));
    }
    Ok(actions)
}
