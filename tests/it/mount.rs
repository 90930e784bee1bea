//! The project inside somebody else's actix-web application.

use actix_web::body::to_bytes;
use actix_web::dev::Service as _;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use tutorial::settings;
use vitamin::authtoken::TokenAuthentication;
use vitamin::conf::Env;
use vitamin::rest_framework::classes;
use vitamin::rest_framework::middleware::policies;
use vitamin::rest_framework::permissions::IsAuthenticated;
use vitamin::rest_framework::request::CurrentUser;

use crate::support::*;

database_tests!(the_project_answers_where_the_application_does_not);

fn the_project_answers_where_the_application_does_not(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa");
    let (key, wrong) = (database.token("Pepe"), "0".repeat(40));
    let env = Env::from_iter([
        ("DATABASE_URL", database.url()),
        ("SECRET_KEY", "the key that signs"),
        ("ALLOWED_HOSTS", "localhost"),
    ]);
    let project = settings::project(&env).unwrap();
    actix_web::rt::System::new().block_on(async {
        let own = || async { HttpResponse::Ok().body("the application's own") };
        let classes = policies()
            .authentication(classes![TokenAuthentication::new()])
            .permission(classes![IsAuthenticated]);
        let name = async |user: CurrentUser| user.username.to_string();
        let reports = web::scope("/reports").wrap(classes).route("/daily", web::get().to(name));
        let application = App::new().route("/own/", web::get().to(own)).service(reports);
        let service = init_service(application.configure(|config| project.configure(config))).await;
        for (path, token, status, body) in [
            ("/own/", None, 200, "the application's own"),
            ("/reports/daily", None, 401, r#"{"detail":"Authentication credentials were not provided."}"#),
            ("/reports/daily", Some(&key), 200, "Pepe"),
            ("/reports/daily", Some(&wrong), 401, r#"{"detail":"Invalid token."}"#),
            ("/", None, 200, r#"{"detail":"GET Response"}"#),
            ("/auth/", None, 401, r#"{"detail":"Authentication credentials were not provided."}"#),
            ("/auth/", Some(&key), 200, r#"{"detail":"I suppose you are authenticated"}"#),
            ("/auth.json", Some(&key), 200, r#"{"detail":"I suppose you are authenticated"}"#),
            ("/auth", Some(&key), 301, ""),
        ] {
            let mut request = TestRequest::get().uri(path).insert_header(("host", "localhost"));
            if let Some(key) = token {
                request = request.insert_header(("authorization", format!("Token {key}")));
            }
            let response = service.call(request.to_request()).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{path}");
            // The middleware runs for the project's answers, and for them alone.
            let is_own = path == "/own/" || path == "/reports/daily";
            assert_eq!(response.headers().contains_key("x-request-id"), !is_own, "{path}");
            let bytes = to_bytes(response.into_body()).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&bytes), body, "{path}");
        }
        let unknown = TestRequest::get().uri("/nothing/").insert_header(("host", "localhost"));
        assert_eq!(service.call(unknown.to_request()).await.unwrap().status(), 404);
        let refused = TestRequest::get().uri("/auth/").insert_header(("host", "example.org"));
        assert_eq!(service.call(refused.to_request()).await.unwrap().status(), 400);
    });
}
