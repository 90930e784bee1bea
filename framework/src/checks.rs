//! System checks (`django/core/checks`): what is wrong with a project's settings, said before it serves.

use std::fmt;

/// How bad a message is. An `Error` stops `runserver`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The project works, but not as its owner would want it.
    Warning,
    /// The project can't serve like this.
    Error,
}

/// One finding: printed as Django prints it, `?: (security.W018) You should not have DEBUG set to True …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckMessage {
    /// How bad it is.
    pub level: Level,
    /// A stable id: Django's own where Django has the check (`security.W009`), `vitamin.E001` and so on otherwise.
    pub id: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CheckMessage {
    /// A message that stops `runserver`.
    pub fn error(id: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Error, id, message: message.into(), hint: None }
    }

    /// A message that is only said.
    pub fn warning(id: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, id, message: message.into(), hint: None }
    }

    /// Adds what to do about it.
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
