//! The routes of a view set (`SimpleRouter.routes` and `get_routes` of `rest_framework/routers.py`).

use actix_web::http::Method;

use super::{ACTIONS, Action, ViewSet};
use crate::policies::PolicyDeclaration;
use crate::views::APIView;

/// A route of a view set: what a router registers.
pub struct ViewSetRoute {
    /// The path below the prefix, without slashes at its ends: `{pk:[^/.]+}/close`; empty for the list.
    pub path: String,
    /// The last part of the pattern's name: `list`, `detail` or that of the action.
    pub url_name: String,
    /// Whether the route is that of one object.
    pub detail: bool,
    /// The view. It tells its methods, actions and policies.
    pub view: APIView,
}

impl ViewSet {
    /// The routes in Django REST framework's order: the list, its actions, the object, its actions. Routes whose methods
    /// all have no handler are left out. The basename is that of the view set if `basename` is `None`.
    ///
    /// The parameter of the path is one of Django's converters, `<str:pk>`, unless `use_regex_path`.
    #[must_use]
    pub fn routes(&self, basename: Option<&str>, use_regex_path: bool) -> Vec<ViewSetRoute> {
        let basename = basename.or(self.basename.as_deref());
        let lookup = self.lookup.parameter(use_regex_path);
        let list = [(Method::GET, "list"), (Method::POST, "create")];
        let detail = [
            (Method::GET, "retrieve"),
            (Method::PUT, "update"),
            (Method::PATCH, "partial_update"),
            (Method::DELETE, "destroy"),
        ];
        let usual = |path: &str, url_name: &str, suffix: &str, detail, actions: &[(Method, &str)]| {
            let mapping: Vec<_> = actions
                .iter()
                .filter_map(|(method, action)| {
                    let (action, handler) = self.find(action)?;
                    Some((method.clone(), action, handler))
                })
                .collect();
            let own = PolicyDeclaration { suffix: Some(suffix.to_owned()), ..PolicyDeclaration::default() };
            (!mapping.is_empty()).then(|| ViewSetRoute {
                path: path.to_owned(),
                url_name: url_name.to_owned(),
                detail,
                view: self.view(mapping, basename, Some(detail), &own),
            })
        };
        let extra = |action: &Action| {
            let mapping = action.cloned_mapping();
            let path = match action.is_detail() {
                true => format!("{lookup}/{}", action.path()),
                false => action.path().to_owned(),
            };
            (!mapping.is_empty()).then(|| ViewSetRoute {
                path,
                url_name: action.pattern_name(),
                detail: action.is_detail(),
                view: self.view(mapping, basename, Some(action.is_detail()), action.declaration()),
            })
        };
        let extra = |detail| {
            self.extra_actions.iter().filter(move |action| action.is_detail() == detail).filter_map(extra)
        };
        let list = usual("", "list", "List", false, &list).into_iter().chain(extra(false));
        let detail = usual(&lookup, "detail", "Instance", true, &detail).into_iter().chain(extra(true));
        list.chain(detail).collect()
    }

    /// The basename, if the view set has one.
    pub(crate) fn default_basename(&self) -> Option<&str> {
        self.basename.as_deref()
    }

    /// The class name, for messages.
    pub(crate) fn class_name(&self) -> &str {
        &self.declaration.class_name
    }

    /// The names of actions of its own that are names of usual ones.
    pub(crate) fn forbidden_actions(&self) -> Vec<&'static str> {
        self.extra_actions.iter().map(Action::name).filter(|name| ACTIONS.contains(name)).collect()
    }
}
