//! The app `polls`: items that belong to users.

pub mod models;
pub mod permissions;
pub mod schema;
pub mod serializers;
pub mod urls;
pub mod views;

use vitamin::app::App;
use vitamin::auth::UserId;
use vitamin::database::migrations::{AppMigrations, migrations};
use vitamin::database::{DatabaseError, DbConnection};

use crate::models::Item;

/// The app.
pub struct Polls;

impl App for Polls {
    fn label(&self) -> &'static str {
        "polls"
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![migrations!()]
    }

    fn delete_user(&self, connection: &mut DbConnection, user_id: UserId) -> Result<(), DatabaseError> {
        Item::delete_of_user(connection, user_id)
    }
}
