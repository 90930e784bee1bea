//! A request of a staff member, and the views that only staff may call (`AdminSite.admin_view` of
//! `django/contrib/admin/sites.py`).

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data as AppData, Payload};
use actix_web::{FromRequest as _, HttpResponse};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use vitamin_auth::User;
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::middleware::Site;
use vitamin_framework::models::ModelMeta;
use vitamin_framework::templates::Templates;
use vitamin_framework::urls::Parameters;
use vitamin_rest_framework::browsable::{check_form, never_cache};
use vitamin_rest_framework::classes;
use vitamin_rest_framework::data::{Data, QueryDict};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::parsers::{FormParser, MultiPartParser};
use vitamin_rest_framework::renderers::JSONRenderer;
use vitamin_rest_framework::request::Request;
use vitamin_rest_framework::views::APIView;

use crate::any_model_admin::AnyModelAdmin;
use crate::authentication::{AdminSessionAuthentication, CheckedByView};
use crate::messages::{self, Level, Message};
use crate::site::AdminSite;
use crate::version::Versions;

/// What a user may do, as it was in the database at one moment.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    is_superuser: bool,
    granted: HashSet<String>,
}

impl Permissions {
    /// Those of a staff member; `None` for others (`AdminSite.has_permission`). A superuser needs no query.
    ///
    /// # Errors
    /// A query fails.
    pub fn of_staff(user: &User, connection: &mut DbConnection) -> Result<Option<Self>, DatabaseError> {
        if !user.is_active || !user.is_staff {
            return Ok(None);
        }
        match Self::of_superuser(user) {
            Some(all) => Ok(Some(all)),
            None => Ok(Some(Self { is_superuser: false, granted: user.get_all_permissions(connection)? })),
        }
    }

    /// All, if the user is a superuser on the staff.
    fn of_superuser(user: &User) -> Option<Self> {
        (user.is_staff && user.has_any_perm()).then(|| Self { is_superuser: true, granted: HashSet::new() })
    }

    /// Whether the user has a permission, such as `polls.add_poll`.
    #[must_use]
    pub fn has_perm(&self, perm: &str) -> bool {
        self.is_superuser || self.granted.contains(perm)
    }

    /// Whether the user may `add`, `change`, `delete` or `view` rows of a model.
    #[must_use]
    pub fn has_model_perm(&self, action: &str, meta: &ModelMeta) -> bool {
        self.has_perm(&format!("{}.{action}_{}", meta.app_label, meta.model_name()))
    }

    /// The permissions of a user as the database has them now, for a write.
    ///
    /// # Errors
    /// 403: the user is gone, or no active staff member any more; the query fails.
    pub fn now(user: &User, connection: &mut DbConnection) -> Result<Self, APIException> {
        let user = User::get(connection, user.id)?.ok_or_else(|| APIException::permission_denied(None))?;
        Self::of_staff(&user, connection)?.ok_or_else(|| APIException::permission_denied(None))
    }

    /// Fails unless the user may `add`, `change`, `delete` or `view` rows of a model.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, action: &str, meta: &ModelMeta) -> Result<(), APIException> {
        if self.has_model_perm(action, meta) { Ok(()) } else { Err(APIException::permission_denied(None)) }
    }

    /// Whether the user may see rows: the permission to change them includes it (`has_view_permission`).
    #[must_use]
    pub fn may_view(&self, meta: &ModelMeta) -> bool {
        self.has_model_perm("view", meta) || self.has_model_perm("change", meta)
    }
}

/// A request of an active staff member. Derefs to the [`Request`].
pub struct AdminRequest {
    request: Request,
    user: User,
    permissions: Permissions,
    site: AppData<AdminSite>,
}

impl Deref for AdminRequest {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

/// A link above a page's heading.
#[derive(Serialize)]
pub struct Breadcrumb {
    /// The text.
    pub name: String,
    /// `None` for the page itself.
    pub url: Option<String>,
}

impl AdminRequest {
    /// `None`: the user is nobody, or not an active staff member.
    async fn new(request: Request) -> Result<Option<Self>, APIException> {
        let site = request.app_data::<AppData<AdminSite>>().cloned();
        let site = site.ok_or_else(|| APIException::server_error("the app Admin is not installed"))?;
        let Some(user) = request.user().cloned() else { return Ok(None) };
        let found = match Permissions::of_superuser(&user) {
            Some(all) => Some(all),
            None => {
                let user = user.clone();
                request.database()?.read(move |connection| Permissions::of_staff(&user, connection)).await?
            }
        };
        Ok(found.map(|permissions| Self { request, user, permissions, site }))
    }

    /// The user.
    #[must_use]
    pub fn staff(&self) -> &User {
        &self.user
    }

    /// What the user may do, as of the start of the request. A write asks again in its transaction.
    #[must_use]
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// The registry.
    #[must_use]
    pub fn site(&self) -> &AdminSite {
        &self.site
    }

    /// The URL of a pattern of the admin, such as `index`, with its parameters.
    ///
    /// # Errors
    /// 500: the project does not mount the admin, or there is no such pattern.
    pub fn url(&self, name: &str, parameters: Parameters<'_>) -> Result<String, APIException> {
        url(&self.request, name, parameters)
    }

    /// Makes the versions of this site's forms.
    pub(crate) fn versions(&self) -> Result<Versions, APIException> {
        http_site(&self.request).map(Versions::of)
    }

