//! A token model of one's own, over HTTP on each database.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use actix_web::{HttpServer, web};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::*;
use crate::{AuthToken, TokenAuthentication};
use vitamin_auth::Auth;
use vitamin_auth::schema::auth_user;
use vitamin_framework::app::App;
use vitamin_framework::apps;
use vitamin_framework::database::UserId;
use vitamin_framework::project::Project;
use vitamin_framework::server::application;
use vitamin_framework::testing::{TestDatabase, TestEnvironment};
use vitamin_framework::urls::{Pattern, path};
use vitamin_rest_framework::permissions::IsAuthenticated;
use vitamin_rest_framework::request::{Auth as Credential, CurrentUser};
use vitamin_rest_framework::response::Response;
use vitamin_rest_framework::views::APIView;
use vitamin_rest_framework::{RestFramework, classes};

diesel::table! {
    api_key (secret) {
        secret -> Text,
        name -> Text,
        expires_ms -> BigInt,
        user_id -> vitamin_framework::database::UserKey,
    }
}
diesel::joinable!(api_key -> auth_user (user_id));
impl diesel::query_source::TableNotEqual<auth_user::table> for api_key::table {}
impl diesel::query_source::TableNotEqual<api_key::table> for auth_user::table {}

/// A key's row, without the secret itself.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = api_key)]
struct ApiKey {
    name: String,
    expires_ms: i64,
    user_id: UserId,
}

/// How often `find` ran, in all tests of this process.
static QUERIES: AtomicUsize = AtomicUsize::new(0);

/// One test at a time counts.
static COUNTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl TokenModel for ApiKey {
    fn find(connection: &mut DbConnection, key: &str) -> Result<Option<(Self, User)>, DatabaseError> {
        QUERIES.fetch_add(1, SeqCst);
        let query = api_key::table.inner_join(auth_user::table).filter(api_key::secret.eq(key));
        Ok(query.select((Self::as_select(), User::as_select())).first(connection).optional()?)
    }

    fn has_expired(&self) -> bool {
        now_ms() >= self.expires_ms
    }
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

struct Keys(TokenLookups<ApiKey>);

impl App for Keys {
    fn label(&self) -> &'static str {
        "keys"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        self.0.configure(config);
    }
}

async fn whoami(user: CurrentUser, key: Credential<ApiKey>) -> Response {
    assert_eq!(user.id, key.user_id);
    Response::new(format!("{} by {}", user.username, key.name))
}

fn urlpatterns() -> Vec<Pattern> {
    let view = APIView::new("WhoAmIView")
        .authentication_classes(classes![TokenAuthentication::<ApiKey>::with_keyword("Bearer")])
        .permission_classes(classes![IsAuthenticated])
        .get(whoami);
    vec![path("me/", view)]
}

/// Active users 1 to 4, each with a key that never expires; user 5 is inactive.
const ROWS: &str = "CREATE TABLE api_key (secret VARCHAR(80) PRIMARY KEY, name VARCHAR(80) NOT NULL,
        expires_ms BIGINT NOT NULL, user_id INTEGER NOT NULL);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, content VARCHAR(80) NOT NULL);
    INSERT INTO notes VALUES (1, '')";

fn insert_user(connection: &mut DbConnection, id: i32) {
    let active = if id == 5 { "FALSE" } else { "TRUE" };
    connection
        .batch_execute(&format!(
            "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
             date_joined) VALUES ({id}, '!', FALSE, 'user-{id}', '', '', '', FALSE, {active}, '2026-01-01 00:00:00')"
        ))
        .unwrap();
    insert_key(connection, id, i64::MAX);
}

fn insert_key(connection: &mut DbConnection, id: i32, expires_ms: i64) {
    let row = format!("('key-{id}', 'script {id}', {expires_ms}, {id})");
    connection.batch_execute(&format!("INSERT INTO api_key VALUES {row}")).unwrap();
}

