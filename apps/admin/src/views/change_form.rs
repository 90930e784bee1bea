//! The form of an object (`ModelAdmin.changeform_view` of `django/contrib/admin/options.py`).

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use minijinja::context;
use minijinja::value::Serde;

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::DbValue;
use vitamin_rest_framework::browsable::{decode_form, form_errors, pk_lookup};
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::error_detail::Detail;
use vitamin_rest_framework::exceptions::{APIException, ExceptionKind};
use vitamin_rest_framework::request::RequestInfo;

use super::fields::{Source, fields, with_keys_apart};
use crate::any_model_admin::{AnyModelAdmin, Form, Found, Saved};
use crate::display;
use crate::links::Links;
use crate::log_entry::{ActionFlag, ChangeMessage, log_actions};
use crate::messages::Level;
use crate::notes::Note;
use crate::options::capitalized;
use crate::request::{AdminRequest, Breadcrumb, Permissions};

/// The name of the field that says which object the form was made from.
const VERSION: &str = "_version";

/// The form that adds an object.
pub(crate) async fn add(request: &AdminRequest, data: Data) -> Result<HttpResponse, APIException> {
    let admin = request.model_admin()?;
    request.require(request.permissions().has_model_perm("add", admin.meta()))?;
    if request.method() == Method::POST {
        return submit(request, &admin, data, None).await;
    }
    page(request, &*admin, None, None).await
}

/// The form of an object; for a user who may not change it, its values.
pub(crate) async fn change(request: &AdminRequest, data: Data) -> Result<HttpResponse, APIException> {
    let admin = request.model_admin()?;
    request.require(request.permissions().may_view(admin.meta()))?;
    let Some(found) = find(request, &*admin).await? else { return gone(request, &*admin) };
    if request.method() == Method::POST {
        let is_allowed = request.permissions().has_model_perm("change", admin.meta());
        request.require(is_allowed && !admin.options().is_fixed)?;
        return submit(request, &admin, data, Some(found)).await;
    }
    page(request, &*admin, Some(&found), None).await
}

/// Django's old URL of an object leads to its form.
pub(crate) async fn to_change(request: &AdminRequest, _: Data) -> Result<HttpResponse, APIException> {
    request.model_admin()?;
    let path = request.get_path();
    Ok(request.redirect(&format!("{path}change/")))
}

/// The object that the path names.
pub(super) async fn find(
    request: &AdminRequest,
    admin: &dyn AnyModelAdmin,
) -> Result<Option<Found>, APIException> {
    let text = display::unquote(&request.path_param::<String>("object_id")?);
    match pk_lookup(text, request.info().kind_of(admin.meta().primary_key().kind)).flatten() {
        Some(pk) => admin.find(request, pk).await,
        None => Ok(None),
    }
}

/// The answer if the object is not there (`_get_obj_does_not_exist_redirect`).
pub(super) fn gone(request: &AdminRequest, admin: &dyn AnyModelAdmin) -> Result<HttpResponse, APIException> {
    let key = display::unquote(&request.path_param::<String>("object_id")?);
    let name = &admin.options().verbose_name;
    let text = format!("{name} with ID “{}” doesn’t exist. Perhaps it was deleted?", display::cut(&key));
    request.redirect_with(&request.url("index", &[])?, Level::Warning, text)
}

/// The page. `refused` is what the client sent, with its errors.
async fn page(
    request: &AdminRequest,
    admin: &dyn AnyModelAdmin,
    found: Option<&Found>,
    refused: Option<(Data, &Detail)>,
) -> Result<HttpResponse, APIException> {
    let (meta, options, permissions) = (admin.meta(), admin.options(), request.permissions());
    let is_editable = match found {
        Some(_) => permissions.has_model_perm("change", meta) && !options.is_fixed,
        None => permissions.has_model_perm("add", meta),
    };
    let may_add = permissions.has_model_perm("add", meta);
    let errors = refused.as_ref().map(|(_, errors)| (form_errors(errors), true)).unwrap_or_default();
    let links = Links::of(request, admin)?;
    let name = &options.verbose_name;
    let (verb, text) = match (found, is_editable) {
        (None, _) => ("Add", None),
        (Some(found), true) => ("Change", Some(&found.text)),
        (Some(found), false) => ("View", Some(&found.text)),
    };
    let fields = fields(request, admin, Source { found, refused, is_editable }).await?;
    let notes = match (found, options.notes) {
        (Some(found), Some(notes)) => {
            let pk = found.pk.clone();
            request.database()?.run(move |connection| notes(connection, &pk)).await?
        }
        _ => Vec::new(),
    };
    let notes = found.map(|found| {
        let view = |note: Note| note.view(&links, &found.pk, is_editable);
        notes.into_iter().map(view).collect::<Vec<_>>()
    });
    let versions = request.versions()?;
    let context = context!(
        fields => Serde(fields),
        notes => notes.map(Serde),
        errors => errors.0,
        has_errors => errors.1,
        object_text => text,
        is_editable,
        is_new => found.is_none(),
        version => found.map(|found| versions.version(&found.values)),
        may_continue => is_editable && permissions.has_model_perm("change", meta),
        may_add,
        delete_url => found
            .filter(|_| permissions.has_model_perm("delete", meta))
            .map(|found| links.object(&found.pk, "delete")),
        history_url => found.map(|found| links.object(&found.pk, "history")),
        list_url => permissions.may_view(meta).then(|| links.list_as_it_was()),
    );
    let mut crumbs = Breadcrumb::of_model(request, admin, &links)?;
    crumbs.push(Breadcrumb {
        name: text.map_or_else(|| format!("Add {name}"), |text| display::cut(text)),
        url: None,
    });
    let article = if verb == "Add" { format!("Add {name}") } else { format!("{verb} {name}") };
    request.page(StatusCode::OK, "admin/change_form.html", &article, &crumbs, context)
}

