//! The registry of models (`AdminSite` of `django/contrib/admin/sites.py`).

use std::sync::Arc;

use vitamin_framework::models::{Model, ModelMeta};

use crate::any_model_admin::AnyModelAdmin;
use crate::model_admin::ModelAdmin;

/// The registered models, in the order of their registration.
pub struct AdminSite {
    admins: Vec<Arc<dyn AnyModelAdmin>>,
    /// Admins of models that have no pages: their objects appear in others' fields only.
    unlisted: Vec<Arc<dyn AnyModelAdmin>>,
    app_names: Vec<(&'static str, &'static str)>,
    pub(crate) site_title: &'static str,
    pub(crate) site_header: &'static str,
    pub(crate) index_title: &'static str,
}

impl Default for AdminSite {
    fn default() -> Self {
        Self {
            admins: Vec::new(),
            unlisted: Vec::new(),
            app_names: vec![("auth", "Authentication and Authorization"), ("authtoken", "Auth Token")],
            site_title: "vitamin site admin",
            site_header: "vitamin administration",
            index_title: "Site administration",
        }
    }
}

impl AdminSite {
    /// A site without models.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a model. A second registration of a model replaces the first one.
    #[must_use]
    pub fn register<T: Model>(mut self, admin: ModelAdmin<T>) -> Self {
        self.add(Arc::new(admin));
        self
    }

    /// Tells the texts of a model's objects, and gives it no pages.
    #[must_use]
    pub(crate) fn name_objects<T: Model>(mut self, admin: ModelAdmin<T>) -> Self {
        self.unlisted.push(Arc::new(admin));
        self
    }

    /// Registers the models of another site too, such as those of an app: `.include(polls::admin::site())`.
    #[must_use]
    pub fn include(mut self, other: Self) -> Self {
        for admin in other.admins {
            self.add(admin);
        }
        self.unlisted.extend(other.unlisted);
        for (app_label, name) in other.app_names {
            self = self.app_name(app_label, name);
        }
        self
    }

    fn add(&mut self, admin: Arc<dyn AnyModelAdmin>) {
        self.admins.retain(|known| known.meta().table != admin.meta().table);
        self.admins.push(admin);
    }

    /// The name of an app for people (`AppConfig.verbose_name`). Without one it is the label, with a capital letter.
    #[must_use]
    pub fn app_name(mut self, app_label: &'static str, name: &'static str) -> Self {
        self.app_names.retain(|(known, _)| *known != app_label);
        self.app_names.push((app_label, name));
        self
    }

    /// The end of each page's title.
    #[must_use]
    pub const fn site_title(mut self, title: &'static str) -> Self {
        self.site_title = title;
        self
    }

    /// The text at the top of each page.
    #[must_use]
    pub const fn site_header(mut self, header: &'static str) -> Self {
        self.site_header = header;
        self
    }

    /// The heading of the index.
    #[must_use]
    pub const fn index_title(mut self, title: &'static str) -> Self {
        self.index_title = title;
        self
    }

    pub(crate) fn admins(&self) -> impl Iterator<Item = &Arc<dyn AnyModelAdmin>> {
        self.admins.iter()
    }

    /// The admin of a model by the names in its URL, which are those of its content type.
    pub(crate) fn get(&self, app_label: &str, model_name: &str) -> Option<&Arc<dyn AnyModelAdmin>> {
        self.admins().find(|admin| {
            admin.meta().app_label == app_label && admin.options().model_name.as_str() == model_name
        })
    }

    /// The admin of a model.
    pub(crate) fn of(&self, meta: &ModelMeta) -> Option<&Arc<dyn AnyModelAdmin>> {
        self.admins().find(|admin| admin.meta().table == meta.table)
    }

    /// The admin that knows the texts of a model's objects.
    pub(crate) fn naming(&self, meta: &ModelMeta) -> Option<&Arc<dyn AnyModelAdmin>> {
        self.of(meta).or_else(|| self.unlisted.iter().find(|admin| admin.meta().table == meta.table))
    }

    pub(crate) fn name_of_app(&self, app_label: &str) -> String {
        let found = self.app_names.iter().find(|(known, _)| *known == app_label);
        found.map_or_else(|| crate::options::capitalized(app_label), |(_, name)| (*name).to_owned())
    }
}
