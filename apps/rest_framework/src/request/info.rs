//! What other threads may know of a request: a request itself stays on its worker's thread.

use std::str::FromStr;

use actix_web::http::Method;
use actix_web::web::Data as AppData;

use super::Request;
use crate::exceptions::APIException;
use vitamin_auth::models::User;
use vitamin_framework::app::Apps;
use vitamin_framework::database::{Database, KeyType};
use vitamin_framework::http::ScriptName;
use vitamin_framework::middleware::Site;
use vitamin_framework::models::{ColumnKind, Models};
use vitamin_framework::timezone::TimeZone;
use vitamin_framework::urls::ResolverMatch;

/// A copy of the parts of a request that validation and database work need.
#[derive(Clone)]
pub struct RequestInfo {
    user: Option<User>,
    method: Method,
    query_string: String,
    path_params: Vec<(String, String)>,
    time_zone: TimeZone,
    /// `None` for a view without a project.
    apps: Option<AppData<Apps>>,
    /// `None` for a view without a project.
    site: Option<AppData<Site>>,
    /// The namespace of the patterns for the request's version.
    view_namespace: Option<String>,
    /// The type of users' keys.
    user_keys: KeyType,
    /// The error of a request without a user.
    refusal: APIException,
}

impl RequestInfo {
    /// The user, or `None` if the request is anonymous.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The user.
    ///
    /// # Errors
    /// 401, or 403 if the view's first authentication class has no challenge: the request is anonymous.
    pub fn authenticated(&self) -> Result<&User, APIException> {
        self.user.as_ref().ok_or_else(|| self.refusal.clone())
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The query string, without the question mark.
    #[must_use]
    pub fn query_string(&self) -> &str {
        &self.query_string
    }

    /// A parameter of the path.
    ///
    /// # Errors
    /// 404: there is no such parameter, or it is not a `V`.
    pub fn path_param<V: FromStr>(&self, name: &str) -> Result<V, APIException> {
        let found = self.path_params.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.parse().ok()).ok_or_else(APIException::not_found)
    }

    /// The project's time zone.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The pattern that a path matches, and whether it is the one of this name, for the request's version. `None` if no
    /// pattern matches.
    pub(crate) fn resolve(&self, path: &str, view_name: &str) -> Option<(ResolverMatch, bool)> {
        let found = self.site.as_ref()?.resolver.resolve(path)?;
        let name = found.view_name.as_deref();
        let is_it = match &self.view_namespace {
            None => name == Some(view_name),
            Some(namespace) => {
                name.and_then(|name| name.strip_prefix(namespace)?.strip_prefix(':')) == Some(view_name)
            }
        };
        Some((found, is_it))
    }

    /// How a column's values are stored in this project: users' keys have the type of its user model.
    #[must_use]
    pub const fn kind_of(&self, kind: ColumnKind) -> ColumnKind {
        kind.with_user_keys(self.user_keys)
    }

    /// `FORCE_SCRIPT_NAME`.
    pub(crate) fn script_name(&self) -> Option<&ScriptName> {
        self.site.as_ref().map(|site| &site.settings.script_name)
    }

    /// The models of the installed apps.
    #[must_use]
    pub fn models(&self) -> Models<'_> {
        Models(self.apps().map_or(&[], Apps::model_list))
    }

    /// The installed apps. `None` for a view without a project.
    #[must_use]
    pub fn apps(&self) -> Option<&Apps> {
        self.apps.as_deref().map(|apps| &**apps)
    }
}

impl Request {
    /// What other threads may know, copied once.
    #[must_use]
    pub fn info(&self) -> &RequestInfo {
        self.state.lazy().info.get_or_init(|| self.copy())
    }

    fn copy(&self) -> RequestInfo {
        RequestInfo {
            user: self.user().cloned(),
            method: self.client_method().clone(),
            query_string: self.query_string().to_owned(),
            path_params: self
                .match_info()
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            time_zone: self.time_zone().clone(),
            site: self.http.app_data::<AppData<Site>>().cloned(),
            view_namespace: self.view().view_namespace.as_ref().and_then(|namespace| namespace(self)),
            apps: self.app_data::<AppData<Apps>>().cloned(),
            user_keys: self
                .app_data::<AppData<Database>>()
                .map(|database| database.settings().names.key_type())
                .unwrap_or_default(),
            refusal: self.permission_denied(None, None),
        }
    }

    /// The user.
    ///
    /// # Errors
    /// 401, or 403 if the view's first authentication class has no challenge: the request is anonymous.
    pub fn authenticated(&self) -> Result<&User, APIException> {
        self.user().ok_or_else(|| self.permission_denied(None, None))
    }
}
