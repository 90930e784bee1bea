//! The request of a view (`rest_framework/request.py`): the HTTP request, its user, and the negotiated renderer.

mod csrf;
mod current;
mod data;
mod extractors;
mod info;
#[cfg(feature = "browsable-api")]
mod page;
mod services;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::{Payload, RequestHead};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

pub(crate) use self::csrf::{check_csrf, form_token};
pub use self::extractors::{Auth, CurrentUser};
pub use self::info::RequestInfo;
#[cfg(feature = "browsable-api")]
pub(crate) use self::page::PageContent;
use super::data::Data;
use super::exceptions::APIException;
use super::fields::OutputSettings;
use super::generics::ModelViewInfo;
use super::parsers::ValuesMemory;
use super::parsers::reader::BodyReader;
use super::serializers::Serializer;
use super::throttling::rate::ThrottleRates;
use super::versioning::versions::Versions;
use super::viewsets::ViewSetInfo;
use vitamin_auth::models::User;
use vitamin_framework::middleware::AccessLog;
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::urls::{NoReverseMatch, Parameters};

/// The request of a view's policies and handlers. Derefs to actix-web's request. Clones are cheap.
///
/// A policy must not keep a clone after it has returned its result: actix-web's router changes the request of a scope
/// after its policies have run.
#[derive(Clone)]
pub struct Request {
    http: HttpRequest,
    state: Rc<State>,
    /// A method that replaces the client's, to check what it would be allowed.
    method: Option<Method>,
    /// Whether the action of a view set is that of this method too.
    overrides_action: bool,
}

/// The state of a request that clones share. It holds no clone of actix-web's request, so that a middleware can keep it
/// while actix-web's router runs.
pub(super) struct State {
    /// Identifies actix-web's request. Only compared.
    head: *const RequestHead,
    view: Rc<ViewInfo>,
    payload: RefCell<Payload>,
    negotiated: OnceCell<Negotiated>,
    user: OnceCell<Rc<User>>,
    auth: OnceCell<Rc<dyn Any>>,
    varies_on_cookie: Cell<bool>,
    is_rendered: Cell<bool>,
    lazy: OnceCell<Box<LazyState>>,
}

/// State that few requests need. Boxed, because it would be most of the size of every request.
#[derive(Default)]
struct LazyState {
    /// The data, if a policy has parsed the payload.
    data: RefCell<Option<Data>>,
    /// The memory of the data, if it counts.
    memory: Cell<Option<ValuesMemory>>,
    version: OnceCell<String>,
    permissions: tokio::sync::OnceCell<HashSet<String>>,
    /// What other threads may know.
    info: OnceCell<RequestInfo>,
    /// The secret of the CSRF token in the response, which also sets its cookie.
    csrf_secret: OnceCell<String>,
    /// The state of the browsable API.
    #[cfg(feature = "browsable-api")]
    page: page::PageState,
}

/// The description of a view that its requests carry. The classes that take a request belong to the dispatcher, so that
/// this module does not depend on them.
pub(super) struct ViewInfo {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) methods: Vec<Method>,
    /// The methods as the value of `Allow`. `None` if they are unknown.
    pub(super) allow: Option<HeaderValue>,
    /// The namespace of its URL pattern, `v1` or `outer:inner`, if any.
    pub(super) namespace: Option<String>,
    /// The view set that it belongs to.
    pub(super) view_set: Option<Rc<ViewSetInfo>>,
    /// Model permissions allow everything (`_ignore_model_permissions`).
    pub(super) ignore_model_permissions: bool,
    /// It authenticates a request that a proxy describes, not the one it gets.
    pub(super) is_for_proxied_request: bool,
    /// The media types of its renderers.
    pub(super) media_types: Vec<&'static str>,
    /// The renderers, for `Renderers::of`. Without their type, so that this module does not depend on them.
    pub(super) renderers: Rc<dyn Any>,
    pub(super) body_reader: BodyReader,
    /// Whether the view has authentication classes.
    pub(super) authenticates: bool,
    pub(super) throttle_scope: Option<&'static str>,
    pub(super) throttle_rates: ThrottleRates,
    pub(super) num_proxies: Option<usize>,
    pub(super) versions: Versions,
    /// `Versioning::reverse` of its versioning class.
    pub(super) reverse: Option<Arc<Reverse>>,
    /// `Versioning::view_namespace`.
    pub(super) view_namespace: Option<Arc<ViewNamespace>>,
    /// The query parameter that selects a renderer.
    pub(super) url_format_override: Option<&'static str>,
    pub(super) serializer: Option<SerializerClass>,
    /// The declaration of a view of a model's objects; `None` for other views.
    pub(super) model_view: Option<Arc<dyn ModelViewInfo>>,
    pub(super) time_zone: TimeZone,
    pub(super) media_url: String,
    pub(super) output: OutputSettings,
}

