//! The root URLconf: which view serves which path.

use vitamin::admin;
use vitamin::authtoken::views::obtain_auth_token;
use vitamin::rest_framework;
use vitamin::urls::{Pattern, include, path};

/// All patterns of the project; the first match wins.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    vec![
        include("admin/", admin::urls::urlpatterns()),
        // The login of the API's pages.
        include("api-auth/", rest_framework::urls::urlpatterns()),
        // A token for a username and a password.
        path("api-token-auth/", obtain_auth_token()),
    ]
}
