//! The browsable API (`BrowsableAPIRenderer` of rest_framework/renderers.py): pages that show a response as a program gets it,
//! with links, controls and forms for what the user may do next.
//!
//! The renderer itself cannot wait, so it only keeps the response's data. The dispatcher then completes the page, which asks
//! the permission classes and the database. A request for JSON meets none of this.

mod breadcrumbs;
mod choices;
mod controls;
mod description;
mod encoded;
mod form;
mod forms;
mod frame;
mod highlight;
mod login;
mod page;
mod pager;
mod settings;
mod shared;
mod submit;
mod user_may;
mod values;
mod widget;

use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use actix_web::body::BoxBody;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use minijinja::{Value, context};

use self::breadcrumbs::Breadcrumbs;
pub use self::controls::ControlView;
pub(crate) use self::description::markdown;
pub use self::form::FieldView;
pub use self::forms::form_errors;
pub(crate) use self::login::urlpatterns;
pub use self::login::{LoginSite, login_patterns, never_cache};
pub use self::settings::BrowsableSettings;
pub(crate) use self::settings::SETTINGS;
pub use self::shared::{
    FormSource, FormValues, check_form, decode_form, filter_controls, form_fields, label, pk_lookup,
    quote_plus,
};
pub(crate) use self::submit::{is_form_of_another_method, submit};
pub use self::widget::{Control, OptionView, Widget};
use super::policies::Policies;
use super::request::{PageContent, Request};
use vitamin_framework::staticfiles::{StaticFile, StaticFiles};
use vitamin_framework::templates::{POLICY, Template, Templates};

/// The templates of the pages.
pub(crate) const TEMPLATES: &[Template] = &[
    ("rest_framework/base.html", include_str!("../../templates/rest_framework/base.html")),
    ("rest_framework/page.html", include_str!("../../templates/rest_framework/page.html")),
    ("rest_framework/api.html", include_str!("../../templates/rest_framework/api.html")),
    ("rest_framework/form.html", include_str!("../../templates/rest_framework/form.html")),
    ("rest_framework/login.html", include_str!("../../templates/rest_framework/login.html")),
    ("rest_framework/logged_out.html", include_str!("../../templates/rest_framework/logged_out.html")),
];

/// The style sheet, the script and the icon of the pages.
pub(crate) const STATIC_FILES: &[StaticFile] = &[
    StaticFile::new("rest_framework/browsable.css", STYLE),
    StaticFile::new("rest_framework/browsable.js", SCRIPT),
    StaticFile::new("rest_framework/icon.svg", include_bytes!("../../static/rest_framework/icon.svg")),
];

const STYLE: &[u8] = include_bytes!("../../static/rest_framework/browsable.css");
const SCRIPT: &[u8] = include_bytes!("../../static/rest_framework/browsable.js");

/// What the pages of a project need.
#[derive(Default)]
pub(crate) struct Pages {
    settings: BrowsableSettings,
    breadcrumbs: OnceLock<Breadcrumbs>,
}

/// For views without a project, as in tests.
static DEFAULT: LazyLock<(Data<Pages>, Data<Templates>)> = LazyLock::new(|| {
    let files = StaticFiles::new("/static/", STATIC_FILES.iter().copied());
    let templates = Templates::new(Path::new("templates"), TEMPLATES.to_vec(), &files);
    (Data::default(), Data::new(templates))
});

impl Pages {
    pub(crate) fn new(settings: BrowsableSettings) -> Self {
        Self { settings, breadcrumbs: OnceLock::new() }
    }

    /// Those of the request's project.
    fn of(request: &HttpRequest) -> &Self {
        request.app_data::<Data<Self>>().unwrap_or(&DEFAULT.0)
    }
}

/// The templates of the request's project.
fn templates(request: &HttpRequest) -> &Templates {
    request.app_data::<Data<Templates>>().unwrap_or(&DEFAULT.1)
}

/// Renders a page that extends `rest_framework/page.html`.
pub(crate) fn render(request: &Request, template: &str, context: Value) -> Result<String, minijinja::Error> {
    templates(request).render(template, context!(..context, ..frame::frame(request)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// With 40 KB for the page, a view's pages weigh less than 60 KB.
    #[test]
    fn the_files_are_small_and_name_no_other_host() {
        assert!(STYLE.len() + SCRIPT.len() < 20_000, "{} + {}", STYLE.len(), SCRIPT.len());
        for content in [STYLE, SCRIPT] {
            let content = std::str::from_utf8(content).unwrap();
            assert!(
                !content.contains("//cdn") && !content.contains("http"),
                "an address outside of the server"
            );
        }
    }
}
