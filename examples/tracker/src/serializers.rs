//! The serializers.

use diesel::prelude::*;
use vitamin::rest_framework::prelude::*;

use crate::models::{Comment, Issue, Label, Membership, Project};
use crate::permissions::writable_projects;
use crate::schema::{tracker_issue, tracker_label, tracker_project};

pub fn user_serializer() -> ModelSerializer<PublicUser> {
    ModelSerializer::<PublicUser>::new(["id", "username", "name"])
        .computed("name", CharField::new(), |user| user.get_full_name())
}

pub fn me_serializer() -> ModelSerializer<PublicUser> {
    ModelSerializer::new(["username", "email", "first_name", "last_name", "date_joined"])
        .component_name("Me")
        .read_only_fields(["username", "date_joined"])
}

pub fn label_serializer() -> ModelSerializer<Label> {
    ModelSerializer::new(["id", "name", "slug", "color"])
}

pub fn membership_serializer() -> ModelSerializer<Membership> {
    ModelSerializer::new(["user", "role"]).field("user", SlugRelatedField::new(Membership::USER, auth_user::username))
}

pub fn project_serializer() -> ModelSerializer<Project> {
    ModelSerializer::new([
        "id", "url", "owner", "name", "slug", "description", "homepage", "budget", "starts", "settings", "is_public",
        "open_issues", "mine", "created", "updated",
    ])
    .field("url", HyperlinkedIdentityField::new("project-detail"))
    .field("owner", Nested::one(Project::OWNER, user_serializer()))
    .field("open_issues", IntegerField::new().read_only())
    .method("mine", |project, request| request.user().is_some_and(|user| user.id == project.owner_id))
    .validate_field("name", |name, _| match name.as_str() {
        Some(name) if name.contains("  ") => Err(APIException::validation_error("A name has single spaces.")),
        _ => Ok(()),
    })
    .validate(|attrs, validation| {
        let is_given = |name| attrs.get(name).is_some_and(|value| *value != Value::Null);
        if is_given("budget") && !is_given("starts") && validation.instance().is_none() {
            return Err(APIException::validation_error([("starts", "A budget needs a start.")]));
        }
        if let Some(slug) = attrs.get("slug").and_then(Value::as_str) {
            let (owner, own) = match validation.instance() {
                Some(project) => (project.owner_id, Some(project.id)),
                None => (validation.user()?.id, None),
            };
            let same = tracker_project::owner_id.eq(owner).and(tracker_project::slug.eq(slug.to_owned()));
            let others = Project::objects().filter(same).exclude_pk(own);
            if validation.database(|database| Ok(others.exists(database)?))? {
                return Err(APIException::validation_error([("slug", "You have a project of this slug.")]));
            }
        }
        Ok(())
    })
}

/// With its members, who can be written along with it.
pub fn project_detail_serializer() -> ModelSerializer<Project> {
    project_serializer()
        .component_name("ProjectDetail")
        .description("With its members, who can be written along with it.")
        .fields(["roles"])
        .field("roles", Nested::many(Project::ROLES, membership_serializer()).writable().required(false))
        .create(|save| {
            let roles = save.take_nested(Project::ROLES)?.unwrap_or_default();
            let project = save.create()?;
            Project::ROLES.create(save.connection(), &project, roles)?;
            Ok(project)
        })
        .update(|save| {
            let roles = save.take_nested(Project::ROLES)?;
            let project = save.update()?;
            if let Some(roles) = roles {
                save.delete(&Project::ROLES.of(&project))?;
                Project::ROLES.create(save.connection(), &project, roles)?;
            }
            Ok(project)
        })
}

pub fn comment_serializer() -> ModelSerializer<Comment> {
    ModelSerializer::new(["id", "author", "body", "created"])
        .field("author", Nested::one(Comment::AUTHOR, user_serializer()))
}

pub fn issue_serializer() -> ModelSerializer<Issue> {
    ModelSerializer::new([
        "id", "project", "number", "title", "body", "status", "status_display", "priority", "weight", "estimate",
        "due", "at", "reporter", "assignee", "parent", "labels", "created", "updated",
    ])
    .field("labels", SlugRelatedField::many(Issue::LABELS, tracker_label::slug).required(false))
    .field(
        "assignee",
        SlugRelatedField::new(Issue::ASSIGNEE, auth_user::username)
            .queryset(|_| PublicUser::objects().filter(auth_user::is_active))
            .allow_null()
            .required(false),
    )
    .field("reporter", RelatedColumn::new(Issue::REPORTER, auth_user::username))
    .field("status_display", DisplayField::new(tracker_issue::status))
    .read_only_fields(["number", "status"])
    .extra("title", Extra::new().min_length(3))
    .validators(
        [UniqueTogetherValidator::new(["project", "title"]).message("This project has an issue of this title.")],
    )
    .validate_field("project", |project, validation| {
        let projects = writable_projects(validation.user()?.id).find(Project::pk_of(project)?);
        if !validation.database(|database| Ok(projects.exists(database)?))? {
            return Err(APIException::validation_error("You may not write to this project."));
        }
        Ok(())
    })
    .validate(|attrs, validation| {
        let Some(parent) = attrs.get("parent").filter(|parent| **parent != Value::Null) else {
            return Ok(());
        };
        let project = match attrs.get("project") {
            Some(project) => Some(Project::pk_of(project)?),
            None => validation.instance().map(|issue| issue.project_id.into()),
        };
        let parent = validation.object::<Issue>(parent)?;
        if project.is_some_and(|project| project != DbValue::from(parent.project_id)) {
            return Err(APIException::validation_error([("parent", "The parent is in another project.")]));
        }
        Ok(())
    })
    .create(|save| {
        let project = save.object::<Project>("project")?;
        let last = Project::ISSUES.of(&project).max(save.connection(), tracker_issue::number)?;
        save.set(tracker_issue::number, last.as_i64().unwrap_or(0) + 1);
        save.create()
    })
}

pub fn issue_detail_serializer() -> ModelSerializer<Issue> {
    issue_serializer()
        .component_name("IssueDetail")
        .fields(["assignee_detail", "label_details", "comments", "project_name"])
        .field("assignee_detail", Nested::one(Issue::ASSIGNEE, user_serializer()))
        .field("label_details", Nested::through(Issue::LABELS, label_serializer()))
        .field("comments", Nested::many(Issue::COMMENTS, comment_serializer()))
        .field("project_name", RelatedColumn::new(Issue::PROJECT, tracker_project::name).field(CharField::new()))
        .omit("weight", |issue| issue.weight.is_none())
}

pub fn bulk_close_serializer() -> Serializer {
    Serializer::new()
        .field("ids", ListField::new(IntegerField::new().min_value(1)).allow_empty(false).max_length(20))
        .field("reason", ChoiceField::new([("done", "done"), ("duplicate", "duplicate")]).default("done"))
        .field("note", CharField::new().required(false).allow_blank().max_length(200))
}
