//! The views.

use diesel::prelude::*;
use vitamin::rest_framework::prelude::*;

use crate::filters::issue_filters;
use crate::models::{Comment, Issue, Label, Membership, Project};
use crate::pagination::{limited, newest};
use crate::permissions::{can_write_issues, is_author, is_owner_or_read_only};
use crate::schema::{tracker_comment, tracker_issue, tracker_label, tracker_membership, tracker_project};
use crate::serializers::*;

fn visible_projects(user: &User) -> QuerySet<Project> {
    let memberships = tracker_membership::table.filter(tracker_membership::user_id.eq(user.id));
    let is_member = tracker_project::id.eq_any(memberships.select(tracker_membership::project_id));
    Project::objects().filter(tracker_project::owner_id.eq(user.id).or(tracker_project::is_public).or(is_member))
}

fn visible_issues(user: &User) -> QuerySet<Issue> {
    Issue::objects().filter_in(tracker_issue::project_id, visible_projects(user))
}

pub fn label_view_set() -> ModelViewSet<Label> {
    ModelViewSet::new("LabelViewSet", label_serializer())
        .permission_classes(classes![DjangoModelPermissionsOrAnonReadOnly::new("tracker", "label")])
        .without_pagination()
        .lookup_field("slug")
        .search_field(SearchField::starts_with(tracker_label::name))
}

pub fn user_view_set() -> ModelViewSet<PublicUser> {
    ReadOnlyModelViewSet::new("UserViewSet", user_serializer())
        .queryset(|_, users| users.order_by(["id"]))
        .permission_classes(classes![IsAdminUser])
        .search_fields(fields![auth_user::username])
        .search_field(SearchField::equals(auth_user::email))
        .filterset_fields(["is_active", "is_staff"])
}

pub fn project_view_set() -> ModelViewSet<Project> {
    ModelViewSet::new("ProjectViewSet", project_detail_serializer())
        .description("The projects that you may see.")
        .queryset(|request, _| {
            let issues = tracker_issue::table.filter(tracker_issue::project_id.eq(tracker_project::id));
            let open = issues.filter(tracker_issue::status.eq("open")).count().single_value();
            Ok(visible_projects(request.authenticated()?).annotate("open_issues", open))
        })
        .serializer_of("list", project_serializer())
        .permission_classes(classes![IsAuthenticated, is_owner_or_read_only()])
        .filterset_fields(["is_public", "budget__gte", "budget__lt", "starts", "starts__year", "name__icontains"])
        .search_fields(fields![tracker_project::name, tracker_project::description])
        .search_fields(fields![Project::OWNER.field(auth_user::username)])
        .ordering_fields(fields![tracker_project::name, tracker_project::created, tracker_project::budget])
        .created_by(tracker_project::owner_id)
        .action(
            Action::detail("members").description("Who works on it; POST adds one.").get(members).post(add_member).map(
                Method::HEAD,
                "members",
                add_member,
            ),
        )
}

async fn members(view: GenericView<Project>) -> Result<Response, APIException> {
    let project = view.get_object().await?;
    view.request().serialize_all(&membership_serializer(), Project::ROLES.of(&project)).await
}

async fn add_member(view: GenericView<Project>) -> Result<Response, APIException> {
    let (project, data) = (view.get_object().await?, view.data().await?);
    let added = view.write(move |database, request| {
        let mut member = membership_serializer().run_validation(database, request, &data)?.changes;
        let user = member.value(tracker_membership::user_id);
        if Project::ROLES.of(&project).filter_eq(tracker_membership::user_id, user).exists(database)? {
            return Err(APIException::new(StatusCode::CONFLICT, "conflict", "Already a member."));
        }
        Ok(member.set(tracker_membership::project_id, project.id).insert(database)?)
    });
    let added = added.await?;
    Ok(view.request().serialize(&membership_serializer(), added).await?.status(StatusCode::CREATED))
}

