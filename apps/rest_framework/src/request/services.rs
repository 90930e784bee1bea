//! The services of the project that a request uses.

use actix_web::web::Data as AppData;

use super::Request;
use crate::exceptions::APIException;
use vitamin_framework::cache::Cache;
use vitamin_framework::database::Database;

impl Request {
    /// The database.
    ///
    /// # Errors
    /// 500: the application has none.
    pub fn database(&self) -> Result<&Database, APIException> {
        let database = self.http.app_data::<AppData<Database>>();
        database
            .map(|data| data.get_ref())
            .ok_or_else(|| APIException::server_error("there is no database in the app data"))
    }

    /// The cache.
    ///
    /// # Errors
    /// 500: the application has none.
    pub fn cache(&self) -> Result<&Cache, APIException> {
        let cache = self.http.app_data::<AppData<Cache>>();
        cache
            .map(|data| data.get_ref())
            .ok_or_else(|| APIException::server_error("there is no cache in the app data"))
    }
}
