//! `manage startapp polls [--install]` (`django/core/management/commands/startapp.py`).

mod cargo;
mod edit;
mod install;
mod timestamp;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgMatches, Args, FromArgMatches};

use self::cargo::ProjectFolder;
use self::install::Installation;
use super::{Command, CommandError};
use crate::project::Project;
use crate::scaffold::{APP, FilesError, NameError, names, rename, write_new_files};

/// The template's name.
const POLLS: &str = "polls";
const TIMESTAMP: &str = "TIMESTAMP";
const MIGRATIONS: &str = "migrations";

pub(super) struct StartApp;

#[derive(Args)]
struct Options {
    /// The app's name: lower-case letters, digits and underscores.
    name: String,
    /// Adds the app to Cargo.toml, src/settings.rs and src/urls.rs, and copies its migrations. Without it, the lines to
    /// add are printed.
    #[arg(long)]
    install: bool,
}

impl Command for StartApp {
    fn command(&self) -> clap::Command {
        let about = "Writes a new app into apps/, for development.";
        Options::augment_args(clap::Command::new("startapp").about(about))
    }

    fn handle(
        &self,
        project: &Arc<Project>,
        arguments: &ArgMatches,
        out: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let Options { name, install } = Options::from_arg_matches(arguments)?;
        names::check(&name, "app")?;
        let folder = ProjectFolder::find()?;
        let path = Path::new("apps").join(&name);
        let is_there = folder.root.join(&path).join("Cargo.toml").is_file();
        if is_there && install {
            writeln!(out, "{} is there already.", path.display())?;
        } else {
            check_is_new(&name, project, &folder)?;
            write_new_files(&folder.root.join(&path), &files(&name, &timestamp::next(project)))?;
            writeln!(out, "The app {name} is in {}.", path.display())?;
        }
        let installation = Installation::new(&name, &folder);
        if install {
            installation.install(out)
        } else {
            writeln!(out, "\nAdd it to the project, or let `--install` do it:\n\n{}", installation.lines())?;
            Ok(())
        }
    }
}

impl From<NameError> for CommandError {
    fn from(error: NameError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<FilesError> for CommandError {
    fn from(error: FilesError) -> Self {
        Self::new(error.to_string())
    }
}

/// Its name is neither that of an installed app, whose label and tables it would share, nor of a package here.
fn check_is_new(name: &str, project: &Project, folder: &ProjectFolder) -> Result<(), CommandError> {
    let taken = |what: &str| Err(CommandError::new(format!("'{name}' is not a valid app name: {what}.")));
    let labels = project.apps.migrations().iter().map(|(label, _)| label);
    if project.apps.get(name).is_some() || labels.into_iter().any(|label| label == name) {
        return taken("an installed app has this label");
    }
    if folder.packages.iter().any(|package| package == name) {
        return taken("a package of this project has this name");
    }
    Ok(())
}

/// The template's files with the app's name, below the app's folder.
fn files(name: &str, timestamp: &str) -> Vec<(PathBuf, String)> {
    let renamed = |file: &crate::scaffold::File| {
        let path = rename(file.path(), POLLS, name).replace(TIMESTAMP, timestamp);
        (path.into(), rename(file.text, POLLS, name))
    };
    APP.iter().map(renamed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_has_its_own_names_only() {
        let files = files("web_shop", "2026-01-02-030405");
        let path = Path::new("migrations/sqlite/2026-01-02-030405_web_shop_initial/up.sql");
        let (_, sql) = files.iter().find(|(found, _)| found == path).unwrap();
        assert!(sql.contains("CREATE TABLE \"web_shop_item\""), "{sql}");
        for (path, text) in files {
            assert!(!text.to_lowercase().contains(POLLS), "{}", path.display());
        }
    }
}
