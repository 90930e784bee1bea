//! Routers (`rest_framework/routers.py`): the URL patterns of view sets.
//!
//! ```
//! use vitamin_rest_framework::routers::DefaultRouter;
//! use vitamin_rest_framework::viewsets::ViewSet;
//! use vitamin_framework::urls::{Pattern, include};
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     let router = DefaultRouter::new()
//!         .register("notes", ViewSet::new("NoteViewSet").basename("note"))
//!         .register_as("projects/<uuid:project_pk>/notes", ViewSet::new("ProjectNoteViewSet"), "project-note");
//!     vec![include("api/", router.urls())]
//! }
//! # urlpatterns();
//! ```

mod default;
#[cfg(test)]
mod tests;

pub use self::default::DefaultRouter;
use super::viewsets::ViewSet;
use vitamin_framework::urls::{Pattern, path};

/// The patterns of view sets: the list, an object, and their actions. They are named `{basename}-list`,
/// `{basename}-detail` and `{basename}-{url_name}`.
pub struct SimpleRouter {
    registry: Vec<Registered>,
    trailing_slash: bool,
    use_regex_path: bool,
}

struct Registered {
    prefix: String,
    view_set: ViewSet,
    basename: String,
    /// Why the registration is a mistake.
    problem: Option<String>,
}

impl Default for SimpleRouter {
    fn default() -> Self {
        Self { registry: Vec::new(), trailing_slash: true, use_regex_path: true }
    }
}

/// The methods of both routers.
macro_rules! router_methods {
    () => {
        /// A router without view sets.
        #[must_use]
        pub fn new() -> Self {
            Self::default()
        }

        /// Registers a view set below a prefix, which may have parameters as the routes of `path` have them:
        /// `projects/<uuid:project_pk>/notes`. The basename is the view set's own.
        ///
        /// `manage check` reports a view set without basename, a basename that is already registered, and actions named
        /// as one of the usual six.
        #[must_use]
        pub fn register(mut self, prefix: &str, view_set: impl Into<$crate::viewsets::ViewSet>) -> Self {
            self.simple_mut().add(prefix, view_set.into(), None);
            self
        }

        /// [`register`](Self::register) with a basename.
        #[must_use]
        pub fn register_as(
            mut self,
            prefix: &str,
            view_set: impl Into<$crate::viewsets::ViewSet>,
            basename: &str,
        ) -> Self {
            self.simple_mut().add(prefix, view_set.into(), Some(basename));
            self
        }

        /// Whether the routes end with a slash; true by default.
        #[must_use]
        pub fn trailing_slash(mut self, trailing_slash: bool) -> Self {
            self.simple_mut().trailing_slash = trailing_slash;
            self
        }

        /// Whether the parameter of an object is a regular expression, `[^/.]+` by default (true), or one of Django's
        /// converters, `str` by default (false).
        #[must_use]
        pub fn use_regex_path(mut self, use_regex_path: bool) -> Self {
            self.simple_mut().use_regex_path = use_regex_path;
            self
        }
    };
}
use router_methods;

impl SimpleRouter {
    router_methods!();

    /// The patterns, in the order of registration.
    #[must_use]
    pub fn urls(self) -> Vec<Pattern> {
        let (slash, use_regex_path) = (if self.trailing_slash { "/" } else { "" }, self.use_regex_path);
        let urls = |Registered { prefix, view_set, basename, problem }| {
            let mut problem = problem;
            let mut patterns: Vec<Pattern> = view_set
                .routes(Some(&basename), use_regex_path)
                .into_iter()
                .map(|route| {
                    let parts = [prefix.as_str(), route.path.as_str()];
                    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                    let slash = if parts.is_empty() { "" } else { slash };
                    let pattern = path(&format!("{}{slash}", parts.join("/")), route.view)
                        .name(format!("{basename}-{}", route.url_name));
                    match problem.take() {
                        Some(problem) => pattern.problem(problem),
                        None => pattern,
                    }
                })
                .collect();
            if let Some(problem) = problem {
                // There is no route to report it.
                patterns.push(path("", view_set.as_view(&[])).only_at(|_| Vec::new()).problem(problem));
            }
            patterns
        };
        self.registry.into_iter().flat_map(urls).collect()
    }

    fn simple_mut(&mut self) -> &mut Self {
        self
    }

    fn add(&mut self, prefix: &str, view_set: ViewSet, basename: Option<&str>) {
        let basename = basename.or(view_set.default_basename());
        let problem = self.problem(&view_set, basename);
        let basename = basename.unwrap_or_default().to_owned();
        self.registry.push(Registered { prefix: prefix.to_owned(), view_set, basename, problem });
    }

    /// Why the registration is a mistake, in the words of Django REST framework.
    fn problem(&self, view_set: &ViewSet, basename: Option<&str>) -> Option<String> {
        let class_name = view_set.class_name();
        let Some(basename) = basename else {
            return Some(format!(
                "`basename` argument not specified, and could not automatically determine the name from the viewset \
                 \"{class_name}\"."
            ));
        };
        if self.registry.iter().any(|registered| registered.basename == basename) {
            return Some(format!(
                "Router with basename \"{basename}\" is already registered. Please provide a unique basename for viewset \
                 \"{class_name}\""
            ));
        }
        let forbidden = view_set.forbidden_actions();
        (!forbidden.is_empty()).then(|| {
            format!(
                "Cannot use the @action decorator on the following methods, as they are existing routes: {}",
                forbidden.join(", ")
            )
        })
    }
}
