//! The admin of users (`UserAdmin` of `django/contrib/auth/admin.py`).

use vitamin_auth::User;
use vitamin_auth::hashers::is_password_usable;
use vitamin_auth::models::normalize_username;
use vitamin_auth::schema::{auth_group, auth_user};
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{DbValue, Lookup, Model as _, Q};
use vitamin_framework::translation::gettext;
use vitamin_rest_framework::data::Value;
use vitamin_rest_framework::error_detail::Detail;
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::fields;
use vitamin_rest_framework::filters::filter_set::{FilterSet, char};
use vitamin_rest_framework::generics::Destroy;
use vitamin_rest_framework::serializers::{ModelSerializer, PrimaryKeyRelatedField, Validation};

use super::change_password::password_summary;
use super::groups::{HTML_CUTOFF, permissions_of};
use super::models::Account;
use super::user_id;
use crate::ModelAdmin;
use crate::notes::Note;

pub(super) fn user_admin() -> ModelAdmin<Account> {
    let mut admin = ModelAdmin::new(serializer());
    admin.options.notes = Some(password_note);
    admin
        .display(|user| user.username.clone())
        .list_display(["username", "email", "first_name", "last_name", "is_staff"])
        .filters(
            FilterSet::of_fields(["is_staff", "is_superuser", "is_active"])
                .filter(char("groups", Account::GROUPS.field(auth_group::name))),
        )
        .search_fields(fields![
            auth_user::username,
            auth_user::first_name,
            auth_user::last_name,
            auth_user::email
        ])
        .ordering(["username"])
        .delete_model(delete)
}

/// The form that changes a user, in the order of Django's. The password has a page of its own.
fn serializer() -> ModelSerializer<Account> {
    let groups = PrimaryKeyRelatedField::many(Account::GROUPS)
        .required(false)
        .html_cutoff(HTML_CUTOFF)
        .help_text(
            "The groups this user belongs to. A user will get all permissions granted to each of their groups.",
        );
    let user_permissions =
        permissions_of(Account::USER_PERMISSIONS).help_text("Specific permissions for this user.");
    ModelSerializer::new([
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "user_permissions",
        "last_login",
        "date_joined",
    ])
    .field("groups", groups)
    .field("user_permissions", user_permissions)
    .validate_field("username", normalize)
}

/// Normalizes the name, which may be another user's then (`UsernameField`).
fn normalize(value: &mut Value, validation: &Validation<'_, Account>) -> Result<(), APIException> {
    let Some(given) = value.as_str() else { return Ok(()) };
    let normalized = normalize_username(given);
    if normalized == given {
        return Ok(());
    }
    let same = Q::compare(&auth_user::username.into(), Lookup::Exact, normalized.as_str());
    let mut others = Account::objects().filter_q(same);
    if let Some(user) = validation.instance() {
        others = others.exclude_pk(user.id);
    }
    if validation.database(|connection| Ok(others.exists(connection)?))? {
        return Err(APIException::validation_error(Detail::list(username_taken(), "unique")));
    }
    *value = Value::from(normalized);
    Ok(())
}

/// The password's state, and the link to the page that sets it. The hash stays in this function.
fn password_note(connection: &mut DbConnection, pk: &DbValue) -> Result<Vec<Note>, DatabaseError> {
    let Some(user_id) = user_id(pk) else { return Ok(Vec::new()) };
    let Some(user) = User::get(connection, user_id)? else { return Ok(Vec::new()) };
    Ok(vec![Note {
        label: gettext("Password"),
        text: password_summary(&user.password),
        link: if is_password_usable(&user.password) { "Reset password" } else { "Set password" },
        page: "password",
    }])
}

pub(super) fn username_taken() -> &'static str {
    gettext("A user with that username already exists.")
}

/// Deletes a user with what the models know of, whose receivers hear of it, and then with what the apps' other tables have
/// (`App::delete_user`).
fn delete(destroy: &mut Destroy<'_, Account>) -> Result<(), APIException> {
    let (user_id, apps) = (destroy.object().id, destroy.request().apps().cloned());
    destroy.delete()?;
    for app in apps.iter().flat_map(|apps| apps.iter().rev()) {
        app.delete_user(destroy.connection(), user_id)?;
    }
    Ok(())
}
