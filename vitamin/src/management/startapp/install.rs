//! `--install`: adds an app to the project's files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::MIGRATIONS;
use super::cargo::ProjectFolder;
use super::edit::{EditError, Source, contains};
use crate::management::CommandError;
use crate::scaffold::{names, write_new_files};

const SETTINGS: &str = "src/settings.rs";
const URLS: &str = "src/urls.rs";

/// What makes an app part of a project.
pub(super) struct Installation<'a> {
    folder: &'a ProjectFolder,
    name: &'a str,
    /// The app's value in `apps![…]`.
    app: String,
}

impl<'a> Installation<'a> {
    pub(super) fn new(name: &'a str, folder: &'a ProjectFolder) -> Self {
        Self { folder, name, app: format!("{name}::{}", names::type_name(name)) }
    }

    /// The lines for the user to add.
    pub(super) fn lines(&self) -> String {
        let Self { name, app, .. } = self;
        format!(
            "Cargo.toml, below [dependencies]:\n    {name} = {{ path = \"apps/{name}\" }}\n\
             {SETTINGS}, in apps![…]:\n    {app},\n\
             {URLS}, in the vec![…] of urlpatterns, with `include` of vitamin::urls:\n    {},\n\
             For diesel's command, copy the folders of apps/{name}/{MIGRATIONS} to {MIGRATIONS}.",
            self.include()
        )
    }

    fn include(&self) -> String {
        format!("include(\"{0}/\", {0}::urls::urlpatterns())", self.name)
    }

    /// Adds what is missing. What is there already stays as it is.
    ///
    /// # Errors
    /// A file is not as expected, and then none is changed; a file can't be written; cargo fails.
    pub(super) fn install(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let settings = self.edit(SETTINGS, |text| self.settings(text))?;
        let urls = self.edit(URLS, |text| self.urls(text))?;
        let migrations = self.missing_migrations()?;
        if self.folder.dependencies.iter().any(|dependency| dependency == self.name) {
            unchanged(out, "Cargo.toml")?;
        } else {
            self.folder.add_dependency(&Path::new("apps").join(self.name))?;
            changed(out, "Cargo.toml")?;
        }
        for (path, edited) in [(SETTINGS, settings), (URLS, urls)] {
            let Some(text) = edited else {
                unchanged(out, path)?;
                continue;
            };
            let file = self.folder.root.join(path);
            fs::write(&file, text)
                .map_err(|error| CommandError::new(format!("{}: {error}", file.display())))?;
            changed(out, path)?;
        }
        if migrations.is_empty() {
            unchanged(out, MIGRATIONS)?;
        } else {
            write_new_files(&self.folder.root.join(MIGRATIONS), &migrations)?;
            changed(out, MIGRATIONS)?;
            writeln!(
                out,
                "\nNext: `cargo run -- migrate` makes its table. Then `runserver` answers at /{}/.",
                self.name
            )?;
        }
        Ok(())
    }

    /// The file's new text; `None` if nothing is missing.
    fn edit(
        &self,
        path: &str,
        edit: impl FnOnce(&str) -> Result<Option<String>, EditError>,
    ) -> Result<Option<String>, CommandError> {
        let text = fs::read_to_string(self.folder.root.join(path));
        let text = text.map_err(|error| self.refused(path, &error.to_string()))?;
        edit(&text).map_err(|error| {
            let reason = match error {
                EditError::NotRust => "it can't be read as Rust",
                EditError::NotFound if path == SETTINGS => "it has not one apps![…]",
                EditError::NotFound => "it has not one vec![…] in fn urlpatterns",
            };
            self.refused(path, reason)
        })
    }

    fn refused(&self, path: &str, reason: &str) -> CommandError {
        let lines = self.lines();
        CommandError::new(format!(
            "{path}: {reason}. Nothing was installed; add these lines yourself.\n\n{lines}"
        ))
    }

    fn settings(&self, text: &str) -> Result<Option<String>, EditError> {
        let source = Source::parse(text)?;
        let apps = source.list("apps")?;
        let is_there = contains(&apps, &self.app) || contains(&apps, &names::type_name(self.name));
        if is_there { Ok(None) } else { source.append(&apps, &self.app).map(Some) }
    }

    fn urls(&self, text: &str) -> Result<Option<String>, EditError> {
        const FUNCTION: &str = "urlpatterns";
        let source = Source::parse(text)?;
        let patterns = source.list_in_function(FUNCTION, "vec")?;
        if contains(&patterns, &format!("{}::urls", self.name)) {
            return Ok(None);
        }
        let Some(braces) = source.imports(&["vitamin", "urls"]) else {
            let include = format!("vitamin::urls::{}", self.include());
            return source.append(&patterns, &include).map(Some);
        };
        let edited = source.append(&patterns, &self.include())?;
        if contains(&braces, "include") {
            return Ok(Some(edited));
        }
        // The import comes first, so its position is still right.
        Source::parse(&edited)?.import(&braces, "include").map(Some)
    }

