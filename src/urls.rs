//! The root URLconf: which app answers at which prefix.

use crate::apps::test_app;
use crate::framework::urls::{Pattern, include};

/// All patterns of the project, in order: the first that matches answers.
#[must_use]
pub fn urlpatterns() -> Vec<Pattern> {
    vec![include("", test_app::urls::urlpatterns())]
}
