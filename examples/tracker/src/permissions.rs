//! Who may change what.

use diesel::prelude::*;
use vitamin::rest_framework::prelude::*;

use crate::models::{Comment, Issue, Project};
use crate::schema::{tracker_membership, tracker_project};

/// The projects that a user owns or may write to.
pub fn writable_projects(user: UserId) -> QuerySet<Project> {
    let is_writer = tracker_membership::user_id.eq(user).and(tracker_membership::role.eq("writer"));
    let roles = tracker_membership::table.filter(is_writer).select(tracker_membership::project_id);
    Project::objects().filter(tracker_project::owner_id.eq(user).or(tracker_project::id.eq_any(roles)))
}

pub fn is_owner_or_read_only() -> ObjectRule<Project> {
    let rule = ObjectRule::new(|user, project: &Project| project.owner_id == user.id);
    rule.or_read_only().message("Only its owner may change a project.")
}

pub fn can_write_issues() -> ObjectRule<Issue> {
    ObjectRule::exists(|user, issue: &Issue| writable_projects(user.id).find(issue.project_id)).or_read_only()
}

pub fn is_author() -> ObjectRule<Comment> {
    ObjectRule::new(|user, comment: &Comment| comment.author_id == user.id).or_read_only()
}
