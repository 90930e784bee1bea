//! System checks (`django/core/checks`), which find problems in a project's settings before it serves.

use std::fmt;

use super::conf::Setting;

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "SILENCED_SYSTEM_CHECKS",
    "Ids of checks whose messages `manage check` does not print, because you have decided about them, comma-separated: \
     `vitamin.W028`.",
)];

/// The severity of a message. An `Error` stops `runserver`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The project works, but the setting is unwise.
    Warning,
    /// The project can't serve with this setting.
    Error,
}

/// One finding, printed as Django prints it: `?: (security.W018) You should not have DEBUG set to True …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckMessage {
    /// The severity.
    pub level: Level,
    /// A stable id: Django's own if Django has the check (`security.W009`), otherwise `vitamin.E001` and so on.
    pub id: &'static str,
    /// The problem.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl CheckMessage {
    /// Creates a message that stops `runserver`.
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Error, id, message: message.into(), hint: None }
    }

    /// Creates a message that is only printed.
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, id, message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CheckMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "?: ({}) {}", self.id, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n\tHINT: {hint}"))
    }
}
