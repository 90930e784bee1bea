//! What revokes tokens, and what the audit stream says of it: `revoke_tokens`, `PASSWORD_CHANGE_REVOKES_TOKENS`.

use insta::assert_snapshot;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::{AuthToken, TokenAuthentication};
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::project::Project;
use vitamin::rest_framework::permissions::IsAdminUser;
use vitamin::rest_framework::response::Response;
use vitamin::rest_framework::views::APIView;
use vitamin::rest_framework::{RestFramework, classes};
use vitamin::testing::TestProject;
use vitamin::urls::{Pattern, path};

use crate::support::*;

database_tests!(
    revoke_tokens_revokes_those_of_the_named_users,
    revoke_tokens_revokes_all,
    a_change_of_the_password_revokes_tokens_if_set,
    a_403_is_in_the_audit_stream,
);

/// A database whose programs write an audit stream.
struct Audited<'a>(&'a TestDatabase);

impl Audited<'_> {
    fn env(&self, command: ManageCommand) -> ManageCommand {
        command.env("AUDIT_LOG", self.0.work_dir().join("audit.jsonl").to_str().unwrap())
    }

    fn manage(&self, arguments: &[&str]) -> ManageCommand {
        self.env(self.0.manage(arguments))
    }

    /// Each event with its user's name, and whether it has a user's key.
    fn events(&self) -> String {
        let text = std::fs::read_to_string(self.0.work_dir().join("audit.jsonl")).unwrap_or_default();
        let event = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let known = self.0.user(&text("username")).map(|user| user.id.to_string());
            assert_eq!(event.get("user_id").map(ToString::to_string), known, "{line}");
            format!("{} {} {}", text("event"), text("username"), text("address")).trim_end().to_owned()
        };
        text.lines().map(event).collect::<Vec<_>>().join("\n")
    }
}

fn is_valid(server: &LiveServer, key: &str) -> bool {
    server.token(key).get("/auth/").status == 200
}

fn revoke_tokens_revokes_those_of_the_named_users(database: &TestDatabase) {
    database.migrate();
    for name in ["Pepe", "Ann", "Bob", "None"] {
        database.create_user(name, "aaaa");
    }
    let keys = ["Pepe", "Ann", "Bob"].map(|name| database.token(name));
    let server = database.serve();
    assert!(keys.iter().all(|key| is_valid(&server, key)));
    let audited = Audited(database);
    let revoke = |names: &[&str]| audited.manage(&[&["revoke_tokens"], names].concat()).run();
    assert_snapshot!(revoke(&["Pepe", "nobody"]).report(), @"
    exit 1
    -- stdout
    -- stderr
    CommandError: Cannot revoke the token: user nobody does not exist
    ");
    assert!(keys.iter().all(|key| is_valid(&server, key)), "all or none");
    assert_snapshot!(revoke(&["Pepe", "None", "Ann", "Pepe"]).expect_success(), @"
    Revoked the token of user Pepe
    User None has no token
    Revoked the token of user Ann
    ");
    assert_eq!(keys.each_ref().map(|key| is_valid(&server, key)), [false, false, true]);
    assert_snapshot!(audited.events(), @"
    token_revoked Pepe
    token_revoked Ann
    ");
    assert_eq!(revoke(&[]).code, Some(2));
    assert_eq!(revoke(&["--all", "Bob"]).code, Some(2));
    assert!(is_valid(&server, &keys[2]));
}

fn revoke_tokens_revokes_all(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa").create_user("Ann", "aaaa");
    let keys = ["Pepe", "Ann"].map(|name| database.token(name));
    let server = database.serve();
    assert!(keys.iter().all(|key| is_valid(&server, key)));
    let audited = Audited(database);
    let revoke = || audited.manage(&["revoke_tokens", "--all"]).run().expect_success();
    assert_eq!(revoke(), "Revoked 2 tokens\n");
    assert_eq!(keys.each_ref().map(|key| is_valid(&server, key)), [false, false]);
    let mut events: Vec<String> = audited.events().lines().map(str::to_owned).collect();
    events.sort_unstable();
    assert_eq!(events, ["token_revoked Ann", "token_revoked Pepe"]);
    assert_eq!(revoke(), "Revoked 0 tokens\n");
    database.token("Ann");
    assert_eq!(revoke(), "Revoked 1 token\n");
}

fn a_change_of_the_password_revokes_tokens_if_set(database: &TestDatabase) {
    database.migrate().create_user("Pepe", "aaaa").create_user("Ann", "aaaa");
    let [key, other] = ["Pepe", "Ann"].map(|name| database.token(name));
    let server = database.serve();
    let audited = Audited(database);
    let change = |revokes: &str, password: &str| {
        let command = audited.manage(&["changepassword", "Pepe"]);
        let command = command.env("PASSWORD_CHANGE_REVOKES_TOKENS", revokes);
        command.run_with_input(&format!("{password}\n{password}\n")).expect_success();
    };
    change("false", "first-passw0rd");
    assert!(is_valid(&server, &key), "as in Django REST framework");
    change("true", "sec0nd-password");
    assert!(!is_valid(&server, &key) && is_valid(&server, &other));
    // Without a token there is nothing to revoke.
    change("true", "th1rd-password");
    assert_snapshot!(audited.events(), @"
    password_changed Pepe
    password_changed Pepe
    token_revoked Pepe
    password_changed Pepe
    ");
    // The same password hashed again is no change.
    let key = database.token("Pepe");
    let server = audited.env(database.runserver()).env("PASSWORD_CHANGE_REVOKES_TOKENS", "true");
    let server = server.env("BCRYPT_ROUNDS", "5").serve();
    let before = database.user("Pepe").unwrap().password;
    assert_eq!(server.anonymous().post("/", "user=Pepe&password=th1rd-password").key(), key);
    assert_ne!(database.user("Pepe").unwrap().password, before, "it is hashed again");
    assert!(is_valid(&server, &key));
    assert!(audited.events().ends_with("\nlogin Pepe 127.0.0.1"), "{}", audited.events());
}

fn urlpatterns() -> Vec<Pattern> {
    let view = APIView::new("AdminView").authentication_classes(classes![TokenAuthentication::new()]);
    vec![path("", view.permission_classes(classes![IsAdminUser]).get(async || Response::new("yes")))]
}

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let apps = apps![Auth::from_env(env)?, RestFramework::from_env(env)?, AuthToken::from_env(env)?];
    Project::new(env, apps, urlpatterns)
}

fn a_403_is_in_the_audit_stream(database: &TestDatabase) {
    use vitamin::auth::testing::AuthEnvironment as _;

    let path = database.work_dir().join("audit.jsonl");
    let project = TestProject::with_settings(database, project, &[("AUDIT_LOG", path.to_str().unwrap())]);
    let [ann, boss] = [project.create_user("Ann", "aaaa"), project.create_superuser("Boss", "aaaa")];
    for (client, status) in
        [(project.anonymous(), 401), (project.token(&boss), 200), (project.token(&ann), 403)]
    {
        assert_eq!(client.get("/").status, status);
    }
    assert_eq!(Audited(database).events(), "permission_denied Ann 127.0.0.1");
}
