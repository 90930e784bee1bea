//! The tutorial's app: the example that every new app copies.

pub mod urls;
pub mod views;

use vitamin::app::App;

/// The app.
pub struct TestApp;

impl App for TestApp {
    fn label(&self) -> &'static str {
        "test_app"
    }
}
