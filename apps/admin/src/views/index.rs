//! The first pages: the models that the user may see or change (`AdminSite.index` and `app_index`).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

use crate::links::list_url;
use crate::options::capitalized;
use crate::recent::recent_actions;
use crate::request::{AdminRequest, Breadcrumb};
use crate::status;

/// An app on the index.
#[derive(Serialize)]
struct AppView {
    app_label: &'static str,
    name: String,
    url: String,
    models: Vec<ModelView>,
}

#[derive(Serialize)]
struct ModelView {
    name: String,
    /// The list, if the user may see it.
    url: Option<String>,
    add_url: Option<String>,
}

/// All apps.
pub(crate) async fn index(request: &AdminRequest, _: Data) -> Result<HttpResponse, APIException> {
    let context = context!(
        apps => Serde(apps(request)?),
        recent => Serde(recent_actions(request).await?),
        status_url => status::is_shown(request).then(|| request.url("status", &[])).transpose()?,
    );
    request.page(StatusCode::OK, "admin/index.html", request.site().index_title, &[], context)
}

/// One app.
pub(crate) async fn app_index(request: &AdminRequest, _: Data) -> Result<HttpResponse, APIException> {
    let app_label: String = request.path_param("app_label")?;
    let mut apps = apps(request)?;
    apps.retain(|app| app.app_label == app_label);
    let Some(app) = apps.first() else { return Err(APIException::not_found()) };
    let title = format!("{} administration", app.name);
    let crumbs = [Breadcrumb { name: app.name.clone(), url: None }];
    request.page(StatusCode::OK, "admin/index.html", &title, &crumbs, context!(apps => Serde(&apps)))
}

/// The apps by their names, each with its models by theirs.
fn apps(request: &AdminRequest) -> Result<Vec<AppView>, APIException> {
    let mut apps: Vec<AppView> = Vec::new();
    let permissions = request.permissions();
    for admin in request.site().admins() {
        let meta = admin.meta();
        let (may_view, may_add) = (permissions.may_view(meta), permissions.has_model_perm("add", meta));
        if !may_view && !may_add && !permissions.has_model_perm("delete", meta) {
            continue;
        }
        let list = list_url(request, &**admin)?;
        let model = ModelView {
            name: capitalized(&admin.options().verbose_name_plural),
            add_url: may_add.then(|| format!("{list}add/")),
            url: may_view.then_some(list),
        };
        match apps.iter_mut().find(|app| app.app_label == meta.app_label) {
            Some(app) => app.models.push(model),
            None => apps.push(AppView {
                app_label: meta.app_label,
                name: request.site().name_of_app(meta.app_label),
                url: request.url("app_list", &[("app_label", &meta.app_label)])?,
                models: vec![model],
            }),
        }
    }
    apps.sort_by_key(|app| app.name.to_lowercase());
    for app in &mut apps {
        app.models.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(apps)
}
