//! The root URLconf: which view serves which path.

use vitamin::admin;
use vitamin::authtoken::views::obtain_auth_token;
use vitamin::rest_framework;
use vitamin::rest_framework::routers::DefaultRouter;
use vitamin::rest_framework::schemas::{spectacular_api_view, spectacular_reference_view, spectacular_swagger_view};
use vitamin::urls::{Pattern, include, path};

use crate::views;

/// All patterns of the project; the first match wins.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    let router = DefaultRouter::new()
        .register("labels", views::label_view_set())
        .register("users", views::user_view_set())
        .register_as("projects", views::project_view_set(), "project")
        .register_as("issues", views::issue_view_set(), "issue")
        .register_as("roles", views::roles(), "role");
    vec![
        include("api/", router.urls()),
        path("api/issues/<int:issue_pk>/comments/", views::comment_list()).name("comment-list"),
        path("api/comments/<int:pk>/", views::comment_detail()).name("comment-detail"),
        path("api/me/", views::me()).name("me"),
        path("api/stats/", views::stats()).name("stats"),
        path("api-token-auth/", obtain_auth_token()),
        include("api-auth/", rest_framework::urls::urlpatterns()),
        include("admin/", admin::urls::urlpatterns()),
        path("schema/", spectacular_api_view()).name("schema"),
        path("schema/docs/", spectacular_swagger_view("schema")).name("swagger-ui"),
        path("schema/reference/", spectacular_reference_view("schema")).name("reference"),
    ]
}
