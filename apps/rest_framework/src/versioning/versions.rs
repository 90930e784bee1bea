//! The versions of an API, as the settings name them.

use crate::exceptions::APIException;

/// The allowed versions of the API.
#[derive(Clone, Debug)]
pub struct Versions {
    /// The version of a request that names none (`DEFAULT_VERSION`).
    pub default_version: Option<&'static str>,
    /// The versions allowed besides the default (`ALLOWED_VERSIONS`). `None` allows a request without a version; an empty
    /// list allows anything.
    pub allowed_versions: Vec<Option<&'static str>>,
    /// The name of the parameter in the path, the query or the media type (`VERSION_PARAM`).
    pub version_param: &'static str,
}

impl Default for Versions {
    fn default() -> Self {
        Self { default_version: None, allowed_versions: Vec::new(), version_param: "version" }
    }
}

impl Versions {
    /// Whether the version, or no version, is allowed.
    #[must_use]
    pub fn is_allowed_version(&self, version: Option<&str>) -> bool {
        self.allowed_versions.is_empty()
            || (version.is_some() && version == self.default_version)
            || self.allowed_versions.contains(&version)
    }

    /// Returns the version, or the default if it is `None`, if that is allowed.
    pub(super) fn check(
        &self,
        version: Option<&str>,
        error: impl Fn() -> APIException,
    ) -> Result<Option<String>, APIException> {
        let version = version.or(self.default_version);
        if !self.is_allowed_version(version) {
            return Err(error());
        }
        Ok(version.map(str::to_owned))
    }
}
