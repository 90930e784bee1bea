//! `vitamin startproject mysite`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::dependency::Dependency;
use vitamin::admin::{Admin, AdminSite};
use vitamin::app::Apps;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::authtoken::AuthToken;
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::crypto::get_random_string;
use vitamin::rest_framework::RestFramework;
use vitamin::scaffold::{PROJECT, names, rename, write_new_files};

/// The template's name.
const MYSITE: &str = "mysite";
/// The template's lines that depend on the arguments.
const DEPENDENCY: &str = "vitamin = { path = \"../..\" }\n";
const DEFAULT_FEATURES: &str = "default = []\n";

#[derive(Args)]
pub(super) struct StartProject {
    /// The project's name: lower-case letters, digits and underscores.
    name: String,
    /// Where to write it, a new or empty folder [default: a folder with the project's name].
    directory: Option<PathBuf>,
    /// Cargo features that the project turns on, comma-separated.
    #[arg(long, value_delimiter = ',', value_name = "FEATURE,…")]
    features: Vec<Feature>,
    /// The vitamin to depend on: a version, or the folder of a checkout [default: the source of this program if it was
    /// built from a checkout that is still there, its version otherwise].
    #[arg(long, value_name = "PATH|VERSION", value_parser = Dependency::parse)]
    vitamin: Option<Dependency>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Feature {
    /// PostgreSQL beside SQLite; needs libpq.
    Postgres,
    /// A cache that several processes share.
    Redis,
    /// `manage shadow --to https://…`.
    ShadowTls,
}

impl StartProject {
    /// Writes the project and returns the report to the user.
    ///
    /// # Errors
    /// The name can't be used; the folder is not empty; a file can't be written.
    pub(super) fn run(self) -> Result<String, Box<dyn Error>> {
        names::check(&self.name, "project")?;
        let dependency = self.vitamin.clone().unwrap_or_else(Dependency::of_this_program);
        let folder = self.directory.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        must_be_empty(&folder)?;
        let mut files = self.files(&dependency)?;
        files.extend(migrations()?);
        write_new_files(&folder, &files)?;
        Ok(self.report(&folder, &dependency))
    }

    fn files(&self, dependency: &Dependency) -> Result<Vec<(PathBuf, String)>, Box<dyn Error>> {
        let mut files = Vec::with_capacity(PROJECT.len() + 1);
        for file in PROJECT {
            let mut text = rename(file.text, MYSITE, &self.name);
            if file.path() == "Cargo.toml" {
                text = replace_line(&text, DEPENDENCY, &format!("vitamin = {}\n", dependency.to_toml()))?;
                text = replace_line(
                    &text,
                    DEFAULT_FEATURES,
                    &format!("default = [{}]\n", self.quoted_features()),
                )?;
            }
            files.push((PathBuf::from(file.path()), text));
        }
        files.push((PathBuf::from(".env"), dot_env()));
        Ok(files)
    }

    fn quoted_features(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for feature in self.features.iter().filter_map(ValueEnum::to_possible_value) {
            let name = format!("\"{}\"", feature.get_name());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    fn report(&self, folder: &Path, dependency: &Dependency) -> String {
        let Self { name, .. } = self;
        let dependency = dependency.describe();
        let (place, enter) = match folder.to_string_lossy().as_ref() {
            "." => ("this folder".to_owned(), String::new()),
            other => (other.to_owned(), format!("    cd {other}\n")),
        };
        format!(
            "The project {name} is in {place}. It depends on {dependency}.\n\
             Its .env has a new SECRET_KEY and DEBUG=true, for development; git ignores that file.\n\n\
             Next:\n\
             {enter}\
             \x20   cargo run -- migrate\n\
             \x20   cargo run -- createsuperuser\n\
             \x20   cargo run -- runserver\n\n\
             Then `cargo run -- startapp polls --install` adds an app; README.md has more.\n"
        )
    }
}

/// The folder must be new or empty. A repository of git may be there already.
fn must_be_empty(folder: &Path) -> Result<(), Box<dyn Error>> {
    let quoted = folder.display();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                let name = entry?.file_name();
                if name != ".git" {
                    let name = name.display();
                    return Err(format!("{quoted} is not empty: it has {name}. Nothing was written.").into());
                }
            }
            Ok(())
        }
        Err(_) if folder.symlink_metadata().is_err() => Ok(()),
        Err(error) => Err(format!("{quoted}: {error}. Nothing was written.").into()),
    }
}

fn replace_line(text: &str, old: &str, new: &str) -> Result<String, String> {
    match text.split_once(old) {
        Some((before, after)) => Ok(format!("{before}{new}{after}")),
        None => Err(format!("the template has no line {old}")),
    }
}

/// The settings for development. Without them `check` would ask for a key and hosts first.
fn dot_env() -> String {
    format!(
        "# The settings of this machine; git ignores this file. .env.example explains them.\n\
         DEBUG=true\nSECRET_KEY={}\n",
        get_random_string(50)
    )
}

/// The migrations of the template's apps, for diesel's command.
fn migrations() -> Result<Vec<(PathBuf, String)>, ImproperlyConfigured> {
    let env = Env::from_iter::<[(String, String); 0]>([]);
    let apps = Apps::new(apps![
        Auth::from_env(&env)?,
        RestFramework::from_env(&env)?,
        AuthToken::from_env(&env)?,
        Admin::from_env(&env, AdminSite::new())?,
    ])?;
    let mut files = Vec::new();
    for (_, migration) in apps.migrations().iter() {
        for (database, script) in [("sqlite", &migration.sqlite), ("postgres", &migration.postgres)] {
            let folder = Path::new("migrations").join(database).join(migration.name);
            files.push((folder.join("up.sql"), script.up.to_owned()));
            files.push((folder.join("down.sql"), script.down.to_owned()));
            files.extend(migration.metadata.map(|text| (folder.join("metadata.toml"), text.to_owned())));
        }
    }
    Ok(files)
}
