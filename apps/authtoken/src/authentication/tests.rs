//! Token authentication around an actix-web scope: in a project, and in an application without the app's token cache.

use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, rt};

use super::*;
use crate::testing::{TokenEnvironment, TokenServer};
use crate::{AuthToken, Token};
use vitamin_auth::Auth;
use vitamin_auth::testing::AuthEnvironment;
use vitamin_framework::conf::{Env, ImproperlyConfigured};
use vitamin_framework::project::Project;
use vitamin_framework::testing::{Client, TestDatabase, TestEnvironment, TestProject, TestServer};
use vitamin_framework::urls::{Endpoint, Location, Pattern, View, path};
use vitamin_framework::{apps, database_tests};
use vitamin_rest_framework::middleware::policies;
use vitamin_rest_framework::permissions::IsAuthenticated;
use vitamin_rest_framework::request::{Auth as Credential, CurrentUser};
use vitamin_rest_framework::response::Response;
use vitamin_rest_framework::views::APIView;
use vitamin_rest_framework::{RestFramework, classes};

async fn report(user: CurrentUser, token: Credential<Token>) -> String {
    format!("{} {}", user.username, token.key)
}

/// A scope in a project's URLconf.
struct Reports;

impl Reports {
    fn mount(config: &mut ServiceConfig) {
        let policies = policies()
            .authentication(classes![TokenAuthentication::new()])
            .permission(classes![IsAuthenticated]);
        config.service(web::scope("/reports").wrap(policies).route("/daily", web::get().to(report)));
    }
}

impl View for Reports {
    fn register(&self, _: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        Self::mount(config);
        None
    }
}

fn urlpatterns() -> Vec<Pattern> {
    let view = APIView::new("ReportView")
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated])
        .get(async || Response::new("in"));
    vec![path("reports", Reports), path("view", view)]
}

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let apps = apps![Auth::from_env(env)?, RestFramework::from_env(env)?, AuthToken::from_env(env)?];
    Project::new(env, apps, urlpatterns)
}

database_tests!(
    refusals_are_those_of_a_view,
    the_handler_extracts_the_token,
    a_plain_application_has_no_cache
);

const KEYS: [&str; 6] = ["", "Token", "Token a b", "Token nobody", "Bearer x", "Token \u{fc}"];

/// A client that sends this `Authorization`, if any.
fn client(server: &TestProject, authorization: &str) -> Client {
    match authorization {
        "" => server.anonymous(),
        header => server.anonymous().header("authorization", header),
    }
}

fn refusals_are_those_of_a_view(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let gone = server.create_user("gone", "secret");
    server.deactivate(&gone);
    let inactive = format!("Token {}", server.create_token(&gone).key);
    for header in KEYS.into_iter().chain([inactive.as_str()]) {
        let [refused, expected] = ["/reports/daily", "/view"].map(|path| client(&server, header).get(path));
        refused.assert_status(401).assert_header("www-authenticate", "Token").assert_no_header("allow");
        assert_eq!(refused.body, expected.body, "{header}");
        assert_eq!(refused.header("vary"), expected.header("vary"), "{header}");
        assert_eq!(refused.header("content-type"), expected.header("content-type"), "{header}");
    }
}

fn the_handler_extracts_the_token(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let token = server.create_token(&server.create_user("ann", "secret"));
    let client = server.token(&token);
    // Twice: looked up, and cached.
    for _ in 0..2 {
        client.get("/reports/daily").assert_status(200).assert_body(&format!("ann {}", token.key));
    }
    client.get("/reports/nothing").assert_status(404);
    server.anonymous().get("/reports/nothing").assert_status(401);
    server.execute("DELETE FROM authtoken_token");
    client.get("/reports/daily").assert_status(401).assert_body(r#"{"detail":"Invalid token."}"#);
}

fn a_plain_application_has_no_cache(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let token = server.create_token(&server.create_user("ann", "secret"));
    rt::System::new().block_on(async {
        let app = App::new().app_data(Data::new(server.database().clone())).configure(Reports::mount);
        let app = init_service(app).await;
        for (key, status, body) in [
            (token.key.as_str(), 200, format!("ann {}", token.key)),
            ("nobody", 401, r#"{"detail":"Invalid token."}"#.to_owned()),
        ] {
            let request = TestRequest::get().uri("/reports/daily");
            let request = request.insert_header((AUTHORIZATION, format!("Token {key}")));
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), status);
            assert_eq!(read_body(response).await, body);
        }
    });
}
