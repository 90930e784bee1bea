use proptest::prelude::*;
use serde_json::Value;

use super::common::PASSWORDS;
use super::*;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// `errors` is `ValidationError.messages` of Django's `validate_password` with the validators of a new
/// project.
#[test]
fn messages_are_django_s() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/password_validation.json")).unwrap();
    assert_eq!(cases.len(), 389);
    let validators = PasswordValidators::default();
    for case in cases {
        let user = UserAttributes {
            username: text(&case["user"][0]),
            first_name: text(&case["user"][1]),
            last_name: text(&case["user"][2]),
            email: text(&case["user"][3]),
        };
        let errors = validators.validate_password(text(&case["password"]), &user).err().unwrap_or_default();
        let expected: Vec<_> = case["errors"].as_array().unwrap().iter().map(text).collect();
        assert_eq!(errors, expected, "{case}");
    }
}

#[test]
fn the_list_is_complete() {
    assert_eq!(PASSWORDS.len(), 19_640);
    assert!(!PASSWORDS.contains(""));
}

#[test]
fn validators_run_in_the_setting_s_order() {
    let names = " NumericPasswordValidator,,django.contrib.auth.password_validation.MinimumLengthValidator";
    let validators = PasswordValidators::from_setting(names).unwrap();
    let errors = validators.validate_password("123", &UserAttributes::default()).unwrap_err();
    assert_eq!(
        errors,
        [
            "This password is entirely numeric.",
            "This password is too short. It must contain at least 8 characters."
        ]
    );
    assert_eq!(
        PasswordValidators::from_setting("").unwrap().validate_password("1", &UserAttributes::default()),
        Ok(())
    );
    let error = PasswordValidators::from_setting("NumericPasswordValidator,example.Mine").unwrap_err();
    assert_eq!(error.to_string(), "AUTH_PASSWORD_VALIDATORS names an unknown validator 'example.Mine'");
}

#[test]
fn a_length_of_one_is_singular() {
    let validators = PasswordValidators::new(vec![Box::new(MinimumLengthValidator { min_length: 1 })]);
    assert_eq!(
        validators.validate_password("", &UserAttributes::default()).unwrap_err(),
        ["This password is too short. It must contain at least 1 character."]
    );
}

proptest! {
    #[test]
    fn the_username_itself_is_refused(name in "\\PC{1,30}") {
        let user = UserAttributes { username: &name, ..UserAttributes::default() };
        let refused = UserAttributeSimilarityValidator::default().validate(&name, &user);
        prop_assert_eq!(refused.unwrap_err(), "The password is too similar to the username.");
    }

    #[test]
    fn no_password_panics(password in any::<String>(), username in any::<String>(), email in any::<String>()) {
        let user = UserAttributes { username: &username, email: &email, ..UserAttributes::default() };
        let short = password.chars().count() < 8;
        let errors = PasswordValidators::default().validate_password(&password, &user).err().unwrap_or_default();
        prop_assert_eq!(errors.iter().any(|error| error.contains("too short")), short);
    }
}