pub fn issue_view_set() -> ModelViewSet<Issue> {
    ModelViewSet::new("IssueViewSet", issue_serializer())
        .queryset(|request, _| Ok(visible_issues(request.authenticated()?)))
        .serializer_of("retrieve", issue_detail_serializer())
        .permission_classes(classes![IsAuthenticated, can_write_issues()])
        .pagination(limited())
        .filters(issue_filters())
        .search_fields(fields![tracker_issue::title, tracker_issue::body])
        .search_fields(fields![Issue::COMMENTS.field(tracker_comment::body)])
        .ordering_fields(fields![tracker_issue::number, tracker_issue::priority])
        .ordering_fields(fields![tracker_issue::due, tracker_issue::created])
        .ordering(["id"])
        .throttle_scope("bulk")
        .created_by(tracker_issue::reporter_id)
        .perform_destroy(|destroy| {
            if Issue::CHILDREN.of(destroy.object()).exists(destroy.connection())? {
                return Err(APIException::validation_error("It has children."));
            }
            destroy.delete()
        })
        .action(Action::detail("close").post(close))
        .action(Action::list("mine").url_path("assigned-to-me").get(mine))
        .action(
            Action::list("bulk_close")
                .url_path("bulk-close")
                .throttle_classes(classes![ScopedRateThrottle::default()])
                .post(bulk_close),
        )
}

async fn close(view: GenericView<Issue>) -> Result<Response, APIException> {
    let mut issue = view.get_object().await?;
    let closed = view.write(move |database, _| {
        issue.update(database, Changes::new().set(tracker_issue::status, "closed"))?;
        Ok(issue)
    });
    view.serialize(closed.await?).await
}

async fn mine(view: GenericView<Issue>) -> Result<Response, APIException> {
    let user = view.request().authenticated()?.id;
    view.paginate(view.get_queryset().await?.filter(tracker_issue::assignee_id.eq(user))).await
}

async fn bulk_close(view: GenericView<Issue>, request: Request, data: Data) -> Result<Response, APIException> {
    let bulk = bulk_close_serializer().validated_data(&data, request.context())?;
    let ids = bulk.get("ids").and_then(Value::as_list).unwrap_or_default().to_vec();
    let closed = view.write(move |database, request| {
        let own = tracker_project::owner_id.eq(request.authenticated()?.id);
        let issues = Issue::objects()
            .filter_in(tracker_issue::project_id, Project::objects().filter(own))
            .filter_q(Q::one_of_validated(&tracker_issue::id.into(), &ids))
            .filter(tracker_issue::status.eq("open"));
        Ok(issues.update(database, Changes::new().set(tracker_issue::status, "closed"))?)
    });
    let closed = [("closed".to_owned(), Value::from(closed.await?))];
    Ok(Response::map(closed.into_iter().chain(bulk)))
}

pub fn comment_list() -> GenericAPIView<Comment> {
    ListCreateAPIView::new("CommentList", comment_serializer())
        .get_queryset(async |request| {
            let issue = issue_of(request).await?;
            Ok(Issue::COMMENTS.of(&issue))
        })
        .pagination(newest())
        .created_by(tracker_comment::author_id)
        .created_with(tracker_comment::issue_id, async |request| Ok(issue_of(request).await?.id))
}

async fn issue_of(request: &Request) -> Result<Object<Issue>, APIException> {
    let pk = request.path_param::<i64>("issue_pk")?;
    request.get_object_or_404(visible_issues(request.authenticated()?), pk).await
}

pub fn comment_detail() -> GenericAPIView<Comment> {
    RetrieveUpdateDestroyAPIView::new("CommentDetail", comment_serializer())
        .queryset(|request, comments| {
            Ok(comments.filter_in(tracker_comment::issue_id, visible_issues(request.authenticated()?)))
        })
        .permission_classes(classes![IsAuthenticated, is_author()])
}

pub fn me() -> GenericAPIView<PublicUser> {
    RetrieveUpdateAPIView::new("Me", me_serializer())
        .get_object(async |request| Ok(Object::new(PublicUser::from(request.authenticated()?))))
}

pub fn roles() -> ModelViewSet<Membership> {
    GenericViewSet::new("Roles", membership_serializer())
        .actions(&["list"])
        .queryset(|request, roles| Ok(roles.filter(tracker_membership::user_id.eq(request.authenticated()?.id))))
}

pub fn stats() -> APIView {
    api_view("stats", &[Method::GET])
        .description("How many issues there are of each status.")
        .extend_schema(ExtendSchema::new().response(200, OpenApiTypes::Object))
        .get(count_issues)
}

async fn count_issues(request: Request) -> Result<Response, APIException> {
    let issues = visible_issues(request.authenticated()?);
    let count = move |database: &mut _| issues.count_by::<String, _>(database, tracker_issue::status);
    Ok(Response::map(request.database()?.run(count).await?))
}
