//! The frame of all pages but the login's: the user, the views above, and where to log in and out.

use actix_web::web::Data;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::submit::METHOD;
use super::{Breadcrumbs, Pages};
use crate::request::Request;
use crate::utils::urls::{remove_query_param, replace_query_param};
use vitamin_framework::middleware::Site;
use vitamin_framework::urls::UrlConf;

/// The context of `rest_framework/page.html`, which pages extend.
pub(crate) fn frame(request: &Request) -> Value {
    let site = request.app_data::<Data<Site>>();
    let url_of = |name| site.and_then(|site| site.resolver.reverse(name, &[]).ok());
    let breadcrumbs = site.map(|site| {
        let all = || Breadcrumbs::new(&UrlConf::new((site.urlpatterns)()));
        Pages::of(request).breadcrumbs.get_or_init(all).of(request.path(), &site.settings.script_name)
    });
    let target = target(request);
    context!(
        breadcrumbs => Serde(breadcrumbs.unwrap_or_default()),
        user => request.user().map(|user| user.username.clone()),
        login_url => url_of("rest_framework:login").map(|url| replace_query_param(&url, "next", &target)),
        logout_url => url_of("rest_framework:logout"),
        csrf_token => request.csrf_token(),
        target,
    )
}

/// The path and the query that the client sent, without the method of a form.
pub(super) fn target(request: &Request) -> String {
    let target = request.get_full_path();
    if target.contains(METHOD) { remove_query_param(&target, METHOD) } else { target }
}
