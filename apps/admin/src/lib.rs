//! The admin (`django.contrib.admin`): pages for staff to list, search, add, change and delete the rows of models, by the
//! model permissions in the database.
//!
//! An app registers a model by its serializer, in its `admin.rs`:
//!
//! ```
//! use vitamin_admin::{AdminSite, ModelAdmin};
//! use vitamin_rest_framework::prelude::*;
//!
//! # diesel::table! { polls_poll (id) { id -> BigInt, title -> Text, closed -> Bool, } }
//! #[derive(Model)]
//! #[model(table = polls_poll, ordering("-id"))]
//! # #[model(crate = vitamin_framework)]
//! pub struct Poll {
//!     id: i64,
//!     #[model(max_length = 100)]
//!     title: String,
//!     #[model(default = false)]
//!     closed: bool,
//! }
//!
//! pub fn site() -> AdminSite {
//!     AdminSite::new().register(
//!         ModelAdmin::new(ModelSerializer::<Poll>::new(["title", "closed"]))
//!             .display(|poll| poll.title.clone())
//!             .list_display(["title", "closed"])
//!             .list_filter(["closed"])
//!             .search_fields(fields![polls_poll::title]),
//!     )
//! }
//! # site();
//! ```
//!
//! The project lists `Admin::from_env(env, polls::admin::site())?` among its apps, and mounts the pages:
//! `include("admin/", admin::urls::urlpatterns())`.

mod actions;
mod any_model_admin;
mod auth;
mod authentication;
#[cfg(feature = "authtoken")]
pub mod authtoken;
mod date_hierarchy;
mod deletion;
mod display;
mod links;
pub mod log_entry;
mod messages;
mod model_admin;
mod notes;
mod options;
mod recent;
mod related;
mod request;
mod rows;
mod site;
mod status;
pub mod urls;
mod version;
mod views;

use actix_web::web::{Data, ServiceConfig};

pub use self::actions::{ActionRequest, AdminAction};
use self::log_entry::LogEntry;
pub use self::messages::Level;
pub use self::model_admin::ModelAdmin;
pub use self::request::{AdminRequest, Permissions, admin_view};
pub use self::site::AdminSite;
use vitamin_auth::{ContentType, UserModel};
use vitamin_framework::app::App;
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::conf::{Env, ImproperlyConfigured};
use vitamin_framework::database::migrations::{AppMigrations, migrations};
use vitamin_framework::models::{Model as _, ModelMeta};
use vitamin_framework::staticfiles::StaticFile;

/// The app. Its label is `admin`.
pub struct Admin {
    site: Data<AdminSite>,
    user_model: UserModel,
    has_status: bool,
}

impl Admin {
    /// The app with the models that are registered with this site, users and groups, and the environment's settings.
    ///
    /// # Errors
    /// A setting of the user model is unusable.
    pub fn from_env(env: &Env, site: AdminSite) -> Result<Self, ImproperlyConfigured> {
        let user_model = UserModel::from_env(env)?;
        // A registration of the project's own replaces these.
        let site = auth::site(&user_model).include(site);
        Ok(Self { site: Data::new(site), user_model, has_status: true })
    }

    /// Leaves out the page of the server's state, `status/`, and the counting for it.
    #[must_use]
    pub fn without_status(mut self) -> Self {
        self.has_status = false;
        self
    }
}

impl App for Admin {
    fn label(&self) -> &'static str {
        "admin"
    }

    fn checks(&self, _deploy: bool) -> Vec<CheckMessage> {
        let problems = self.site.admins().flat_map(|admin| admin.problems());
        let problems = problems.map(|problem| CheckMessage::error("vitamin.E006", problem));
        problems.chain(auth::check(&self.user_model)).collect()
    }

    fn configure(&self, config: &mut ServiceConfig) {
        config.app_data(self.site.clone());
    }

    /// For the page `status/`.
    fn shows_history(&self) -> bool {
        self.has_status
    }

    fn migrations(&self) -> Vec<AppMigrations> {
        vec![migrations!()]
    }

    fn left_to_django(&self) -> Option<&'static str> {
        self.user_model.left_to_django()
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        let own = [LogEntry::META, ContentType::META];
        let models = own.into_iter().chain(auth::models(&self.user_model));
        #[cfg(feature = "authtoken")]
        let models = models.chain(authtoken::models(&self.site));
        models.collect()
    }

    fn templates(&self) -> Vec<(&'static str, &'static str)> {
        views::TEMPLATES.to_vec()
    }

    fn static_files(&self) -> Vec<StaticFile> {
        views::STATIC_FILES.to_vec()
    }
}
