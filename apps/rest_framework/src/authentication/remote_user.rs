//! `RemoteUserAuthentication`: the server in front has checked who the user is.

use actix_web::http::header::HeaderName;
use async_trait::async_trait;

use super::{Authentication, Identity};
use crate::exceptions::APIException;
use crate::mediatypes::latin1;
use crate::request::Request;
use vitamin_auth::RemoteUserBackend;
use vitamin_framework::http::get_header;

/// The user whom a proxy names in a header. It is in no view's defaults.
///
/// Danger: whoever can send this header to the server is whomever he likes, so nobody but the proxy may reach the server,
/// and the proxy must strip the header from what clients send.
///
/// Django reads `REMOTE_USER`, a variable that its own server sets; the header stands for that here. As Django reads a
/// header, a name outside of ASCII is taken as ISO 8859-1.
pub struct RemoteUserAuthentication {
    /// Which header it is, such as `x-remote-user`.
    pub header: HeaderName,
    /// What becomes of the name.
    pub backend: RemoteUserBackend,
}

impl RemoteUserAuthentication {
    /// With this header; unknown users are created, as Django does.
    #[must_use]
    pub fn new(header: HeaderName) -> Self {
        Self { header, backend: RemoteUserBackend::default() }
    }
}

#[async_trait(?Send)]
impl Authentication for RemoteUserAuthentication {
    async fn authenticate(&self, request: &Request) -> Result<Option<Identity>, APIException> {
        let Some(remote_user) = get_header(request.headers(), &self.header) else { return Ok(None) };
        let user = self.backend.authenticate(request, &latin1(&remote_user)).await?;
        Ok(user.map(Identity::new))
    }
}
