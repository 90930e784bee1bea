//! The page that deletes an object (`ModelAdmin.delete_view` of `django/contrib/admin/options.py`), and what it has in common with the
//! deletion of several.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use minijinja::value::Serde;
use minijinja::{Value, context};

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::DbValue;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::{APIException, ExceptionKind};
use vitamin_rest_framework::request::RequestInfo;

use super::change_form::{after, find, gone};
use super::messages_of;
use crate::any_model_admin::AnyModelAdmin;
use crate::deletion::DeletionView;
use crate::display;
use crate::links::Links;
use crate::log_entry::{ActionFlag, ChangeMessage, log_actions};
use crate::messages::Level;
use crate::request::{AdminRequest, Breadcrumb, Permissions};

/// The page with what the deletion takes; with POST, the deletion.
pub(crate) async fn delete(request: &AdminRequest, _: Data) -> Result<HttpResponse, APIException> {
    let admin = request.model_admin()?;
    request.require(request.permissions().has_model_perm("delete", admin.meta()))?;
    let Some(found) = find(request, &*admin).await? else { return gone(request, &*admin) };
    let links = Links::of(request, &*admin)?;
    let keys = vec![found.pk.clone()];
    let mut refused = Vec::new();
    if request.method() == Method::POST {
        match delete_objects(request, &admin, keys.clone()).await {
            Ok(0) => return gone(request, &*admin),
            Ok(_) => {
                let (name, text) = (&admin.options().verbose_name, display::cut(&found.text));
                let done = format!("The {name} “{text}” was deleted successfully.");
                return request.redirect_with(&after(request, &*admin, &links)?, Level::Success, done);
            }
            Err(error) if error.kind() == ExceptionKind::ValidationError => {
                refused = messages_of(error.detail())
            }
            Err(error) => return Err(error),
        }
    }
    let view = examine(request, &admin, keys).await?;
    let mut crumbs = Breadcrumb::of_model(request, &*admin, &links)?;
    crumbs.push(Breadcrumb::of_object(&found.text, &links, &found.pk));
    crumbs.push(Breadcrumb { name: "Delete".to_owned(), url: None });
    let context = context!(
        question => format!("Are you sure you want to delete the {} “{}”?", admin.options().verbose_name, display::cut(&found.text)),
        cancel_url => links.object(&found.pk, "change"),
        errors => refused,
    );
    confirmation(request, &view, &crumbs, context)
}

/// What a deletion takes.
pub(super) async fn examine(
    request: &AdminRequest,
    admin: &Arc<dyn AnyModelAdmin>,
    keys: Vec<DbValue>,
) -> Result<DeletionView, APIException> {
    let (site, info, permissions) =
        (request.shared_site(), request.info().clone(), request.permissions().clone());
    let meta = admin.meta();
    let load = move |connection: &mut DbConnection| {
        DeletionView::load(connection, &site, info.models(), &permissions, (meta, &keys))
    };
    Ok(request.database()?.run(load).await?)
}

/// The page that asks before a deletion.
pub(super) fn confirmation(
    request: &AdminRequest,
    view: &DeletionView,
    crumbs: &[Breadcrumb],
    context: Value,
) -> Result<HttpResponse, APIException> {
    let is_possible = view.denied.is_empty() && view.protected.is_empty();
    let title = if is_possible { "Are you sure?" } else { "Cannot delete" };
    let context = context!(deletion => Serde(view), is_possible, ..context);
    request.page(StatusCode::OK, "admin/delete_confirmation.html", title, crumbs, context)
}

/// Deletes objects with what depends on them, and logs it. Returns how many of them were there.
pub(super) async fn delete_objects(
    request: &AdminRequest,
    admin: &Arc<dyn AnyModelAdmin>,
    keys: Vec<DbValue>,
) -> Result<usize, APIException> {
    let (site, user, deleted) = (request.shared_site(), request.staff().clone(), admin.options().deleted);
    let admin = Arc::clone(admin);
    let work = move |connection: &mut DbConnection, info: &RequestInfo| {
        let meta = admin.meta();
        let permissions = Permissions::now(&user, connection)?;
        permissions.require("delete", meta)?;
        let objects = admin.selected(connection, info, &keys)?;
        let keys: Vec<DbValue> = objects.iter().map(|(key, _)| key.clone()).collect();
        if keys.is_empty() {
            return Ok(objects);
        }
        let view = DeletionView::load(connection, &site, info.models(), &permissions, (meta, &keys))?;
        if !view.denied.is_empty() {
            return Err(APIException::permission_denied(None));
        }
        if !view.protected.is_empty() {
            return Err(APIException::validation_error("Other objects prevent the deletion."));
        }
        let logged: Vec<(String, String)> =
            objects.iter().map(|(key, text)| (display::plain(key.as_ref()), text.clone())).collect();
        let message = ChangeMessage::Text(String::new());
        log_actions(connection, user.id, meta, &logged, ActionFlag::Deletion, &message)?;
        admin.delete(connection, info, &keys)?;
        Ok::<_, APIException>(objects)
    };
    let objects = request.write(work).await?;
    if let Some(told) = deleted {
        told(request, &objects);
    }
    Ok(objects.len())
}
