//! Actions of a view set besides the usual ones (`@action` of `rest_framework/decorators.py`).

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder};

use crate::formatting::pretty_name;
use crate::handlers::{BoxedHandler, boxed};
use crate::policies::{PolicyDeclaration, policy_methods};

/// An action of a view set: a route below the list or below one object, with a handler for each of its methods.
///
/// Policies and serializer that it does not declare are the view set's. They apply to all methods of the route.
///
/// `Action::list("bulk_close").url_path("bulk-close").post(bulk_close)`
#[derive(Clone)]
pub struct Action {
    name: &'static str,
    detail: bool,
    url_path: Option<String>,
    url_name: Option<String>,
    mapping: Vec<(Method, &'static str, BoxedHandler)>,
    declaration: PolicyDeclaration,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident $method:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
            self,
            handler: H,
        ) -> Self {
            let name = self.name;
            self.map(Method::$method, name, handler)
        }
    )*};
}

impl Action {
    /// An action on one object: `notes/{pk}/close/`. The name is that of the Django method.
    #[must_use]
    pub fn detail(name: &'static str) -> Self {
        Self::new(name, true)
    }

    /// An action on the list: `notes/mine/`. The name is that of the Django method.
    #[must_use]
    pub fn list(name: &'static str) -> Self {
        Self::new(name, false)
    }

    fn new(name: &'static str, detail: bool) -> Self {
        let declaration = PolicyDeclaration { name: Some(pretty_name(name)), ..PolicyDeclaration::default() };
        Self { name, detail, url_path: None, url_name: None, mapping: Vec::new(), declaration }
    }

    /// The part of the path, by default the name. It may have parameters, as the routes of `path` have them.
    #[must_use]
    pub fn url_path(mut self, path: &str) -> Self {
        self.url_path = Some(path.to_owned());
        self
    }

    /// The last part of the URL pattern's name, by default the action's name with dashes: `note-bulk-close`.
    #[must_use]
    pub fn url_name(mut self, name: &str) -> Self {
        self.url_name = Some(name.to_owned());
        self
    }

    /// The displayed name, by default the action's name as a sentence: `Bulk close`.
    #[must_use]
    pub fn display_name(mut self, name: &str) -> Self {
        self.declaration.name = Some(name.to_owned());
        self
    }

    /// Displays the view set's name and this suffix instead of the action's name: `Note Archive`.
    #[must_use]
    pub fn suffix(mut self, suffix: &str) -> Self {
        self.declaration.name = None;
        self.declaration.suffix = Some(suffix.to_owned());
        self
    }

    methods! {
        /// The handler of GET and HEAD.
        get GET;
        /// The handler of POST.
        post POST;
        /// The handler of PUT.
        put PUT;
        /// The handler of PATCH.
        patch PATCH;
        /// The handler of DELETE.
        delete DELETE;
    }

    /// The handler of a method under a name of its own for [`Request::action`](crate::request::Request::action)
    /// (`@members.mapping.delete` above `def remove_member`). It replaces another handler of the method.
    #[must_use]
    pub fn map<H: Handler<A, Output: Responder + 'static>, A: FromRequest + 'static>(
        mut self,
        method: Method,
        name: &'static str,
        handler: H,
    ) -> Self {
        self.mapping.retain(|(known, ..)| *known != method);
        self.mapping.push((method, name, boxed(handler)));
        self
    }

    policy_methods!();

    fn declaration_mut(&mut self) -> &mut PolicyDeclaration {
        &mut self.declaration
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn is_detail(&self) -> bool {
        self.detail
    }

    pub(super) fn path(&self) -> &str {
        self.url_path.as_deref().filter(|path| !path.is_empty()).unwrap_or(self.name)
    }

    /// The last part of the URL pattern's name.
    pub(super) fn pattern_name(&self) -> String {
        let own = self.url_name.clone().filter(|name| !name.is_empty());
        own.unwrap_or_else(|| self.name.replace('_', "-"))
    }

    pub(super) fn mapping(&self) -> impl Iterator<Item = (&Method, &&'static str, &BoxedHandler)> {
        self.mapping.iter().map(|(method, name, handler)| (method, name, handler))
    }

    pub(super) fn cloned_mapping(&self) -> Vec<(Method, &'static str, BoxedHandler)> {
        self.mapping().map(|(method, name, handler)| (method.clone(), *name, Rc::clone(handler))).collect()
    }

    pub(super) fn declaration(&self) -> &PolicyDeclaration {
        &self.declaration
    }
}
