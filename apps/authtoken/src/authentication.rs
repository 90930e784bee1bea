//! `TokenAuthentication` (`rest_framework/authentication.py`).

use std::borrow::Cow;

use super::lookup::{self, TokenAndUser, TokenLookup};
use vitamin_rest_framework::authentication::{
    Authentication, Credentials, Identity, credentials, get_authorization_header,
};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::policy_result::PolicyResult;
use vitamin_rest_framework::request::Request;

/// `Authorization: Token 401f7ac837da42b97f613d789819ff93537bee6a`. The request's credential is
/// the [`Token`](super::Token).
pub struct TokenAuthentication {
    /// The word before the key, and the challenge of a 401. Compared without regard to case.
    pub keyword: &'static str,
}

impl TokenAuthentication {
    /// Uses the keyword `Token`.
    #[must_use]
    pub const fn new() -> Self {
        Self { keyword: "Token" }
    }
}

impl Default for TokenAuthentication {
    fn default() -> Self {
        Self::new()
    }
}

impl TokenAuthentication {
    /// Returns the key in the header, or `None` if the header is for another authentication class.
    fn key<'a>(&self, header: &'a [u8]) -> Result<Option<&'a str>, APIException> {
        match credentials(header, self.keyword) {
            Credentials::NotMine => return Ok(None),
            Credentials::Missing => Err("Invalid token header. No credentials provided."),
            Credentials::Several => Err("Invalid token header. Token string should not contain spaces."),
            Credentials::One(key) => std::str::from_utf8(key)
                .map(Some)
                .map_err(|_| "Invalid token header. Token string should not contain invalid characters."),
        }
        .map_err(APIException::authentication_failed)
    }
}

impl Authentication for TokenAuthentication {
    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        let header = get_authorization_header(request);
        if header.is_empty() {
            return None.into();
        }
        let lookup = request.app_data::<TokenLookup>();
        // Fast path: the usual form of the header and a cached key need no parsing.
        let usual = header.strip_prefix(self.keyword.as_bytes()).and_then(|rest| rest.strip_prefix(b" "));
        if let Some(found) = lookup.zip(usual).and_then(|(lookup, key)| lookup.cached(key)) {
            return identity(Some(found)).into();
        }
        let key = match self.key(&header) {
            Ok(Some(key)) => key,
            Ok(None) => return None.into(),
            Err(error) => return Err(error).into(),
        };
        let database = match request.database() {
            Ok(database) => database,
            Err(error) => return Err(error).into(),
        };
        if let Some(found) = lookup.and_then(|lookup| lookup.find_now(database, key)) {
            return identity(found).into();
        }
        let key = key.to_owned();
        PolicyResult::later(async move {
            let found = match lookup {
                Some(lookup) => lookup.find(database, &key).await,
                // The view runs without the app.
                None => lookup::find(database, &key).await,
            };
            identity(found?)
        })
    }

    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(self.keyword))
    }
}

fn identity(found: Option<TokenAndUser>) -> Result<Option<Identity>, APIException> {
    let (token, user) = found.ok_or_else(|| APIException::authentication_failed("Invalid token."))?;
    if !user.is_active {
        return Err(APIException::authentication_failed("User inactive or deleted."));
    }
    Ok(Some(Identity::new(user).shared_auth(token)))
}

#[cfg(test)]
mod tests;
