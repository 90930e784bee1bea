//! `RemoteUserAuthentication`: a proxy in front of the server authenticates the user.

use actix_web::http::header::HeaderName;

use super::{Authentication, Identity};
use crate::mediatypes::latin1;
use crate::policy_result::PolicyResult;
use crate::request::Request;
use vitamin_auth::RemoteUserBackend;
use vitamin_framework::http::{comes_from_trusted_proxy, get_header};
use vitamin_framework::logging::warn_sometimes;

/// Authenticates the user named by a proxy in a header. Not one of the defaults.
///
/// The header counts only on connections from `TRUSTED_PROXIES`: anybody else could impersonate any user with it. On other
/// connections the class finds no user, and logs a warning. The proxy must remove this header from the requests of its clients.
///
/// The header replaces the variable `REMOTE_USER`, which Django's server sets. The name is decoded as ISO 8859-1, as
/// Django decodes headers.
pub struct RemoteUserAuthentication {
    /// The name of the header, such as `x-remote-user`.
    pub header: HeaderName,
    /// Turns the name into a user.
    pub backend: RemoteUserBackend,
}

impl RemoteUserAuthentication {
    /// The class with this header. Unknown users are created, as in Django.
    #[must_use]
    pub fn new(header: HeaderName) -> Self {
        Self { header, backend: RemoteUserBackend::default() }
    }
}

impl Authentication for RemoteUserAuthentication {
    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        let Some(remote_user) = get_header(request.headers(), &self.header) else { return None.into() };
        if !comes_from_trusted_proxy(request.http()) {
            let (header, peer) = (&self.header, request.http().peer_addr().map(|peer| peer.ip()));
            warn_sometimes(
                module_path!(),
                &format!("{header} does not count from {peer:?}, which is none of TRUSTED_PROXIES"),
            );
            return None.into();
        }
        PolicyResult::later(async move {
            let user = self.backend.authenticate(request, &latin1(&remote_user)).await?;
            Ok(user.map(Identity::new))
        })
    }
}
