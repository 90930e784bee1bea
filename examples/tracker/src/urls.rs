//! The root URLconf: which view serves which path.

use vitamin::authtoken::views::obtain_auth_token;
use vitamin::urls::{Pattern, path};

/// All patterns of the project; the first match wins.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    vec![path("api-token-auth/", obtain_auth_token())]
}
