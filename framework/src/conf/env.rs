//! The environment and the `.env` file, with where each value comes from.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use super::{ImproperlyConfigured, dotenv};

/// The variables of the environment and of the `.env` file; the environment wins.
///
/// An empty variable counts as unset, so a line of `.env` can be left blank.
#[derive(Clone)]
pub struct Env {
    values: HashMap<String, (String, Source)>,
    /// Shared by all clones.
    reads: Arc<Mutex<Reads>>,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The process's environment.
    Environment,
    /// A line of a `.env` file.
    DotEnv {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1. Of a value of several lines it is the last one.
        line: usize,
    },
    /// The program itself ([`Env::from_iter`]).
    Program,
}

/// `the environment`, or the file and line; the file of the working directory without its folder.
impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the environment"),
            Self::Program => f.write_str("the program"),
            Self::DotEnv { path, line } => {
                let folder = std::env::current_dir().unwrap_or_default();
                write!(f, "{}:{line}", path.strip_prefix(folder).unwrap_or(path).display())
            }
        }
    }
}

/// The names that were read, to compare with the declared ones.
#[derive(Default)]
struct Reads {
    read: BTreeSet<String>,
    /// `None` until the project is made.
    declared: Option<HashSet<&'static str>>,
}

impl Env {
    /// Reads `.env` (in this folder or the nearest parent that has one, as diesel's own command does) and the process's
    /// environment, which wins.
    ///
    /// # Errors
    /// A `.env` file that can't be read or parsed.
    pub fn read() -> Result<Self, ImproperlyConfigured> {
        let mut values = HashMap::new();
        if let Some(path) = dotenv::find() {
            for (name, value, line) in dotenv::read(&path)? {
                let source = Source::DotEnv { path: path.clone(), line };
                values.entry(name).or_insert((value, source));
            }
        }
        values.extend(std::env::vars_os().filter_map(|(name, value)| {
            // All of our variables are UTF-8.
            Some((name.into_string().ok()?, (value.into_string().ok()?, Source::Environment)))
        }));
        Ok(Self { values, reads: Arc::default() })
    }

    /// Returns where a variable's value comes from, or `None` if it is unset.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.values.get(name).map(|(_, source)| source)
    }

    /// Returns the names of the settings that were read so far.
    #[must_use]
    pub fn names_read(&self) -> BTreeSet<String> {
        self.reads.lock().map(|reads| reads.read.clone()).unwrap_or_default()
    }

    /// Sets the declared names. In a debug build, the log has an error for each other one that is read from now on.
    pub(crate) fn declare(&self, names: impl Iterator<Item = &'static str>) {
        if let Ok(mut reads) = self.reads.lock() {
            reads.declared = Some(names.collect());
        }
    }

    fn record(&self, name: &str) {
        let Ok(mut reads) = self.reads.lock() else { return };
        if reads.read.contains(name) {
            return;
        }
        reads.read.insert(name.to_owned());
        if cfg!(debug_assertions) && reads.declared.as_ref().is_some_and(|declared| !declared.contains(name))
        {
            log::error!("{}", undeclared(name));
        }
    }

    /// Returns the value of a variable that is not a setting of this project, even if it is empty: one of the system's,
    /// such as `USER`, or one whose name is not fixed.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// Returns a variable's value, or `None` if it is unset or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// Returns a variable's value, even if it is empty.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.record(name);
        self.variable(name)
    }

    /// Returns a variable's parsed value, or the default.
    ///
    /// # Errors
    /// The message names the variable, its value and `T`'s reason, so this is not for secrets.
    pub fn parse<T>(&self, name: &str, default: T) -> Result<T, ImproperlyConfigured>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(name).map(|value| value.unwrap_or(default))
    }

    /// Returns a variable's parsed value, or `None`.
    ///
    /// # Errors
    /// As [`Env::parse`].
    pub fn optional<T>(&self, name: &str) -> Result<Option<T>, ImproperlyConfigured>
    where
        T: FromStr<Err: Display>,
    {
        self.get(name)
            .map(|value| {
                value.trim().parse().map_err(|error| {
                    ImproperlyConfigured::new(format!("{name}: '{value}' can't be used: {error}"))
                })
            })
            .transpose()
    }

    /// Reads a boolean: `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`, in any case.
    ///
    /// # Errors
    /// Any other value.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ImproperlyConfigured> {
        match self.get(name).map(|value| value.trim().to_ascii_lowercase()).as_deref() {
            None => Ok(default),
            Some("1" | "true" | "yes" | "on") => Ok(true),
            Some("0" | "false" | "no" | "off") => Ok(false),
            Some(other) => {
                Err(ImproperlyConfigured::new(format!("{name}: '{other}' is neither true nor false.")))
            }
        }
    }

    /// Reads a comma-separated list; items are trimmed, empty ones dropped.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.get(name).unwrap_or_default().split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), (value.into(), Source::Program)));
        Self { values: values.collect(), reads: Arc::default() }
    }
}

/// The message about a setting that is read but not declared.
pub(super) fn undeclared(name: &str) -> String {
    format!("The setting {name} is read, but neither an app nor the project declares it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().copied().collect()
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(env(&[("WORKERS", "")]).parse("WORKERS", 4).unwrap(), 4);
    }

    #[test]
    fn an_error_names_the_variable() {
        let error = env(&[("WORKERS", "many")]).parse("WORKERS", 4_usize).unwrap_err().to_string();
        assert_eq!(error, "WORKERS: 'many' can't be used: invalid digit found in string");
        let error = env(&[("DEBUG", "maybe")]).flag("DEBUG", false).unwrap_err().to_string();
        assert_eq!(error, "DEBUG: 'maybe' is neither true nor false.");
    }

    #[test]
    fn lists_are_trimmed() {
        assert_eq!(env(&[("ALLOWED_HOSTS", " a.example , ,b ")]).list("ALLOWED_HOSTS"), ["a.example", "b"]);
    }

    #[test]
    fn reads_are_recorded() {
        let env = env(&[("USER", "pepe")]);
        let clone = env.clone();
        let _ = (clone.get("A"), clone.flag("B", true), clone.list("C"), clone.variable("USER"));
        assert_eq!(env.names_read().into_iter().collect::<Vec<_>>(), ["A", "B", "C"]);
    }
}
