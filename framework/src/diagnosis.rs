//! The report of `manage doctor`: how well a live database and this project's settings match.

mod django_settings;

use std::collections::BTreeSet;
use std::fmt;

use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;
use indexmap::IndexMap;

use super::database::DbConnection;
use super::database::inspection::LiveSchema;
use super::database::needs::table_name;
use super::project::Settings;

pub use self::django_settings::{DjangoSettings, DjangoUserModel, class_name};

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do.
    Fine,
    /// Worth knowing.
    Note,
    /// It works, but the setup is unwise.
    Warning,
    /// It does not work, or vitamin and Django conflict.
    Problem,
}

/// The findings by section, and the settings that would fix them. It never holds a hash, a key or a user's name.
#[derive(Debug, Default)]
pub struct Diagnosis {
    sections: IndexMap<&'static str, Vec<(Severity, String)>>,
    settings: IndexMap<&'static str, String>,
    code: Vec<String>,
}

impl Diagnosis {
    /// Adds a finding to a section.
    pub fn add(&mut self, section: &'static str, severity: Severity, message: impl Into<String>) {
        self.sections.entry(section).or_default().push((severity, message.into()));
    }

    /// Proposes a line of `.env`. The last proposal for a variable wins.
    pub fn propose_setting(&mut self, variable: &'static str, value: impl Into<String>) {
        self.settings.insert(variable, value.into());
    }

    /// Proposes a line of Rust for the project's `APISettings`.
    pub fn propose_code(&mut self, line: impl Into<String>) {
        self.code.push(line.into());
    }

    /// Counts the findings of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.sections.values().flatten().filter(|(found, _)| *found == severity).count()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (section, findings) in &self.sections {
            writeln!(f, "{section}")?;
            for (severity, message) in findings {
                let word = match severity {
                    Severity::Fine => "ok",
                    Severity::Note => "note",
                    Severity::Warning => "WARNING",
                    Severity::Problem => "PROBLEM",
                };
                writeln!(f, "  {word:8} {message}")?;
            }
            writeln!(f)?;
        }
        if !self.settings.is_empty() {
            writeln!(f, "Add to .env:\n")?;
            for (variable, value) in &self.settings {
                writeln!(f, "{variable}={value}")?;
            }
            writeln!(f)?;
        }
        if !self.code.is_empty() {
            writeln!(f, "Set in the project's APISettings (src/settings.rs):\n\n{}\n", self.code.join("\n"))?;
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (problems, warnings) = (self.count(Severity::Problem), self.count(Severity::Warning));
        write!(f, "{problems} problem{}, {warnings} warning{}.", plural(problems), plural(warnings))
    }
}

/// What an app may inspect. The connection is read-only.
pub struct Examination<'a> {
    /// The live database.
    pub connection: &'a mut DbConnection,
    /// Its schema.
    pub schema: &'a LiveSchema,
    /// The framework's settings.
    pub settings: &'a Settings,
    /// Receives the findings.
    pub diagnosis: &'a mut Diagnosis,
    pub(super) usable: &'a BTreeSet<String>,
}

impl Examination<'_> {
    /// Returns whether a table of [`App::tables`](super::app::App::tables) exists and has the needed columns, so that
    /// it can be read.
    #[must_use]
    pub fn can_read<T: QueryFragment<Sqlite>>(&self, table: T) -> bool {
        self.usable.contains(&table_name(table))
    }
}
