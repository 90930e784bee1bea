//! The two fields of a new password, and whether there shall be one (`SetPasswordMixin` and `SetUnusablePasswordMixin` of
//! `django/contrib/auth/forms.py`).

use actix_web::web::Data as AppData;
use vitamin_auth::hashers::unusable_password;
use vitamin_auth::password_validation::{PasswordValidators, UserAttributes};
use vitamin_auth::passwords::Passwords;
use vitamin_framework::crypto::Zeroizing;
use vitamin_framework::translation::gettext;
use vitamin_framework::worker_pool::JobOwner;
use vitamin_rest_framework::browsable::{Control, FieldView, OptionView, Widget};
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

use super::form::{Errors, field, text};
use crate::request::AdminRequest;

const REQUIRED: &str = "This field is required.";

/// The fields of a form that set a password. They are overwritten when it is dropped.
pub(super) struct PasswordForm {
    /// Whether the user shall be able to log in with a password.
    pub(super) is_usable: bool,
    password1: Zeroizing<String>,
    password2: Zeroizing<String>,
}

impl PasswordForm {
    pub(super) fn read(form: &Data) -> Self {
        Self {
            is_usable: text(form, "usable_password") != "false",
            password1: Zeroizing::new(text(form, "password1").to_owned()),
            password2: Zeroizing::new(text(form, "password2").to_owned()),
        }
    }

    /// Returns the errors of the form, in the words of Django.
    ///
    /// # Errors
    /// 500: the app `auth` is not installed.
    pub(super) fn errors(
        &self,
        request: &AdminRequest,
        user: &UserAttributes<'_>,
    ) -> Result<Errors, APIException> {
        let mut errors = Errors::new();
        if !self.is_usable {
            return Ok(errors);
        }
        for (field, password) in [("password1", &self.password1), ("password2", &self.password2)] {
            if password.is_empty() {
                errors.push((field, gettext(REQUIRED).to_owned()));
            } else if password.contains('\0') {
                errors.push((field, gettext("Null characters are not allowed.").to_owned()));
            }
        }
        if !errors.is_empty() {
            return Ok(errors);
        }
        if *self.password1 != *self.password2 {
            errors.push(("password2", gettext("The two password fields didn’t match.").to_owned()));
        } else if let Err(messages) = validators(request)?.validate_password(&self.password2, user) {
            errors.extend(messages.into_iter().map(|message| ("password2", message)));
        }
        Ok(errors)
    }

    /// The value of the column `password`. It is hashed on the threads for passwords. The inner error: the scheme rejects this
    /// password.
    ///
    /// # Errors
    /// 503: too many passwords are waiting.
    pub(super) async fn encode(
        &self,
        request: &AdminRequest,
    ) -> Result<Result<String, Errors>, APIException> {
        if !self.is_usable {
            return Ok(Ok(unusable_password()));
        }
        let passwords = request.app_data::<AppData<Passwords>>().ok_or_else(not_installed)?;
        let owner = JobOwner::new(request, &request.staff().username);
        let encoded = passwords.hash_password(owner, &self.password1).await?;
        Ok(encoded.map_err(|error| vec![("password2", error.to_string())]))
    }
}

fn validators(request: &AdminRequest) -> Result<&PasswordValidators, APIException> {
    let found = request.app_data::<AppData<PasswordValidators>>();
    found.map(|validators| validators.get_ref()).ok_or_else(not_installed)
}

fn not_installed() -> APIException {
    APIException::server_error("the app auth is not installed")
}

/// The two fields, always empty.
///
/// # Errors
/// 500: the app `auth` is not installed.
pub(super) fn password_fields(
    request: &AdminRequest,
    errors: &Errors,
    is_required: bool,
) -> Result<Vec<FieldView>, APIException> {
    let rules = validators(request)?.help_texts().join(" ");
    let again = gettext("Enter the same password as before, for verification.").to_owned();
    let labels =
        [("password1", gettext("Password"), rules), ("password2", gettext("Password confirmation"), again)];
    let field = |(name, label, help): (&'static str, &'static str, String)| {
        let mut field = field(name, label, help, errors);
        field.required = is_required;
        field.control.input_type = "password";
        field
    };
    Ok(labels.into_iter().map(field).collect())
}

/// Whether there shall be a password at all.
pub(super) fn usable_password_field(is_usable: bool, errors: &Errors) -> FieldView {
    let help = gettext(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to authenticate using other backends, such as Single Sign-On or LDAP.",
    );
    let option = |value: &str, label: &'static str, selected| OptionView {
        value: value.to_owned(),
        label: gettext(label).to_owned(),
        selected,
        group: String::new(),
    };
    let label = gettext("Password-based authentication");
    let mut field = field("usable_password", label, help.to_owned(), errors);
    field.control = Control::of(Widget::Select);
    field.options = vec![option("true", "Enabled", is_usable), option("false", "Disabled", !is_usable)];
    field
}
