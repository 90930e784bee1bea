//! The root URLconf: which view serves which path.

use vitamin::admin;
use vitamin::authtoken::views::obtain_auth_token;
use vitamin::forward_auth;
use vitamin::rest_framework;
use vitamin::rest_framework::schemas::{
    spectacular_api_view, spectacular_reference_view, spectacular_swagger_view,
};
use vitamin::urls::{Pattern, include, path};

/// All patterns of the project; the first match wins.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("api-token-auth/", obtain_auth_token()),
        path("auth/verify", forward_auth::verify()),
        include("api-auth/", rest_framework::urls::urlpatterns()),
        include("admin/", admin::urls::urlpatterns()),
        path("schema/", spectacular_api_view()).name("schema"),
        path("schema/docs/", spectacular_swagger_view("schema")).name("swagger-ui"),
        path("schema/reference/", spectacular_reference_view("schema")).name("reference"),
        include("", test_app::urls::urlpatterns()),
    ]
}
