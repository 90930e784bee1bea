//! Extractors of a handler: the request, its user and its credential. They work in a view, and in a handler inside of
//! [`policies`](crate::middleware::policies).

use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{Request, State};
use crate::exceptions::APIException;
use vitamin_auth::models::User;

impl FromRequest for Request {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::current(http).ok_or_else(|| {
            APIException::server_error("this handler is neither in an APIView nor inside of policies()")
        }))
    }
}

/// Extractor of the user: `async fn get(user: CurrentUser)`. 401 if the request is anonymous.
#[derive(Clone)]
pub struct CurrentUser(Rc<User>);

impl Deref for CurrentUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.0
    }
}

impl FromRequest for CurrentUser {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let user = State::current(http).and_then(|state| state.user.get().map(Rc::clone));
        ready(user.map(Self).ok_or_else(APIException::not_authenticated))
    }
}

/// Extractor of the credential: `async fn get(token: Auth<Token>)`. 401 if the request has none, or one of another type.
pub struct Auth<T>(Rc<T>);

impl<T> Deref for Auth<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: 'static> FromRequest for Auth<T> {
    type Error = APIException;
    type Future = Ready<Result<Self, APIException>>;

    fn from_request(http: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let auth = State::current(http).and_then(|state| state.auth());
        ready(auth.map(Self).ok_or_else(APIException::not_authenticated))
    }
}
