//! Users, groups and their permissions (`django/contrib/auth/admin.py`). Passwords are set here, never shown.
//!
//! As in Django, whoever may change users may make anyone a superuser. Who may only add users may not add any: the page to add one
//! needs the permission to change them too.

mod add_user;
mod change_password;
pub(crate) mod form;
mod groups;
mod models;
mod password_form;
mod users;

use actix_web::http::Method;
use vitamin_auth::{Group, Permission, User, UserModel};
use vitamin_framework::checks::CheckMessage;
use vitamin_framework::database::{DbConnection, TextKey, UserId};
use vitamin_framework::models::{DbValue, Model as _, ModelMeta};
use vitamin_framework::urls::{Pattern, path};
use vitamin_rest_framework::exceptions::APIException;

use self::models::Account;
use crate::request::{AdminRequest, Permissions, admin_view};
use crate::site::AdminSite;

/// The registry of groups, and of users if their model is Django's own. A project's own user model is left to its Django.
pub(crate) fn site(user_model: &UserModel) -> AdminSite {
    let site = AdminSite::new().register(groups::group_admin()).name_objects(groups::permission_admin());
    if has_users(user_model) { site.register(users::user_admin()) } else { site }
}

/// Whether the pages of users are there.
pub(crate) fn has_users(user_model: &UserModel) -> bool {
    user_model.left_to_django().is_none()
}

/// The message of `check` if the pages of users are left out.
pub(crate) fn check(user_model: &UserModel) -> Option<CheckMessage> {
    let setting = user_model.left_to_django()?;
    let message =
        format!("{setting} is set, so the admin has no pages of users: their model is your project's own.");
    Some(
        CheckMessage::warning("vitamin.W030", message)
            .hint("Use Django's admin for them, on the same database."),
    )
}

/// The models that a deletion must look at.
pub(crate) fn models(user_model: &UserModel) -> Vec<&'static ModelMeta> {
    let mut models = vec![Permission::META, Group::META];
    if has_users(user_model) {
        models.push(Account::META);
    }
    models
}

/// The pages of users that are not those of any model. They come before these.
pub(crate) fn urlpatterns() -> Vec<Pattern> {
    let methods = &[Method::GET, Method::POST];
    vec![
        path("auth/user/add/", admin_view("AddUser", methods, add_user::add_user)).name("auth_user_add"),
        path(
            "auth/user/<id>/password/",
            admin_view("ChangePassword", methods, change_password::change_password),
        )
        .name("auth_user_password_change"),
    ]
}

/// A user's primary key as a query reads it. `None` for a value that is none.
pub(crate) fn user_id(key: &DbValue) -> Option<UserId> {
    match key {
        DbValue::Integer(number) => Some(UserId::Integer(*number)),
        DbValue::Uuid(uuid) => Some(UserId::Uuid(*uuid)),
        DbValue::Text(text) => TextKey::new(text).ok().map(UserId::Text),
        _ => None,
    }
}

/// Fails if the pages of users are left out.
fn require_users(request: &AdminRequest) -> Result<(), APIException> {
    let is_there = request.site().get(Account::META.app_label, "user").is_some();
    if is_there { Ok(()) } else { Err(APIException::not_found()) }
}

/// Fails unless the user still has all of these permissions. A write asks in its transaction.
///
/// # Errors
/// 403; a query fails.
pub(crate) fn require_still(
    connection: &mut DbConnection,
    user: &User,
    perms: &[&str],
) -> Result<(), APIException> {
    let permissions = Permissions::now(user, connection)?;
    let is_allowed = perms.iter().all(|perm| permissions.has_perm(perm));
    if is_allowed { Ok(()) } else { Err(APIException::permission_denied(None)) }
}
