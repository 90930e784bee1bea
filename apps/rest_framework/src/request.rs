//! The request of a view (`rest_framework/request.py`): the HTTP request, its user, and the negotiated renderer.

mod current;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data as AppData;
use actix_web::{FromRequest, HttpRequest};

use super::authentication::Identity;
use super::data::Data;
use super::exceptions::APIException;
use super::policies::Policies;
use super::renderers::Renderer;
use vitamin_auth::models::User;
use vitamin_framework::cache::Cache;
use vitamin_framework::csrf::{self, get_new_csrf_string, secret_from_cookie};
use vitamin_framework::database::Database;
use vitamin_framework::http::get_cookie;
use vitamin_framework::middleware::{AccessLog, Site};

/// The request of a view's policies and handlers. Derefs to actix-web's request. Clones are cheap.
#[derive(Clone)]
pub struct Request {
    state: Rc<State>,
    /// A method that replaces the client's, to check what it would be allowed.
    method: Option<Method>,
}

/// The HTTP request, and the results of the view's policies.
pub(super) struct State {
    http: HttpRequest,
    pub(super) policies: Rc<Policies>,
    pub(super) payload: RefCell<Payload>,
    negotiated: OnceCell<Negotiated>,
    user: OnceCell<Rc<User>>,
    auth: OnceCell<Rc<dyn Any>>,
    varies_on_cookie: Cell<bool>,
    rare: OnceCell<Box<Rare>>,
}

/// State that few requests need. Boxed, because it would be most of the size of every request.
#[derive(Default)]
pub(super) struct Rare {
    /// The data, if a policy has parsed the payload.
    pub(super) data: RefCell<Option<Data>>,
    version: OnceCell<String>,
    permissions: tokio::sync::OnceCell<HashSet<String>>,
    /// The secret of the CSRF token in the response, which also sets its cookie.
    csrf_secret: OnceCell<String>,
}

impl State {
    /// Creates the state if needed. Readers can use the field instead.
    pub(super) fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    /// Takes the data for a handler, if a policy has parsed the payload.
    pub(super) fn take_data(&self) -> Option<Data> {
        self.rare.get()?.data.take()
    }
}

struct Negotiated {
    renderer: usize,
    /// `None` if it is the renderer's media type, without parameters.
    media_type: Option<Box<str>>,
}

/// The renderer of the response.
pub(super) struct Accepted<'a> {
    pub(super) renderer: &'a dyn Renderer,
    /// Its media type, with the client's parameters.
    pub(super) media_type: &'a str,
    /// The `Content-Type` of the response.
    pub(super) content_type: &'a HeaderValue,
}

impl Request {
    pub(super) fn new(http: HttpRequest, policies: Rc<Policies>, payload: Payload) -> Self {
        let state = Rc::new(State {
            http,
            policies,
            payload: RefCell::new(payload),
            negotiated: OnceCell::new(),
            user: OnceCell::new(),
            auth: OnceCell::new(),
            varies_on_cookie: Cell::new(false),
            rare: OnceCell::new(),
        });
        Self { state, method: None }
    }

    /// Takes the payload for the handler's extractors.
    pub(super) fn take_payload(&self) -> Payload {
        self.state.payload.replace(Payload::None)
    }

    pub(super) fn http(&self) -> &HttpRequest {
        &self.state.http
    }

    /// This request with another method (`clone_request`).
    pub(super) fn with_method(&self, method: Method) -> Self {
        Self { method: Some(method), ..self.clone() }
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.method.as_ref().unwrap_or_else(|| self.state.http.method())
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn policies(&self) -> &Policies {
        &self.state.policies
    }

    /// The user, or `None` if the request is anonymous.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.state.user.get().map(Rc::as_ref)
    }

