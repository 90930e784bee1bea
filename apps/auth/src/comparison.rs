//! Compares the settings of this app with those of a Django project (`manage doctor --django`).

mod password_validators;
mod user_model;

use super::UserModel;
use super::hashers::{HasherCosts, Hashers};
use vitamin_framework::diagnosis::{Diagnosis, DjangoSettings, Severity};

const SECTION: &str = "PASSWORD_HASHERS";

pub(super) fn compare(
    hashers: &Hashers,
    model: &UserModel,
    validators: &[&str],
    django: &DjangoSettings,
    diagnosis: &mut Diagnosis,
) {
    compare_hashers(hashers, django, diagnosis);
    user_model::compare(model, django, diagnosis);
    password_validators::compare(validators, django, diagnosis);
}

fn compare_hashers(here: &Hashers, django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let paths = django.list("PASSWORD_HASHERS").join(",");
    let Ok(there) = Hashers::from_setting(&paths, &HasherCosts::default()) else {
        let message = format!("None of Django's PASSWORD_HASHERS can be read here: {paths}.");
        diagnosis.add(SECTION, Severity::Warning, message);
        return;
    };
    for name in there.unknown() {
        let message =
            format!("{name} is no hasher of Django's: users whose hashes only it reads can't log in here.");
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    let (preferred, ours) = (there.preferred().algorithm(), here.preferred().algorithm());
    let unread: Vec<&str> =
        there.iter().map(|hasher| hasher.algorithm()).filter(|name| !here.reads(name)).collect();
    if preferred == ours && unread.is_empty() {
        diagnosis.add(SECTION, Severity::Fine, format!("Both sides prefer {ours}."));
        return;
    }
    if preferred != ours {
        let message = format!(
            "Django prefers {preferred}, and {ours} is preferred here: they would replace each other's hashes."
        );
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    if !unread.is_empty() {
        let message = format!("{} are not read here.", unread.join(", "));
        diagnosis.add(SECTION, Severity::Warning, message);
    }
    diagnosis.propose_setting("PASSWORD_HASHERS", paths);
}
