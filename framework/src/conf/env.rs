//! The environment and the `.env` file, with where each value comes from.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use vitamin_parsing::python::Regex;

use super::dotenv::{self, Found, Parsed, Variable};
use super::{ImproperlyConfigured, list};

/// The variables of the environment and of the `.env` file; the environment wins.
///
/// An empty variable counts as unset, so a line of `.env` can be left blank.
#[derive(Clone)]
pub struct Env {
    values: HashMap<String, (String, Source)>,
    /// What was wrong with `.env`, for the log.
    warnings: Vec<String>,
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
        /// The line of its name, counted from 1.
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
    /// Reads `.env` and the process's environment, which wins.
    ///
    /// The file is the working directory's, or that of the nearest parent that has one, as diesel's own command does; a
    /// parent's must belong to the user that runs this process, file and folder. It is read as python-dotenv reads it,
    /// and never interpolated (docs/settings.md). A line that is no variable is skipped ([`Env::warnings`]).
    ///
    /// # Errors
    /// A `.env` file that can't be read.
    pub fn read() -> Result<Self, ImproperlyConfigured> {
        let mut env = Self::from_iter::<[(String, String); 0]>([]);
        if let Ok(folder) = std::env::current_dir() {
            let Found { path, warnings } = dotenv::find(&folder, rustix::process::geteuid().as_raw());
            env.warnings = warnings;
            if let Some(path) = path {
                env.add_file(&path)?;
            }
        }
        env.values.extend(std::env::vars_os().filter_map(|(name, value)| {
            // All of our variables are UTF-8.
            Some((name.into_string().ok()?, (value.into_string().ok()?, Source::Environment)))
        }));
        Ok(env)
    }

    fn add_file(&mut self, path: &Path) -> Result<(), ImproperlyConfigured> {
        let Parsed { variables, skipped, unbalanced } = dotenv::read(path)?;
        for Variable { name, value, line } in variables {
            // Of a repeated name, the last one counts.
            self.values.insert(name, (value, Source::DotEnv { path: path.to_owned(), line }));
        }
        // A line may hold a secret, so that only its number is told.
        let at = |line| Source::DotEnv { path: path.to_owned(), line };
        let skipped = skipped
            .into_iter()
            .map(|line| format!("{} is skipped: it is neither NAME=value nor a comment.", at(line)));
        let unbalanced = unbalanced.into_iter().map(|line| {
            format!(
                "{}: the value begins with a quote that does not end it, and is taken as it stands.",
                at(line)
            )
        });
        self.warnings.extend(skipped.chain(unbalanced));
        Ok(())
    }

    /// Returns what was wrong with the `.env` file, a sentence each, without its text. The program logs them.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns where a variable's value comes from, or `None` if it is unset.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.values.get(name).map(|(_, source)| source)
    }

    /// Returns the `.env` file, if any variable comes from one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.values.values().find_map(|(_, source)| match source {
            Source::DotEnv { path, .. } => Some(path.as_path()),
            Source::Environment | Source::Program => None,
        })
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

    /// Returns a variable's value, or `None` if it is unset or empty. It is exact, for a secret: spaces and quotes are
    /// part of it, as they are in Django's `os.environ`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// Returns the value of a variable that is no secret, or `None` if it is unset or empty: without the spaces around it,
    /// and without the quotes around it that `docker run --env-file` passes on.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(list::unquoted).filter(|value| !value.is_empty())
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
        let parse = |value: &str| {
            let parsed = value.parse();
            // Python's `int` reads `1_000`.
            let is_grouped = || value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
            parsed.or_else(|error| if is_grouped() { value.replace('_', "").parse() } else { Err(error) })
        };
        let parsed = self.text(name).map(|value| {
            parse(value).map_err(|error| {
                ImproperlyConfigured::new(format!("{name}: '{value}' can't be used: {error}"))
            })
        });
        parsed.transpose()
    }

    /// Reads a boolean: `1`, `true`, `t`, `yes`, `y`, `on`, `ok`, or `0`, `false`, `f`, `no`, `n`, `off`, in any case.
    ///
    /// # Errors
    /// Any other value.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ImproperlyConfigured> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(default),
            Some("1" | "true" | "t" | "yes" | "y" | "on" | "ok") => Ok(true),
            Some("0" | "false" | "f" | "no" | "n" | "off") => Ok(false),
            Some(other) => {
                Err(ImproperlyConfigured::new(format!("{name}: '{other}' is neither true nor false.")))
            }
        }
    }

    /// Reads a list: items with commas between them, or a Python list or tuple of strings. Items are trimmed, empty ones
    /// dropped.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        list::items(self.get(name).unwrap_or_default())
    }

    /// Reads a list whose items have no spaces, such as hosts or class paths: as [`Env::list`], and spaces separate items
    /// too.
    #[must_use]
    pub fn words(&self, name: &str) -> Vec<String> {
        list::words(self.get(name).unwrap_or_default())
    }
}