    /// The credential of the request, if it is a `T`: for example the `Token` of TokenAuthentication.
    #[must_use]
    pub fn auth<T: 'static>(&self) -> Option<Rc<T>> {
        Rc::clone(self.state.auth.get()?).downcast().ok()
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
            let all = self.database()?.run(move |db| user.get_all_permissions(db)).await?;
            Ok::<_, APIException>(all)
        };
        let all = self.state.rare().permissions.get_or_try_init(load).await?;
        Ok(perms.iter().all(|perm| all.contains(perm.as_ref())))
    }

    pub(super) fn set_identity(&self, identity: Identity) {
        AccessLog::set_user(&self.state.http, &identity.user.username);
        // Authentication runs once per request.
        let _ = self.state.user.set(identity.user);
        if let Some(auth) = identity.auth {
            let _ = self.state.auth.set(auth);
        }
    }

    /// The database.
    ///
    /// # Errors
    /// 500: the application has none.
    pub fn database(&self) -> Result<&Database, APIException> {
        let database = self.state.http.app_data::<AppData<Database>>();
        database
            .map(|data| data.get_ref())
            .ok_or_else(|| APIException::server_error("there is no database in the app data"))
    }

    /// The cache.
    ///
    /// # Errors
    /// 500: the application has none.
    pub fn cache(&self) -> Result<&Cache, APIException> {
        let cache = self.state.http.app_data::<AppData<Cache>>();
        cache
            .map(|data| data.get_ref())
            .ok_or_else(|| APIException::server_error("there is no cache in the app data"))
    }

    /// The requested version of the API. `None` if the client names none and there is no default, or if the view has no
    /// versioning class.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.state.rare.get()?.version.get().map(String::as_str)
    }

    pub(super) fn set_version(&self, version: String) {
        let _ = self.state.rare().version.set(version);
    }

    /// The view's scope for ScopedRateThrottle.
    #[must_use]
    pub fn throttle_scope(&self) -> Option<&'static str> {
        self.policies().throttle_scope
    }

    pub(super) fn set_accepted(&self, renderer: usize, media_type: &str) {
        let own = self.policies().renderers.get(renderer).is_some_and(|r| r.media_type() == media_type);
        let media_type = (!own).then(|| media_type.into());
        let _ = self.state.negotiated.set(Negotiated { renderer, media_type });
    }

    /// The negotiated renderer. The view's first renderer if negotiation failed, was skipped, or has not run.
    pub(super) fn accepted_renderer(&self) -> Option<Accepted<'_>> {
        let negotiated = self.state.negotiated.get();
        let index = negotiated.map_or(0, |negotiated| negotiated.renderer);
        let renderer = self.policies().renderers.get(index)?.as_ref();
        let content_type = self.policies().content_types.get(index)?;
        let media_type = negotiated.and_then(|negotiated| negotiated.media_type.as_deref());
        let media_type = media_type.unwrap_or_else(|| renderer.media_type());
        Some(Accepted { renderer, media_type, content_type })
    }

    /// Adds `Cookie` to the response's `Vary`, because it depends on the session.
    pub fn vary_on_cookie(&self) {
        self.state.varies_on_cookie.set(true);
    }

    /// A CSRF token for the forms of a page (`django.middleware.csrf.get_token`). The response sets the CSRF cookie, and
    /// varies on cookies.
    #[must_use]
    pub fn csrf_token(&self) -> String {
        self.vary_on_cookie();
        let cookie = || {
            let site = self.state.http.app_data::<AppData<Site>>()?;
            let cookie = get_cookie(self.state.http.headers(), &site.settings.csrf.cookie_name)?;
            secret_from_cookie(&cookie).ok()
        };
        csrf::mask_cipher_secret(
            self.state.rare().csrf_secret.get_or_init(|| cookie().unwrap_or_else(get_new_csrf_string)),
        )
    }

    /// The cookie of [`csrf_token`](Self::csrf_token), if that was called.
    pub(super) fn csrf_cookie(&self) -> Option<HeaderValue> {
        let secret = self.state.rare.get()?.csrf_secret.get()?;
        let site = self.state.http.app_data::<AppData<Site>>()?;
        csrf::set_cookie(&site.settings.csrf, secret)
    }

    pub(super) fn varies_on_cookie(&self) -> bool {
        self.state.varies_on_cookie.get()
    }

    /// The name of the view as words: `Obtain Auth Token`.
    #[must_use]
    pub fn view_name(&self) -> &str {
        &self.policies().name
    }

    /// The description of the view.
    #[must_use]
    pub fn view_description(&self) -> &str {
        self.policies().description
    }
}

impl Deref for Request {
    type Target = HttpRequest;

    fn deref(&self) -> &HttpRequest {
        &self.state.http
    }
}

impl FromRequest for Request {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::of(http).ok_or_else(|| APIException::server_error("this handler is not in an APIView")))
    }
}

/// Extractor of the user: `async fn get(user: CurrentUser)`. 401 if the request is anonymous.
#[derive(Clone)]
pub struct CurrentUser(Rc<User>);

impl Deref for CurrentUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl FromRequest for CurrentUser {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let user = Request::of(http).and_then(|request| request.state.user.get().map(Rc::clone));
        ready(user.map(Self).ok_or_else(APIException::not_authenticated))
    }
}

/// Extractor of the credential: `async fn get(token: Auth<Token>)`. 401 if the request has none, or one of another type.
pub struct Auth<T>(Rc<T>);

impl<T> Deref for Auth<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: 'static> FromRequest for Auth<T> {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let auth = Request::of(http).and_then(|request| request.auth());
        ready(auth.map(Self).ok_or_else(APIException::not_authenticated))
    }
}
