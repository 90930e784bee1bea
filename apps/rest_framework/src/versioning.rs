//! Versioning classes (`rest_framework/versioning.py`): they determine the requested version of the API.
//!
//! The view's versioning class runs after negotiation and before authentication. A handler reads [`Request::version`].

pub(super) mod versions;

use std::fmt::Display;

use actix_web::http::header::HOST;

pub use self::versions::Versions;
use super::exceptions::APIException;
use super::mediatypes::{MediaType, latin1};
use super::request::Request;
use super::schemas::SchemaVersioning;
use super::utils::urls::replace_query_param;
use vitamin_framework::diagnosis::class_name;
use vitamin_framework::translation::gettext;
use vitamin_framework::urls::{NoReverseMatch, Parameters};

/// Determines the version of the API that a request is for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a versioning class",
    label = "not a versioning class",
    note = "use one of `vitamin::rest_framework::versioning`, or implement `Versioning`: one method, `determine_version`"
)]
pub trait Versioning: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

    /// The version, or `None` if the client names none and there is no default.
    ///
    /// # Errors
    /// The version is not allowed: usually 404.
    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException>;

    /// Returns the absolute URL of a named pattern for the request's version: [`Request::reverse`]. By default the
    /// version does not appear in URLs.
    ///
    /// # Errors
    /// There is no such pattern. The caller then looks for the same name without a version.
    fn reverse(
        &self,
        request: &Request,
        name: &str,
        parameters: Parameters<'_>,
    ) -> Result<String, NoReverseMatch> {
        request.reverse_unversioned(name, parameters)
    }

    /// The namespace of the patterns that a client's URL may match, for fields that read URLs
    /// (`get_versioned_viewname`). `None`: patterns without one.
    fn view_namespace(&self, _request: &Request) -> Option<String> {
        None
    }

    /// Where the OpenAPI document shows the version, and the class's own versions. `None`: it cannot, and shows all views.
    fn in_schema(&self) -> Option<(SchemaVersioning, Option<&Versions>)> {
        None
    }
}

/// `Accept: application/json; version=1.0`
#[derive(Default)]
pub struct AcceptHeaderVersioning {
    /// The versions; `None` uses those of the settings.
    pub versions: Option<Versions>,
}

/// `/v1/users/`, by a route such as `{version:v1|v2}/users/`.
#[derive(Default)]
pub struct URLPathVersioning {
    /// The versions; `None` uses those of the settings.
    pub versions: Option<Versions>,
}

/// `/v1/users/`, by `include("v1/", …).namespace("v1")`.
#[derive(Default)]
pub struct NamespaceVersioning {
    /// The versions; `None` uses those of the settings.
    pub versions: Option<Versions>,
}

/// `v1.example.com`
#[derive(Default)]
pub struct HostNameVersioning {
    /// The versions; `None` uses those of the settings.
    pub versions: Option<Versions>,
}

/// `/users/?version=0.1`
#[derive(Default)]
pub struct QueryParameterVersioning {
    /// The versions; `None` uses those of the settings.
    pub versions: Option<Versions>,
}

impl Versioning for AcceptHeaderVersioning {
    fn in_schema(&self) -> Option<(SchemaVersioning, Option<&Versions>)> {
        Some((SchemaVersioning::Accept, self.versions.as_ref()))
    }

    /// Reads the parameter of the negotiated media type, which includes the client's parameters.
    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException> {
        let versions = versions_or_default(self.versions.as_ref(), request);
        let media_type = MediaType::parse(request.accepted_media_type().unwrap_or_default());
        let parameter = media_type.params().iter().find(|(name, _)| name == versions.version_param);
        versions.check(parameter.map(|(_, version)| version.as_str()), || {
            APIException::not_acceptable().with_message(gettext("Invalid version in \"Accept\" header."))
        })
    }
}