    /// The app's migrations that the project has no copies of, below the folder `migrations`.
    fn missing_migrations(&self) -> Result<Vec<(PathBuf, String)>, CommandError> {
        let own = self.folder.root.join("apps").join(self.name).join(MIGRATIONS);
        let copies = self.folder.root.join(MIGRATIONS);
        let mut missing = Vec::new();
        for database in ["sqlite", "postgres"] {
            for migration in folder(&own.join(database))? {
                let path = Path::new(database).join(&migration);
                if copies.join(&path).exists() {
                    continue;
                }
                for file in folder(&own.join(&path))? {
                    let path = path.join(file);
                    let text = fs::read_to_string(own.join(&path))?;
                    missing.push((path, text));
                }
            }
        }
        Ok(missing)
    }
}

/// The names in a folder, sorted.
fn folder(path: &Path) -> Result<Vec<std::ffi::OsString>, CommandError> {
    let error = |error: std::io::Error| CommandError::new(format!("{}: {error}", path.display()));
    let entries = fs::read_dir(path).map_err(error)?;
    let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.file_name())).collect();
    let mut names = names.map_err(error)?;
    names.sort();
    Ok(names)
}

fn changed(out: &mut dyn Write, path: &str) -> Result<(), CommandError> {
    Ok(writeln!(out, "Added it to {path}.")?)
}

fn unchanged(out: &mut dyn Write, path: &str) -> Result<(), CommandError> {
    Ok(writeln!(out, "It is in {path} already.")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::PROJECT;

    fn template(path: &str) -> &'static str {
        PROJECT.iter().find(|file| file.path() == path).unwrap().text
    }

    fn folder(root: &Path) -> ProjectFolder {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ProjectFolder {
            root: root.to_owned(),
            packages: names(&["mysite", "web_shop"]),
            dependencies: names(&["vitamin", "web_shop"]),
        }
    }

    #[test]
    fn an_app_is_added_to_a_new_project_once() {
        let folder = folder(Path::new("/nowhere"));
        let installation = Installation::new("web_shop", &folder);
        let settings = installation.settings(template(SETTINGS)).unwrap().unwrap();
        assert!(settings.contains("\n        web_shop::WebShop,\n    ];\n"), "{settings}");
        assert_eq!(installation.settings(&settings), Ok(None));
        let urls = installation.urls(template(URLS)).unwrap().unwrap();
        let line = "\n        include(\"web_shop/\", web_shop::urls::urlpatterns()),\n";
        assert!(
            urls.contains(line) && urls.contains("use vitamin::urls::{Pattern, include, path};"),
            "{urls}"
        );
        assert_eq!(installation.urls(&urls), Ok(None));
    }

    #[test]
    fn what_a_user_has_written_is_recognized() {
        let folder = folder(Path::new("/nowhere"));
        let installation = Installation::new("web_shop", &folder);
        assert_eq!(installation.settings("use web_shop::WebShop; fn f() { apps![WebShop] }"), Ok(None));
        let urls = "fn urlpatterns() { vec![vitamin::urls::include(\"\", web_shop::urls::urlpatterns())] }";
        assert_eq!(installation.urls(urls), Ok(None));
        let urls = installation.urls("fn urlpatterns() { vec![] }").unwrap().unwrap();
        assert!(urls.contains("vec![vitamin::urls::include("), "{urls}");
    }

    #[test]
    fn an_unknown_shape_changes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("apps/web_shop/migrations/sqlite/1_web_shop_initial");
        for path in [&own, &root.path().join("src")] {
            fs::create_dir_all(path).unwrap();
        }
        fs::create_dir_all(root.path().join("apps/web_shop/migrations/postgres")).unwrap();
        fs::write(own.join("up.sql"), "").unwrap();
        fs::write(root.path().join(SETTINGS), template(SETTINGS)).unwrap();
        fs::write(root.path().join(URLS), "fn urlpatterns() { urls() }").unwrap();
        let folder = folder(root.path());
        let installation = Installation::new("web_shop", &folder);
        let error = installation.install(&mut Vec::new()).unwrap_err().to_string();
        let expected = "CommandError: src/urls.rs: it has not one vec![…] in fn urlpatterns. Nothing was installed; add \
                        these lines yourself.\n\nCargo.toml, below [dependencies]:\n    web_shop = ";
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(fs::read_to_string(root.path().join(SETTINGS)).unwrap(), template(SETTINGS));
        // Once it is there, the rest is installed too.
        fs::write(root.path().join(URLS), template(URLS)).unwrap();
        let mut out = Vec::new();
        installation.install(&mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let expected = "It is in Cargo.toml already.\nAdded it to src/settings.rs.\nAdded it to src/urls.rs.\n\
                        Added it to migrations.\n\nNext: `cargo run -- migrate` makes its table. Then `runserver` answers at /web_shop/.\n";
        assert_eq!(out, expected);
        assert!(root.path().join("migrations/sqlite/1_web_shop_initial/up.sql").is_file());
        let mut out = Vec::new();
        installation.install(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().matches("already").count(), 4);
    }
}
