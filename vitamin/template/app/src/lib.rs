//! The app `polls`: items that belong to users.

pub mod models;
pub mod permissions;
pub mod schema;
pub mod serializers;
pub mod urls;
pub mod views;

use vitamin::app::App;
use vitamin::database::migrations::{AppMigrations, migrations};
use vitamin::deletion::UserRelation;
use vitamin::models::{Model as _, ModelMeta};

use crate::models::Item;
use crate::schema::polls_item;

/// The app.
pub struct Polls;

impl App for Polls {
    fn label(&self) -> &'static str {
        "polls"
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![migrations!()]
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        vec![Item::META]
    }

    fn related_to_user(&self) -> Vec<UserRelation> {
        vec![UserRelation::new(polls_item::user_id)]
    }
}
