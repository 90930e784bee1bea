//! The tracker with an outbox, which Django replays: `cargo run -p tracker --example outbox -- runserver`. docs/signals.md
//! explains it, and tests/django/outbox.py runs it beside Django.

use std::process::ExitCode;

use tracker::apps::Tracker;
use tracker::models::{Comment, Issue, Label, Membership};
use tracker::urls::urlpatterns;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::models::Model as _;
use vitamin::outbox::Outbox;
use vitamin::project::Project;
use vitamin::rest_framework::permissions::IsAuthenticated;
use vitamin::rest_framework::throttling::{Period, Rate, ThrottleRates};
use vitamin::rest_framework::{APISettings, RestFramework, classes};

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let rest_framework = APISettings {
        default_authentication_classes: classes![TokenAuthentication::new()],
        default_permission_classes: classes![IsAuthenticated],
        default_throttle_rates: ThrottleRates::from_iter([("bulk", Some(Rate::new(3, Period::Day)))]),
        ..APISettings::from_env(env)?
    };
    let models = [tracker::models::Project::META, Membership::META, Issue::META, Label::META, Comment::META];
    let installed_apps = apps![
        Auth::from_env(env)?,
        RestFramework::new(rest_framework),
        AuthToken::from_env(env)?,
        Tracker,
        Outbox::new(models),
    ];
    Project::new(env, installed_apps, urlpatterns)
}

fn main() -> ExitCode {
    vitamin::management::execute_from_command_line(project)
}
