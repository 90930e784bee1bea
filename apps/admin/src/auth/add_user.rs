//! The page that adds a user: the name and a password. The rest is on the page that changes the user
//! (`UserAdmin.add_view` of `django/contrib/auth/admin.py`, `AdminUserCreationForm` of `forms.py`).

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use minijinja::context;
use vitamin_auth::models::{MAX_USERNAME_LENGTH, normalize_username};
use vitamin_auth::password_validation::UserAttributes;
use vitamin_auth::schema::auth_user;
use vitamin_auth::validators::validate_username;
use vitamin_auth::{User, UserId};
use vitamin_framework::crypto::Zeroizing;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::{Changes, Lookup, Model as _, Q};
use vitamin_framework::translation::gettext;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

use super::form::{Errors, context as fields, field, text};
use super::models::{Account, NewAccount};
use super::password_form::{PasswordForm, password_fields, usable_password_field};
use super::users::username_taken;
use super::{require_still, require_users};
use crate::log_entry::{ActionFlag, ChangeMessage, log_actions};
use crate::messages::Level;
use crate::request::{AdminRequest, Breadcrumb};

/// The permissions to add a user. Both are required, because the next page can make the new user a superuser.
const PERMS: [&str; 2] = ["auth.add_user", "auth.change_user"];

/// The page.
pub(super) async fn add_user(request: &AdminRequest, data: Data) -> Result<HttpResponse, APIException> {
    require_users(request)?;
    request.require(PERMS.iter().all(|perm| request.permissions().has_perm(perm)))?;
    if *request.method() != Method::POST {
        return page(request, "", true, &Errors::new());
    }
    let data = Zeroizing::new(data);
    let (form, username) = (PasswordForm::read(&data), cleaned(text(&data, "username")));
    let mut errors: Errors =
        username_errors(&username).into_iter().map(|message| ("username", message)).collect();
    if errors.is_empty() && is_taken(request, &username).await? {
        errors.push(("username", username_taken().to_owned()));
    }
    let attributes = UserAttributes { username: &username, ..UserAttributes::default() };
    errors.extend(form.errors(request, &attributes)?);
    if !errors.is_empty() {
        return page(request, &username, form.is_usable, &errors);
    }
    let encoded = match form.encode(request).await? {
        Ok(encoded) => encoded,
        Err(errors) => return page(request, &username, form.is_usable, &errors),
    };
    let (staff, name) = (request.staff().clone(), username.clone());
    let stored = request.database()?.write(move |db| store(db, &staff, &name, &encoded)).await?;
    let Some(user_id) = stored else {
        let errors = vec![("username", username_taken().to_owned())];
        return page(request, &username, form.is_usable, &errors);
    };
    added(request, &data, user_id.to_string(), &username)
}

/// The name as it is stored: without spaces around it, normalized unless it is too long to be.
fn cleaned(given: &str) -> String {
    let given = given.trim();
    if given.chars().count() > MAX_USERNAME_LENGTH { given.to_owned() } else { normalize_username(given) }
}

fn username_errors(username: &str) -> Vec<String> {
    if username.is_empty() {
        return vec![gettext("This field is required.").to_owned()];
    }
    validate_username(username)
}

/// Whether another user has this name, in any case.
async fn is_taken(request: &AdminRequest, username: &str) -> Result<bool, APIException> {
    let same = Q::compare(&auth_user::username.into(), Lookup::IExact, username);
    let users = Account::objects().filter_q(same);
    Ok(request.database()?.read(move |connection| users.exists(connection)).await?)
}

/// Stores the user, and logs it. Returns the key; `None` if the name was taken meanwhile.
fn store(
    connection: &mut DbConnection,
    staff: &User,
    username: &str,
    encoded: &str,
) -> Result<Option<UserId>, APIException> {
    require_still(connection, staff, &PERMS)?;
    let same = Q::compare(&auth_user::username.into(), Lookup::Exact, username);
    if Account::objects().filter_q(same).exists(connection)? {
        return Ok(None);
    }
    let user = Changes::<NewAccount>::new()
        .set(auth_user::username, username)
        .set(auth_user::password, encoded)
        .insert(connection)?;
    let objects = [(user.id.to_string(), username.to_owned())];
    log_actions(connection, staff.id, Account::META, &objects, ActionFlag::Addition, &ChangeMessage::Added)?;
    Ok(Some(user.id))
}

/// To the page that changes the user, or to another form (`UserAdmin.response_add`).
fn added(
    request: &AdminRequest,
    data: &Data,
    user_id: String,
    username: &str,
) -> Result<HttpResponse, APIException> {
    if data.get("_addanother").is_some() {
        let text = format!("The user “{username}” was added successfully. You may add another user below.");
        return request.redirect_with(&request.get_path(), Level::Success, text);
    }
    let change =
        request.url("change", &[("app_label", &"auth"), ("model_name", &"user"), ("object_id", &user_id)])?;
    let text = format!("The user “{username}” was added successfully. You may edit it again below.");
    request.redirect_with(&change, Level::Success, text)
}

fn page(
    request: &AdminRequest,
    username: &str,
    is_usable: bool,
    errors: &Errors,
) -> Result<HttpResponse, APIException> {
    let help = gettext("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.").to_owned();
    let mut name = field("username", gettext("Username"), help, errors);
    name.required = true;
    username.clone_into(&mut name.value);
    for (attribute, value) in [
        ("maxlength", MAX_USERNAME_LENGTH.to_string()),
        ("autocapitalize", "none".to_owned()),
        ("autocomplete", "username".to_owned()),
    ] {
        name.control.attributes.push((attribute, value));
    }
    let mut all = vec![name, usable_password_field(is_usable, errors)];
    all.extend(password_fields(request, errors, false)?);
    let list = request.url("changelist", &[("app_label", &"auth"), ("model_name", &"user")])?;
    let breadcrumbs = [
        Breadcrumb { name: request.site().name_of_app("auth"), url: None },
        Breadcrumb { name: "Users".to_owned(), url: Some(list) },
        Breadcrumb { name: "Add user".to_owned(), url: None },
    ];
    let context = context!(fields => fields(&all), has_errors => !errors.is_empty());
    request.page(StatusCode::OK, "admin/auth/user/add_form.html", "Add user", &breadcrumbs, context)
}