/// A connection of one client, whose requests all reach the same worker.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(BufReader::new(stream))
    }

    /// Returns the status, the challenge and the body.
    fn get(&mut self, authorization: Option<&str>) -> (u16, String, String) {
        let header = authorization.map_or_else(String::new, |value| format!("authorization: {value}\r\n"));
        let request = format!("GET /me/ HTTP/1.1\r\nhost: 127.0.0.1\r\n{header}\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = || {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        };
        let status = line().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut challenge, mut length) = (String::new(), 0);
        loop {
            let line = line();
            match line.split_once(": ") {
                Some(("www-authenticate", value)) => challenge = value.to_owned(),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (status, challenge, String::from_utf8(body).unwrap())
    }

    fn status(&mut self, id: i32) -> u16 {
        self.get(Some(&format!("Bearer key-{id}"))).0
    }
}

/// A served project on one database.
#[derive(Clone)]
struct Served {
    project: Arc<Project>,
    address: SocketAddr,
}

impl Served {
    fn connect(&self) -> DbConnection {
        self.project.database.connect().unwrap()
    }

    fn is_sqlite(&self) -> bool {
        self.project.database.settings().url.is_sqlite()
    }
}

/// Serves a project with two workers on each available database, and runs the test against it.
async fn on_each(with_app: bool, test: fn(&Served)) {
    let _counting = COUNTING.lock().await;
    #[cfg_attr(not(feature = "postgres"), expect(unused_mut, reason = "PostgreSQL's is added to it"))]
    let mut databases = vec![TestDatabase::sqlite()];
    #[cfg(feature = "postgres")]
    databases.extend(TestDatabase::postgres());
    for database in databases {
        let env = database.env().clone();
        let mut apps = apps![
            Auth::from_env(&env).unwrap(),
            RestFramework::from_env(&env).unwrap(),
            AuthToken::from_env(&env).unwrap()
        ];
        if with_app {
            apps.push(Box::new(Keys(TokenLookups::from_env(&env).unwrap())));
        }
        let project = Arc::new(Project::new(&env, apps, urlpatterns).unwrap());
        let mut connection = project.database.creating_file().connect().unwrap();
        project.apps.migrations().apply_all(&mut connection).unwrap();
        connection.batch_execute(ROWS).unwrap();
        (1..=5).for_each(|id| insert_user(&mut connection, id));
        let factory = {
            let project = Arc::clone(&project);
            move || application(&project)
        };
        let server = HttpServer::new(factory).workers(2).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let served = Served { project, address };
        let tested = web::block(move || test(&served)).await;
        handle.stop(false).await;
        tested.unwrap();
    }
}

#[actix_web::test]
async fn a_model_of_one_s_own_has_the_header_rules_and_the_messages() {
    for with_app in [true, false] {
        on_each(with_app, |served| {
            let mut client = Client::new(served.address);
            let spaces = "Invalid token header. Token string should not contain spaces.";
            for (header, status, body) in [
                (Some("Bearer key-1"), 200, "\"user-1 by script 1\""),
                (Some("bearer  key-2"), 200, "\"user-2 by script 2\""),
                (Some("Token key-1"), 401, "Authentication credentials were not provided."),
                (None, 401, "Authentication credentials were not provided."),
                (Some("Bearer"), 401, "Invalid token header. No credentials provided."),
                (Some("Bearer key-1 key-2"), 401, spaces),
                (Some("Bearer nobody's"), 401, "Invalid token."),
                (Some("Bearer key-5"), 401, "User inactive or deleted."),
            ] {
                // Twice, the second time from the cache.
                for _ in 0..2 {
                    let expected = match status {
                        200 => (200, String::new(), body.to_owned()),
                        _ => (status, "Bearer".to_owned(), format!("{{\"detail\":\"{body}\"}}")),
                    };
                    assert_eq!(client.get(header), expected, "{header:?}");
                }
            }
        })
        .await;
    }
}

#[actix_web::test]
async fn a_revoked_key_is_refused_by_the_next_request_despite_concurrent_writes() {
    on_each(true, |served| {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut connection = served.connect();
                let mut writes = 0;
                while !done.load(SeqCst) {
                    connection
                        .batch_execute("UPDATE notes SET content = content || 'x' WHERE id = 1")
                        .unwrap();
                    connection.batch_execute("UPDATE notes SET content = '' WHERE id = 1").unwrap();
                    writes += 1;
                    std::thread::sleep(Duration::from_millis(1));
                }
                writes
            });
            let clients: Vec<_> =
                (1..=4).map(|id| scope.spawn(move || revoke_and_restore(served, id))).collect();
            let finished: Vec<_> = clients.into_iter().map(|client| client.join()).collect();
            done.store(true, SeqCst);
            assert!(writer.join().unwrap() > 10);
            assert!(finished.iter().all(Result::is_ok));
        });
    })
    .await;
}

/// Two connections, probably of different workers, see each change at once.
fn revoke_and_restore(served: &Served, id: i32) {
    let mut clients = [Client::new(served.address), Client::new(served.address)];
    let mut connection = served.connect();
    let mut expect = |status: u16, after: &str| {
        for client in &mut clients {
            assert_eq!(client.status(id), status, "{id} after {after}");
        }
    };
    for round in 0..40 {
        for _ in 0..round % 3 {
            expect(200, "nothing");
        }
        let (revoke, restore) = match round % 3 {
            0 => ("DELETE FROM api_key WHERE user_id = {id}", None),
            1 => (
                "UPDATE auth_user SET is_active = FALSE WHERE id = {id}",
                Some("UPDATE auth_user SET is_active = TRUE WHERE id = {id}"),
            ),
            _ => (
                "UPDATE api_key SET secret = 'other-{id}' WHERE user_id = {id}",
                Some("UPDATE api_key SET secret = 'key-{id}' WHERE user_id = {id}"),
            ),
        };
        let mut execute =
            |sql: &str| connection.batch_execute(&sql.replace("{id}", &id.to_string())).unwrap();
        execute(revoke);
        expect(401, revoke);
        match restore {
            Some(restore) => execute(restore),
            None => insert_key(&mut connection, id, i64::MAX),
        }
        expect(200, "its restoration");
    }
}

#[actix_web::test]
async fn a_key_is_reused_until_a_commit_and_never_after_its_end() {
    on_each(true, |served| {
        let mut client = Client::new(served.address);
        let mut connection = served.connect();
        let queries = |client: &mut Client, expected: u16| {
            let before = QUERIES.load(SeqCst);
            (0..10).for_each(|_| assert_eq!(client.status(1), expected));
            QUERIES.load(SeqCst) - before
        };
        let at_most = if served.is_sqlite() { 1 } else { 10 };
        assert_eq!(queries(&mut client, 200), at_most);
        connection.batch_execute("UPDATE notes SET content = 'x' WHERE id = 1").unwrap();
        assert_eq!(queries(&mut client, 200), at_most);

        connection.batch_execute("DELETE FROM api_key WHERE user_id = 1").unwrap();
        let end = now_ms() + 1000;
        insert_key(&mut connection, 1, end);
        assert_eq!(client.status(1), 200);
        while now_ms() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let refused = (401, "Bearer".to_owned(), r#"{"detail":"Invalid token."}"#.to_owned());
        assert_eq!(client.get(Some("Bearer key-1")), refused);
    })
    .await;
}
