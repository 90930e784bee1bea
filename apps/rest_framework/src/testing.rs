//! A project for unit tests that send HTTP requests: the whole application with the test's views and its own database.

use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use diesel::connection::SimpleConnection;

use super::{APISettings, RestFramework};
use vitamin_auth::{Auth, User, UserModel};
use vitamin_framework::apps;
use vitamin_framework::conf::Env;
use vitamin_framework::database::DbConnection;
use vitamin_framework::project::Project;
use vitamin_framework::server::application;
use vitamin_framework::urls::Pattern;

#[cfg(feature = "postgres")]
#[path = "../../../tests/it/support/postgres.rs"]
mod postgres;

pub(crate) const SECRET_KEY: &str = "the key that signs";
pub(crate) const OLD_SECRET_KEY: &str = "the key before it";

/// A project with the apps `auth` and `rest_framework`.
pub(crate) struct TestProject {
    project: Project,
    _folder: tempfile::TempDir,
    #[cfg(feature = "postgres")]
    _postgres: Option<postgres::Database>,
}

/// A response as the client receives it.
pub(crate) struct ClientResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl ClientResponse {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl TestProject {
    /// A project on SQLite with these additional settings.
    pub(crate) fn new(urlpatterns: fn() -> Vec<Pattern>, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("test.sqlite3").to_string_lossy().into_owned();
        let project = Self {
            project: project(&url, urlpatterns, settings),
            _folder: folder,
            #[cfg(feature = "postgres")]
            _postgres: None,
        };
        project.migrate();
        project
    }

    /// A project on each available database.
    pub(crate) fn on_each(urlpatterns: fn() -> Vec<Pattern>) -> Vec<Self> {
        let sqlite = Self::new(urlpatterns, &[]);
        #[cfg(feature = "postgres")]
        if let Some(server) = postgres::server() {
            let database = server.create_database();
            let project = Self {
                project: project(database.url(), urlpatterns, &[]),
                _folder: tempfile::tempdir().unwrap(),
                _postgres: Some(database),
            };
            project.migrate();
            return vec![sqlite, project];
        }
        vec![sqlite]
    }

    fn migrate(&self) {
        self.on_database(|connection| {
            self.project.apps.migrations().apply_all(connection).unwrap();
        });
    }

    /// Runs `work` on a connection to the database.
    pub(crate) fn on_database<T>(&self, work: impl FnOnce(&mut DbConnection) -> T) -> T {
        work(&mut self.project.database.get().unwrap())
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.on_database(|connection| connection.batch_execute(sql)).unwrap();
    }

    /// An active user with the unreadable password `!`.
    pub(crate) fn user(&self, username: &str) -> User {
        self.on_database(|connection| {
            User::get_or_create(connection, &UserModel::default(), username, "!").unwrap().0
        })
    }

    /// Sends all requests to the same application.
    pub(crate) async fn send(&self, requests: Vec<TestRequest>) -> Vec<ClientResponse> {
        self.send_all_to("localhost", requests).await
    }

    /// Sends a request for this host.
    pub(crate) async fn send_to(&self, host: &str, request: TestRequest) -> ClientResponse {
        self.send_all_to(host, vec![request]).await.remove(0)
    }

    async fn send_all_to(&self, host: &str, requests: Vec<TestRequest>) -> Vec<ClientResponse> {
        let service = init_service(application(&self.project)).await;
        let mut responses = Vec::with_capacity(requests.len());
        for request in requests {
            let request = request.insert_header(("host", host)).to_request();
            // As actix-web's server does.
            let response: HttpResponse = match service.call(request).await {
                Ok(response) => response.into(),
                Err(error) => error.error_response(),
            };
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
            responses.push(ClientResponse { status, headers, body });
        }
        responses
    }

    pub(crate) async fn send_one(&self, request: TestRequest) -> ClientResponse {
        self.send(vec![request]).await.remove(0)
    }
}

fn project(url: &str, urlpatterns: fn() -> Vec<Pattern>, settings: &[(&str, &str)]) -> Project {
    let defaults = [
        ("DATABASE_URL", url),
        ("SECRET_KEY", SECRET_KEY),
        ("SECRET_KEY_FALLBACKS", OLD_SECRET_KEY),
        ("ALLOWED_HOSTS", "localhost"),
    ];
    let env: Env = defaults.iter().chain(settings).copied().collect();
    let apps = apps![Auth::from_env(&env).unwrap(), RestFramework::new(APISettings::default())];
    Project::new(&env, apps, urlpatterns).unwrap()
}
