//! `DefaultRouter`: a view of all lists, and routes with the format in the path.

use std::rc::Rc;

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use super::{SimpleRouter, router_methods};
use crate::request::Request;
use crate::response::Response;
use crate::urlpatterns::FormatSuffixes;
use crate::views::APIView;
use vitamin_framework::urls::{Parameters, Pattern, path};

/// A [`SimpleRouter`] with a view at its root that links to the lists (`api-root`), and with format suffixes:
/// `notes.json`.
pub struct DefaultRouter {
    simple: SimpleRouter,
    root_view: Option<APIView>,
    root_view_name: String,
    include_format_suffixes: bool,
}

impl Default for DefaultRouter {
    fn default() -> Self {
        let root_view = APIView::new("APIRootView")
            .description("The default basic root view for DefaultRouter")
            .exclude_from_schema()
            .ignore_model_permissions();
        Self {
            simple: SimpleRouter::default(),
            root_view: Some(root_view),
            root_view_name: "api-root".to_owned(),
            include_format_suffixes: true,
        }
    }
}

impl DefaultRouter {
    router_methods!();

    /// The view at the root, without its handler of GET: its name, description and policies (`APIRootView`).
    #[must_use]
    pub fn root_view(mut self, view: APIView) -> Self {
        self.root_view = Some(view.exclude_from_schema().ignore_model_permissions());
        self
    }

    /// Leaves out the view at the root (`include_root_view = False`).
    #[must_use]
    pub fn without_root_view(mut self) -> Self {
        self.root_view = None;
        self
    }

    /// The name of the root's URL pattern, `api-root` by default.
    #[must_use]
    pub fn root_view_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.root_view_name);
        self
    }

    /// Whether there are routes with a format suffix; true by default.
    #[must_use]
    pub fn include_format_suffixes(mut self, include: bool) -> Self {
        self.include_format_suffixes = include;
        self
    }

    /// The patterns in the order of registration, and the root view at the end.
    #[must_use]
    pub fn urls(self) -> Vec<Pattern> {
        // Keyed as Python's dict: a prefix that is registered again keeps its place.
        let names = self
            .simple
            .registry
            .iter()
            .map(|registered| (registered.prefix.clone(), format!("{}-list", registered.basename)));
        let names: Rc<IndexMap<String, String>> = Rc::new(names.collect());
        let mut suffixes = FormatSuffixes::new();
        if self.simple.use_regex_path {
            suffixes = suffixes.reverses_without_slash();
        }
        let with_suffixes = |suffixes: FormatSuffixes, urls| {
            if self.include_format_suffixes { suffixes.apply(urls) } else { urls }
        };
        let mut urls = with_suffixes(suffixes, self.simple.urls());
        if let Some(view) = self.root_view {
            let handler = move |request: Request| {
                let names = Rc::clone(&names);
                async move { api_root(&request, &names) }
            };
            let root = path("", view.get(handler)).name(self.root_view_name);
            urls.extend(with_suffixes(FormatSuffixes::new(), vec![root]));
        }
        urls
    }

    fn simple_mut(&mut self) -> &mut SimpleRouter {
        &mut self.simple
    }
}

/// The absolute URLs of the lists, with the parameters of the root's own path. A list that has no URL is left out.
fn api_root(request: &Request, names: &IndexMap<String, String>) -> Response {
    let decode = |value| percent_decode_str(value).decode_utf8_lossy();
    let own: Vec<_> = request.match_info().iter().map(|(name, value)| (name, decode(value))).collect();
    let own: Vec<_> = own.iter().map(|(name, value)| (*name, value as &dyn std::fmt::Display)).collect();
    let parameters: Parameters<'_> = &own;
    let urls = names.iter().filter_map(|(prefix, name)| {
        let url = request.reverse(&request.in_namespace(name), parameters).ok()?;
        Some((prefix.clone(), url))
    });
    Response::new(urls.collect::<IndexMap<_, _>>())
}
