//! The project of this crate's unit tests: the framework's [`TestProject`](vitamin_framework::testing::TestProject) with the
//! apps `auth` and `rest_framework`, and actix-web's own test requests.

use std::ops::Deref;

use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::dev::Service;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};

use super::{APISettings, RestFramework};
use vitamin_auth::{Auth, User, UserModel};
use vitamin_framework::apps;
use vitamin_framework::conf::Env;
use vitamin_framework::database::DbConnection;
use vitamin_framework::project::Project;
use vitamin_framework::server::application;
use vitamin_framework::testing::{self, TestDatabase, TestEnvironment};
use vitamin_framework::urls::Pattern;

pub(crate) use vitamin_framework::testing::SECRET_KEY;
pub(crate) const OLD_SECRET_KEY: &str = "the key before it";

/// A project with the apps `auth` and `rest_framework`.
pub(crate) struct TestProject(testing::TestProject);

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

impl Deref for TestProject {
    type Target = testing::TestProject;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl TestProject {
    /// A project on SQLite with these additional settings.
    pub(crate) fn new(urlpatterns: fn() -> Vec<Pattern>, settings: &[(&str, &str)]) -> Self {
        Self::on(&TestDatabase::sqlite(), APISettings::default, urlpatterns, settings)
    }

    /// A project on each available database.
    pub(crate) fn on_each(urlpatterns: fn() -> Vec<Pattern>) -> Vec<Self> {
        Self::on_each_with(APISettings::default, urlpatterns)
    }

    /// The same, with these settings of views.
    pub(crate) fn on_each_with(
        api_settings: fn() -> APISettings,
        urlpatterns: fn() -> Vec<Pattern>,
    ) -> Vec<Self> {
        let databases = std::iter::once(TestDatabase::sqlite());
        #[cfg(feature = "postgres")]
        let databases = databases.chain(TestDatabase::postgres());
        databases.map(|database| Self::on(&database, api_settings, urlpatterns, &[])).collect()
    }

    fn on(
        database: &TestDatabase,
        api_settings: fn() -> APISettings,
        urlpatterns: fn() -> Vec<Pattern>,
        settings: &[(&str, &str)],
    ) -> Self {
        let defaults = [("SECRET_KEY_FALLBACKS", OLD_SECRET_KEY), ("ALLOWED_HOSTS", "localhost")];
        let settings = [defaults.as_slice(), settings].concat();
        let project = |env: &Env| {
            let apps = apps![Auth::from_env(env)?, RestFramework::new(api_settings())];
            Project::new(env, apps, urlpatterns)
        };
        Self(testing::TestProject::with_settings(database, project, &settings))
    }

    /// Runs `work` on a connection to the database.
    pub(crate) fn on_database<T>(&self, work: impl FnOnce(&mut DbConnection) -> T) -> T {
        work(&mut self.connection())
    }

    pub(crate) fn execute(&self, sql: &str) {
        TestEnvironment::execute(&self.0, sql);
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
        let service = init_service(application(self.project())).await;
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
