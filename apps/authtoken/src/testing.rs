//! Tokens for tests. For the cargo feature `testing`, which only dev-dependencies enable.

#![expect(clippy::panic, reason = "a test panics if it cannot be arranged")]

use super::{Token, TokenSettings};
use vitamin_auth::User;
use vitamin_framework::testing::{Client, TestEnvironment, TestServer};

/// The factory of tokens. In scope, it is a method of every [`TestEnvironment`].
pub trait TokenEnvironment: TestEnvironment {
    /// Returns the user's token. Creates it if the user has none.
    #[track_caller]
    fn create_token(&self, user: &User) -> Token {
        let settings = TokenSettings::from_env(self.env()).unwrap_or_else(|error| panic!("{error}"));
        let token = Token::get_or_create(&mut self.connection(), &settings, user.id);
        token.unwrap_or_else(|error| panic!("the token of {user:?}: {error}")).0
    }
}

impl<T: TestEnvironment + ?Sized> TokenEnvironment for T {}

/// The clients with a token. In scope, they are methods of every [`TestServer`].
pub trait TokenServer: TestServer + Sized {
    /// A client that sends `Authorization: Token <key>` with every request: the key of this [`User`] (who gets a token if
    /// there is none), of this [`Token`], or this key itself.
    #[track_caller]
    fn token(&self, token: impl TokenKey) -> Client {
        self.anonymous().header("authorization", format!("Token {}", token.key(self)))
    }
}

impl<T: TestServer> TokenServer for T {}

/// What [`TokenServer::token`] takes.
pub trait TokenKey {
    /// Returns the token's key.
    fn key(&self, environment: &impl TestEnvironment) -> String;
}

impl TokenKey for &User {
    fn key(&self, environment: &impl TestEnvironment) -> String {
        environment.create_token(self).key
    }
}

impl TokenKey for &Token {
    fn key(&self, _: &impl TestEnvironment) -> String {
        self.key.clone()
    }
}

impl TokenKey for &str {
    fn key(&self, _: &impl TestEnvironment) -> String {
        (*self).to_owned()
    }
}

impl TokenKey for &String {
    fn key(&self, _: &impl TestEnvironment) -> String {
        (*self).clone()
    }
}
