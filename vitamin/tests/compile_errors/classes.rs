//! Values that are not what a view or a project takes.

use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::rest_framework::classes;
use vitamin::rest_framework::permissions::{ObjectPermission, Permission};
use vitamin::rest_framework::request::Request;
use vitamin::rest_framework::views::APIView;
use vitamin::urls::{Pattern, path};
use vitamin::apps;

struct Mine;
struct Note;
struct IsOwner;
impl Permission for IsOwner { fn has_permission(&self, _: &Request) -> vitamin::rest_framework::policy_result::PolicyResult<'_, bool> { true.into() } }

fn view() -> APIView {
    APIView::new("View")
        .authentication_classes(classes![Mine])
        .permission_classes(classes![Mine])
        .throttle_classes(classes![Mine])
        .parser_classes(classes![Mine])
        .renderer_classes(classes![Mine])
        .versioning_class(Mine)
}

fn urlpatterns() -> Vec<Pattern> {
    vec![path("mine/", Mine)]
}

fn installed(env: &Env) -> Result<(), ImproperlyConfigured> {
    apps![vitamin::auth::Auth::from_env(env)];
    Ok(())
}

fn token() {
    vitamin::authtoken::TokenAuthentication::<Mine>::with_keyword("Bearer");
}

fn parameter(request: &Request) {
    let _ = request.path_param::<Mine>("pk");
}

fn owner() -> impl ObjectPermission<Note> {
    IsOwner
}

fn command(project: vitamin::project::Project) {
    project.command(Mine);
}

fn main() {}
