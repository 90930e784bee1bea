//! The project as cargo sees it. Cargo itself reads and edits `Cargo.toml`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process;

use serde_json::Value;

use crate::management::CommandError;

/// The project's folder and packages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProjectFolder {
    /// The folder with `Cargo.toml` and `src/settings.rs`.
    pub(super) root: PathBuf,
    /// The names of the workspace's packages.
    pub(super) packages: Vec<String>,
    /// The names of the project's dependencies.
    pub(super) dependencies: Vec<String>,
}

impl ProjectFolder {
    /// The project that the working directory belongs to.
    ///
    /// # Errors
    /// There is none; cargo can't be run.
    pub(super) fn find() -> Result<Self, CommandError> {
        let directory = env::current_dir()?;
        let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
        let metadata = run(&directory, arguments.map(OsStr::new))?;
        let metadata: Value = serde_json::from_slice(&metadata)
            .map_err(|error| CommandError::new(format!("cargo metadata: {error}")))?;
        Self::from_metadata(&metadata, &directory).ok_or_else(|| {
            CommandError::new(format!(
                "{} does not belong to a project with a src/settings.rs.",
                directory.display()
            ))
        })
    }

    fn from_metadata(metadata: &Value, directory: &Path) -> Option<Self> {
        let packages = metadata.get("packages")?.as_array()?;
        let folder =
            |package: &Value| Some(Path::new(package.get("manifest_path")?.as_str()?).parent()?.to_owned());
        let is_project =
            |root: &PathBuf| directory.starts_with(root) && root.join("src/settings.rs").is_file();
        let found = packages.iter().filter_map(|package| Some((folder(package)?, package)));
        let (root, package) =
            found.filter(|(root, _)| is_project(root)).max_by_key(|(root, _)| root.as_os_str().len())?;
        let names = |list: &[Value]| {
            let name = |item: &Value| item.get("name")?.as_str().map(str::to_owned);
            list.iter().filter_map(name).collect()
        };
        let dependencies = names(package.get("dependencies")?.as_array()?);
        Some(Self { root, packages: names(packages), dependencies })
    }

    /// Adds the dependency on an app below the project's folder, which makes it a member of the workspace too.
    ///
    /// # Errors
    /// Cargo's own.
    pub(super) fn add_dependency(&self, path: &Path) -> Result<(), CommandError> {
        // Nothing is downloaded: vitamin itself has all of the template's dependencies.
        run(
            &self.root,
            ["add".as_ref(), "--quiet".as_ref(), "--offline".as_ref(), "--path".as_ref(), path.as_os_str()],
        )
        .map(drop)
    }
}

/// Runs cargo and returns its output.
fn run<const N: usize>(directory: &Path, arguments: [&OsStr; N]) -> Result<Vec<u8>, CommandError> {
    // `cargo run` sets this variable.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = process::Command::new(&cargo).args(arguments).current_dir(directory).output();
    let output = output.map_err(|error| CommandError::new(format!("{}: {error}", cargo.display())))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(CommandError::new(format!("cargo {}: {reason}", arguments[0].display())))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    #[test]
    fn the_project_is_the_package_with_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["src", "apps/polls/src"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("src/settings.rs"), "").unwrap();
        let package = |name: &str, folder: &Path, dependencies: Value| json!({"name": name, "manifest_path": folder.join("Cargo.toml"), "dependencies": dependencies});
        let metadata = json!({"packages": [
            package("polls", &root.join("apps/polls"), json!([])),
            package("mysite", root, json!([{"name": "vitamin"}])),
        ]});
        let found = ProjectFolder::from_metadata(&metadata, &root.join("apps/polls/src")).unwrap();
        assert_eq!(found.root, root);
        assert_eq!(found.packages, ["polls", "mysite"]);
        assert_eq!(found.dependencies, ["vitamin"]);
        assert_eq!(ProjectFolder::from_metadata(&metadata, Path::new("/")), None);
    }
}
