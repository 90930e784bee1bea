//! The views above the request's path (`rest_framework/utils/breadcrumbs.py`).

use actix_web::dev::{Path, ResourceDef};
use serde::Serialize;

use crate::views::APIView;
use vitamin_framework::http::ScriptName;
use vitamin_framework::urls::UrlConf;

/// A view above this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Breadcrumb {
    pub(super) name: String,
    pub(super) url: String,
}

/// The routes of the project with the names of their views.
pub(super) struct Breadcrumbs(Vec<Entry>);

struct Entry {
    routes: Vec<ResourceDef>,
    /// `None` for a view that is no APIView.
    name: Option<String>,
}

impl Breadcrumbs {
    pub(super) fn new(urlconf: &UrlConf) -> Self {
        let entry = |endpoint: vitamin_framework::urls::EndpointInfo<'_>| Entry {
            routes: endpoint.routes.iter().map(|route| ResourceDef::new(route.as_str())).collect(),
            name: endpoint.view.describe().and_then(|view| view.downcast_ref()).map(APIView::view_name),
        };
        Self(urlconf.endpoints().map(entry).collect())
    }

    /// The views of the path and of all paths above it, the highest first. A view that also serves the path without its
    /// slash is listed once. The URLs begin with `script_name`.
    pub(super) fn of(&self, path: &str, script_name: &ScriptName) -> Vec<Breadcrumb> {
        let mut found: Vec<Breadcrumb> = Vec::new();
        let mut last = None;
        let mut rest = path;
        loop {
            if let Some(index) = self.find(rest)
                && let Some(name) = self.0.get(index).and_then(|entry| entry.name.clone())
                && last != Some(index)
            {
                found.push(Breadcrumb { name, url: format!("{script_name}{rest}") });
                last = Some(index);
            }
            rest = match rest.strip_suffix('/') {
                Some(shorter) => shorter.trim_end_matches('/'),
                None => rest
                    .split_at_checked(rest.rfind('/').map_or(0, |slash| slash + 1))
                    .map_or("", |(up, _)| up),
            };
            if rest.is_empty() {
                found.reverse();
                return found;
            }
        }
    }

    fn find(&self, path: &str) -> Option<usize> {
        let matches = |route: &ResourceDef| route.capture_match_info(&mut Path::new(path));
        self.0.iter().position(|entry| entry.routes.iter().any(matches))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitamin_framework::urls::{include, path};

    #[test]
    fn each_view_above_is_listed_once() {
        let view = |name: &str| APIView::new(name);
        let breadcrumbs = Breadcrumbs::new(&UrlConf::new(vec![
            path("", view("Root")),
            include(
                "api/",
                vec![
                    path("", view("APIRootView")),
                    path("notes/", view("NoteList")).also_at(|_| vec!["notes".to_owned()]),
                    path("notes/<int:pk>/", view("NoteDetail")),
                ],
            ),
            path("plain/", |paths: Vec<String>| actix_web::web::resource(paths)),
            path("plain/x/", view("X")),
        ]));
        let names = |path: &str| {
            let found = breadcrumbs.of(path, &ScriptName::default());
            found.iter().map(|crumb| format!("{} {}", crumb.name, crumb.url)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            names("/api/notes/7/"),
            "Root /, Api Root /api/, Note List /api/notes/, Note Detail /api/notes/7/"
        );
        assert_eq!(names("/"), "Root /");
        assert_eq!(names("/plain/x/"), "Root /, X /plain/x/");
        assert_eq!(names("/nothing/"), "Root /");
        assert_eq!(names(""), "");
        let shop = "/shop".parse().unwrap();
        let urls: Vec<String> = breadcrumbs.of("/api/", &shop).into_iter().map(|crumb| crumb.url).collect();
        assert_eq!(urls, ["/shop/", "/shop/api/"]);
    }
}
