//! The URLs of the pages (`AdminSite.get_urls` of `django/contrib/admin/sites.py`), with Django's paths and names.
//!
//! The models are known when the server starts, so the patterns of their pages have parameters: `admin:changelist` with
//! `app_label` and `model_name` is Django's `admin:polls_poll_changelist`.

use actix_web::http::Method;
use vitamin_framework::urls::{Pattern, include, path};
use vitamin_rest_framework::browsable::{LoginSite, login_patterns};

use crate::request::admin_view;
use crate::views;

/// The login of staff.
const LOGIN: LoginSite = LoginSite {
    namespace: "admin",
    login_template: "admin/login.html",
    logged_out_template: "admin/logged_out.html",
    index: Some("admin:index"),
    is_for_staff: true,
    invalid_login: "Please enter the correct username and password for a staff account. Note that both fields may be case-sensitive.",
};

/// All pages, for the project's URLs: `include("admin/", admin::urls::urlpatterns())`.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    let (get, form) = (&[Method::GET][..], &[Method::GET, Method::POST][..]);
    let mut patterns = vec![path("", admin_view("Index", get, views::index)).name("index")];
    patterns.extend(login_patterns(LOGIN));
    patterns.push(path("status/", admin_view("Status", get, crate::status::status)).name("status"));
    patterns.extend(crate::auth::urlpatterns());
    #[cfg(feature = "authtoken")]
    patterns.extend(crate::authtoken::urlpatterns());
    patterns.extend([
        path("<app_label>/", admin_view("AppIndex", get, views::app_index)).name("app_list"),
        path("<app_label>/<model_name>/", admin_view("ChangeList", form, views::changelist))
            .name("changelist"),
        path("<app_label>/<model_name>/add/", admin_view("Add", form, views::add)).name("add"),
        path("<app_label>/<model_name>/<path:object_id>/delete/", admin_view("Delete", form, views::delete))
            .name("delete"),
        path("<app_label>/<model_name>/<path:object_id>/change/", admin_view("Change", form, views::change))
            .name("change"),
        path(
            "<app_label>/<model_name>/<path:object_id>/history/",
            admin_view("History", get, views::history),
        )
        .name("history"),
        path("<app_label>/<model_name>/<path:object_id>/", admin_view("ToChange", get, views::to_change)),
    ]);
    vec![include("", patterns).namespace("admin")]
}
