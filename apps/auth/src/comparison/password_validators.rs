//! Compares `AUTH_PASSWORD_VALIDATORS` with that of a Django project (`manage doctor --django`).

use serde_json::Value;

use crate::password_validation::class_name;
use vitamin_framework::diagnosis::{Diagnosis, DjangoSettings, Severity};

const SECTION: &str = "AUTH_PASSWORD_VALIDATORS";

/// `here` holds the names of the classes.
pub(super) fn compare(here: &[&str], django: &DjangoSettings, diagnosis: &mut Diagnosis) {
    let Some(there) = django.get(SECTION).and_then(Value::as_array) else { return };
    let mut known = Vec::new();
    for validator in there {
        let path = validator.get("NAME").and_then(Value::as_str).unwrap_or_default();
        let Some(name) = class_name(path) else {
            let message = format!("{path} is no validator of Django's: it checks no password here.");
            diagnosis.add(SECTION, Severity::Warning, message);
            continue;
        };
        let options = validator.get("OPTIONS").and_then(Value::as_object);
        if options.is_some_and(|options| !options.is_empty()) {
            let message = format!("{name} has other options than Django's defaults, which are used here.");
            diagnosis.add(SECTION, Severity::Warning, message);
        }
        known.push(name);
    }
    if known == here {
        diagnosis.add(SECTION, Severity::Fine, "Both sides have the same validators.");
    } else {
        let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let message = format!("Django has {}, and {} here.", list(&known), list(here));
        diagnosis.add(SECTION, Severity::Warning, message);
        diagnosis.propose_setting(SECTION, known.join(","));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(here: &[&str], validators: &str) -> String {
        let json = format!(
            r#"{{"version": "5.2", "settings": {{"AUTH_PASSWORD_VALIDATORS": {validators}}}, "rest_framework": {{}},
               "rest_framework_changed": [], "of_django": [], "others": []}}"#
        );
        let mut diagnosis = Diagnosis::default();
        compare(here, &serde_json::from_str(&json).unwrap(), &mut diagnosis);
        diagnosis.to_string()
    }

    #[test]
    fn other_validators_are_proposed() {
        let validators = r#"[{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": "shop.validators.Own"}]"#;
        let found = report(&["NumericPasswordValidator"], validators);
        assert!(found.contains("shop.validators.Own is no validator of Django's"), "{found}");
        assert!(found.contains("MinimumLengthValidator has other options"), "{found}");
        assert!(found.contains("\nAUTH_PASSWORD_VALIDATORS=MinimumLengthValidator\n"), "{found}");
        let found = report(&["NumericPasswordValidator"], "[]");
        assert!(found.contains("Django has none, and NumericPasswordValidator here."), "{found}");
        assert!(found.contains("\nAUTH_PASSWORD_VALIDATORS=\n"), "{found}");
        let same = report(&["MinimumLengthValidator"], r#"[{"NAME": "MinimumLengthValidator"}]"#);
        assert!(same.contains("Both sides have the same validators."), "{same}");
    }
}
