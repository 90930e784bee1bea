//! The app `notes` of docs/adding-an-app.md.

#![expect(missing_docs, reason = "docs/adding-an-app.md describes the items")]

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

use crate::models::Note;
use crate::schema::notes_note;

pub struct Notes;

impl App for Notes {
    fn label(&self) -> &'static str {
        "notes"
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![migrations!()]
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        vec![Note::META]
    }

    fn related_to_user(&self) -> Vec<UserRelation> {
        vec![UserRelation::new(notes_note::owner_id)]
    }
}
