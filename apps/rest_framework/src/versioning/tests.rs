use actix_web::App;
use actix_web::http::header::{ACCEPT, HOST};
use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service, read_body};
use actix_web::web::Data;
use serde::Deserialize;

use super::*;
use crate::APISettings;
use crate::classes;
use crate::renderers::JSONRenderer;
use crate::response::Response;
use crate::views::APIView;
use vitamin_framework::urls::{Pattern, UrlConf, include, path};

/// A response of Django REST framework: the versions' name, the path below it, Host, Accept, status, body.
#[derive(Deserialize)]
struct Case(String, String, Option<String>, Option<String>, u16, String);

/// Responds with the request's version, or with no body if it has none.
fn view() -> APIView {
    APIView::new("VersionView").get(async |request: Request| match request.version() {
        Some(version) => Response::new(version.to_owned()),
        None => Response::no_content().status(actix_web::http::StatusCode::OK),
    })
}

fn urlpatterns(versions: &Versions) -> Vec<Pattern> {
    let versions = || Some(versions.clone());
    let namespaced = || view().versioning_class(NamespaceVersioning { versions: versions() });
    let mut urlpatterns = vec![
        path("accept/", view().versioning_class(AcceptHeaderVersioning { versions: versions() })),
        path("query/", view().versioning_class(QueryParameterVersioning { versions: versions() })),
        path("host/", view().versioning_class(HostNameVersioning { versions: versions() })),
        path("path/", view().versioning_class(URLPathVersioning { versions: versions() })),
        path("path/{version}/", view().versioning_class(URLPathVersioning { versions: versions() })),
        path("ns/", namespaced()),
    ];
    for namespace in ["v1", "v2", "v9"] {
        let included = include(&format!("ns/{namespace}/"), vec![path("", namespaced())]);
        urlpatterns.push(included.namespace(namespace));
    }
    let inner = include("", vec![path("", namespaced())]).namespace("v2");
    urlpatterns.push(include("ns/nested/", vec![inner]).namespace("outer"));
    urlpatterns
}

#[actix_web::test]
async fn versioning_matches_django_rest_framework() {
    let allowed = || vec![Some("v2"), Some("v3")];
    let versions = |default_version, allowed_versions| Versions {
        default_version,
        allowed_versions,
        ..Versions::default()
    };
    let urls = [
        ("open/", versions(None, vec![])),
        ("default/", versions(Some("v1"), vec![])),
        ("listed/", versions(None, allowed())),
        ("both/", versions(Some("v1"), allowed())),
    ];
    let urls = urls.map(|(prefix, versions)| include(prefix, urlpatterns(&versions)));
    let urls = UrlConf::new(urls.into_iter().collect());
    let app = init_service(App::new().configure(|config| drop(urls.register(config)))).await;
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/versioning.json")).unwrap();
    for Case(name, uri, host, accept, status, body) in cases {
        let mut request = TestRequest::get().uri(&format!("/{name}/{uri}"));
        for (header, value) in [(HOST, &host), (ACCEPT, &accept)] {
            if let Some(value) = value {
                request = request.insert_header((header, value.as_str()));
            }
        }
        let response = call_service(&app, request.to_request()).await;
        let case = format!("{name}/{uri} {host:?} {accept:?}");
        assert_eq!(response.status().as_u16(), status, "{case}");
        assert_eq!(read_body(response).await, body, "{case}");
    }
}

#[actix_web::test]
async fn the_settings_are_the_default_of_all_views() {
    let settings = APISettings {
        default_versioning_class: Some(std::sync::Arc::new(QueryParameterVersioning::default())),
        versions: Versions { default_version: Some("v1"), allowed_versions: vec![], version_param: "v" },
        default_renderer_classes: classes![JSONRenderer],
        ..APISettings::default()
    };
    let urls = UrlConf::new(vec![path("", view()), path("none", view().without_versioning())]);
    let app = App::new().app_data(Data::new(settings)).configure(|config| drop(urls.register(config)));
    let app = init_service(app).await;
    for (uri, body) in [("/", "\"v1\""), ("/?v=v7", "\"v7\""), ("/?version=v7", "\"v1\""), ("/none?v=v7", "")]
    {
        let response = call_and_read_body(&app, TestRequest::get().uri(uri).to_request()).await;
        assert_eq!(response, body, "{uri}");
    }
}

/// A custom class that reads the version from a header.
struct HeaderVersioning;

impl Versioning for HeaderVersioning {
    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException> {
        match request.headers().get("x-api-version").map(|version| version.as_bytes()) {
            None => Ok(None),
            Some(b"1") => Ok(Some("1".to_owned())),
            Some(_) => Err(APIException::not_found().with_message("Invalid version in header.")),
        }
    }
}

/// Denies every request.
struct Locked;

impl crate::permissions::Permission for Locked {
    fn has_permission(&self, _request: &Request) -> crate::policy_result::PolicyResult<'_, bool> {
        false.into()
    }
}

#[actix_web::test]
async fn a_custom_versioning_class() {
    let locked = view().versioning_class(HeaderVersioning).permission_classes(classes![Locked]);
    let urls =
        UrlConf::new(vec![path("", view().versioning_class(HeaderVersioning)), path("locked/", locked)]);
    let app = init_service(App::new().configure(|config| drop(urls.register(config)))).await;
    for (uri, version, status) in
        [("/", "1", 200), ("/", "2", 404), ("/locked/", "1", 403), ("/locked/", "2", 404)]
    {
        let request = TestRequest::get().uri(uri).insert_header(("x-api-version", version));
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{uri} {version}");
    }
}

/// The expected statuses and bodies are Django REST framework's with `ALLOWED_VERSIONS = (None, "v2")`.
#[actix_web::test]
async fn the_allowed_versions_may_contain_none() {
    let versions = |default_version| Versions {
        default_version,
        allowed_versions: vec![None, Some("v2")],
        ..Versions::default()
    };
    let urls = [("none/", None), ("v1/", Some("v1"))];
    let urls = urls.map(|(prefix, default)| include(prefix, urlpatterns(&versions(default))));
    let urls = UrlConf::new(urls.into_iter().collect());
    let app = init_service(App::new().configure(|config| drop(urls.register(config)))).await;
    for (uri, status, body) in [
        ("/none/query/", 200, ""),
        ("/none/query/?version=v2", 200, "\"v2\""),
        ("/none/query/?version=v1", 404, r#"{"detail":"Invalid version in query parameter."}"#),
        ("/none/accept/", 200, ""),
        ("/none/host/", 200, ""),
        ("/none/path/", 200, ""),
        ("/none/path/v9/", 404, r#"{"detail":"Invalid version in URL path."}"#),
        ("/v1/query/", 200, "\"v1\""),
        ("/v1/query/?version=v1", 200, "\"v1\""),
    ] {
        let response = call_service(&app, TestRequest::get().uri(uri).to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{uri}");
        assert_eq!(read_body(response).await, body, "{uri}");
    }
}