/// Finds the URL of a named pattern for the request's version.
pub(super) type Reverse =
    dyn Fn(&Request, &str, Parameters<'_>) -> Result<String, NoReverseMatch> + Send + Sync;

/// The namespace of the patterns for the request's version.
pub(super) type ViewNamespace = dyn Fn(&Request) -> Option<String> + Send + Sync;

type Choose = dyn Fn(&Request) -> Arc<Serializer> + Send + Sync;

/// The serializer of a view.
#[derive(Clone)]
pub(super) enum SerializerClass {
    /// `serializer_class`.
    Fixed(Arc<Serializer>),
    /// `get_serializer_class`.
    PerRequest(Arc<Choose>),
}

struct Negotiated {
    /// The index of the view's renderer.
    renderer: usize,
    /// `None` if it is the renderer's media type, without parameters.
    media_type: Option<Box<str>>,
}

impl State {
    /// Creates the state if needed. Readers can use the field instead.
    fn lazy(&self) -> &LazyState {
        self.lazy.get_or_init(Box::default)
    }

    /// Takes the data for a handler, if a policy has parsed the payload.
    fn take_data(&self) -> Option<Data> {
        self.lazy.get()?.data.take()
    }

    fn keep_memory(&self, memory: ValuesMemory) {
        if memory.is_counted() {
            self.lazy().memory.set(Some(memory));
        }
    }

    fn release_memory(&self) {
        if let Some(lazy) = self.lazy.get() {
            lazy.memory.take();
        }
    }

    fn auth<T: 'static>(&self) -> Option<Rc<T>> {
        Rc::clone(self.auth.get()?).downcast().ok()
    }
}

impl Request {
    pub(super) fn new(http: HttpRequest, view: Rc<ViewInfo>, payload: Payload) -> Self {
        let state = Rc::new(State {
            head: http.head(),
            view,
            payload: RefCell::new(payload),
            negotiated: OnceCell::new(),
            user: OnceCell::new(),
            auth: OnceCell::new(),
            varies_on_cookie: Cell::new(false),
            is_rendered: Cell::new(false),
            lazy: OnceCell::new(),
        });
        Self { http, state, method: None, overrides_action: false }
    }

    /// The request of this state, for actix-web's request.
    pub(super) fn with_state(http: HttpRequest, state: Rc<State>) -> Self {
        Self { http, state, method: None, overrides_action: false }
    }

    /// Takes the payload for the handler's extractors.
    pub(super) fn take_payload(&self) -> Payload {
        self.state.payload.replace(Payload::None)
    }

    /// Gives the payload back, for [`take_payload`](Self::take_payload).
    pub(super) fn put_payload(&self, payload: Payload) {
        self.state.payload.replace(payload);
    }

    /// actix-web's request, and the state.
    pub(super) fn into_parts(self) -> (HttpRequest, Rc<State>) {
        (self.http, self.state)
    }

    pub(super) fn http(&self) -> &HttpRequest {
        &self.http
    }

    pub(super) fn state(&self) -> &Rc<State> {
        &self.state
    }

    /// The view.
    pub(super) fn view(&self) -> &ViewInfo {
        &self.state.view
    }

    /// This request with another method (`clone_request`).
    pub(super) fn with_method(&self, method: Method) -> Self {
        Self { method: Some(method), ..self.clone() }
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.method.as_ref().unwrap_or_else(|| self.client_method())
    }

    /// The method that the client means: that of the HTTP request, unless a form of the browsable API names another one.
    pub(super) fn client_method(&self) -> &Method {
        #[cfg(feature = "browsable-api")]
        if let Some(method) = self.form_method() {
            return method;
        }
        self.http.method()
    }

    /// The method whose action of a view set counts.
    pub(super) fn action_method(&self) -> &Method {
        // OPTIONS asks for the serializer of other methods with the client's action.
        if self.overrides_action { self.method() } else { self.client_method() }
    }

