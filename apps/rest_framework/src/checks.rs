//! The system checks of views.

use std::sync::Arc;

use actix_web::http::Method;

use super::permissions::Permission;
use super::schemas::SecurityScheme;
use super::settings::APISettings;
use super::views::APIView;
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::urls::UrlConf;

/// Lists what `check --deploy` warns of: views that anyone may use, and views that take a password with each request because
/// nobody chose otherwise. It sees every [`APIView`], not actix-web's own resources.
pub(super) fn check_views(settings: &APISettings, urls: &UrlConf) -> Vec<CheckMessage> {
    let (mut open, mut basic) = (Vec::new(), Vec::new());
    for endpoint in urls.endpoints() {
        let view = endpoint.view.describe().and_then(|view| view.downcast_ref::<APIView>());
        // Those with a format suffix follow the plain one.
        let (Some(view), Some(route)) = (view, endpoint.routes.first()) else { continue };
        let shown = format!("{} ({route})", view.class_name());
        let policies = view.policies(settings);
        if is_open(&policies.permission_classes, &view.allowed_methods()) {
            open.push(shown.clone());
        }
        let takes_basic = policies
            .authentication_classes
            .iter()
            .any(|class| class.security_scheme() == Some(SecurityScheme::Basic));
        if takes_basic && !view.has_authentication_classes() {
            basic.push(shown);
        }
    }
    let warning = |id, views: Vec<String>, about: &str, hint: &str| {
        let message = format!("{about}: {}.", views.join(", "));
        (!views.is_empty()).then(|| CheckMessage::warning(id, message).hint(hint))
    };
    let open = warning(
        "vitamin.W028",
        open,
        "These views allow every request, also without credentials",
        "Set permission_classes, or default_permission_classes in src/settings.rs. If all of them are meant for anyone, as a login \
         is, silence this check.",
    );
    let basic = warning(
        "vitamin.W029",
        basic,
        "BasicAuthentication is a default authentication class, so that these views accept a password with each request, which \
         costs a hash each time",
        "Set default_authentication_classes in src/settings.rs, for example to TokenAuthentication.",
    );
    open.into_iter().chain(basic).collect()
}

/// Whether no class denies an anonymous request of any method. OPTIONS only describes the view.
fn is_open(classes: &[Arc<dyn Permission>], methods: &[Method]) -> bool {
    let allows = |method: &Method| classes.iter().all(|class| class.is_open(method));
    methods.iter().filter(|method| **method != Method::OPTIONS).all(allows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::BasicAuthentication;
    use crate::classes;
    use crate::permissions::{AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly};
    use crate::response::Response;
    use crate::urlpatterns::format_suffix_patterns;
    use vitamin_framework::urls::{include, path};

    fn view(name: &str) -> APIView {
        APIView::new(name).get(async || Response::new(1))
    }

    fn urls() -> UrlConf {
        let token = || -> Vec<Arc<dyn Permission>> { classes![IsAuthenticated] };
        let inner = vec![
            path("default/", view("DefaultView")),
            path("any/<int:pk>/", view("AnyView").permission_classes(classes![AllowAny])),
            path("none/", view("NoneView").permission_classes(classes![]).authentication_classes(classes![])),
            path("user/", view("UserView").permission_classes(token()).authentication_classes(classes![])),
            path(
                "read/",
                view("ReadView")
                    .permission_classes(classes![IsAuthenticatedOrReadOnly])
                    .post(async || Response::new(1)),
            ),
            path(
                "own/",
                view("OwnView")
                    .permission_classes(token())
                    .authentication_classes(classes![BasicAuthentication::new()]),
            ),
        ];
        UrlConf::new(vec![include("api/", format_suffix_patterns(inner))])
    }

    fn found(settings: &APISettings) -> Vec<String> {
        let messages = check_views(settings, &urls());
        messages
            .iter()
            .map(|message| format!("{} {}", message.id, message.message.split(": ").nth(1).unwrap()))
            .collect()
    }

    #[test]
    fn open_views_are_listed_by_name_and_path() {
        assert_eq!(
            found(&APISettings::default()),
            [
                "vitamin.W028 DefaultView (/api/default/), AnyView (/api/any/{pk:[0-9]+}/), NoneView (/api/none/).",
                "vitamin.W029 DefaultView (/api/default/), AnyView (/api/any/{pk:[0-9]+}/), ReadView (/api/read/).",
            ]
        );
        let closed = APISettings {
            default_permission_classes: classes![IsAuthenticated],
            default_authentication_classes: Vec::new(),
            ..APISettings::default()
        };
        assert_eq!(found(&closed), ["vitamin.W028 AnyView (/api/any/{pk:[0-9]+}/), NoneView (/api/none/)."]);
    }
}
