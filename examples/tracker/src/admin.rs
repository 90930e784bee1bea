//! The models in the admin.

use diesel::prelude::*;
use vitamin::admin::{AdminAction, AdminSite, ModelAdmin, authtoken};
use vitamin::rest_framework::prelude::*;

use crate::filters::issue_filters;
use crate::models::{Comment, Issue, Label, Membership, Project};
use crate::schema::{tracker_comment, tracker_issue, tracker_label, tracker_project};
use crate::serializers::label_serializer;

pub fn site() -> AdminSite {
    AdminSite::new()
        .include(authtoken::site())
        .register(label_admin())
        .register(project_admin())
        .register(issue_admin())
        .register(comment_admin())
        .register(
            ModelAdmin::<Membership>::all_fields().list_display(["project", "user", "role"]).list_filter(["role"]),
        )
}

fn label_admin() -> ModelAdmin<Label> {
    ModelAdmin::new(label_serializer())
        .display(|label| label.name.clone())
        .list_display(["name", "slug", "color"])
        .search_fields(fields![tracker_label::name])
}

fn project_admin() -> ModelAdmin<Project> {
    ModelAdmin::<Project>::all_fields()
        .display(|project| project.name.clone())
        .list_display(["name", "owner", "is_public", "created"])
        .list_filter(["is_public", "starts__gte", "starts__lte"])
        .search_fields(fields![tracker_project::name, tracker_project::slug])
        .readonly_fields(["created", "updated"])
}

fn issue_admin() -> ModelAdmin<Issue> {
    ModelAdmin::new(ModelSerializer::<Issue>::new([
        "project", "number", "title", "body", "status", "priority", "estimate", "due", "reporter", "assignee",
        "parent", "labels", "created", "updated",
    ]))
    .display(|issue| format!("#{} {}", issue.number, issue.title))
    .list_display(["number", "title", "project", "status", "assignee", "created"])
    .filters(issue_filters())
    .search_fields(fields![tracker_issue::title, tracker_issue::body])
    .date_hierarchy("created")
    .raw_id_fields(["parent"])
    .action(AdminAction::new("close", "Close selected issues", |action| {
        let open = action.queryset().filter(tracker_issue::status.eq("open"));
        let closed = open.update(action.connection(), Changes::new().set(tracker_issue::status, "closed"))?;
        Ok(format!("{closed} issues were closed."))
    }))
}

fn comment_admin() -> ModelAdmin<Comment> {
    ModelAdmin::new(ModelSerializer::<Comment>::new(["issue", "author", "body", "created"]))
        .display(|comment| comment.body.chars().take(40).collect())
        .list_display(["__str__", "issue", "author", "created"])
        .search_fields(fields![tracker_comment::body])
        .raw_id_fields(["issue"])
}
