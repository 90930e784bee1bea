//! Users, their permissions and their sessions for tests. For the cargo feature `testing`, which only dev-dependencies
//! enable.
//!
//! ```
//! use vitamin_auth::Auth;
//! use vitamin_auth::testing::*;
//! use vitamin_framework::apps;
//! use vitamin_framework::project::Project;
//! use vitamin_framework::testing::*;
//!
//! let server = TestProject::new(&TestDatabase::sqlite(), |env| {
//!     Project::new(env, apps![Auth::from_env(env)?], Vec::new)
//! });
//! let pepe = server.create_user("Pepe", "secret");
//! server.add_permission(&pepe, "polls.add_vote");
//! assert!(pepe.has_perm(&mut server.connection(), "polls.add_vote").unwrap());
//! server.session(&pepe).get("/nothing/").assert_status(404);
//! ```

#![expect(clippy::expect_used, clippy::panic, reason = "a test panics if it cannot be arranged")]

use chrono::TimeDelta;
use diesel::prelude::*;

use super::schema::{
    auth_permission, auth_user, auth_user_user_permissions, django_content_type, django_session,
};
use super::session_data::{SessionData, session_auth_hash};
use super::sessions::SessionSettings;
use super::{User, UserModel};
use crate::passwords::PasswordSettings;
use vitamin_framework::crypto::get_random_string;
use vitamin_framework::database::{DatabaseError, DbConnection, now};
use vitamin_framework::middleware::HttpSettings;
use vitamin_framework::testing::{Client, TestEnvironment, TestServer};

/// The factories of users. In scope, they are methods of every [`TestEnvironment`].
pub trait AuthEnvironment: TestEnvironment {
    /// Creates an active user without permissions.
    ///
    /// The hash is of the project's preferred scheme, at the tests' low cost if that is bcrypt.
    #[track_caller]
    fn create_user(&self, username: &str, password: &str) -> User {
        let model = model(self);
        let created = User::get_or_create(
            &mut self.connection(),
            &model,
            &model.normalize(username),
            &encode(self, password),
        );
        let (user, is_new) = created.unwrap_or_else(|error| panic!("the user {username}: {error}"));
        assert!(is_new, "the user {username} exists already");
        user
    }

    /// Creates a superuser, who is also a member of the staff.
    #[track_caller]
    fn create_superuser(&self, username: &str, password: &str) -> User {
        let (model, encoded) = (model(self), encode(self, password));
        User::create_superuser(&mut self.connection(), &model, username, "", &encoded)
            .unwrap_or_else(|error| panic!("the user {username}: {error}"));
        self.user(&model.normalize(username)).expect("the user was just created")
    }

    /// Returns the user as it is in the database.
    #[track_caller]
    fn user(&self, username: &str) -> Option<User> {
        User::get_by_natural_key(&mut self.connection(), username)
            .unwrap_or_else(|error| panic!("the user {username}: {error}"))
    }

    /// Deactivates the user, as Django does instead of deleting it.
    #[track_caller]
    fn deactivate(&self, user: &User) {
        let query = diesel::update(auth_user::table.find(user.id)).set(auth_user::is_active.eq(false));
        assert_eq!(query.execute(&mut *self.connection()), Ok(1), "{user:?}");
    }

    /// Gives the user a permission, `app_label.codename`. Creates it if Django's `migrate` has not.
    #[track_caller]
    fn add_permission(&self, user: &User, permission: &str) {
        let Some((app_label, codename)) = permission.split_once('.') else {
            panic!("{permission:?} is not of the form \"app_label.codename\"")
        };
        let add = |connection: &mut DbConnection| {
            let permission_id = permission_id(connection, app_label, codename)?;
            let row = (
                auth_user_user_permissions::user_id.eq(user.id),
                auth_user_user_permissions::permission_id.eq(permission_id),
            );
            diesel::insert_into(auth_user_user_permissions::table).values(row).execute(connection)
        };
        add(&mut self.connection()).unwrap_or_else(|error| panic!("{permission} for {user:?}: {error}"));
    }

