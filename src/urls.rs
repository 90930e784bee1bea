//! The root URLconf: which view serves which path.

use vitamin::authtoken::views::obtain_auth_token;
use vitamin::forward_auth;
use vitamin::rest_framework;
use vitamin::urls::{Pattern, include, path};

/// All patterns of the project; the first match wins.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("api-token-auth/", obtain_auth_token()),
        path("auth/verify", forward_auth::verify()),
        include("api-auth/", rest_framework::urls::urlpatterns()),
        include("", test_app::urls::urlpatterns()),
    ]
}
