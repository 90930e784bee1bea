use actix_web::test::{TestRequest, call_and_read_body, init_service};
use actix_web::{App, HttpRequest, web};

use super::*;

fn resource(paths: Vec<String>) -> Resource {
    web::resource(paths)
}

#[test]
fn included_routes_get_the_prefix() {
    let inner =
        vec![path("", resource), path("users/{pk}/", resource).also_at(|route| vec![format!("{route}x")])];
    let urls = UrlConf::new(vec![path("auth/", resource), include("api/", inner)]).resolver();
    assert_eq!(
        urls.routes().collect::<Vec<_>>(),
        ["/auth/", "/api/", "/api/users/{pk}/", "/api/users/{pk}/x"]
    );
    assert!(urls.is_valid_path("/api/users/7/"));
    assert!(!urls.is_valid_path("/api/users/7"));
    assert_eq!(urls.route("/api/users/7"), Some("/api/users/{pk}/"));
    assert_eq!(urls.route("/api/nothing"), None);
}

/// A suffix is added to the view's own route, below the prefix.
#[test]
fn endpoints_are_the_views_with_their_routes() {
    let suffixed = |route: &str| vec![format!("{}.json", route.trim_end_matches('/'))];
    let inner = path("", resource).also_at(suffixed).name("root".to_owned());
    let users = path("users/<int:pk>/", resource).only_at(suffixed).problem("a").problem("b");
    let urls = UrlConf::new(vec![include("<slug:tenant>/", vec![inner, users]).namespace("v1")]);
    let found: Vec<_> = urls
        .endpoints()
        .map(|info| {
            let converters: Vec<_> =
                info.converters.iter().map(|(name, kind)| format!("{kind}:{name}")).collect();
            (
                info.routes.join(" "),
                info.name,
                info.namespace,
                converters.join(" "),
                info.view.describe().is_some(),
            )
        })
        .collect();
    let tenant = "/{tenant:[-a-zA-Z0-9_]+}/";
    let root = (
        format!("{tenant} {tenant}.json"),
        Some("v1:root".to_owned()),
        "v1",
        "slug:tenant".to_owned(),
        false,
    );
    let users =
        (format!("{tenant}users/{{pk:[0-9]+}}.json"), None, "v1", "slug:tenant int:pk".to_owned(), false);
    assert_eq!(found, [root, users]);
    assert_eq!(urls.problems().collect::<Vec<_>>(), ["a"]);
}

async fn show(request: HttpRequest) -> String {
    let namespace = request.app_data::<Namespace>().map_or("", |namespace| &namespace.0);
    let urls = ["outer:inner:list", "outer:list"].map(|name| request.url_for_static(name).unwrap());
    format!("{namespace} {} {}", urls[0].path(), urls[1].path())
}

#[actix_web::test]
async fn names_are_qualified_by_namespaces() {
    let inner = || vec![path("", resource).name("list")];
    let inner = vec![include("a/", inner()).namespace("inner"), include("b/", inner())];
    let urls = UrlConf::new(vec![include("outer/", inner).namespace("outer")]);
    let show = |paths: Vec<String>| web::resource(paths).to(show);
    let app = App::new().configure(|config| {
        urls.register(config);
        UrlConf::new(vec![include("", vec![path("me/", show)]).namespace("here")]).register(config);
    });
    let app = init_service(app).await;
    let body = call_and_read_body(&app, TestRequest::get().uri("/me/").to_request()).await;
    assert_eq!(body, "here /outer/a/ /outer/b/");
}

fn text_view(what: &'static str) -> impl Fn(Vec<String>) -> Resource {
    move |paths| {
        let handler = move |request: HttpRequest| async move {
            let url = request.url_for_static("named").map(|url| url.path().to_owned());
            format!("{what} {}", url.unwrap_or_default())
        };
        web::resource(paths).to(handler)
    }
}

#[actix_web::test]
async fn plain_paths_are_registered_first_unless_shadowed() {
    let with_suffix = |route: &str| vec![format!("{}.{{format}}", route.trim_end_matches('/'))];
    let urlpatterns = vec![
        path("one/", text_view("one")).also_at(with_suffix),
        path("two/", text_view("two")).name("named").also_at(with_suffix),
        path("{any}/", text_view("any")),
        path("three/", text_view("three")).also_at(with_suffix),
        path("two/", text_view("never")),
    ];
    let app = App::new().configure(|config| drop(UrlConf::new(urlpatterns).register(config)));
    let app = init_service(app).await;
    for (url, expected) in [
        ("/one/", "one /two/"),
        ("/one.json", "one /two/"),
        ("/two/", "two /two/"),
        ("/three/", "any /two/"),
        ("/three.json", "three /two/"),
        ("/four/", "any /two/"),
    ] {
        let request = TestRequest::get().uri(url).to_request();
        let body = call_and_read_body(&app, request).await;
        assert_eq!(body, expected, "{url}");
    }
}
