//! Logging in and out of Django's sessions (`LoginView` and `LogoutView` of django/contrib/auth/views.py).

use std::time::SystemTime;

use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, EXPIRES, HeaderValue, HttpDate, LOCATION,
    RETRY_AFTER, SET_COOKIE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data as AppData, Payload};
use actix_web::{HttpRequest, HttpResponse};
use minijinja::{Value, context};

use super::Pages;
use super::submit::form_parsers;
use crate::data::{Data, QueryDict};
use crate::exceptions::APIException;
use crate::parsers::reader::BodyReader;
use crate::request::{check_csrf, form_token};
use crate::settings::APISettings;
use crate::utils::urls::quote_plus;
use vitamin_auth::sessions::get_user;
use vitamin_auth::{AuthenticationError, authenticate, login, logout};
use vitamin_framework::crypto::Zeroizing;
use vitamin_framework::csrf::{get_new_csrf_string, mask_cipher_secret, secret_from_cookie, set_cookie};
use vitamin_framework::http::{
    get_cookie, get_host, is_secure, patch_vary_headers, url_has_allowed_host_and_scheme,
};
use vitamin_framework::middleware::Site;
use vitamin_framework::templates::POLICY;
use vitamin_framework::urls::{Pattern, include, path};

/// The name of the query parameter and form field that say where to go next.
const NEXT: &str = "next";

/// The differences between the logins of the browsable API and of the admin.
#[derive(Clone, Copy, Debug)]
pub struct LoginSite {
    /// The namespace of the patterns `login` and `logout`.
    pub namespace: &'static str,
    /// The template of the form.
    pub login_template: &'static str,
    /// The template after a logout.
    pub logged_out_template: &'static str,
    /// The pattern that a login leads to if the request names no other page. `None`: `LOGIN_REDIRECT_URL`.
    pub index: Option<&'static str>,
    /// Whether a user must be staff (`AdminAuthenticationForm` of django/contrib/admin/forms.py).
    pub is_for_staff: bool,
    /// The message if there is no such user and password.
    pub invalid_login: &'static str,
}

const BROWSABLE_API: LoginSite = LoginSite {
    namespace: "rest_framework",
    login_template: "rest_framework/login.html",
    logged_out_template: "rest_framework/logged_out.html",
    index: None,
    is_for_staff: false,
    invalid_login: "Please enter a correct username and password. Note that both fields may be case-sensitive.",
};

/// The views `rest_framework:login` and `rest_framework:logout`.
pub(crate) fn urlpatterns() -> Vec<Pattern> {
    vec![include("", login_patterns(BROWSABLE_API)).namespace(BROWSABLE_API.namespace)]
}

/// The views `login` and `logout` of a site, below its namespace.
#[must_use]
pub fn login_patterns(login_site: LoginSite) -> Vec<Pattern> {
    let login = move |paths: Vec<String>| {
        web::resource(paths).to(move |request, payload| login_view(login_site, request, payload))
    };
    let logout = move |paths: Vec<String>| {
        web::resource(paths).to(move |request, payload| logout_view(login_site, request, payload))
    };
    vec![path("login/", login).name("login"), path("logout/", logout).name("logout")]
}

