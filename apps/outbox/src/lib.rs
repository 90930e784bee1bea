//! An outbox: writes of models become events in a table, which the Django app in `python/vitamin_outbox` replays as Django's
//! signals.
//!
//! ```ignore
//! let installed_apps = apps![Auth::from_env(env)?, Tracker, Outbox::new([Issue::META, Comment::META])];
//! ```
//!
//! An event is written in the transaction of its write: both are committed, or neither is.

mod management;
pub mod models;
mod recording;
mod schema;

use vitamin_framework::app::App;
use vitamin_framework::database::migrations::{AppMigrations, migrations};
use vitamin_framework::management::Command;
use vitamin_framework::models::{Model as _, ModelMeta, Signals};

use self::models::Event;

/// The app. Its label is `vitamin_outbox`.
#[derive(Debug)]
pub struct Outbox {
    models: Vec<&'static ModelMeta>,
}

impl Outbox {
    /// Records the writes of these models: rows that are saved or deleted, and changes of the many-to-many relations that
    /// they declare.
    pub fn new(models: impl IntoIterator<Item = &'static ModelMeta>) -> Self {
        // Its own events are no events.
        Self { models: models.into_iter().filter(|model| model.table != Event::META.table).collect() }
    }
}

impl App for Outbox {
    fn label(&self) -> &'static str {
        "vitamin_outbox"
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![migrations!()]
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        vec![Event::META]
    }

    fn connect(&self, signals: &mut Signals) {
        for model in &self.models {
            signals.post_save_of(model, recording::saved);
            signals.post_delete_of(model, recording::deleted);
            signals.m2m_changed_of(model, recording::related);
        }
    }

    fn commands(&self) -> Vec<Box<dyn Command>> {
        vec![Box::new(management::OutboxCommand)]
    }
}
