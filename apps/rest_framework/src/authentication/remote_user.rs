//! `RemoteUserAuthentication`: a proxy in front of the server authenticates the user.

use actix_web::http::header::HeaderName;

use super::{Authentication, Identity};
use crate::mediatypes::latin1;
use crate::policy_result::PolicyResult;
use crate::request::Request;
use vitamin_auth::RemoteUserBackend;
use vitamin_framework::http::get_header;

/// Authenticates the user named by a proxy in a header. Not one of the defaults.
///
/// Danger: anyone who can reach the server directly can impersonate any user. Only the proxy may reach the server, and it
/// must remove this header from the requests of clients.
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
        PolicyResult::later(async move {
            let user = self.backend.authenticate(request, &latin1(&remote_user)).await?;
            Ok(user.map(Identity::new))
        })
    }
}
