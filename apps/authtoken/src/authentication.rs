//! `TokenAuthentication` (`rest_framework/authentication.py`).

use std::borrow::Cow;
use std::marker::PhantomData;

use super::lookup::{self, TokenAndUser, TokenLookup};
use super::models::Token;
use super::token_model::TokenModel;
use vitamin_framework::translation::gettext;
use vitamin_rest_framework::authentication::{
    Authentication, Credentials, Identity, credentials, get_authorization_header,
};
use vitamin_rest_framework::exceptions::APIException;
use vitamin_rest_framework::policy_result::PolicyResult;
use vitamin_rest_framework::request::Request;
use vitamin_rest_framework::schemas::SecurityScheme;

/// `Authorization: Token 401f7ac837da42b97f613d789819ff93537bee6a`. The request's credential is
/// the [`Token`].
///
/// Another table: `TokenAuthentication::<ApiKey>::with_keyword("Bearer")`, with a [`TokenModel`].
pub struct TokenAuthentication<M: TokenModel = Token> {
    /// The word before the key, and the challenge of a 401. Compared without regard to case.
    keyword: &'static str,
    model: PhantomData<fn() -> M>,
}

impl TokenAuthentication {
    /// Uses Django REST framework's own model and the keyword `Token`.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_keyword("Token")
    }
}

impl<M: TokenModel> TokenAuthentication<M> {
    /// Uses the model `M` and this word before the key.
    #[must_use]
    pub const fn with_keyword(keyword: &'static str) -> Self {
        Self { keyword, model: PhantomData }
    }
}

impl Default for TokenAuthentication {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: TokenModel> TokenAuthentication<M> {
    /// Returns the key in the header, or `None` if the header is for another authentication class.
    fn key<'a>(&self, header: &'a [u8]) -> Result<Option<&'a str>, APIException> {
        match credentials(header, self.keyword) {
            Credentials::NotMine => return Ok(None),
            Credentials::Missing => Err(gettext("Invalid token header. No credentials provided.")),
            Credentials::Several => {
                Err(gettext("Invalid token header. Token string should not contain spaces."))
            }
            Credentials::One(key) => std::str::from_utf8(key).map(Some).map_err(|_| {
                gettext("Invalid token header. Token string should not contain invalid characters.")
            }),
        }
        .map_err(APIException::authentication_failed)
    }
}

impl<M: TokenModel> Authentication for TokenAuthentication<M> {
    fn security_scheme(&self) -> Option<SecurityScheme> {
        Some(SecurityScheme::Token { keyword: self.keyword.into() })
    }

    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        let header = get_authorization_header(request);
        if header.is_empty() {
            return None.into();
        }
        let lookup = request.app_data::<TokenLookup<M>>();
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
                // The app that registers the model's cache is not installed.
                None => lookup::find(database, &key).await,
            };
            identity(found?)
        })
    }

    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(self.keyword))
    }
}

fn identity<M: TokenModel>(found: Option<TokenAndUser<M>>) -> Result<Option<Identity>, APIException> {
    let found = found.filter(|(token, _)| !token.has_expired());
    let (token, user) =
        found.ok_or_else(|| APIException::authentication_failed(gettext("Invalid token.")))?;
    if !user.is_active {
        return Err(APIException::authentication_failed(gettext("User inactive or deleted.")));
    }
    Ok(Some(Identity::new(user).shared_auth(token)))
}

#[cfg(test)]
mod tests;
