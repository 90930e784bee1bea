//! Who may change what.

use diesel::prelude::*;
use vitamin::auth::UserId;
use vitamin::models::{Model as _, QuerySet};
use vitamin::rest_framework::permissions::{ObjectPermission, Permission, SAFE_METHODS};
use vitamin::rest_framework::policy_result::PolicyResult;
use vitamin::rest_framework::request::Request;

use crate::models::{Comment, Issue, Project};
use crate::schema::{tracker_membership, tracker_project};

/// Whether the request changes nothing, or its user is this one.
fn reads_or_is(request: &Request, owner: UserId) -> bool {
    SAFE_METHODS.contains(request.method()) || request.user().is_some_and(|user| user.id == owner)
}

/// The projects that a user owns or may write to.
pub fn writable_projects(user: UserId) -> QuerySet<Project> {
    let is_writer = tracker_membership::user_id.eq(user).and(tracker_membership::role.eq("writer"));
    let roles = tracker_membership::table.filter(is_writer).select(tracker_membership::project_id);
    Project::objects().filter(tracker_project::owner_id.eq(user).or(tracker_project::id.eq_any(roles)))
}

pub struct IsOwnerOrReadOnly;

impl Permission for IsOwnerOrReadOnly {
    fn message(&self) -> Option<&str> {
        Some("Only its owner may change a project.")
    }
}

impl ObjectPermission<Project> for IsOwnerOrReadOnly {
    fn has_object_permission(&self, request: &Request, project: &Project) -> PolicyResult<'_, bool> {
        reads_or_is(request, project.owner_id).into()
    }
}

pub struct CanWriteIssues;

impl Permission for CanWriteIssues {}

impl ObjectPermission<Issue> for CanWriteIssues {
    fn has_object_permission<'a>(&'a self, request: &'a Request, issue: &'a Issue) -> PolicyResult<'a, bool> {
        if SAFE_METHODS.contains(request.method()) {
            return true.into();
        }
        PolicyResult::later(async move {
            let projects = writable_projects(request.authenticated()?.id).find(issue.project_id);
            Ok(request.database()?.run(move |database| projects.exists(database)).await?)
        })
    }
}

pub struct IsAuthor;

impl Permission for IsAuthor {}

impl ObjectPermission<Comment> for IsAuthor {
    fn has_object_permission(&self, request: &Request, comment: &Comment) -> PolicyResult<'_, bool> {
        reads_or_is(request, comment.author_id).into()
    }
}
