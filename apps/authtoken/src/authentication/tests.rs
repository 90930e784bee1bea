//! Token authentication around actix-web's own resources, with the token cache of the app and without the app.

use actix_web::App;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Data, ServiceConfig};
use diesel::connection::SimpleConnection;

use super::*;
use crate::{AuthToken, Token};
use vitamin_auth::Auth;
use vitamin_framework::conf::Env;
use vitamin_framework::project::Project;
use vitamin_framework::server::application;
use vitamin_framework::urls::{Endpoint, Location, Pattern, View, path};
use vitamin_framework::{apps, database::Database};
use vitamin_rest_framework::middleware::policies;
use vitamin_rest_framework::permissions::IsAuthenticated;
use vitamin_rest_framework::request::{Auth as Credential, CurrentUser};
use vitamin_rest_framework::response::Response;
use vitamin_rest_framework::views::APIView;
use vitamin_rest_framework::{RestFramework, classes};

async fn report(user: CurrentUser, token: Credential<Token>) -> String {
    format!("{} {}", user.username, token.key)
}

fn mount(config: &mut ServiceConfig) {
    let policies =
        policies().authentication(classes![TokenAuthentication::new()]).permission(classes![IsAuthenticated]);
    config.service(web::scope("/reports").wrap(policies).route("/daily", web::get().to(report)));
}

struct Mounted;

impl View for Mounted {
    fn register(&self, _: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        mount(config);
        None
    }
}

fn urlpatterns() -> Vec<Pattern> {
    let view = APIView::new("ReportView")
        .authentication_classes(classes![TokenAuthentication::new()])
        .permission_classes(classes![IsAuthenticated])
        .get(async || Response::new("in"));
    vec![path("reports", Mounted), path("view", view)]
}

fn get(uri: &str, authorization: &str) -> TestRequest {
    let request = TestRequest::get().uri(uri).insert_header(("host", "localhost"));
    if authorization.is_empty() { request } else { request.insert_header((AUTHORIZATION, authorization)) }
}

/// Status, challenge, `Vary` and body.
async fn summary(response: ServiceResponse) -> (u16, String, String) {
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map_or_else(|| "-".to_owned(), |value| value.to_str().unwrap().to_owned())
    };
    let headers = format!("{} {}", header(WWW_AUTHENTICATE.as_str()), header("vary"));
    let status = response.status().as_u16();
    (status, headers, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

fn project(folder: &tempfile::TempDir) -> Project {
    let url = folder.path().join("db").to_str().unwrap().to_owned();
    let env =
        Env::from_iter([("DATABASE_URL", url.as_str()), ("SECRET_KEY", "x"), ("ALLOWED_HOSTS", "localhost")]);
    let apps = apps![
        Auth::from_env(&env).unwrap(),
        RestFramework::from_env(&env).unwrap(),
        AuthToken::from_env(&env).unwrap()
    ];
    let project = Project::new(&env, apps, urlpatterns).unwrap();
    let mut connection = project.database.get().unwrap();
    project.apps.migrations().apply_all(&mut connection).unwrap();
    connection
        .batch_execute(
            "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff,
             is_active, date_joined) VALUES (1, '!', 0, 'ann', '', '', '', 0, 1, '2026-01-01 00:00:00'),
             (2, '!', 0, 'off', '', '', '', 0, 0, '2026-01-01 00:00:00');
             INSERT INTO authtoken_token (key, created, user_id) VALUES ('k1', '2026-01-01 00:00:00', 1),
             ('k2', '2026-01-01 00:00:00', 2)",
        )
        .unwrap();
    drop(connection);
    project
}

#[actix_web::test]
async fn a_scope_refuses_as_a_view_and_extracts_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(&folder);
    let app = init_service(application(&project)).await;
    let database: Database = project.database.clone();
    let plain = init_service(App::new().app_data(Data::new(database)).configure(mount)).await;
    for header in ["", "Token", "Token a b", "Token nobody", "Token k2", "Bearer k1"] {
        let expected = summary(call_service(&app, get("/view", header).to_request()).await).await;
        assert_eq!((expected.0, expected.1.as_str()), (401, "Token Accept"), "{header}: {}", expected.2);
        assert_eq!(
            summary(call_service(&app, get("/reports/daily", header).to_request()).await).await,
            expected
        );
        assert_eq!(
            summary(call_service(&plain, get("/reports/daily", header).to_request()).await).await,
            expected
        );
    }
    // Twice: looked up, and cached.
    for _ in 0..2 {
        let expected = (200, "- -".to_owned(), "ann k1".to_owned());
        assert_eq!(
            summary(call_service(&app, get("/reports/daily", "Token k1").to_request()).await).await,
            expected
        );
        assert_eq!(
            summary(call_service(&plain, get("/reports/daily", "token  k1").to_request()).await).await,
            expected
        );
    }
    let connection = &mut project.database.get().unwrap();
    connection.batch_execute("DELETE FROM authtoken_token WHERE key = 'k1'").unwrap();
    assert_eq!(
        call_service(&app, get("/reports/daily", "Token k1").to_request()).await.status(),
        401,
        "revoked"
    );
}
