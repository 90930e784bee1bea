//! The tracker with views and an admin whose forms hold what HTML has no control for: lists, objects and files. tests/browser runs it:
//! `cargo run -p tracker --example forms -- runserver`.

use std::process::ExitCode;
use std::sync::{LazyLock, Mutex, PoisonError};

use tracker::apps::Tracker;
use tracker::models::Project as TrackerProject;
use vitamin::admin::{Admin, AdminSite, ModelAdmin};
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::authentication::SessionAuthentication;
use vitamin::rest_framework::fields::{FileField, ImageField};
use vitamin::rest_framework::prelude::*;
use vitamin::rest_framework::{APISettings, RestFramework};
use vitamin::urls::{Pattern, path};

/// What `forms/` holds, until the program ends.
static STORED: LazyLock<Mutex<Dict>> = LazyLock::new(|| {
    let tags: Vec<Value> = vec!["sea".into(), "night".into()];
    Mutex::new([("title".to_owned(), "A lighthouse".into()), ("tags".to_owned(), tags.into())].into())
});

fn picture_serializer() -> Serializer {
    let crop = Serializer::new().field("left", IntegerField::new().min_value(0)).field("top", IntegerField::new());
    Serializer::new()
        .field("title", CharField::new().max_length(100))
        .field("picture", ImageField::new().required(false).allow_null())
        .field("notes", FileField::new().required(false).allow_null().help_text("A file of any kind."))
        .field("tags", ListField::new(CharField::new().max_length(10)).required(false))
        .field("sizes", DictField::new(IntegerField::new()).required(false))
        .field("crops", crop.many().required(false))
}

/// The values as JSON: of a file its name.
fn stored() -> Response {
    let stored = STORED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let shown = stored.into_iter().map(|(name, value)| match value {
        Value::File(file) => (name, Value::from(file.name.as_str())),
        value => (name, value),
    });
    Response::map(shown)
}

async fn put(request: Request, data: Data) -> Result<Response, APIException> {
    let valid = picture_serializer().validated_data(&data, request.context())?;
    STORED.lock().unwrap_or_else(PoisonError::into_inner).extend(valid);
    Ok(stored())
}

fn picture() -> APIView {
    APIView::new("PictureView").serializer(picture_serializer()).get(async || stored()).put(put)
}

fn urlpatterns() -> Vec<Pattern> {
    let mut patterns = tracker::urls::urlpatterns();
    patterns.push(path("forms/", picture()));
    patterns
}

/// The tracker's admin, where a project's settings are an object whose values are texts.
fn site() -> AdminSite {
    let settings = DictField::new(CharField::new().max_length(10)).required(false);
    let serializer = ModelSerializer::<TrackerProject>::new(["name", "slug", "owner", "settings"]);
    tracker::admin::site()
        .register(ModelAdmin::new(serializer.field("settings", settings)).display(|project| project.name.clone()))
}

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let rest_framework = APISettings {
        default_authentication_classes: classes![TokenAuthentication::new(), SessionAuthentication],
        default_permission_classes: classes![IsAuthenticated],
        ..APISettings::from_env(env)?
    };
    let installed_apps = apps![
        Auth::from_env(env)?,
        RestFramework::new(rest_framework),
        AuthToken::from_env(env)?,
        Admin::from_env(env, site())?,
        Tracker,
    ];
    Project::new(env, installed_apps, urlpatterns)
}

fn main() -> ExitCode {
    vitamin::management::execute_from_command_line(project)
}
