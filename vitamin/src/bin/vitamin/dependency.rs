//! How a new project depends on vitamin: by the path of a checkout, or by a version.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dependency {
    /// The folder of the crate `vitamin`.
    Path(PathBuf),
    /// A version requirement.
    Version(String),
}

impl Dependency {
    /// This program's own source if it is a checkout that still exists, its version otherwise.
    pub(super) fn of_this_program() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let cargo_home = cargo_home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let is_download = cargo_home.is_some_and(|home| source.starts_with(home));
        match is_crate(source) && !is_download {
            true => Self::Path(source.to_owned()),
            false => Self::Version(env!("CARGO_PKG_VERSION").to_owned()),
        }
    }

    /// Reads `--vitamin`: a version, or the folder of a checkout or of the crate.
    ///
    /// # Errors
    /// It is neither.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let is_version = text.starts_with(|c: char| c.is_ascii_digit() || "=^~<>*".contains(c));
        if is_version && !Path::new(text).is_dir() {
            let valid = |c: char| c.is_ascii_alphanumeric() || "=^~<>*.,+- ".contains(c);
            return match text.chars().all(valid) {
                true => Ok(Self::Version(text.to_owned())),
                false => Err(format!("'{text}' is not a version")),
            };
        }
        let folder = Path::new(text);
        let folder = [folder.join("vitamin"), folder.to_owned()].into_iter().find(|folder| is_crate(folder));
        let folder = folder.ok_or_else(|| format!("the crate vitamin is not in '{text}'"))?;
        let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
        match folder.to_str() {
            Some(_) => Ok(Self::Path(folder)),
            None => Err(format!("{}: the path is not UTF-8", folder.display())),
        }
    }

    /// Its value in `Cargo.toml`.
    pub(super) fn to_toml(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        match self {
            Self::Path(path) => format!("{{ path = {} }}", quoted(&path.to_string_lossy())),
            Self::Version(version) => quoted(version),
        }
    }

    /// For the report to the user.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Path(path) => format!("vitamin in {}", path.display()),
            Self::Version(version) => format!("vitamin {version}"),
        }
    }
}

/// Whether the folder holds the crate `vitamin`. Other crates have no program of this name.
fn is_crate(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    manifest.is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == r#"name = "vitamin""#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_or_its_crate_is_a_path() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        for folder in [&source, source.parent().unwrap()] {
            let text = folder.to_str().unwrap();
            assert_eq!(Dependency::parse(text), Ok(Dependency::Path(source.clone())));
        }
        let error = Dependency::parse("/nowhere").unwrap_err();
        assert_eq!(error, "the crate vitamin is not in '/nowhere'");
    }

    #[test]
    fn a_version_is_written_as_it_is() {
        assert_eq!(Dependency::parse("0.1.0").unwrap().to_toml(), "\"0.1.0\"");
        assert_eq!(Dependency::parse(">=0.1, <0.3").unwrap().to_toml(), "\">=0.1, <0.3\"");
        assert!(Dependency::parse("0.1\"").is_err());
    }

    #[test]
    fn a_path_is_quoted() {
        let path = Dependency::Path(PathBuf::from("/a \"b\""));
        assert_eq!(path.to_toml(), r#"{ path = "/a \"b\"" }"#);
    }
}
