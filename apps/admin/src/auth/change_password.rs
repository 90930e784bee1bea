//! The page that sets a user's password (`UserAdmin.user_change_password` of `django/contrib/auth/admin.py`,
//! `AdminPasswordChangeForm` of `forms.py`).

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data as AppData;
use minijinja::context;
use vitamin_auth::hashers::{is_password_usable, summarize};
use vitamin_auth::password_validation::UserAttributes;
use vitamin_auth::{SessionUpdate, User, UserId};
use vitamin_framework::app::Apps;
use vitamin_framework::audit::{self, Entry, Event};
use vitamin_framework::crypto::Zeroizing;
use vitamin_framework::database::{DatabaseError, DbConnection, KeyType};
use vitamin_framework::models::Model as _;
use vitamin_framework::translation::gettext;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

use super::form::{Errors, context as fields};
use super::models::Account;
use super::password_form::{PasswordForm, password_fields};
use super::{require_still, require_users};
use crate::display::unquote;
use crate::log_entry::{ActionFlag, ChangeMessage, log_actions};
use crate::messages::Level;
use crate::request::{AdminRequest, Breadcrumb};

const PERM: &str = "auth.change_user";

/// The page.
pub(super) async fn change_password(
    request: &AdminRequest,
    data: Data,
) -> Result<HttpResponse, APIException> {
    require_users(request)?;
    request.require(request.permissions().has_perm(PERM))?;
    let id: String = request.path_param("id")?;
    let id = UserId::parse(&unquote(&id), KeyType::Integer).ok_or_else(APIException::not_found)?;
    let user = request.database()?.read(move |connection| User::get(connection, id)).await?;
    let user = user.ok_or_else(APIException::not_found)?;
    if *request.method() != Method::POST {
        return page(request, &user, &Errors::new());
    }
    let data = Zeroizing::new(data);
    let form = PasswordForm::read(&data);
    if !form.is_usable && data.get("unset-password").is_none() {
        let text = gettext("Conflicting form data submitted. Please try again.");
        return request.redirect_with(&request.get_path(), Level::Error, text);
    }
    let attributes = UserAttributes {
        username: &user.username,
        first_name: &user.first_name,
        last_name: &user.last_name,
        email: &user.email,
    };
    let errors = form.errors(request, &attributes)?;
    if !errors.is_empty() {
        return page(request, &user, &errors);
    }
    let encoded = match form.encode(request).await? {
        Ok(encoded) => encoded,
        Err(errors) => return page(request, &user, &errors),
    };
    let change = PasswordChange {
        staff: request.staff().clone(),
        user: user.clone(),
        encoded,
        apps: request.app_data::<AppData<Apps>>().cloned(),
        session: SessionUpdate::of(request),
    };
    let (events, cookie) = request.database()?.write(move |connection| change.store(connection)).await?;
    for event in events {
        audit::record(request, || Entry::new(event).user(user.id, &user.username));
    }
    let text = if form.is_usable {
        gettext("Password changed successfully.")
    } else {
        gettext("Password-based authentication was disabled.")
    };
    let url =
        request.url("change", &[("app_label", &"auth"), ("model_name", &"user"), ("object_id", &user.id)])?;
    let mut response = request.redirect_with(&url, Level::Success, text)?;
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A new password that is about to be stored.
struct PasswordChange {
    staff: User,
    user: User,
    encoded: String,
    apps: Option<AppData<Apps>>,
    session: Option<SessionUpdate>,
}

impl PasswordChange {
    /// Stores it with what the apps do then, logs it, and keeps the session of a user who changes the own password. Returns the events
    /// for the audit stream, and the session's new cookie.
    fn store(
        &self,
        connection: &mut DbConnection,
    ) -> Result<(Vec<Event>, Option<HeaderValue>), APIException> {
        require_still(connection, &self.staff, &[PERM])?;
        let apps =
            self.apps.as_ref().ok_or_else(|| APIException::server_error("the app data has no apps"))?;
        let events = self.user.set_password(connection, apps, &self.encoded)?;
        if events.is_empty() {
            // The user was deleted meanwhile.
            return Err(APIException::not_found());
        }
        let objects = [(self.user.id.to_string(), self.user.username.clone())];
        // Django's form for a password knows no changed field if there shall be none.
        let changed =
            if is_password_usable(&self.encoded) { vec!["password".to_owned()] } else { Vec::new() };
        let message = ChangeMessage::Changed(changed);
        log_actions(connection, self.staff.id, Account::META, &objects, ActionFlag::Change, &message)?;
        Ok((events, self.updated_session(connection)?))
    }

    fn updated_session(&self, connection: &mut DbConnection) -> Result<Option<HeaderValue>, DatabaseError> {
        match &self.session {
            Some(session) if self.user.id == self.staff.id => {
                session.store(connection, self.user.id, &self.encoded)
            }
            _ => Ok(None),
        }
    }
}

fn page(request: &AdminRequest, user: &User, errors: &Errors) -> Result<HttpResponse, APIException> {
    let is_usable = is_password_usable(&user.password);
    let title = if is_usable { "Change password" } else { "Set password" };
    let parameters: &[(&str, &dyn std::fmt::Display)] = &[("app_label", &"auth"), ("model_name", &"user")];
    let object = [parameters, &[("object_id", &user.id)]].concat();
    let breadcrumbs = [
        Breadcrumb { name: request.site().name_of_app("auth"), url: None },
        Breadcrumb { name: "Users".to_owned(), url: Some(request.url("changelist", parameters)?) },
        Breadcrumb { name: user.username.clone(), url: Some(request.url("change", &object)?) },
        Breadcrumb { name: title.to_owned(), url: None },
    ];
    let context = context!(
        fields => fields(&password_fields(request, errors, true)?),
        has_errors => !errors.is_empty(),
        object_text => &user.username,
        is_usable,
        summary => password_summary(&user.password),
    );
    request.page(StatusCode::OK, "admin/auth/user/change_password.html", title, &breadcrumbs, context)
}

/// Returns the scheme and the cost of a stored password. Django's `ReadOnlyPasswordHashWidget` shows parts of the salt and the
/// hash too; nobody needs them.
pub(super) fn password_summary(encoded: &str) -> String {
    if encoded.is_empty() || !is_password_usable(encoded) {
        return gettext("No password set.").to_owned();
    }
    match summarize(encoded) {
        Ok(summary) => summary.to_string(),
        Err(_) => gettext("Invalid password format or unknown hashing algorithm.").to_owned(),
    }
}
