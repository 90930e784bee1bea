//! The browsable API (`BrowsableAPIRenderer` of rest_framework/renderers.py): pages that show a response as a program gets it,
//! with links, controls and forms for what the user may do next.
//!
//! The renderer itself cannot wait, so it only keeps the response's data. The dispatcher then completes the page, which asks
//! the permission classes and the database. A request for JSON meets none of this.

mod breadcrumbs;
mod choices;
mod controls;
mod description;
mod form;
mod forms;
mod highlight;
mod login;
mod page;
mod pager;
mod settings;
mod static_files;
mod submit;
mod templates;
mod user_may;
mod values;
mod widget;

use std::sync::{LazyLock, OnceLock};

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{Data, ServiceConfig};
use minijinja::{Environment, Value};

use self::breadcrumbs::Breadcrumbs;
pub(crate) use self::login::urlpatterns;
pub use self::settings::BrowsableSettings;
pub(crate) use self::settings::SETTINGS;
pub(crate) use self::submit::{is_form_of_another_method, submit};
use super::policies::Policies;
use super::request::{PageContent, Request};

/// Nothing but the server's own style sheet and script, and no frame around the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// Renders the pages of a project: its templates, its settings, and the URLs of its static files.
pub(crate) struct Pages {
    settings: BrowsableSettings,
    environment: Environment<'static>,
    /// The URLs of the style sheet, the script and the icon.
    static_urls: [String; 3],
    breadcrumbs: OnceLock<Breadcrumbs>,
}

/// For views without a project, as in tests.
static DEFAULT: LazyLock<Data<Pages>> = LazyLock::new(|| Data::new(Pages::new(BrowsableSettings::default())));

impl Pages {
    pub(crate) fn new(settings: BrowsableSettings) -> Self {
        Self {
            environment: templates::environment(&settings.templates_dir),
            static_urls: static_files::urls(&settings.static_url),
            settings,
            breadcrumbs: OnceLock::new(),
        }
    }

    /// Serves the style sheet and the script.
    pub(crate) fn configure(&self, config: &mut ServiceConfig) {
        static_files::configure(&self.settings.static_url, config);
    }

    /// Those of the request's project.
    fn of(request: &actix_web::HttpRequest) -> &Self {
        request.app_data::<Data<Self>>().unwrap_or(&DEFAULT)
    }

    /// Renders a template with values, and those that all pages have.
    fn render(&self, template: &str, context: Value) -> Result<String, minijinja::Error> {
        let [style_url, script_url, icon_url] = &self.static_urls;
        let context = minijinja::context!(style_url, script_url, icon_url, ..context);
        self.environment.get_template(template)?.render(context)
    }
}

/// Replaces the renderer's plain page by the complete one. If that fails, the plain page stays, and the log has the reason.
///
/// Boxed, so that the future of requests for JSON is not larger for it.
pub(crate) async fn complete(
    policies: &Policies,
    request: &Request,
    content: PageContent,
    response: &mut HttpResponse,
) {
    let page = Box::pin(page::page(policies, request, &content, response.headers())).await;
    match page {
        Ok(html) => {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
            let complete = std::mem::replace(response, HttpResponse::new(content.status));
            *response = complete.set_body(BoxBody::new(html));
        }
        Err(error) => log::error!("The page for browsers can't be made: {error}"),
    }
}
