//! Actions on the objects that are ticked in a list (`ModelAdmin.response_action` of `django/contrib/admin/options.py`).

use std::sync::Arc;

use actix_web::HttpResponse;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::DbValue;
use vitamin_rest_framework::browsable::pk_lookup;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::{APIException, ExceptionKind};
use vitamin_rest_framework::request::RequestInfo;

use super::delete::{confirmation, delete_objects, examine};
use super::messages_of;
use crate::any_model_admin::AnyModelAdmin;
use crate::display;
use crate::links::{Links, query_string, query_with};
use crate::messages::Level;
use crate::options::Options;
use crate::request::{AdminRequest, Breadcrumb, Permissions};

/// The action that every list has for those who may delete.
const DELETE_SELECTED: &str = "delete_selected";

/// The name of the boxes.
const SELECTED: &str = "_selected_action";

/// The most objects of one action.
const MOST_SELECTED: usize = 1000;

/// An action that the user may run.
#[derive(Serialize)]
pub(super) struct ActionView {
    name: &'static str,
    label: String,
}

/// The actions that the user may run on the list.
pub(super) fn allowed_actions(request: &AdminRequest, admin: &dyn AnyModelAdmin) -> Vec<ActionView> {
    let (meta, permissions) = (admin.meta(), request.permissions());
    let delete = permissions.has_model_perm("delete", meta).then(|| ActionView {
        name: DELETE_SELECTED,
        label: format!("Delete selected {}", admin.options().verbose_name_plural),
    });
    let own = admin.actions().into_iter().filter(|(.., needed)| may_run(permissions, admin, needed));
    let own = own.map(|(name, label, _)| ActionView { name, label: label.to_owned() });
    delete.into_iter().chain(own).collect()
}

fn may_run(permissions: &Permissions, admin: &dyn AnyModelAdmin, needed: &[&str]) -> bool {
    needed.iter().all(|action| permissions.has_model_perm(action, admin.meta()))
}

/// Runs the action that the form names.
pub(super) async fn run_action(
    request: &AdminRequest,
    admin: &Arc<dyn AnyModelAdmin>,
    data: Data,
) -> Result<HttpResponse, APIException> {
    let list = Links::of(request, &**admin)?.list;
    let back = format!("{list}{}", query_string(&query_with(&request.query_params()?, &[])));
    let name = data.get("action").and_then(|name| name.as_str()).unwrap_or_default();
    if name.is_empty() {
        return request.redirect_with(&back, Level::Warning, "No action selected.");
    }
    let kind = request.info().kind_of(admin.meta().primary_key().kind);
    let keys: Vec<DbValue> = match &data {
        Data::Form(form) => form
            .get_list(SELECTED)
            .iter()
            .filter_map(|value| value.as_str())
            .take(MOST_SELECTED)
            .filter_map(|text| pk_lookup(text.to_owned(), kind).flatten())
            .collect(),
        Data::Json(_) => Vec::new(),
    };
    if keys.is_empty() {
        let text = "Items must be selected in order to perform actions on them. No items have been changed.";
        return request.redirect_with(&back, Level::Warning, text);
    }
    if name == DELETE_SELECTED {
        return delete_selected(request, admin, &data, keys, &back).await;
    }
    let (name, user, work_admin) = (name.to_owned(), request.staff().clone(), Arc::clone(admin));
    let work = move |connection: &mut DbConnection, info: &RequestInfo| {
        let permissions = Permissions::now(&user, connection)?;
        let actions = work_admin.actions();
        let action = actions.iter().find(|(known, ..)| *known == name).ok_or_else(APIException::not_found)?;
        if !may_run(&permissions, &*work_admin, action.2) {
            return Err(APIException::permission_denied(None));
        }
        work_admin.act(connection, info, &name, &keys)
    };
    match request.write(work).await {
        Ok(message) => request.redirect_with(&back, Level::Success, display::cut(&message)),
        Err(error) if error.kind() == ExceptionKind::ValidationError => {
            let text = display::cut(&messages_of(error.detail()).join(" "));
            request.redirect_with(&back, Level::Error, text)
        }
        Err(error) => Err(error),
    }
}

/// Asks first, with what the deletion takes; then deletes (`delete_selected` of `django/contrib/admin/actions.py`).
async fn delete_selected(
    request: &AdminRequest,
    admin: &Arc<dyn AnyModelAdmin>,
    data: &Data,
    keys: Vec<DbValue>,
    back: &str,
) -> Result<HttpResponse, APIException> {
    request.require(request.permissions().has_model_perm("delete", admin.meta()))?;
    let mut refused = Vec::new();
    if data.get("post").is_some() {
        match delete_objects(request, admin, keys.clone()).await {
            Ok(count) => {
                let text = format!("Successfully deleted {count} {}.", counted(admin.options(), count));
                return request.redirect_with(back, Level::Success, text);
            }
            Err(error) if error.kind() == ExceptionKind::ValidationError => {
                refused = messages_of(error.detail())
            }
            Err(error) => return Err(error),
        }
    }
    let view = examine(request, admin, keys.clone()).await?;
    let links = Links::of(request, &**admin)?;
    let mut crumbs = Breadcrumb::of_model(request, &**admin, &links)?;
    crumbs.push(Breadcrumb { name: "Delete several objects".to_owned(), url: None });
    let hidden: Vec<(&str, String)> = keys
        .iter()
        .map(|key| (SELECTED, display::plain(key.as_ref())))
        .chain([("action", DELETE_SELECTED.to_owned()), ("post", "yes".to_owned())])
        .collect();
    let context = context!(
        question => format!(
            "Are you sure you want to delete the {} selected {}?",
            keys.len(),
            counted(admin.options(), keys.len()),
        ),
        cancel_url => back,
        hidden => Serde(hidden),
        errors => refused,
    );
    confirmation(request, &view, &crumbs, context)
}

/// The model's name in the singular or the plural (`model_ngettext`).
fn counted(options: &Options, count: usize) -> &str {
    if count == 1 { &options.verbose_name } else { &options.verbose_name_plural }
}
