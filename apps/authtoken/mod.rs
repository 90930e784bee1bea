//! Token authentication (`rest_framework.authtoken`): one token a user, sent as `Authorization: Token <key>`.

pub mod authentication;
mod management;
pub mod models;
pub mod serializers;
pub mod views;

pub use self::authentication::TokenAuthentication;
pub use self::models::Token;
use crate::framework::app::App;
use crate::framework::management::Command;

/// The app.
pub struct AuthToken;

impl App for AuthToken {
    fn label(&self) -> &'static str {
        "authtoken"
    }

    fn commands(&self) -> Vec<Box<dyn Command>> {
        vec![Box::new(management::DrfCreateToken)]
    }
}
