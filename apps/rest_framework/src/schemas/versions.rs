//! Views of several versions (`modify_for_versioning` and `operation_matches_version` of `drf_spectacular/plumbing.py`): the
//! document describes one version.

use super::path::Path;
use crate::versioning::Versions;

/// Where a versioning class finds the version, as far as the document can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaVersioning {
    /// In the path's parameter.
    Path,
    /// In the namespace of the URL pattern.
    Namespace,
    /// In the media type.
    Accept,
}

/// How an operation belongs to the version.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Versioned {
    pub(super) path: Path,
    /// What follows the media types of responses.
    pub(super) media_type_suffix: String,
}

/// The operation in this version. `None` if it has none.
pub(super) fn versioned(
    place: SchemaVersioning,
    versions: &Versions,
    asked: Option<&str>,
    namespace: &str,
    mut path: Path,
) -> Option<Versioned> {
    let version = asked.or(versions.default_version)?;
    let mut media_type_suffix = String::new();
    let found = match place {
        SchemaVersioning::Path => {
            let param = versions.version_param;
            path.text = path.text.replace(&format!("{{{param}}}"), version);
            path.parameters.retain(|parameter| parameter.name != param);
            Some(version)
        }
        SchemaVersioning::Namespace if namespace.is_empty() => versions.default_version,
        SchemaVersioning::Namespace => {
            namespace.split(':').find(|version| versions.is_allowed_version(Some(version)))
        }
        SchemaVersioning::Accept => {
            if Some(version) != versions.default_version {
                media_type_suffix = format!("; {}={version}", versions.version_param);
            }
            Some(version)
        }
    };
    let is_it = found == Some(version) && versions.is_allowed_version(found);
    is_it.then_some(Versioned { path, media_type_suffix })
}
