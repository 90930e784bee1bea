//! Token authentication (`rest_framework.authtoken`): one token a user, sent as `Authorization: Token <key>`.

pub mod authentication;
#[cfg(feature = "postgres")]
mod batches;
mod cache;
mod deletion;
mod diagnosis;
pub mod lookup;
mod management;
pub mod models;
pub mod serializers;
pub mod views;

use actix_web::web::ServiceConfig;

pub use self::authentication::TokenAuthentication;
pub use self::lookup::TokenLookup;
pub use self::models::Token;
use crate::apps::auth::user_model::identifier;
use crate::apps::auth::{UserId, UserModel};
use crate::framework::app::App;
use crate::framework::conf::{Env, ImproperlyConfigured};
use crate::framework::database::needs::NeededTable;
use crate::framework::database::{DatabaseError, DbConnection, Names};
use crate::framework::diagnosis::Examination;
use crate::framework::management::Command;

/// The tokens that a worker keeps by default: with their users some 8 MB, when all of them are in use.
const TOKEN_CACHE_SIZE: usize = 10_000;

const TABLE: &str = "authtoken_token";

/// The app.
pub struct AuthToken {
    /// SQLite only: how many tokens each worker keeps at most, to use them again while nobody commits; 0 for none
    /// (`TOKEN_CACHE_SIZE`).
    cache_size: usize,
    /// `TOKEN_DB_TABLE`, where it is set.
    db_table: Option<String>,
    user_model: UserModel,
    #[cfg(feature = "postgres")]
    batches: std::sync::Arc<batches::SharedBatches>,
}

impl AuthToken {
    /// The app with the settings of the environment.
    ///
    /// # Errors
    /// A variable that can't be used.
    pub fn from_env(env: &Env) -> Result<Self, ImproperlyConfigured> {
        Ok(Self {
            cache_size: env.parse("TOKEN_CACHE_SIZE", TOKEN_CACHE_SIZE)?,
            db_table: identifier("TOKEN_DB_TABLE", env.get("TOKEN_DB_TABLE"))?,
            user_model: UserModel::from_env(env)?,
            #[cfg(feature = "postgres")]
            batches: std::sync::Arc::default(),
        })
    }
}

impl App for AuthToken {
    fn label(&self) -> &'static str {
        "authtoken"
    }

    fn configure(&self, config: &mut ServiceConfig) {
        #[cfg(feature = "postgres")]
        config.app_data(TokenLookup::sharing(self.cache_size, &self.batches));
        #[cfg(not(feature = "postgres"))]
        config.app_data(TokenLookup::new(self.cache_size));
    }

    fn commands(&self) -> Vec<Box<dyn Command>> {
        vec![Box::new(management::DrfCreateToken)]
    }

    fn names(&self, names: &mut Names) {
        if let Some(table) = &self.db_table {
            names.rename_table(TABLE, table);
        }
    }

    fn left_to_django(&self) -> Option<&'static str> {
        // The app's migration makes a table whose rows belong to `auth_user`.
        let own = self.db_table.as_ref().filter(|table| *table != TABLE);
        own.map(|_| "TOKEN_DB_TABLE").or(self.user_model.left_to_django())
    }

    fn tables(&self) -> Vec<NeededTable> {
        diagnosis::tables()
    }

    fn diagnose(&self, examination: &mut Examination<'_>) -> Result<(), DatabaseError> {
        diagnosis::diagnose(examination)
    }

    fn delete_user(&self, connection: &mut DbConnection, user_id: UserId) -> Result<(), DatabaseError> {
        deletion::delete_related(connection, user_id)
    }
}