/// Stores a form, or shows it again with its errors.
async fn submit(
    request: &AdminRequest,
    admin: &Arc<dyn AnyModelAdmin>,
    data: Data,
    found: Option<Found>,
) -> Result<HttpResponse, APIException> {
    let schema = admin.schema(found.is_none(), request.database()?.is_postgres());
    let (data, errors) = decode_form(request, data)?;
    let data = with_keys_apart(&schema, data);
    if let Some(errors) = errors {
        return page(request, &**admin, found.as_ref(), Some((data, &errors))).await;
    }
    let data = Arc::new(data);
    let (user, work_admin, form) = (request.staff().clone(), Arc::clone(admin), Arc::clone(&data));
    let pk = found.as_ref().map(|found| found.pk.clone());
    let (is_new, versions) = (pk.is_none(), request.versions()?);
    let work = move |connection: &mut DbConnection, info: &RequestInfo| {
        let permissions = Permissions::now(&user, connection)?;
        permissions.require(if is_new { "add" } else { "change" }, work_admin.meta())?;
        let version = form.get(VERSION).and_then(|version| version.as_str());
        let form = Form { data: &form, pk: pk.as_ref(), version, versions };
        let Some(saved) = work_admin.save(connection, info, &form)? else { return Ok(None) };
        let (flag, message) = if is_new {
            (ActionFlag::Addition, ChangeMessage::Added)
        } else {
            (ActionFlag::Change, ChangeMessage::Changed(saved.changed.clone()))
        };
        let object = (display::plain(saved.pk.as_ref()), saved.text.clone());
        log_actions(connection, user.id, work_admin.meta(), &[object], flag, &message)?;
        Ok::<_, APIException>(Some(saved))
    };
    match request.write(work).await {
        Ok(Some(saved)) => stored(request, &**admin, &data, &saved, is_new),
        Ok(None) => gone(request, &**admin),
        Err(error) if error.kind() == ExceptionKind::ValidationError => {
            let found = match found {
                // Another change may be the error.
                Some(_) => match find(request, &**admin).await? {
                    Some(found) => Some(found),
                    None => return gone(request, &**admin),
                },
                None => None,
            };
            page(request, &**admin, found.as_ref(), Some(((*data).clone(), error.detail()))).await
        }
        Err(error) => Err(error),
    }
}

/// The answer after an object was stored (`response_add`, `response_change`).
fn stored(
    request: &AdminRequest,
    admin: &dyn AnyModelAdmin,
    data: &Data,
    saved: &Saved,
    is_new: bool,
) -> Result<HttpResponse, APIException> {
    let (meta, name, permissions) = (admin.meta(), &admin.options().verbose_name, request.permissions());
    let links = Links::of(request, admin)?;
    let has = |button: &str| data.get(button).is_some();
    let verb = if is_new { "added" } else { "changed" };
    let done = format!("The {name} “{}” was {verb} successfully.", display::cut(&saved.text));
    if has("_continue") && permissions.has_model_perm("change", meta) {
        let url = links.object(&saved.pk, "change");
        return request.redirect_with(&url, Level::Success, format!("{done} You may edit it again below."));
    }
    if has("_addanother") && permissions.has_model_perm("add", meta) {
        let text = format!("{done} You may add another {name} below.");
        return request.redirect_with(&links.add(), Level::Success, text);
    }
    request.redirect_with(&after(request, admin, &links)?, Level::Success, done)
}

/// Where a write leads to: the list, or the first page for those who may not see it.
pub(super) fn after(
    request: &AdminRequest,
    admin: &dyn AnyModelAdmin,
    links: &Links,
) -> Result<String, APIException> {
    if request.permissions().may_view(admin.meta()) {
        Ok(links.list_as_it_was())
    } else {
        request.url("index", &[])
    }
}

impl Breadcrumb {
    /// The app of a model.
    pub(super) fn app(request: &AdminRequest, app_label: &str) -> Result<Self, APIException> {
        let name = request.site().name_of_app(app_label);
        Ok(Self { name, url: Some(request.url("app_list", &[("app_label", &app_label)])?) })
    }

    /// The app and the list of a model.
    pub(super) fn of_model(
        request: &AdminRequest,
        admin: &dyn AnyModelAdmin,
        links: &Links,
    ) -> Result<Vec<Self>, APIException> {
        let name = capitalized(&admin.options().verbose_name_plural);
        let list = request.permissions().may_view(admin.meta()).then(|| links.list_as_it_was());
        let list = match list {
            Some(url) => Self { name, url: Some(url) },
            None => Self { name, url: None },
        };
        Ok(vec![Self::app(request, admin.meta().app_label)?, list])
    }

    /// The page of an object.
    pub(super) fn of_object(text: &str, links: &Links, pk: &DbValue) -> Self {
        Self { name: display::cut(text), url: Some(links.object(pk, "change")) }
    }
}