    /// Logs the user in as Django does, for two weeks. Returns the session's key, which is the cookie's value.
    #[track_caller]
    fn create_session(&self, user: &User) -> String {
        let settings = HttpSettings::from_env(self.env()).unwrap_or_else(|error| panic!("{error}"));
        let sessions = SessionSettings::from_env(self.env()).unwrap_or_else(|error| panic!("{error}"));
        let backends = sessions.authentication_backends;
        let keys = settings.signing_keys();
        let secret_key = keys.first().expect("sessions need a SECRET_KEY");
        let key = get_random_string(32);
        let create = |connection: &mut DbConnection| -> Result<usize, DatabaseError> {
            // The password may have been rehashed since.
            let password: String =
                auth_user::table.find(user.id).select(auth_user::password).get_result(connection)?;
            let mut session = SessionData::default();
            let backend = backends.first().map_or("", String::as_str);
            session.log_in(user.id, backend, &session_auth_hash(&password, secret_key));
            let row = (
                django_session::session_key.eq(&key),
                django_session::session_data.eq(session.encode(&keys).expect("there is a key")),
                django_session::expire_date.eq(now(connection)? + TimeDelta::weeks(2)),
            );
            Ok(diesel::insert_into(django_session::table).values(row).execute(connection)?)
        };
        create(&mut self.connection()).unwrap_or_else(|error| panic!("a session of {user:?}: {error}"));
        key
    }
}

impl<T: TestEnvironment + ?Sized> AuthEnvironment for T {}

/// The clients of users. In scope, they are methods of every [`TestServer`].
pub trait AuthServer: TestServer {
    /// A client with a new session of this user, as a browser after the login: it sends the session's cookie, and the CSRF
    /// token with every request that may change something.
    #[track_caller]
    fn session(&self, user: &User) -> Client {
        let settings = HttpSettings::from_env(self.env()).unwrap_or_else(|error| panic!("{error}"));
        let (session, csrf) = (&settings.session_cookie_name, &settings.csrf);
        let secret = get_random_string(32);
        let cookies = format!("{session}={}; {}={secret}", self.create_session(user), csrf.cookie_name);
        self.anonymous().header("cookie", cookies).unsafe_header(csrf.header_name.as_str(), secret)
    }
}

impl<T: TestServer + ?Sized> AuthServer for T {}

fn model(environment: &(impl TestEnvironment + ?Sized)) -> UserModel {
    UserModel::from_env(environment.env()).unwrap_or_else(|error| panic!("{error}"))
}

fn encode(environment: &(impl TestEnvironment + ?Sized), password: &str) -> String {
    let settings = PasswordSettings::from_env(environment.env()).unwrap_or_else(|error| panic!("{error}"));
    settings.hashers.make_password(Some(password)).unwrap_or_else(|error| panic!("{error}"))
}

/// Finds the permission, or creates it with a content type of its own.
fn permission_id(connection: &mut DbConnection, app_label: &str, codename: &str) -> QueryResult<i32> {
    let known = auth_permission::table
        .inner_join(django_content_type::table)
        .filter(django_content_type::app_label.eq(app_label))
        .filter(auth_permission::codename.eq(codename))
        .select(auth_permission::id);
    if let Some(id) = known.get_result(connection).optional()? {
        return Ok(id);
    }
    // Django's codenames are `add_vote`: the model's name follows the action.
    let model = codename.split_once('_').map_or(codename, |(_, model)| model);
    let content_type = django_content_type::table
        .filter(django_content_type::app_label.eq(app_label))
        .filter(django_content_type::model.eq(model))
        .select(django_content_type::id);
    let content_type_id = match content_type.get_result(connection).optional()? {
        Some(id) => id,
        None => {
            let row = (django_content_type::app_label.eq(app_label), django_content_type::model.eq(model));
            diesel::insert_into(django_content_type::table).values(row).execute(connection)?;
            content_type.get_result::<i32>(connection)?
        }
    };
    let row = (
        auth_permission::content_type_id.eq(content_type_id),
        auth_permission::codename.eq(codename),
        auth_permission::name.eq(codename),
    );
    diesel::insert_into(auth_permission::table).values(row).execute(connection)?;
    known.get_result(connection)
}