    /// A page: a template with this context, and with what every page shows: `site_header`, `site_title`, `user`, `csrf_token`,
    /// `index_url`, `logout_url`, `breadcrumbs`, `title`.
    ///
    /// # Errors
    /// 500: the template is wrong.
    pub fn page(
        &self,
        status: StatusCode,
        template: &str,
        title: &str,
        breadcrumbs: &[Breadcrumb],
        context: Value,
    ) -> Result<HttpResponse, APIException> {
        let http_site = http_site(&self.request)?;
        let shown = messages::read(&self.request, http_site);
        let context = context!(
            title,
            site_header => self.site.site_header,
            site_title => self.site.site_title,
            user => &self.user.username,
            csrf_token => self.csrf_token(),
            index_url => self.url("index", &[])?,
            logout_url => self.url("logout", &[])?,
            breadcrumbs => Serde(breadcrumbs),
            messages => Serde(&shown),
            ..context
        );
        let page = Templates::page(&self.request, status, template, context);
        let mut response = page.map_err(APIException::server_error)?;
        if !shown.is_empty() {
            response.headers_mut().extend_cookie(messages::forget(http_site));
        }
        Ok(response)
    }

    /// A redirect (302).
    #[must_use]
    pub fn redirect(&self, url: &str) -> HttpResponse {
        redirect(url)
    }

    /// A redirect whose page shows a message.
    ///
    /// # Errors
    /// 500: the app data has no site.
    pub fn redirect_with(
        &self,
        url: &str,
        level: Level,
        text: impl Into<String>,
    ) -> Result<HttpResponse, APIException> {
        let site = http_site(&self.request)?;
        let mut all = messages::read(&self.request, site);
        all.push(Message { level, text: text.into() });
        let mut response = redirect(url);
        response.headers_mut().extend_cookie(messages::write(site, &all));
        Ok(response)
    }

    /// The admin that the path names.
    ///
    /// # Errors
    /// 404: no such model is registered.
    pub(crate) fn model_admin(&self) -> Result<Arc<dyn AnyModelAdmin>, APIException> {
        let (app_label, model_name): (String, String) =
            (self.path_param("app_label")?, self.path_param("model_name")?);
        self.site.get(&app_label, &model_name).cloned().ok_or_else(APIException::not_found)
    }

    /// The registry, for work on another thread.
    pub(crate) fn shared_site(&self) -> Arc<AdminSite> {
        self.site.clone().into_inner()
    }

    /// Fails if the permissions are not there.
    pub(crate) fn require(&self, is_allowed: bool) -> Result<(), APIException> {
        if is_allowed { Ok(()) } else { Err(APIException::permission_denied(None)) }
    }
}

/// Adds a cookie to a response's headers.
trait ExtendCookie {
    fn extend_cookie(&mut self, cookie: Option<HeaderValue>);
}

impl ExtendCookie for HeaderMap {
    fn extend_cookie(&mut self, cookie: Option<HeaderValue>) {
        if let Some(cookie) = cookie {
            self.append(SET_COOKIE, cookie);
        }
    }
}

fn http_site(request: &Request) -> Result<&Site, APIException> {
    let site = request.app_data::<AppData<Site>>();
    site.map(|site| site.get_ref()).ok_or_else(|| APIException::server_error("the app data has no Site"))
}

fn redirect(url: &str) -> HttpResponse {
    let mut response = HttpResponse::Found();
    // As all redirects of Django have it.
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    if let Ok(url) = HeaderValue::from_str(url) {
        response.insert_header((LOCATION, url));
    }
    response.finish()
}

fn url(request: &Request, name: &str, parameters: Parameters<'_>) -> Result<String, APIException> {
    http_site(request)?
        .resolver
        .reverse(&format!("admin:{name}"), parameters)
        .map_err(APIException::server_error)
}

/// A view for staff, with a handler of GET and, if it takes forms, one of POST. Others are redirected to the login, a form without a
/// valid CSRF token is refused before its handler, and errors are pages.
///
/// The handler gets an empty form with GET.
pub fn admin_view<H>(name: &str, methods: &[Method], handler: H) -> APIView
where
    H: AsyncFn(&AdminRequest, Data) -> Result<HttpResponse, APIException> + Copy + 'static,
{
    let respond = move |request: Request, payload: Payload| respond(request, payload, handler);
    APIView::new(name)
        .authentication_classes(classes![AdminSessionAuthentication])
        .permission_classes(classes![CheckedByView])
        .throttle_classes(Vec::new())
        .renderer_classes(classes![JSONRenderer])
        .ignore_client_content_negotiation()
        .parser_classes(classes![FormParser, MultiPartParser])
        .without_versioning()
        .exclude_from_schema()
        .http_method_names(&[methods, &[Method::HEAD]].concat())
        .get(respond)
        .post(respond)
}

async fn respond<H>(request: Request, payload: Payload, handler: H) -> Result<HttpResponse, APIException>
where
    H: AsyncFn(&AdminRequest, Data) -> Result<HttpResponse, APIException>,
{
    let target = request.get_full_path();
    let login = format!("{}?next={}", url(&request, "login", &[])?, percent_encoded(&target));
    let is_form = request.method() == Method::POST;
    let mut response = match AdminRequest::new(request).await? {
        None => redirect(&login),
        Some(request) => {
            let mut data = QueryDict::new().into();
            if is_form {
                data = Data::from_request(&request, &mut payload.into_inner()).await?;
                if let Some(refused) = check_form(&request, &data) {
                    return Ok(refused);
                }
            }
            match handler(&request, data).await {
                Ok(response) => response,
                Err(error) => crate::views::error_page(&request, error)?,
            }
        }
    };
    never_cache(&mut response);
    Ok(response)
}

/// A path as a query parameter's value: slashes stay, as in Django's `redirect_to_login`.
fn percent_encoded(path: &str) -> String {
    vitamin_rest_framework::browsable::quote_plus(path).replace("%2F", "/")
}
