//! The model of a token (`TokenAuthentication.model`): another table, with the same header rules, messages and cache.
//!
//! ```
//! use diesel::prelude::*;
//! use vitamin_auth::models::User;
//! use vitamin_auth::schema::auth_user;
//! use vitamin_authtoken::{TokenAuthentication, TokenModel};
//! use vitamin_framework::database::{DatabaseError, DbConnection, UserId};
//! use vitamin_rest_framework::classes;
//! use vitamin_rest_framework::views::APIView;
//!
//! diesel::table! {
//!     api_key (key) {
//!         key -> Text,
//!         name -> Text,
//!         user_id -> vitamin_framework::database::UserKey,
//!     }
//! }
//! diesel::joinable!(api_key -> auth_user (user_id));
//! impl diesel::query_source::TableNotEqual<auth_user::table> for api_key::table {}
//! impl diesel::query_source::TableNotEqual<api_key::table> for auth_user::table {}
//!
//! #[derive(Clone, Queryable, Selectable)]
//! #[diesel(table_name = api_key)]
//! struct ApiKey {
//!     key: String,
//!     name: String,
//!     user_id: UserId,
//! }
//!
//! impl TokenModel for ApiKey {
//!     fn find(connection: &mut DbConnection, key: &str) -> Result<Option<(Self, User)>, DatabaseError> {
//!         let query = api_key::table.inner_join(auth_user::table).filter(api_key::key.eq(key));
//!         Ok(query.select((Self::as_select(), User::as_select())).first(connection).optional()?)
//!     }
//! }
//!
//! fn view() -> APIView {
//!     APIView::new("ReportView").authentication_classes(classes![TokenAuthentication::<ApiKey>::with_keyword("Bearer")])
//! }
//! ```

#[cfg(feature = "postgres")]
use std::sync::Arc;

use actix_web::web::ServiceConfig;

use super::TOKEN_CACHE_SIZE;
#[cfg(feature = "postgres")]
use super::lookup::SharedBatches;
use super::lookup::{Places, TokenLookup};
use super::models::Token;
use vitamin_auth::models::User;
use vitamin_framework::conf::{Env, ImproperlyConfigured};
#[cfg(feature = "postgres")]
use vitamin_framework::database::Database;
use vitamin_framework::database::{DatabaseError, DbConnection};

/// Tokens, each with its key and its user.
pub type FoundTokens<M> = Result<Vec<(String, M, User)>, DatabaseError>;

/// A token's row. [`TokenAuthentication<M>`](super::TokenAuthentication) finds it by the key in the header; a handler
/// receives it as `Auth<M>`.
///
/// A row is reused for later requests if the project caches this model ([`TokenLookups`]). The cache is exact: on
/// SQLite every commit, of any program, ends the use of all its entries; on PostgreSQL nothing is reused, but one
/// query answers all requests that arrived before it started.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a token model",
    label = "`TokenAuthentication` cannot find a `{Self}` by its key",
    note = "implement `TokenModel` for it: one method, `find`, which returns the token of a key with its user"
)]
pub trait TokenModel: Clone + Send + 'static {
    /// Returns the token of this key with its user, active or not; `None` for an unknown key. The key is as the client
    /// sent it.
    ///
    /// It only reads: on SQLite the connection refuses to write. The result must depend on nothing but the key and the
    /// database, because it is reused until the database changes. For an end by time, see
    /// [`has_expired`](Self::has_expired).
    ///
    /// # Errors
    /// The query fails.
    fn find(connection: &mut DbConnection, key: &str) -> Result<Option<(Self, User)>, DatabaseError>;

    /// Returns the tokens that exist among different keys, each with its key and its user. Called on PostgreSQL only.
    ///
    /// By default it calls [`find`](Self::find) for each key; one query with `eq_any` is faster under load.
    ///
    /// # Errors
    /// A query fails. The keys are then tried in smaller groups, so that no client's key affects another's.
    fn find_many(connection: &mut DbConnection, keys: &[&str]) -> FoundTokens<Self> {
        let find = |key: &&str| {
            let found = Self::find(connection, key).transpose()?;
            Some(found.map(|(token, user)| ((*key).to_owned(), token, user)))
        };
        keys.iter().filter_map(find).collect()
    }

    /// [`find_many`](Self::find_many) on the worker's own connection. `None` if it is not possible now, or for this model.
    #[cfg(feature = "postgres")]
    #[doc(hidden)]
    fn find_many_pipelined(
        _database: &Database,
        _keys: &[String],
    ) -> impl Future<Output = Option<FoundTokens<Self>>> {
        std::future::ready(None)
    }

    /// Whether the token's time is over. It is then refused as `Invalid token.` Called for every request, also if the
    /// token is reused.
    fn has_expired(&self) -> bool {
        false
    }

    /// Returns the key that finds this token, if the row has it in clear. It saves the cache a copy.
    fn key(&self) -> Option<&str> {
        None
    }

    /// The token, if it is Django REST framework's: `TOKEN_AGE` and `TOKEN_IDLE_AGE` apply to it.
    #[doc(hidden)]
    fn as_token(&self) -> Option<&Token> {
        None
    }

    /// How SQLite tells where the rows are, so that only commits to these places end their use. Only this crate can
    /// make one: whatever [`find`](Self::find) reads would have to be covered.
    #[doc(hidden)]
    fn places() -> Option<Places<Self>> {
        None
    }
}