async fn login_view(
    login_site: LoginSite,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, APIException> {
    let page = LoginPage::new(login_site, &request)?;
    match *request.method() {
        Method::GET | Method::HEAD => page.show(&query(&request, NEXT)).await,
        Method::POST | Method::PUT => page.log_in(payload).await,
        _ => Ok(not_allowed("GET, POST, PUT, HEAD, OPTIONS", request.method())),
    }
}

async fn logout_view(
    login_site: LoginSite,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, APIException> {
    let page = LoginPage::new(login_site, &request)?;
    match *request.method() {
        Method::POST => page.log_out(payload).await,
        _ => Ok(not_allowed("POST, OPTIONS", request.method())),
    }
}

/// The answer to other methods, and to OPTIONS.
fn not_allowed(allow: &'static str, method: &Method) -> HttpResponse {
    let mut response =
        if *method == Method::OPTIONS { HttpResponse::Ok() } else { HttpResponse::MethodNotAllowed() };
    response.insert_header((ALLOW, HeaderValue::from_static(allow))).finish()
}

/// A query parameter, or an empty text.
fn query(request: &HttpRequest, name: &str) -> String {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let found = pairs.ok().and_then(|pairs| pairs.into_inner().into_iter().rfind(|(known, _)| known == name));
    found.map(|(_, value)| value).unwrap_or_default()
}

/// A request to one of the views, with what both need.
struct LoginPage<'a> {
    login_site: LoginSite,
    request: &'a HttpRequest,
    site: &'a AppData<Site>,
    pages: &'a Pages,
    /// The secret of the CSRF cookie, new if there is none.
    secret: String,
}

impl<'a> LoginPage<'a> {
    fn new(login_site: LoginSite, request: &'a HttpRequest) -> Result<Self, APIException> {
        let site = request.app_data::<AppData<Site>>();
        let site = site.ok_or_else(|| APIException::server_error("the app data has no Site"))?;
        let cookie = get_cookie(request.headers(), &site.settings.csrf.cookie_name);
        let secret =
            cookie.and_then(|cookie| secret_from_cookie(&cookie).ok()).unwrap_or_else(get_new_csrf_string);
        Ok(Self { login_site, request, site, pages: Pages::of(request), secret })
    }

    /// The empty form; on a site for staff, a redirect for those who are logged in (`AdminSite.login`).
    async fn show(&self, next: &str) -> Result<HttpResponse, APIException> {
        if !self.login_site.is_for_staff {
            return self.form(StatusCode::OK, "", next, &[]);
        }
        let user = get_user(self.request).await.map_err(APIException::from)?;
        if user.as_ref().is_some_and(|user| user.is_staff)
            && let Some(index) = self.index()
        {
            return Ok(self.redirect(&index));
        }
        let context =
            context!(next => self.safe(next).unwrap_or_default(), user => user.map(|user| user.username));
        self.page(StatusCode::OK, self.login_site.login_template, context)
    }

    /// The URL of the site's first page.
    fn index(&self) -> Option<String> {
        self.site.resolver.reverse(self.login_site.index?, &[]).ok()
    }

    async fn log_in(&self, payload: Payload) -> Result<HttpResponse, APIException> {
        let form = self.read(payload).await?;
        if let Some(refused) = self.csrf_failure(&form) {
            return Ok(refused);
        }
        let text =
            |name: &str| form.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let (username, password) = (text("username"), Zeroizing::new(text("password")));
        let next = if form.get(NEXT).is_some() { text(NEXT) } else { query(self.request, NEXT) };
        let mut missing = Vec::new();
        // Django's form strips the name, not the password.
        let username = username.trim().to_owned();
        for (field, value) in [("username", &username), ("password", &*password)] {
            if value.is_empty() {
                missing.push((field, "This field is required."));
            }
        }
        if !missing.is_empty() {
            return self.form(StatusCode::OK, &username, &next, &missing);
        }
        match authenticate(self.request, &username, &password).await {
            Ok(Some(user)) if user.is_staff || !self.login_site.is_for_staff => {
                let cookie = login(self.request, &user).await.map_err(APIException::from)?;
                let index = self.index();
                let index = index.as_deref().unwrap_or(&self.pages.settings.login_redirect_url);
                let mut response = self.redirect(self.safe(&next).unwrap_or(index));
                let headers = response.headers_mut();
                headers.append(SET_COOKIE, cookie);
                // Forms that were made before the login do not count after it (`rotate_token`).
                if let Some(cookie) = set_cookie(&self.site.settings.csrf, &get_new_csrf_string()) {
                    headers.append(SET_COOKIE, cookie);
                }
                Ok(response)
            }
            Ok(_) => self.form(StatusCode::OK, &username, &next, &[("", self.login_site.invalid_login)]),
            Err(AuthenticationError::Throttled(wait)) => {
                let seconds = wait.as_secs_f64().ceil().max(1.0);
                let message = format!("Too many failed logins. Try again in {seconds:.0} seconds.");
                let mut response =
                    self.form(StatusCode::TOO_MANY_REQUESTS, &username, &next, &[("", message.as_str())])?;
                if let Ok(value) = HeaderValue::from_str(&format!("{seconds:.0}")) {
                    response.headers_mut().insert(RETRY_AFTER, value);
                }
                Ok(response)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn log_out(&self, payload: Payload) -> Result<HttpResponse, APIException> {
        let form = self.read(payload).await?;
        if let Some(refused) = self.csrf_failure(&form) {
            return Ok(refused);
        }
        let user = get_user(self.request).await.map_err(APIException::from)?;
        let cookie = logout(self.request).await.map_err(APIException::from)?;
        let next = form.get(NEXT).and_then(|value| value.as_str()).map(str::to_owned);
        let next = next.unwrap_or_else(|| query(self.request, NEXT));
        let project = self.pages.settings.logout_redirect_url.as_deref();
        let target = self.safe(&next).or(project.filter(|_| !self.login_site.is_for_staff));
        let mut response = match target {
            Some(target) => self.redirect(target),
            None => {
                let context = context!(user => user.map(|user| user.username), login_url => self.login_url());
                self.page(StatusCode::OK, self.login_site.logged_out_template, context)?
            }
        };
        response.headers_mut().append(SET_COOKIE, cookie);
        Ok(response)
    }

    /// The form of the body, which is overwritten when it is dropped. A body of another type is an empty form, as in Django.
    async fn read(&self, payload: Payload) -> Result<Zeroizing<Data>, APIException> {
        let empty = || Zeroizing::new(QueryDict::new().into());
        let fallback = APISettings::default();
        let settings = self.request.app_data::<AppData<APISettings>>().map_or(&fallback, |settings| settings);
        let reader = BodyReader {
            parsers: form_parsers(),
            limits: settings.upload_limits,
            bodies: settings.bodies.clone(),
            takes_credentials: true,
        };
        let Ok(body) = reader.body(self.request.headers()) else { return Ok(empty()) };
        let bytes = body.read(payload.into_inner()).await?;
        // The memory counts until the end of this function; the form is small.
        let (data, _memory) = body.parse(bytes)?;
        Ok(if let Data::Form(_) = data { Zeroizing::new(data) } else { empty() })
    }

    /// The answer to a form whose CSRF token does not match.
    fn csrf_failure(&self, form: &Data) -> Option<HttpResponse> {
        let token = || form_token(form);
        let reason = check_csrf(self.request, self.site, "POST", token).err()?;
        log::warn!("Forbidden ({reason}): {}", self.request.path());
        Some(vitamin_framework::pages::csrf_failure())
    }

    /// The URL, if a redirect may lead there.
    fn safe<'u>(&self, url: &'u str) -> Option<&'u str> {
        let settings = &self.site.settings;
        let (host, is_secure) = (get_host(self.request, settings), is_secure(self.request, settings));
        Some(url).filter(|url| url_has_allowed_host_and_scheme(url, &host, is_secure))
    }

    fn login_url(&self) -> Option<String> {
        self.site.resolver.reverse(&format!("{}:login", self.login_site.namespace), &[]).ok()
    }

    fn redirect(&self, target: &str) -> HttpResponse {
        let target = HeaderValue::from_str(target).or_else(|_| HeaderValue::from_str(&quote_plus(target)));
        let mut response = HttpResponse::Found();
        if let Ok(target) = target {
            response.insert_header((LOCATION, target));
        }
        let mut response = response.content_type(ContentType::html()).finish();
        never_cache(&mut response);
        response
    }

    /// The form, with its errors by field. Those of no field belong to the whole form.
    fn form(
        &self,
        status: StatusCode,
        username: &str,
        next: &str,
        errors: &[(&str, &str)],
    ) -> Result<HttpResponse, APIException> {
        let of = |name: &str| -> Vec<String> {
            errors.iter().filter(|(field, _)| *field == name).map(|(_, text)| (*text).to_owned()).collect()
        };
        let context = context!(
            username,
            next => self.safe(next).unwrap_or_default(),
            errors => of(""),
            username_errors => of("username"),
            password_errors => of("password"),
        );
        self.page(status, self.login_site.login_template, context)
    }

    fn page(&self, status: StatusCode, template: &str, context: Value) -> Result<HttpResponse, APIException> {
        let context = context!(csrf_token => mask_cipher_secret(&self.secret), ..context);
        let html =
            super::templates(self.request).render(template, context).map_err(APIException::server_error)?;
        let mut response = HttpResponse::build(status).content_type(ContentType::html()).body(html);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        if let Some(cookie) = set_cookie(&self.site.settings.csrf, &self.secret) {
            headers.append(SET_COOKIE, cookie);
        }
        never_cache(&mut response);
        Ok(response)
    }
}

/// `never_cache` of django/views/decorators/cache.py, and `Vary: Cookie`.
pub fn never_cache(response: &mut HttpResponse) {
    const POLICY: HeaderValue =
        HeaderValue::from_static("max-age=0, no-cache, no-store, must-revalidate, private");
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, POLICY);
    if let Ok(now) = HeaderValue::from_str(&HttpDate::from(SystemTime::now()).to_string()) {
        headers.insert(EXPIRES, now);
    }
    patch_vary_headers(headers, &["Cookie"]);
}
