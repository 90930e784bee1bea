use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use actix_web::dev::Service;
use actix_web::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpRequest, web};
use futures_util::FutureExt;
use futures_util::future::join;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::*;
use crate::authentication::{Authentication, Identity};
use crate::classes;
use crate::permissions::Permission;
use crate::policy_result::PolicyResult;
use crate::response::Response;
use crate::testing::TestProject;
use crate::throttling::{Throttle, Throttling};
use crate::views::APIView;
use vitamin_auth::models::User;
use vitamin_framework::urls::{Pattern, UrlConf, path};

async fn with_vary_and_allow() -> Response {
    let headers =
        [(VARY, "Origin"), (VARY, "X-Tenant"), (ALLOW, "BREW"), (HeaderName::from_static("x-a"), "1")];
    let add = |response: Response, (name, value)| response.header(name, HeaderValue::from_static(value));
    headers.into_iter().fold(Response::new("yes"), add)
}

async fn with_content_types() -> Response {
    let values = ["text/a", "text/b"].map(HeaderValue::from_static);
    values.into_iter().fold(Response::new("yes"), |response, value| response.header(CONTENT_TYPE, value))
}

/// Panics before there is any future.
struct Panics;

impl Permission for Panics {
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        panic!("a bug")
    }
}

fn urlpatterns() -> Vec<Pattern> {
    let varies = async || Response::new("yes").header(VARY, HeaderValue::from_static("accept"));
    vec![
        path("own/", APIView::new("OwnView").get(with_vary_and_allow)),
        path("panics/", APIView::new("PanickingView").permission_classes(classes![Panics])),
        path("panics/{pk}/", APIView::new("PanickingView").permission_classes(classes![Panics])),
        path("typed/", APIView::new("TypedView").get(with_content_types)),
        path("varies/", APIView::new("VariesView").get(varies)),
    ]
}

/// As in `APIView.finalize_response`: the view replaces `Allow` and adds to `Vary`. The handler's `Content-Type` follows
/// the renderer's.
#[actix_web::test]
async fn headers_of_the_handler_are_merged() {
    let project = TestProject::new(urlpatterns, &[]);
    let response = project.send_one(TestRequest::get().uri("/own/")).await;
    let all = |name: HeaderName| response.headers.get_all(name).cloned().collect::<Vec<_>>();
    assert_eq!(all(VARY), ["Origin, X-Tenant, Accept, Cookie"]);
    assert_eq!(all(ALLOW), ["GET, HEAD, OPTIONS"]);
    assert_eq!(response.header("x-a"), Some("1"));
    let response = project.send_one(TestRequest::get().uri("/varies/")).await;
    assert_eq!(response.headers.get_all(VARY).collect::<Vec<_>>(), ["accept, Cookie"]);
    let response = project.send_one(TestRequest::get().uri("/typed/")).await;
    let types = response.headers.get_all(CONTENT_TYPE).collect::<Vec<_>>();
    assert_eq!(types, ["application/json", "text/a", "text/b"]);
}

/// With and without actix-web's router. The next request succeeds.
#[actix_web::test]
async fn a_panic_of_a_policy_is_a_500() {
    let project = TestProject::new(urlpatterns, &[]);
    let requests = ["/panics/", "/panics/1/", "/own/"].map(|uri| TestRequest::get().uri(uri));
    let responses = project.send(requests.into()).await;
    assert_eq!(responses.iter().map(|response| response.status).collect::<Vec<_>>(), [500, 500, 200]);
    for response in &responses {
        assert!(
            response.header("x-request-id").is_some() && response.header("x-frame-options") == Some("DENY")
        );
    }
}

/// Only the plain spelling takes the fast path of the router.
#[actix_web::test]
async fn every_spelling_of_a_path_finds_the_view() {
    let project = TestProject::new(urlpatterns, &[]);
    for uri in ["/own/", "/own/?a=b", "/%6Fwn/", "/own%2F", "/own%2f?a=b", "http://localhost/own/"] {
        let response = project.send_one(TestRequest::get().uri(uri)).await;
        assert_eq!((response.status, response.header("x-a")), (200, Some("1")), "{uri}");
    }
    for uri in ["/own", "//own/", "/own//", "/OWN/", "/own%252F"] {
        assert_ne!(project.send_one(TestRequest::get().uri(uri)).await.status, 200, "{uri}");
    }
}

/// Two requests on one thread, of which the first waits in its handler. Each gets the renderer that it negotiated.
#[actix_web::test]
async fn concurrent_requests_are_not_mixed_up() {
    let (go, wait) = oneshot::channel::<()>();
    let (go, wait) = (Rc::new(RefCell::new(Some(go))), Rc::new(RefCell::new(Some(wait))));
    let view = APIView::new("WaitingView").get(move |request: Request| {
        let (go, wait) = (Rc::clone(&go), Rc::clone(&wait));
        async move {
            if request.query_string() == "wait" {
                let wait = wait.take().unwrap();
                wait.await.unwrap();
            } else {
                go.take().unwrap().send(()).unwrap();
            }
            Response::new([1])
        }
    });
    let urls = UrlConf::new(vec![path("", view)]);
    let app = init_service(App::new().configure(|config| drop(urls.register(config)))).await;
    let get = |uri, accept| TestRequest::get().uri(uri).insert_header((ACCEPT, accept)).to_request();
    let waiting = app.call(get("/?wait", "application/json; indent=2"));
    let (waited, other) = join(waiting, app.call(get("/", "application/json"))).await;
    assert_eq!(read_body(waited.unwrap()).await, "[\n  1\n]");
    assert_eq!(read_body(other.unwrap()).await, "[1]");
}

