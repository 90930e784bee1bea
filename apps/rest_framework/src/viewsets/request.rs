//! The view set of a request.

use actix_web::http::Method;

use super::ViewSetInfo;
use crate::request::Request;
use vitamin_framework::urls::{NoReverseMatch, Parameters};

impl ViewSetInfo {
    /// The action of a method.
    #[must_use]
    pub fn action(&self, method: &Method) -> Option<&'static str> {
        let find =
            |method: &Method| self.actions.iter().find(|(known, _)| known == method).map(|found| found.1);
        match *method {
            Method::OPTIONS => Some("metadata"),
            Method::HEAD => find(method).or_else(|| find(&Method::GET)),
            _ => find(method),
        }
    }
}

impl Request {
    /// The action of the client's method: `list`, `bulk_close`; `metadata` for OPTIONS. `None` if the view set has no
    /// action for the method, or if the view belongs to no view set.
    #[must_use]
    pub fn action(&self) -> Option<&'static str> {
        self.view_set()?.action(self.action_method())
    }

    /// Whether the route is that of one object. `None` if a view belongs to no view set.
    #[must_use]
    pub fn detail(&self) -> Option<bool> {
        self.view_set()?.detail
    }

    /// The view set that the view belongs to.
    #[must_use]
    pub fn view_set(&self) -> Option<&ViewSetInfo> {
        self.view().view_set.as_deref()
    }

    /// The absolute URL of a route of the same view set: `reverse_action("detail", &[("pk", &7)])`. It is in the
    /// namespace of the request.
    ///
    /// # Errors
    /// As [`reverse`](Self::reverse).
    pub fn reverse_action(
        &self,
        url_name: &str,
        parameters: Parameters<'_>,
    ) -> Result<String, NoReverseMatch> {
        let basename = self.view_set().and_then(|view_set| view_set.basename.as_deref());
        let basename = basename.ok_or_else(|| {
            NoReverseMatch::new(format!("Reverse for '{url_name}' not found. The view belongs to no router."))
        })?;
        self.reverse(&self.in_namespace(&format!("{basename}-{url_name}")), parameters)
    }

    /// The name with the namespace of the request's view.
    pub(crate) fn in_namespace(&self, name: &str) -> String {
        match &self.view().namespace {
            Some(namespace) => format!("{namespace}:{name}"),
            None => name.to_owned(),
        }
    }
}