impl Versioning for URLPathVersioning {
    fn in_schema(&self) -> Option<(SchemaVersioning, Option<&Versions>)> {
        Some((SchemaVersioning::Path, self.versions.as_ref()))
    }

    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException> {
        let versions = versions_or_default(self.versions.as_ref(), request);
        let parameter = request.match_info().get(versions.version_param);
        versions.check(parameter, || not_found(gettext("Invalid version in URL path.")))
    }

    /// Adds the version to the parameters, unless they have one.
    fn reverse(
        &self,
        request: &Request,
        name: &str,
        parameters: Parameters<'_>,
    ) -> Result<String, NoReverseMatch> {
        let param = versions_or_default(self.versions.as_ref(), request).version_param;
        match request.version().filter(|_| parameters.iter().all(|(key, _)| *key != param)) {
            Some(version) => {
                let own: [(&str, &dyn Display); 1] = [(param, &version)];
                request.reverse_unversioned(name, &[&own, parameters].concat())
            }
            None => request.reverse_unversioned(name, parameters),
        }
    }
}

impl Versioning for NamespaceVersioning {
    fn in_schema(&self) -> Option<(SchemaVersioning, Option<&Versions>)> {
        Some((SchemaVersioning::Namespace, self.versions.as_ref()))
    }

    /// The outermost namespace that is an allowed version.
    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException> {
        let versions = versions_or_default(self.versions.as_ref(), request);
        let Some(namespace) = &request.view().namespace else {
            return Ok(versions.default_version.map(str::to_owned));
        };
        let version = namespace.split(':').find(|version| versions.is_allowed_version(Some(version)));
        version.map(|version| Some(version.to_owned())).ok_or_else(|| {
            not_found(gettext("Invalid version in URL path. Does not match any version namespace."))
        })
    }

    /// The version.
    fn view_namespace(&self, request: &Request) -> Option<String> {
        request.version().map(str::to_owned)
    }

    /// Looks the name up in the version's namespace.
    fn reverse(
        &self,
        request: &Request,
        name: &str,
        parameters: Parameters<'_>,
    ) -> Result<String, NoReverseMatch> {
        match request.version() {
            Some(version) => request.reverse_unversioned(&format!("{version}:{name}"), parameters),
            None => request.reverse_unversioned(name, parameters),
        }
    }
}

impl Versioning for HostNameVersioning {
    /// The first label of a host of exactly three alphanumeric labels; the default for any other host.
    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException> {
        let versions = versions_or_default(self.versions.as_ref(), request);
        let host = latin1(request.headers().get(HOST).map_or(b"", |value| value.as_bytes()));
        let mut labels = host.split(':').next().unwrap_or_default().split('.');
        let is_label =
            |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match [labels.next(), labels.next(), labels.next(), labels.next()] {
            [Some(version), Some(domain), Some(top), None]
                if [version, domain, top].into_iter().all(is_label) =>
            {
                versions.check(Some(version), || not_found(gettext("Invalid version in hostname.")))
            }
            _ => Ok(versions.default_version.map(str::to_owned)),
        }
    }
}

impl Versioning for QueryParameterVersioning {
    fn determine_version(&self, request: &Request) -> Result<Option<String>, APIException> {
        let versions = versions_or_default(self.versions.as_ref(), request);
        let parameter = request.query_param::<String>(versions.version_param)?;
        versions.check(parameter.as_deref(), || not_found(gettext("Invalid version in query parameter.")))
    }

    /// Adds the version to the URL's query.
    fn reverse(
        &self,
        request: &Request,
        name: &str,
        parameters: Parameters<'_>,
    ) -> Result<String, NoReverseMatch> {
        let url = request.reverse_unversioned(name, parameters)?;
        let param = versions_or_default(self.versions.as_ref(), request).version_param;
        Ok(match request.version() {
            Some(version) => replace_query_param(&url, param, version),
            None => url,
        })
    }
}

fn versions_or_default<'a>(own: Option<&'a Versions>, request: &'a Request) -> &'a Versions {
    own.unwrap_or(&request.view().versions)
}

fn not_found(message: &'static str) -> APIException {
    APIException::not_found().with_message(message)
}

#[cfg(test)]
mod tests;
