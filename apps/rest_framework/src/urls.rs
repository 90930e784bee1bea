//! The login and logout of the browsable API (`rest_framework/urls.py`).
//!
//! ```
//! use vitamin_framework::urls::{Pattern, include};
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     vec![include("api-auth/", vitamin_rest_framework::urls::urlpatterns())]
//! }
//! # urlpatterns();
//! ```
//!
//! Pages link to them by their names, `rest_framework:login` and `rest_framework:logout`.

use vitamin_framework::urls::Pattern;

/// `login/` and `logout/`.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    super::browsable::urlpatterns()
}
