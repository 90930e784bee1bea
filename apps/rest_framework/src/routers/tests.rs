//! The answers of Django REST framework are in `fixtures/routers.json`, which `fixtures/routers.py` makes with the same view sets.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::*;
use crate::classes;
use crate::exceptions::APIException;
use crate::fields::{CharField, IntegerField, ListField};
use crate::permissions::{DjangoModelPermissions, IsAuthenticated};
use crate::renderers::JSONRenderer;
use crate::request::Request;
use crate::response::Response;
use crate::serializers::Serializer;
use crate::testing::TestProject;
use crate::urlpatterns::{FormatSuffixes, format_suffix_patterns};
use crate::views::APIView;
use crate::viewsets::Action;
use vitamin_framework::urls::{Parameters, Resolver, UrlConf, View, include};

fn kwargs(request: &Request) -> BTreeMap<String, String> {
    let decode = |value| percent_decode_str(value).decode_utf8().unwrap().into_owned();
    request.match_info().iter().map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

async fn answer(request: Request) -> Response {
    Response::new(json!({
        "action": request.action(),
        "detail": request.detail(),
        "name": request.view_name(),
        "kwargs": kwargs(&request),
    }))
}

async fn plain(request: Request) -> Response {
    Response::new(json!({"kwargs": kwargs(&request)}))
}

async fn links(request: Request) -> Response {
    let names: [(&str, Parameters<'_>); 7] = [
        ("list", &[]),
        ("detail", &[("pk", &"a b")]),
        ("close", &[("pk", &7)]),
        ("close-many", &[]),
        ("nothing", &[]),
        ("detail", &[("pk", &7), ("format", &"json")]),
        ("item", &[("pk", &7), ("item", &9)]),
    ];
    Response::new(names.map(|(name, parameters)| request.reverse_action(name, parameters).ok()))
}

fn all(view_set: ViewSet) -> ViewSet {
    let view_set = view_set.list(answer).create(answer).retrieve(answer).destroy(answer);
    view_set.update(answer).partial_update(answer)
}

fn ids() -> Serializer {
    Serializer::new().field("ids", ListField::new(IntegerField::new()).max_length(3))
}

fn note_view_set() -> ViewSet {
    all(ViewSet::new("NoteViewSet"))
        .description(
            "
    Notes <b>of a user</b>.

        Indented & quoted.
    ",
        )
        .serializer(Serializer::new().field("title", CharField::new().max_length(20)))
        .action(Action::detail("close").post(answer))
        .action(Action::list("mine").url_path("assigned-to-me").get(answer))
        .action(
            Action::list("bulk_close")
                .url_path("bulk-close")
                .url_name("close-many")
                .post(answer)
                .permission_classes(classes![IsAuthenticated])
                .serializer(ids())
                .description("Closes\n        several."),
        )
        .action(Action::list("bulk_open").post(answer).serializer(ids()).description("Opens several."))
        .action(
            Action::detail("members")
                .get(answer)
                .post(answer)
                .map(Method::DELETE, "remove_member", answer)
                .description("Who works on it."),
        )
        .action(
            Action::list("export_all").suffix("Export").renderer_classes(classes![JSONRenderer]).get(answer),
        )
        .action(
            Action::detail("item")
                .display_name("One item")
                .url_path("items/(?P<item>[0-9]{1,3})")
                .get(answer)
                .put(answer)
                .patch(answer)
                .delete(answer),
        )
        .action(Action::list("links").get(links))
}

fn tag_view_set() -> ViewSet {
    ViewSet::new("TagViewSet")
        .list(answer)
        .retrieve(answer)
        .lookup_field("slug")
        .lookup_value_regex("[a-z]{2,3}")
}

fn hook_view_set() -> ViewSet {
    ViewSet::new("HookViewSet").create(answer)
}

fn number_view_set() -> ViewSet {
    let view_set = all(ViewSet::new("NumberViewSet")).lookup_value_converter("int");
    view_set.action(Action::detail("half").get(answer))
}

macro_rules! registered {
    ($router:expr) => {{
        let bins = ViewSet::new("BinViewSet").destroy(answer).lookup_url_kwarg("bin");
        let methods = [Method::POST, Method::GET, Method::PATCH];
        let limited = all(ViewSet::new("LimitedViewSet")).http_method_names(&methods).basename("limited");
        $router
            .register_as("notes", note_view_set(), "note")
            .register_as("tags", tag_view_set(), "tag")
            .register_as("hooks", hook_view_set(), "hook")
            .register_as("bins", bins, "bin")
            .register("limited", limited)
            .register_as("projects/(?P<project_pk>[^/.]+)/notes", tag_view_set(), "project-tag")
            .urls()
    }};
}

fn urlpatterns() -> Vec<Pattern> {
    let conv = SimpleRouter::new()
        .use_regex_path(false)
        .register_as("numbers", number_view_set(), "number")
        .register_as("tags/<uuid:of>", hook_view_set(), "uuid-hook");
    let empty = DefaultRouter::new().trailing_slash(false).register_as("", number_view_set(), "empty");
    let by_hand = note_view_set().as_view(&[(Method::GET, "list"), (Method::POST, "close")]);
    let view = || APIView::new("PlainView").get(plain);
    vec![
        include("api/", registered!(DefaultRouter::new())),
        include("simple/", registered!(SimpleRouter::new())).namespace("simple"),
        include("bare/", registered!(DefaultRouter::new().trailing_slash(false))).namespace("bare"),
        include("conv/", conv.urls()),
        include("empty/", empty.urls()),
        path("view/", by_hand).name("by-hand"),
        include(
            "allowed/",
            FormatSuffixes::new().allowed(&["json", "api"]).apply(vec![path("a/", view()), path("", view())]),
        ),
        include("one/", FormatSuffixes::new().allowed(&["json"]).apply(vec![path("a/", view()).name("one")])),
        include("required/", FormatSuffixes::new().required().apply(vec![path("a/", view())])),
        include("tenants/<slug:tenant>/", registered!(DefaultRouter::new())).namespace("v1"),
    ]
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/routers.json")).unwrap()
}

#[actix_web::test]
async fn answers_are_those_of_django_rest_framework() {
    let fixture = fixture();
    let answers = fixture["answers"].as_array().unwrap();
    assert!(answers.len() > 500);
    let request = |answer: &Value| {
        let method: Method = answer["method"].as_str().unwrap().parse().unwrap();
        TestRequest::default().method(method).uri(answer["uri"].as_str().unwrap())
    };
    let project = TestProject::new(urlpatterns, &[]);
    let responses = project.send(answers.iter().map(request).collect()).await;
    let mut different = Vec::new();
    for (answer, response) in answers.iter().zip(responses) {
        let headers = ["Allow", "Content-Type", "Location", "Vary"];
        let headers: BTreeMap<_, _> = headers.into_iter().map(|name| (name, response.header(name))).collect();
        let is_json = response.header("content-type") == Some("application/json");
        // Only the server leaves out the body of HEAD. The order of keys counts.
        let body = (is_json && answer["method"] != "HEAD").then_some(response.body.as_str());
        let body: Value = serde_json::from_str(body.unwrap_or("null")).unwrap();
        let found = json!({
            "method": answer["method"],
            "uri": answer["uri"],
            "status": response.status,
            "headers": headers,
            "body": body,
        });
        let (found, answer) = (found.to_string(), answer.to_string());
        if found != answer {
            different.push(format!("\n{answer}\n{found}"));
        }
    }
    assert!(different.is_empty(), "{} of {}{}", different.len(), answers.len(), different.concat());
}

fn reverse(resolver: &Resolver, name: &str, kwargs: &Value) -> Option<String> {
    let kwargs = kwargs.as_object().unwrap();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let kwargs: Vec<(&str, String)> = kwargs.iter().map(|(key, value)| (key.as_str(), text(value))).collect();
    let kwargs: Vec<_> = kwargs.iter().map(|(key, value)| (*key, value as &dyn std::fmt::Display)).collect();
    resolver.reverse(name, &kwargs).ok()
}

#[test]
fn names_are_reversed_as_in_django() {
    let resolver = UrlConf::new(urlpatterns()).resolver();
    let fixture = fixture();
    for case in fixture["names"].as_array().unwrap() {
        let url = reverse(&resolver, case["name"].as_str().unwrap(), &case["kwargs"]);
        assert_eq!(url.as_deref(), case["url"].as_str(), "{case}");
    }
}

/// Also what a schema generator can read.
#[test]
fn routes_are_those_of_django_rest_framework() {
    let urls = UrlConf::new(urlpatterns());
    let describe = |view: &dyn View| {
        let view = view.describe()?.downcast_ref::<APIView>()?;
        let actions = view.view_set().map(|view_set| &view_set.actions[..]).unwrap_or_default();
        let actions = actions.iter().map(|(method, action)| (method.as_str().to_lowercase(), *action));
        Some(json!({
            "view": view.view_name(),
            "actions": actions.collect::<BTreeMap<_, _>>(),
            "basename": view.view_set().and_then(|view_set| view_set.basename.as_deref()),
            "detail": view.view_set().and_then(|view_set| view_set.detail),
        }))
    };
    let mut found: Vec<Value> = Vec::new();
    for info in urls.endpoints() {
        let mut row = describe(info.view).unwrap();
        row["name"] = json!(info.name);
        if found.last() != Some(&row) {
            found.push(row);
        }
    }
    let fixture = fixture();
    let expected = fixture["routes"].as_array().unwrap();
    for (index, expected) in expected.iter().enumerate() {
        assert_eq!(found.get(index), Some(expected), "{index}");
    }
    assert_eq!(found.len(), expected.len());
}

/// The policies of an action are its own, then the view set's, then the project's.
#[test]
fn a_route_tells_its_policies() {
    let settings = crate::APISettings::default();
    let view_set = note_view_set().throttle_scope("notes").permission_classes(Vec::new());
    let mut counts = Vec::new();
    for route in view_set.routes(Some("note"), true) {
        let policies = route.view.policies(&settings);
        let is_default = policies.parser_classes.len() == settings.default_parser_classes.len();
        assert!(is_default && !route.view.is_excluded_from_schema());
        counts.push((route.url_name, policies.permission_classes.len(), policies.renderer_classes.len()));
    }
    let count =
        |name: &str| counts.iter().find(|(url_name, ..)| url_name == name).map(|found| (found.1, found.2));
    assert_eq!(count("list"), Some((0, 2)));
    assert_eq!(count("close-many"), Some((1, 2)));
    assert_eq!(count("export-all"), Some((0, 1)));
    let paths = view_set.routes(Some("note"), false).into_iter().map(|route| route.path);
    assert!(paths.into_iter().any(|path| path == "<str:pk>/close"));
    assert!(view_set.has_action("remove_member") && !view_set.has_action("nothing"));
}

#[test]
fn a_registration_that_is_a_mistake_is_reported() {
    let router = DefaultRouter::new()
        .register("a", ViewSet::new("AViewSet").list(answer))
        .register_as("b", ViewSet::new("BViewSet").list(answer), "b")
        .register_as("c", ViewSet::new("CViewSet"), "b")
        .register_as("d", ViewSet::new("DViewSet").action(Action::list("destroy").get(answer)), "d");
    let urls = UrlConf::new(router.urls());
    assert_eq!(
        urls.problems().collect::<Vec<_>>(),
        [
            "`basename` argument not specified, and could not automatically determine the name from the viewset \
             \"AViewSet\".",
            "Router with basename \"b\" is already registered. Please provide a unique basename for viewset \"CViewSet\"",
            "Cannot use the @action decorator on the following methods, as they are existing routes: destroy",
        ]
    );
}

/// The last handler and the last action of a name count.
#[actix_web::test]
async fn a_handler_can_be_replaced() {
    fn urlpatterns() -> Vec<Pattern> {
        let say = |text: &'static str| move || async move { Response::new(text) };
        let view_set = ViewSet::new("NoteViewSet")
            .list(say("old"))
            .list(say("new"))
            .action(Action::list("a").get(say("old")))
            .action(Action::list("a").get(say("newer")).get(say("newest")).map(
                Method::HEAD,
                "head_a",
                answer,
            ));
        let root =
            APIView::new("HomeView").permission_classes(classes![DjangoModelPermissions::new("a", "b")]);
        let router = DefaultRouter::new()
            .root_view(root)
            .root_view_name("home")
            .include_format_suffixes(false)
            .register_as("notes", view_set, "note");
        let without = DefaultRouter::new().without_root_view().register_as("x", hook_view_set(), "x");
        vec![include("api/", router.urls()), include("without/", without.urls())]
    }
    let project = TestProject::new(urlpatterns, &[]);
    let get = async |uri| {
        let response = project.send_one(TestRequest::get().uri(uri)).await;
        (response.status, response.body)
    };
    assert_eq!(get("/api/notes/").await, (200, "\"new\"".to_owned()));
    assert_eq!(get("/api/notes/a/").await, (200, "\"newest\"".to_owned()));
    let head = TestRequest::default().method(Method::HEAD).uri("/api/notes/a/");
    assert!(project.send_one(head).await.body.contains("head_a"));
    assert_eq!(get("/api/notes.json").await.0, 404);
    assert_eq!(get("/without/").await.0, 404);
    // Model permissions need a user everywhere, but no model at the root.
    assert_eq!(get("/api/").await.0, 403);
}

/// The page for browsers shows the name and the description, as HTML (`markup_description`).
#[actix_web::test]
async fn a_page_shows_the_view_s_name_and_description() {
    let project = TestProject::new(urlpatterns, &[]);
    let page = async |uri| project.send_one(TestRequest::get().uri(uri)).await.body;
    for (uri, name) in
        [("/api/.api", "Api Root"), ("/api/notes.api", "Note List"), ("/api/notes/7.api", "Note Instance")]
    {
        assert!(page(uri).await.contains(&format!("<h1>{name}</h1>")), "{uri}");
    }
    // Markdown, or without the browsable API plain text.
    let description = if cfg!(feature = "browsable-api") {
        "<p>Notes &lt;b&gt;of a user&lt;/b&gt;.</p>\n<pre><code>Indented &amp; quoted."
    } else {
        "<p>Notes &lt;b&gt;of a user&lt;/b&gt;.<br /><br />    Indented &amp; quoted.</p>"
    };
    assert!(page("/api/notes.api").await.contains(description));
}

/// Without a router and in a view of its own.
#[actix_web::test]
async fn a_view_without_view_set_has_no_action() {
    fn urlpatterns() -> Vec<Pattern> {
        async fn get(request: Request) -> Result<Response, APIException> {
            assert!(request.view_set().is_none());
            let error = request.reverse_action("list", &[]).unwrap_err().to_string();
            Ok(Response::new((request.action(), request.detail(), error)))
        }
        format_suffix_patterns(vec![path("own/", APIView::new("OwnView").get(get))])
    }
    let project = TestProject::new(urlpatterns, &[]);
    let response = project.send_one(TestRequest::get().uri("/own.json")).await;
    let error = "Reverse for 'list' not found. The view belongs to no router.";
    assert_eq!((response.status, response.body), (200, json!([null, null, error]).to_string()));
}
