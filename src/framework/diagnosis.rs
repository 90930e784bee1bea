//! What `manage doctor` finds: how a live database and this project's settings go together, in words.

use std::collections::BTreeSet;
use std::fmt;

use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;
use indexmap::IndexMap;

use super::database::DbConnection;
use super::database::inspection::LiveSchema;
use super::database::needs::table_name;
use super::project::Settings;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Note,
    /// It works, but not as its owner would want it.
    Warning,
    /// It would not work, or the two programs would work against each other.
    Problem,
}

/// The findings, by the sections they stand in, and the settings that would mend them. It holds no secrets: not a hash,
/// not a key, nobody's name.
#[derive(Debug, Default)]
pub struct Diagnosis {
    sections: IndexMap<&'static str, Vec<(Severity, String)>>,
    settings: IndexMap<&'static str, String>,
}

impl Diagnosis {
    /// Adds a finding to a section.
    pub fn add(&mut self, section: &'static str, severity: Severity, message: impl Into<String>) {
        self.sections.entry(section).or_default().push((severity, message.into()));
    }

    /// Proposes a line of `.env`. The last proposal for a variable counts.
    pub fn propose_setting(&mut self, variable: &'static str, value: impl Into<String>) {
        self.settings.insert(variable, value.into());
    }

    /// How many findings are as bad as this.
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
            writeln!(f, "To put into .env:\n")?;
            for (variable, value) in &self.settings {
                writeln!(f, "{variable}={value}")?;
            }
            writeln!(f)?;
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (problems, warnings) = (self.count(Severity::Problem), self.count(Severity::Warning));
        write!(f, "{problems} problem{}, {warnings} warning{}.", plural(problems), plural(warnings))
    }
}

/// What an app is given to look at. The connection refuses to write.
pub struct Examination<'a> {
    /// The live database.
    pub connection: &'a mut DbConnection,
    /// Its catalogue.
    pub schema: &'a LiveSchema,
    /// The framework's settings.
    pub settings: &'a Settings,
    /// Where the findings go.
    pub diagnosis: &'a mut Diagnosis,
    pub(super) usable: &'a BTreeSet<String>,
}

impl Examination<'_> {
    /// Whether a table of [`App::tables`](super::app::App::tables) is there and as it should be, so that it can be read.
    #[must_use]
    pub fn can_read<T: QueryFragment<Sqlite>>(&self, table: T) -> bool {
        self.usable.contains(&table_name(table))
    }
}