/// `Request::current` returns `None` outside of a view, and after the handler has finished.
#[actix_web::test]
async fn a_request_ends_with_its_handler() {
    let previous: Rc<RefCell<Option<HttpRequest>>> = Rc::default();
    let handler = {
        let previous = Rc::clone(&previous);
        move |http: HttpRequest| {
            let is_current = Request::current(&http).is_some();
            let is_old_current =
                previous.replace(Some(http)).is_some_and(|old| Request::current(&old).is_some());
            async move { Response::new((is_current, is_old_current)) }
        }
    };
    let view = APIView::new("KeepingView").get(handler);
    let urls = UrlConf::new(vec![path("", view)]);
    let app = App::new()
        .configure(|config| drop(urls.register(config)))
        .default_service(web::to(async |http: HttpRequest| Request::current(&http).is_some().to_string()));
    let app = init_service(app).await;
    for _ in 0..2 {
        let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert_eq!(read_body(response).await, "[true,false]");
        assert!(Request::current(previous.borrow().as_ref().unwrap()).is_none());
    }
    let outside = call_service(&app, TestRequest::get().uri("/nothing").to_request()).await;
    assert_eq!(read_body(outside).await, "false");
}

#[actix_web::test]
async fn a_request_ends_with_a_panic() {
    let previous: Rc<RefCell<Option<HttpRequest>>> = Rc::default();
    let handler = {
        let previous = Rc::clone(&previous);
        move |http: HttpRequest| {
            previous.replace(Some(http));
            async { if true { panic!("a bug") } else { Response::no_content() } }
        }
    };
    let urls = UrlConf::new(vec![path("", APIView::new("PanickingView").get(handler))]);
    let app = init_service(App::new().configure(|config| drop(urls.register(config)))).await;
    let response = AssertUnwindSafe(app.call(TestRequest::get().uri("/").to_request())).catch_unwind().await;
    assert!(response.is_err());
    assert!(Request::current(previous.borrow().as_ref().unwrap()).is_none());
}

/// A policy of each kind that decides at once or after waiting, and records its calls.
struct RecordedPolicy {
    name: &'static str,
    waits: bool,
    decision: bool,
    calls: Arc<Mutex<Vec<String>>>,
}

impl RecordedPolicy {
    fn decide<T>(&self, result: impl Fn(bool) -> T + 'static) -> PolicyResult<'_, T> {
        self.record("is asked");
        if !self.waits {
            return result(self.decision).into();
        }
        PolicyResult::later(async move {
            yield_now().await;
            self.record("has waited");
            Ok(result(self.decision))
        })
    }

    fn record(&self, what: &str) {
        self.calls.lock().unwrap().push(format!("{} {what}", self.name));
    }

    /// The calls to be recorded.
    fn expected(&self) -> Vec<String> {
        let both = [format!("{} is asked", self.name), format!("{} has waited", self.name)];
        both.into_iter().take(1 + usize::from(self.waits)).collect()
    }
}

impl Authentication for RecordedPolicy {
    fn authenticate(&self, _request: &Request) -> PolicyResult<'_, Option<Identity>> {
        self.decide(|known| known.then(|| Identity::new(User::named(1, ""))))
    }
}

impl Permission for RecordedPolicy {
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        self.decide(|allowed| allowed)
    }
}

impl Throttle for RecordedPolicy {
    fn allow_request(&self, _request: &Request) -> PolicyResult<'_, Throttling> {
        self.decide(|allowed| if allowed { Throttling::Allowed } else { Throttling::Wait(None) })
    }
}

/// Each policy is called once and in order, whichever wait, and none after the one that decides.
#[actix_web::test]
async fn waiting_policies_keep_their_order() {
    for bits in 0..1_u32 << 12 {
        let calls = Arc::default();
        let bit = |n: u32| bits >> n & 1 == 1;
        let class =
            |name, n| RecordedPolicy { name, waits: bit(n), decision: bit(n + 1), calls: Arc::clone(&calls) };
        let authenticators = [class("first", 0), class("second", 2)];
        let permissions = [class("one", 4), class("two", 6)];
        let throttles = [class("short", 8), class("long", 10)];

        let mut expected = Vec::new();
        let mut note = |class: &RecordedPolicy| expected.extend(class.expected());
        let _ = authenticators.iter().inspect(|class| note(class)).any(|class| class.decision);
        let mut status = 403;
        if permissions.iter().inspect(|class| note(class)).all(|class| class.decision) {
            throttles.iter().for_each(note);
            status = if throttles.iter().all(|class| class.decision) { 200 } else { 429 };
        }

        let [first, second] = authenticators;
        let [one, two] = permissions;
        let [short, long] = throttles;
        let view = APIView::new("AskingView")
            .authentication_classes(classes![first, second])
            .permission_classes(classes![one, two])
            .throttle_classes(classes![short, long])
            .get(async || Response::detail("yes"));
        let urls = UrlConf::new(vec![path("", view)]);
        let app = init_service(App::new().configure(|config| drop(urls.register(config)))).await;
        let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert_eq!(response.status(), status, "{bits:b}");
        assert_eq!(*calls.lock().unwrap(), expected, "{bits:b}");
    }
}
