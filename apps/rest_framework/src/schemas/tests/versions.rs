//! Views of several versions.

use super::super::SchemaGenerator;
use super::compare;
use super::fields::part;
use crate::response::Response;
use crate::settings::APISettings;
use crate::versioning::{
    AcceptHeaderVersioning, NamespaceVersioning, QueryParameterVersioning, URLPathVersioning, Versioning,
    Versions,
};
use crate::views::APIView;
use vitamin_framework::urls::{Pattern, UrlConf, include, path};

fn view(name: &str, versioning: impl Versioning + 'static) -> APIView {
    APIView::new(name).serializer(part()).versioning_class(versioning).post(async || Response::new(1))
}

fn urlpatterns() -> Vec<Pattern> {
    let own = || Some(Versions { default_version: Some("v2"), ..Versions::default() });
    vec![
        path("(?P<version>(v1|v2))/path/", view("InPath", URLPathVersioning::default())),
        include("v1/", vec![path("space/", view("InSpace", NamespaceVersioning::default()))]).namespace("v1"),
        include("v2/", vec![path("space/", view("InSpace", NamespaceVersioning::default()))]).namespace("v2"),
        path("accept/", view("InAccept", AcceptHeaderVersioning::default())),
        path("default/", view("Default", AcceptHeaderVersioning { versions: own() })),
        path("query/", view("InQuery", QueryParameterVersioning::default())),
    ]
}

#[test]
fn a_document_describes_one_version() {
    let versions = Versions { allowed_versions: vec![Some("v1"), Some("v2")], ..Versions::default() };
    let settings = APISettings { versions, ..APISettings::default() };
    for (name, version) in [("versions_1", Some("v1")), ("versions_2", Some("v2")), ("versions_none", None)] {
        let generator = SchemaGenerator::new(&settings).api_version(version);
        let document = generator.get_schema(&UrlConf::new(urlpatterns())).document;
        compare(name, &document);
    }
}
