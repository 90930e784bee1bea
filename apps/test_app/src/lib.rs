//! The tutorial's app, and the example that new apps copy.

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
