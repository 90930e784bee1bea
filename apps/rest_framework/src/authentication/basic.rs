//! `BasicAuthentication`: username and password in every request.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::{Authentication, Credentials, Identity, credentials, get_authorization_header};
use crate::exceptions::APIException;
use crate::mediatypes::latin1;
use crate::policy_result::PolicyResult;
use crate::python::base64::b64decode;
use crate::request::Request;
use crate::schemas::SecurityScheme;
use vitamin_auth::authenticate;
use vitamin_framework::translation::gettext;

/// `Authorization: Basic <base64 of name:password>` (RFC 7617).
pub struct BasicAuthentication {
    /// The realm of the challenge.
    pub www_authenticate_realm: &'static str,
}

impl BasicAuthentication {
    /// The class with the realm `api`.
    #[must_use]
    pub const fn new() -> Self {
        Self { www_authenticate_realm: "api" }
    }
}

impl Default for BasicAuthentication {
    fn default() -> Self {
        Self::new()
    }
}

impl Authentication for BasicAuthentication {
    fn security_scheme(&self) -> Option<SecurityScheme> {
        Some(SecurityScheme::Basic)
    }

    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        let header = get_authorization_header(request);
        if header.is_empty() {
            return None.into();
        }
        let decoded = match credentials(&header, "basic") {
            Credentials::NotMine => return None.into(),
            Credentials::Missing => Err(gettext("Invalid basic header. No credentials provided.")),
            Credentials::Several => {
                Err(gettext("Invalid basic header. Credentials string should not contain spaces."))
            }
            Credentials::One(word) => decode(word)
                .ok_or_else(|| gettext("Invalid basic header. Credentials not correctly base64 encoded.")),
        };
        match decoded {
            Ok((username, password)) => PolicyResult::later(log_in(request, username, password)),
            Err(message) => Err(APIException::authentication_failed(message)).into(),
        }
    }

    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        Some(format!("Basic realm=\"{}\"", self.www_authenticate_realm).into())
    }
}

async fn log_in(
    request: &Request,
    username: String,
    password: Zeroizing<String>,
) -> Result<Option<Identity>, APIException> {
    let user = authenticate(request, &username, &password).await?;
    // An inactive user gets the same error: authenticate() returns none.
    let user =
        user.ok_or_else(|| APIException::authentication_failed(gettext("Invalid username/password.")))?;
    Ok(Some(Identity::new(user)))
}

/// Username and password, decoded as UTF-8 or else as Latin-1.
fn decode(word: &[u8]) -> Option<(String, Zeroizing<String>)> {
    let bytes = Zeroizing::new(b64decode(word)?);
    let latin1 = match std::str::from_utf8(&bytes) {
        Ok(_) => None,
        Err(_) => Some(Zeroizing::new(latin1(&bytes).into_owned())),
    };
    let text = latin1.as_ref().map_or(bytes.as_slice(), |text| text.as_bytes());
    let (username, password) = std::str::from_utf8(text).ok()?.split_once(':')?;
    Some((username.to_owned(), Zeroizing::new(password.to_owned())))
}