/// Python's regular expressions, in the syntax of [`Regex`].
impl Env {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// It can't be compiled.
    pub fn regex(&self, name: &str, default: &str) -> Result<Regex, ImproperlyConfigured> {
        compiled(name, self.text(name).unwrap_or(default))
    }

    /// Reads a list of regular expressions ([`list::patterns`]).
    ///
    /// # Errors
    /// The first one that can't be compiled.
    pub fn regexes(&self, name: &str) -> Result<Vec<Regex>, ImproperlyConfigured> {
        let patterns = list::patterns(self.get(name).unwrap_or_default());
        patterns.iter().map(|pattern| compiled(name, pattern)).collect()
    }
}

fn compiled(name: &str, pattern: &str) -> Result<Regex, ImproperlyConfigured> {
    Regex::new(pattern)
        .map_err(|error| ImproperlyConfigured::new(format!("{name}: '{pattern}' can't be used: {error}")))
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), (value.into(), Source::Program)));
        Self { values: values.collect(), warnings: Vec::new(), reads: Arc::default() }
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
    fn values_are_read_as_django_environ_reads_them() {
        for (value, expected) in [
            ("True", Ok(true)),
            ("on", Ok(true)),
            (" yes ", Ok(true)),
            ("y", Ok(true)),
            ("ok", Ok(true)),
            ("1", Ok(true)),
            ("\"True\"", Ok(true)),
            ("'1'", Ok(true)),
            ("False", Ok(false)),
            ("OFF", Ok(false)),
            ("'no'", Ok(false)),
            ("0", Ok(false)),
            ("\"\"", Ok(false)),
            ("'True", Err(())),
            ("\"", Err(())),
        ] {
            assert_eq!(env(&[("DEBUG", value)]).flag("DEBUG", false).map_err(|_| ()), expected, "{value}");
        }
        for value in ["1000", "+1000", " 1000\n", "\"1000\"", "'1000'", "1_000"] {
            assert_eq!(env(&[("WORKERS", value)]).parse("WORKERS", 4_u32).unwrap(), 1000, "{value}");
        }
        assert!(env(&[("WORKERS", "_")]).parse("WORKERS", 4_u32).is_err());
    }

    #[test]
    fn a_secret_is_exact() {
        let env = env(&[("SECRET_KEY", "'key' "), ("TIME_ZONE", "\"UTC\"\n")]);
        assert_eq!((env.get("SECRET_KEY"), env.text("TIME_ZONE")), (Some("'key' "), Some("UTC")));
    }

    #[test]
    fn reads_are_recorded() {
        let env = env(&[("USER", "pepe")]);
        let clone = env.clone();
        let _ = (clone.get("A"), clone.flag("B", true), clone.list("C"), clone.variable("USER"));
        assert_eq!(env.names_read().into_iter().collect::<Vec<_>>(), ["A", "B", "C"]);
    }
}
