//! What `OPTIONS` answers (`rest_framework/metadata.py`, `SimpleMetadata`).

use serde::Serialize;

use super::request::Request;
use super::response::Response;

#[derive(Serialize)]
struct Metadata {
    name: String,
    description: &'static str,
    renders: Vec<&'static str>,
    parses: Vec<&'static str>,
}

/// The handler of OPTIONS of every view that has no own.
pub(super) async fn options(request: Request) -> Response {
    let view = request.policies();
    Response::new(Metadata {
        name: view.name.clone(),
        description: view.description,
        renders: view.renderers.iter().map(|renderer| renderer.media_type()).collect(),
        parses: view.parsers.iter().map(|parser| parser.media_type()).collect(),
    })
}