    /// The user, or `None` if the request is anonymous.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.state.user.get().map(Rc::as_ref)
    }

    /// The credential of the request, if it is a `T`: for example the `Token` of TokenAuthentication.
    #[must_use]
    pub fn auth<T: 'static>(&self) -> Option<Rc<T>> {
        self.state.auth()
    }

    /// Whether the user has all of these permissions, such as `polls.add_question`: [`User::has_perms`]. They are loaded
    /// once per request, as Django caches them in the user (`_perm_cache`). An anonymous user has none.
    ///
    /// # Errors
    /// The database fails. There is no query for a superuser or for an empty list.
    pub async fn has_perms<S: AsRef<str>>(&self, perms: &[S]) -> Result<bool, APIException> {
        let Some(user) = self.user() else { return Ok(false) };
        if user.has_any_perm() || perms.is_empty() {
            return Ok(true);
        }
        let load = || async {
            let user = user.clone();
            let all = self.database()?.read(move |db| user.get_all_permissions(db)).await?;
            Ok::<_, APIException>(all)
        };
        let all = self.state.lazy().permissions.get_or_try_init(load).await?;
        Ok(perms.iter().all(|perm| all.contains(perm.as_ref())))
    }

    /// Sets the user and the credential. Authentication runs once per request.
    pub(super) fn set_user(&self, user: Rc<User>, auth: Option<Rc<dyn Any>>) {
        AccessLog::set_user(&self.http, &user.username);
        let _ = self.state.user.set(user);
        if let Some(auth) = auth {
            let _ = self.state.auth.set(auth);
        }
    }

    /// Sets the user and the credential of the same request in an outer middleware.
    pub(super) fn inherit_user(&self, outer: &State) {
        if let Some(user) = outer.user.get() {
            let _ = self.state.user.set(Rc::clone(user));
        }
        if let Some(auth) = outer.auth.get() {
            let _ = self.state.auth.set(Rc::clone(auth));
        }
    }

    /// The requested version of the API. `None` if the client names none and there is no default, or if the view has no
    /// versioning class.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.state.lazy.get()?.version.get().map(String::as_str)
    }

    pub(super) fn set_version(&self, version: String) {
        let _ = self.state.lazy().version.set(version);
    }

    /// The view's scope for ScopedRateThrottle.
    #[must_use]
    pub fn throttle_scope(&self) -> Option<&'static str> {
        self.view().throttle_scope
    }

    pub(super) fn set_accepted(&self, renderer: usize, media_type: &str) {
        let is_plain = self.view().media_types.get(renderer).is_some_and(|plain| *plain == media_type);
        let media_type = (!is_plain).then(|| media_type.into());
        let _ = self.state.negotiated.set(Negotiated { renderer, media_type });
    }

    /// The index of the negotiated renderer. The view's first renderer if negotiation failed, was skipped, or has not run.
    pub(super) fn accepted_renderer(&self) -> usize {
        self.state.negotiated.get().map_or(0, |negotiated| negotiated.renderer)
    }

    /// The media type of the negotiated renderer, with the client's parameters. `None` if the view has no renderer.
    pub(super) fn accepted_media_type(&self) -> Option<&str> {
        let media_type = self.state.negotiated.get().and_then(|negotiated| negotiated.media_type.as_deref());
        media_type.or_else(|| self.view().media_types.get(self.accepted_renderer()).copied())
    }

    /// Records that a renderer has made the response.
    pub(super) fn set_rendered(&self) {
        self.state.is_rendered.set(true);
    }

    pub(super) fn is_rendered(&self) -> bool {
        self.state.is_rendered.get()
    }

    /// Adds `Cookie` to the response's `Vary`, because it depends on the session.
    pub fn vary_on_cookie(&self) {
        self.state.varies_on_cookie.set(true);
    }

    pub(super) fn varies_on_cookie(&self) -> bool {
        self.state.varies_on_cookie.get()
    }

    /// The name of the view as words: `Obtain Auth Token`.
    #[must_use]
    pub fn view_name(&self) -> &str {
        &self.view().name
    }

    /// The description of the view.
    #[must_use]
    pub fn view_description(&self) -> &str {
        &self.view().description
    }
}

impl Deref for Request {
    type Target = HttpRequest;

    fn deref(&self) -> &HttpRequest {
        &self.http
    }
}
