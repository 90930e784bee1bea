use std::rc::Rc;

use actix_web::body::to_bytes;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::test::{TestRequest, call_and_read_body, init_service};
use actix_web::{App, HttpRequest, web};
use proptest::prelude::*;

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

/// actix-web would panic.
#[test]
fn a_route_that_the_router_refuses_is_reported() {
    let many: String = (0..17).map(|number| format!("<p{number}>/")).collect();
    for (route, problem) in [
        (
            "a/{b:(}/",
            "URL route 'a/{b:(}/' has an invalid parameter 'b:(': found open group without closing ')'.",
        ),
        ("a/{b:[0-9]+/", "URL route 'a/{b:[0-9]+/' has a parameter without end."),
        ("{b}/<int:b>/", "URL route '{b}/{b:[0-9]+}/' uses parameter name 'b' more than once."),
        ("{b:.*}*", "URL route '{b:.*}*' has a tail with a pattern of its own."),
        (&many, "has more than 16 parameters."),
    ] {
        let urls = UrlConf::new(vec![path(route, resource)]);
        let found: Vec<_> = urls.problems().collect();
        assert!(found.len() == 1 && found[0].ends_with(problem), "{found:?}");
        assert_eq!(urls.resolver().routes().count(), 0);
        App::new().configure(|config| drop(urls.register(config)));
    }
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

/// A view that says its number and the parameters.
struct Numbered(usize, bool);

impl View for Numbered {
    fn register(&self, location: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        let number = self.0;
        let answer = move |request: HttpRequest| async move {
            let parameters: Vec<_> = request.match_info().iter().collect();
            format!("{number} {parameters:?}")
        };
        let resource = web::resource(location.paths.clone()).to(answer);
        config.service(location.mark(resource));
        let endpoint: Endpoint = Rc::new(move |req: ServiceRequest| {
            Box::pin(async move {
                let (request, _) = req.into_parts();
                let response = actix_web::HttpResponse::Ok().body(answer(request.clone()).await);
                Ok(ServiceResponse::new(request, response))
            })
        });
        self.1.then_some(endpoint)
    }
}

/// Calls the shortcut of each path, if it has one, and the router. Both must answer the same.
async fn same_answers(routes: &[(String, bool)], paths: &[String]) -> usize {
    let patterns = routes
        .iter()
        .enumerate()
        .map(|(number, (route, has_endpoint))| path(route, Numbered(number, *has_endpoint)));
    let urls = UrlConf::new(patterns.collect());
    let mut shortcuts = Shortcuts::default();
    let app = init_service(App::new().configure(|config| shortcuts = urls.register(config))).await;
    let mut found = 0;
    for path in paths {
        let routed = call_and_read_body(&app, TestRequest::get().uri(path).to_request()).await;
        let mut request = TestRequest::get().uri(path).to_srv_request();
        if let Some(shortcut) = shortcuts.find(&mut request) {
            let endpoint = &shortcut.endpoint;
            let body = to_bytes(endpoint(request).await.unwrap().into_body()).await.unwrap();
            assert_eq!(body, routed, "{path} {routes:?}");
            found += 1;
        }
    }
    found
}

fn one_of(options: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(options)
}

fn route() -> impl Strategy<Value = (String, bool)> {
    let first = one_of(&["a", "b", "a/b", "<p>", "<int:p>", "{p:[^/.]+}", "x<p>"]);
    let second = one_of(&["", "/", ".json", "/b/", "/<q>/", "/<path:q>", ".{q:[a-z]+}", "/{q}*"]);
    (first, second, proptest::bool::ANY)
        .prop_map(|(first, second, has_endpoint)| (format!("{first}{second}"), has_endpoint))
}

proptest! {
    #[test]
    fn shortcuts_find_what_the_router_finds(
        routes in proptest::collection::vec(route(), 1..6),
        paths in proptest::collection::vec("/(a|b|7|x|xa)(/|[.]json|/b/|/c|[.]|%62|/7/b)?", 1..8),
    ) {
        actix_web::rt::System::new().block_on(same_answers(&routes, &paths));
    }
}

#[actix_web::test]
async fn a_shortcut_knows_the_parameters_of_its_path() {
    let routes = [("users/<int:pk>/", true), ("users/{pk:[^/.]+}.{format:[a-z]+}", true), ("plain/", true)];
    let routes = routes.map(|(route, has_endpoint)| (route.to_owned(), has_endpoint));
    let paths = ["/users/7/", "/users/7.json", "/plain/", "/users/x/", "/users/%37/"].map(str::to_owned);
    assert_eq!(same_answers(&routes, &paths).await, 3);
}