/// The cache of a token model of one's own, shared by all workers. The model's app holds it and registers it for each
/// worker; without it every request queries the database.
///
/// ```
/// use actix_web::web::ServiceConfig;
/// use vitamin_authtoken::{TokenLookups, TokenModel};
/// use vitamin_framework::app::App;
/// use vitamin_framework::conf::{Env, ImproperlyConfigured};
///
/// struct Accounts<ApiKey: TokenModel> {
///     api_keys: TokenLookups<ApiKey>,
/// }
///
/// impl<ApiKey: TokenModel> Accounts<ApiKey> {
///     fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
///         Ok(Self { api_keys: TokenLookups::from_env(env)? })
///     }
/// }
///
/// impl<ApiKey: TokenModel> App for Accounts<ApiKey> {
///     fn label(&self) -> &'static str {
///         "accounts"
///     }
///
///     fn configure(&self, config: &mut ServiceConfig) {
///         self.api_keys.configure(config);
///     }
/// }
/// ```
pub struct TokenLookups<M: TokenModel = Token> {
    /// The maximum number of tokens that each worker caches; 0 disables the cache.
    cache_size: usize,
    #[cfg(feature = "postgres")]
    batches: Arc<SharedBatches<M>>,
    #[cfg(not(feature = "postgres"))]
    model: std::marker::PhantomData<fn() -> M>,
}

impl<M: TokenModel> TokenLookups<M> {
    /// Caches as many tokens as `TOKEN_CACHE_SIZE` says.
    ///
    /// # Errors
    /// The variable is not a number.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        env.parse("TOKEN_CACHE_SIZE", TOKEN_CACHE_SIZE).map(Self::new)
    }

    /// Caches at most this many tokens in each worker.
    #[must_use]
    pub fn new(cache_size: usize) -> Self {
        Self {
            cache_size,
            #[cfg(feature = "postgres")]
            batches: Arc::default(),
            #[cfg(not(feature = "postgres"))]
            model: std::marker::PhantomData,
        }
    }

    /// Adds a worker's lookup to its app data. Call it in [`App::configure`](vitamin_framework::app::App::configure).
    pub fn configure(&self, config: &mut ServiceConfig) {
        config.app_data(self.lookup());
    }

    #[cfg(feature = "postgres")]
    pub(super) const fn cache_size(&self) -> usize {
        self.cache_size
    }

    /// Creates a worker's lookup.
    pub(super) fn lookup(&self) -> TokenLookup<M> {
        let lookup = TokenLookup::new(self.cache_size);
        #[cfg(feature = "postgres")]
        let lookup = lookup.with_batches(&self.batches);
        lookup
    }
}

#[cfg(test)]
mod tests;
