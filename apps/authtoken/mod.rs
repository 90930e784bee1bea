//! Token authentication (`rest_framework.authtoken`): one token a user, sent as `Authorization: Token <key>`.

pub mod authentication;
mod deletion;
mod diagnosis;
mod management;
pub mod models;
pub mod serializers;
pub mod views;

pub use self::authentication::TokenAuthentication;
pub use self::models::Token;
use crate::framework::app::App;
use crate::framework::database::needs::NeededTable;
use crate::framework::database::{DatabaseError, DbConnection};
use crate::framework::diagnosis::Examination;
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

    fn tables(&self) -> Vec<NeededTable> {
        diagnosis::tables()
    }

    fn diagnose(&self, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
        diagnosis::diagnose(examination)
    }

    fn delete_user(&self, connection: &mut DbConnection, user_id: i32) -> Result<(), DatabaseError> {
        deletion::delete_related(connection, user_id)
    }
}
