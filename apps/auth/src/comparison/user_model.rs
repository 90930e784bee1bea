//! Compares the user model with that of a Django project (`manage doctor --django`).

use crate::user_model::UserModel;
use vitamin_framework::conf::Env;
use vitamin_framework::diagnosis::{Diagnosis, DjangoSettings, DjangoUserModel, Severity};

const SECTION: &str = "AUTH_USER_MODEL";

pub(super) fn compare(here: &UserModel, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let Some(there) = &django.user_model else { return };
    let lines = settings(there);
    let env: Env = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match UserModel::from_env(&env) {
        Err(error) => {
            let message = format!("{} can't be read here: {error}", there.label);
            diagnosis.add(SECTION, Severity::Problem, message);
        }
        Ok(model) if model == *here => {
            diagnosis.add(SECTION, Severity::Fine, format!("{} is the one that is read here.", there.label));
        }
        Ok(_) => {
            let message = format!("{} has other names or fields than are read here.", there.label);
            diagnosis.add(SECTION, Severity::Warning, message);
            for (name, value) in lines {
                diagnosis.propose_setting(name, value);
            }
        }
    }
}

/// The settings that describe this model; those of Django's own are left out.
fn settings(model: &DjangoUserModel) -> Vec<(&'static str, String)> {
    let mut lines = vec![("AUTH_USER_MODEL", model.label.clone())];
    if model.table != model.label.replace('.', "_").to_lowercase() {
        lines.push(("AUTH_USER_DB_TABLE", model.table.clone()));
    }
    if !model.key_field.contains("Auto") {
        lines.push(("AUTH_USER_KEY", model.key_field.clone()));
    }
    if model.username_field != "username" {
        lines.push(("USERNAME_FIELD", model.username_field.clone()));
    }
    let columns = columns(model).join(",");
    if !columns.is_empty() {
        lines.push(("AUTH_USER_COLUMNS", columns));
    }
    lines
}

/// The items of `AUTH_USER_COLUMNS`, in the order of their names.
fn columns(model: &DjangoUserModel) -> Vec<String> {
    let column = |field: &str| model.columns.get(field).map(String::as_str);
    let mut items = Vec::new();
    for field in UserModel::fields() {
        // Here `username` is the login, whatever it is called there.
        let (name, known) = match field {
            "id" => ("id", Some(model.key_column.as_str())),
            "username" => (model.username_field.as_str(), column(&model.username_field)),
            _ => (field, column(field)),
        };
        let is_said_by_email = field == "username" && name == "email";
        if known != Some(name) && !is_said_by_email {
            items.push(format!("{field}={}", known.unwrap_or_default()));
        }
    }
    items.sort_unstable();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_described_by_its_differences() {
        let text = |texts: &[(&str, &str)]| {
            texts.iter().map(|(name, column)| ((*name).to_owned(), (*column).to_owned())).collect()
        };
        let mut model = DjangoUserModel {
            label: "auth.User".to_owned(),
            table: "auth_user".to_owned(),
            key_field: "AutoField".to_owned(),
            key_column: "id".to_owned(),
            username_field: "username".to_owned(),
            columns: UserModel::fields().map(|field| (field.to_owned(), field.to_owned())).collect(),
        };
        assert_eq!(settings(&model), [("AUTH_USER_MODEL", "auth.User".to_owned())]);
        let plain =
            [("password", "secret"), ("email", "mail"), ("is_active", "enabled"), ("is_admin", "is_admin")];
        model = DjangoUserModel {
            label: "accounts.Account".to_owned(),
            table: "accounts".to_owned(),
            key_field: "CharField".to_owned(),
            key_column: "code".to_owned(),
            username_field: "email".to_owned(),
            columns: text(&plain),
        };
        let columns = "date_joined=,email=mail,first_name=,id=code,is_active=enabled,is_staff=,is_superuser=,last_login=,last_name=,password=secret";
        assert_eq!(
            settings(&model),
            [
                ("AUTH_USER_MODEL", "accounts.Account"),
                ("AUTH_USER_DB_TABLE", "accounts"),
                ("AUTH_USER_KEY", "CharField"),
                ("USERNAME_FIELD", "email"),
                ("AUTH_USER_COLUMNS", columns),
            ]
            .map(|(name, value)| (name, value.to_owned()))
        );
    }
}
