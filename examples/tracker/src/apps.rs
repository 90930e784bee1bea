//! The app `tracker`: projects with members, and their issues with labels and comments.

use vitamin::app::App;
use vitamin::database::migrations::{AppMigrations, migrations};
use vitamin::deletion::UserRelation;
use vitamin::models::{Model as _, ModelMeta};

use crate::models::{Comment, Issue, Label, Membership, Project};
use crate::schema::{tracker_comment, tracker_issue, tracker_membership, tracker_project};

/// The app.
pub struct Tracker;

impl App for Tracker {
    fn label(&self) -> &'static str {
        "tracker"
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![migrations!("src/migrations")]
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        vec![Label::META, Project::META, Membership::META, Issue::META, Comment::META]
    }

    fn related_to_user(&self) -> Vec<UserRelation> {
        vec![
            UserRelation::new(tracker_comment::author_id),
            UserRelation::new(tracker_issue::assignee_id).set_null(),
            UserRelation::new(tracker_issue::reporter_id),
            UserRelation::new(tracker_membership::user_id),
            UserRelation::new(tracker_project::owner_id),
        ]
    }
}
