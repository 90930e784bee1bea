//! All declared settings of a project.

use super::env::undeclared;
use super::{Env, Fallback, ImproperlyConfigured, Setting, Source};
use crate::checks::CheckMessage;

/// The declared settings of a project: the framework's own, those of each app, and those of the project.
#[derive(Clone, Default)]
pub struct SettingsRegistry(Vec<(&'static str, Setting)>);

/// A setting's current value.
pub struct SettingValue<'a> {
    /// The declaration.
    pub setting: &'a Setting,
    /// The value as it may be printed, without secrets; the default if nothing sets it, `None` if there is no default.
    pub shown: Option<String>,
    /// Where the value comes from; `None` for the default.
    pub source: Option<&'a Source>,
    /// Whether the value is another than the default.
    pub differs: bool,
}

impl SettingsRegistry {
    /// Adds the settings of an app, under its label.
    ///
    /// # Errors
    /// A setting of this name is there already.
    pub fn add(&mut self, label: &'static str, settings: &[Setting]) -> Result<(), ImproperlyConfigured> {
        for setting in settings {
            if let Some((other, _)) = self.0.iter().find(|(_, existing)| existing.name == setting.name) {
                let message =
                    format!("The setting {} is declared twice, by {other} and {label}.", setting.name);
                return Err(ImproperlyConfigured::new(message));
            }
            self.0.push((label, *setting));
        }
        Ok(())
    }

    /// Iterates over labels and settings. The framework's own have the label `vitamin`, the project's `project`.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.0.iter().map(|(label, setting)| (*label, setting))
    }

    /// Returns the current values, sorted by name.
    pub fn values<'a>(&'a self, env: &'a Env) -> Vec<SettingValue<'a>> {
        let mut values: Vec<_> = self.0.iter().map(|(_, setting)| value(setting, env)).collect();
        values.sort_by_key(|value| value.setting.name);
        values
    }

    /// Returns the secret parts of the current values.
    pub(crate) fn secrets<'a>(&self, env: &'a Env) -> Vec<&'a str> {
        let values = self.0.iter().filter_map(|(_, setting)| Some((setting, env.variable(setting.name)?)));
        values.flat_map(|(setting, value)| setting.secrets(value)).collect()
    }

    /// Warns of settings that were read but are not declared: neither docs nor `diffsettings` would name them.
    pub(crate) fn checks(&self, env: &Env) -> Vec<CheckMessage> {
        let read = env.names_read();
        let unknown = read.iter().filter(|name| !self.0.iter().any(|(_, setting)| setting.name == *name));
        let hint = "Return it from the app's `settings()`, or add it to the project with `Project::declare`.";
        unknown.map(|name| CheckMessage::warning("vitamin.W005", undeclared(name)).hint(hint)).collect()
    }
}

fn value<'a>(setting: &'a Setting, env: &'a Env) -> SettingValue<'a> {
    match (env.source(setting.name), env.variable(setting.name)) {
        (Some(source), Some(value)) if !setting.is_unset(value) => SettingValue {
            setting,
            shown: Some(setting.shown(value)),
            source: Some(source),
            differs: !matches!(setting.default, Fallback::Value(default) if default == value),
        },
        _ => {
            let shown = match setting.default {
                Fallback::Unset => None,
                Fallback::Value(value) => Some(value.to_owned()),
                Fallback::Described(words) => Some(format!("({words})")),
            };
            SettingValue { setting, shown, source: None, differs: false }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLLS: [Setting; 2] = [
        Setting::new("POLLS_PAGE_SIZE", "Polls per page.").default("20"),
        Setting::new("POLLS_API_KEY", "The key of the service."),
    ];

    #[test]
    fn values_tell_their_source_and_no_secret() {
        let mut registry = SettingsRegistry::default();
        registry.add("polls", &POLLS).unwrap();
        let env = Env::from_iter([("POLLS_API_KEY", "s3cret")]);
        let values = registry.values(&env);
        let lines: Vec<_> = values.iter().map(|v| (v.setting.name, v.shown.as_deref(), v.differs)).collect();
        assert_eq!(
            lines,
            [("POLLS_API_KEY", Some("********"), true), ("POLLS_PAGE_SIZE", Some("20"), false)]
        );
        assert_eq!(values[0].source, Some(&Source::Program));
        assert_eq!(registry.secrets(&env), ["s3cret", "s3cret"]);
        assert_eq!(
            registry.add("other", &POLLS[..1]).unwrap_err().to_string(),
            "The setting POLLS_PAGE_SIZE is declared twice, by polls and other."
        );
    }

    #[test]
    fn an_undeclared_setting_is_reported() {
        let mut registry = SettingsRegistry::default();
        registry.add("polls", &POLLS).unwrap();
        let env = Env::from_iter([("A", "1")]);
        let _ = (env.get("POLLS_PAGE_SIZE"), env.get("POLLS_COLOUR"));
        let messages = registry.checks(&env);
        assert_eq!(messages.len(), 1);
        assert!(messages[0].to_string().contains("The setting POLLS_COLOUR is read"), "{}", messages[0]);
    }
}
