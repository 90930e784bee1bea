//! Token authentication (`rest_framework.authtoken`): one token a user, sent as `Authorization: Token <key>`.

pub mod authentication;
mod deletion;
mod diagnosis;
mod issuing;
pub mod keys;
pub mod lookup;
mod management;
pub mod models;
#[expect(missing_docs, reason = "written by diesel; the models document the columns")]
pub mod schema;
pub mod serializers;
pub mod settings;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod token_model;
mod uses;
pub mod views;

use std::str::FromStr;
#[cfg(feature = "postgres")]
use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

pub use self::authentication::TokenAuthentication;
use self::lookup::LookupCounts;
pub use self::lookup::TokenLookup;
#[cfg(feature = "postgres")]
use self::lookup::bounded::RevocationFeed;
pub use self::models::Token;
pub use self::settings::TokenSettings;
pub use self::token_model::{FoundTokens, TokenLookups, TokenModel};
use vitamin_auth::UserModel;
use vitamin_auth::user_model::identifier;
use vitamin_framework::app::App;
use vitamin_framework::audit::Event;
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::conf::{Env, ImproperlyConfigured, Setting};
#[cfg(feature = "postgres")]
use vitamin_framework::database::Database;
use vitamin_framework::database::migrations::{AppMigrations, migrations};
use vitamin_framework::database::needs::NeededTable;
use vitamin_framework::database::{DatabaseError, DbConnection, Names, UserId};
use vitamin_framework::deletion::UserRelation;
use vitamin_framework::diagnosis::Examination;
use vitamin_framework::management::Command;
use vitamin_framework::metrics::{PerWorker, Snapshot};

/// The settings that this module reads.
const SETTINGS: &[Setting] = &[
    Setting::new("TOKEN_DB_TABLE", "The table of tokens, if a model of your own holds them.")
        .default("authtoken_token")
        .public(),
    Setting::new(
        "TOKEN_CACHE",
        "`exact`: a revoked token is refused at the next request. `bounded`: on PostgreSQL, tokens are \
         cached until a notification reports a change, 40 ms later at most.",
    )
    .default("exact")
    .public(),
    Setting::new(
        "TOKEN_CACHE_SIZE",
        "Tokens that each worker caches: on SQLite, and on PostgreSQL with `TOKEN_CACHE=bounded`. `0` \
         disables the cache.",
    )
    .default("10000")
    .public(),
];

/// The default number of tokens that a worker caches: some 8 MB with their users, if all are in use.
const TOKEN_CACHE_SIZE: usize = 10_000;

const TABLE: &str = "authtoken_token";
/// When a cached token may be used (`TOKEN_CACHE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenCache {
    /// Only while it certainly is not revoked: on SQLite until a commit touches its rows, on PostgreSQL never.
    #[default]
    Exact,
    /// On PostgreSQL until its revocation is received, some milliseconds later. SQLite stays exact.
    Bounded,
}

impl FromStr for TokenCache {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value.to_ascii_lowercase().as_str() {
            "exact" => Ok(Self::Exact),
            "bounded" => Ok(Self::Bounded),
            _ => Err("it is neither exact nor bounded"),
        }
    }
}

/// The app.
pub struct AuthToken {
    cache: TokenCache,
    lookups: TokenLookups,
    lookup_counts: PerWorker<LookupCounts>,
    tokens: TokenSettings,
    /// `TOKEN_DB_TABLE`, if set.
    db_table: Option<String>,
    user_model: UserModel,
    #[cfg(feature = "postgres")]
    revocation_feed: Arc<RevocationFeed>,
}

impl AuthToken {
    /// Creates the app with the environment's settings.
    ///
    /// A variable has an unusable value.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            cache: env.parse("TOKEN_CACHE", TokenCache::default())?,
            lookups: TokenLookups::from_env(env)?,
            lookup_counts: PerWorker::default(),
            tokens: TokenSettings::from_env(env)?,
            db_table: identifier("TOKEN_DB_TABLE", env.text("TOKEN_DB_TABLE"))?,
            user_model: UserModel::from_env(env)?,
            #[cfg(feature = "postgres")]
            revocation_feed: Arc::default(),
        })
    }
}

impl App for AuthToken {
    fn label(&self) -> &'static str {
        "authtoken"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        let counts = self.lookup_counts.add(LookupCounts::default());
        let lookup = self.lookups.lookup().counted(counts).with_settings(&self.tokens);
        #[cfg(feature = "postgres")]
        let lookup = match self.cache {
            TokenCache::Exact => lookup,
            TokenCache::Bounded => {
                lookup.with_bounded_cache(self.revocation_feed.cache(self.lookups.cache_size()))
            }
        };
        config.app_data(lookup).app_data(Data::new(self.tokens.clone()));
    }

    #[cfg(feature = "postgres")]
    fn ready(&self, database: &Database) {
        let is_sqlite = database.settings().url.is_sqlite();
        if self.cache == TokenCache::Bounded && !is_sqlite && self.lookups.cache_size() > 0 {
            self.revocation_feed.listen(database);
        }
    }

    fn metrics(&self, metrics: &mut Snapshot) {
        LookupCounts::collect(&self.lookup_counts, metrics);
    }

    fn settings(&self) -> Vec<Setting> {
        [SETTINGS, settings::SETTINGS].concat()
    }

    fn checks(&self, deploy: bool) -> Vec<CheckMessage> {
        if !deploy || self.tokens.has_age() {
            return Vec::new();
        }
        let message =
            "Tokens never end, so that one which was stolen or forgotten works until somebody deletes it.";
        vec![
            CheckMessage::warning("vitamin.W027", message)
                .hint("Set TOKEN_AGE or TOKEN_IDLE_AGE (docs/security.md)."),
        ]
    }

    fn commands(&self) -> Vec<Box<dyn Command>> {
        vec![
            Box::new(management::DrfCreateToken { settings: self.tokens.clone() }),
            Box::new(management::InstallTokenTriggers),
            Box::new(management::RevokeTokens),
        ]
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        let mut migrations = vec![migrations!()];
        if self.tokens.records_uses() {
            // Another label: Django never makes this table.
            migrations.push(migrations!("migrations/token_use").label("vitamin_token_use"));
        }
        migrations
    }

    fn names(&self, names: &mut Names) {
        if let Some(table) = &self.db_table {
            names.rename_table(TABLE, table);
        }
    }

    fn left_to_django(&self) -> Option<&'static str> {
        // The app's migration creates a table whose rows refer to `auth_user`.
        let own = self.db_table.as_ref().filter(|table| *table != TABLE);
        own.map(|_| "TOKEN_DB_TABLE").or(self.user_model.left_to_django())
    }

    fn tables(&self) -> Vec<NeededTable> {
        diagnosis::tables(self.tokens.records_uses())
    }

    fn diagnose(&self, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
        diagnosis::diagnose(examination, self.cache)
    }

    fn related_to_user(&self) -> Vec<UserRelation> {
        deletion::related_to_user()
    }

    fn password_changed(
        &self,
        connection: &mut DbConnection,
        user_id: UserId,
    ) -> Result<Vec<Event>, DatabaseError> {
        let is_revoked = self.tokens.password_change_revokes && Token::delete_of_user(connection, user_id)?;
        Ok(is_revoked.then_some(Event::TokenRevoked).into_iter().collect())
    }
}
