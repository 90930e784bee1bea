//! Permission classes (`rest_framework/permissions.py`): may this user do this?
//!
//! ```
//! use crate::permissions::{IsAdminUser, IsAuthenticated, Permission, ReadOnly};
//! use vitamin::classes;
//! # use std::sync::Arc;
//!
//! let permission_classes: Vec<Arc<dyn Permission>> = classes![IsAdminUser.or(IsAuthenticated.and(ReadOnly))];
//! ```

mod compose;
mod model;
mod object;

use std::sync::Arc;

use actix_web::http::Method;
use async_trait::async_trait;

pub use self::compose::{And, Not, Or};
pub use self::model::{DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly};
pub use self::object::ObjectPermission;
use super::exceptions::APIException;
use super::request::Request;

/// Methods that change nothing.
pub const SAFE_METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];

/// Grants or refuses a request. A view asks all of its classes; one refusal is enough.
#[async_trait(?Send)]
pub trait Permission: Send + Sync {
    /// Whether the request may go on. A refusal is 401 where nobody is logged in and an authentication class was
    /// asked, 403 otherwise. Without this function everything may, as for a class that is about objects alone.
    ///
    /// # Errors
    /// Another answer than that refusal: a database that gives none, a method that is not allowed.
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        self.has_permission_now(request).unwrap_or(Ok(true))
    }

    /// [`has_permission`](Self::has_permission) for a class that need not wait for anything, and so spares each request
    /// a future. It is asked first, and decides unless it is `None`.
    fn has_permission_now(&self, _request: &Request) -> Option<Result<bool, APIException>> {
        None
    }

    /// What a 403 says, or `None` for Django REST framework's own words.
    fn message(&self) -> Option<&str> {
        None
    }

    /// The code of a 403, which an exception handler of one's own can tell by, or `None` for `permission_denied`.
    fn code(&self) -> Option<&'static str> {
        None
    }

    /// Both must allow (`&` in Django REST framework). The message of neither is used.
    fn and<B: Permission>(self, other: B) -> And<Self, B>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// One must allow (`|`). The message of neither is used.
    fn or<B: Permission>(self, other: B) -> Or<Self, B>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Allows what this one refuses (`~`).
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
    }
}

/// What a class says of a request; waits only where the class does.
pub(super) async fn ask(class: &dyn Permission, request: &Request) -> Result<bool, APIException> {
    match class.has_permission_now(request) {
        Some(answer) => answer,
        None => class.has_permission(request).await,
    }
}

/// Allows everybody. The default.
pub struct AllowAny;

impl Permission for AllowAny {
    fn has_permission_now(&self, _request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(true))
    }
}

/// Allows whoever is logged in.
pub struct IsAuthenticated;

impl Permission for IsAuthenticated {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(request.user().is_some()))
    }
}

/// Allows staff (`auth_user.is_staff`).
pub struct IsAdminUser;

impl Permission for IsAdminUser {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(request.user().is_some_and(|user| user.is_staff)))
    }
}

/// Allows everybody to read, and nobody to write: for composing, as the class of this name in Django REST framework's
/// own guide.
pub struct ReadOnly;

impl Permission for ReadOnly {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(SAFE_METHODS.contains(request.method())))
    }
}

/// Allows everybody to read, and whoever is logged in to write.
pub struct IsAuthenticatedOrReadOnly;

impl Permission for IsAuthenticatedOrReadOnly {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(SAFE_METHODS.contains(request.method()) || request.user().is_some()))
    }
}

/// A list of permission classes, as a view has them.
pub type Permissions = Vec<Arc<dyn Permission>>;

impl Request {
    /// The refusal of a class: 401 where nobody is logged in, else 403 with the class's words.
    pub(super) fn permission_denied(
        &self,
        message: Option<&str>,
        code: Option<&'static str>,
    ) -> APIException {
        if self.user().is_none() && !self.policies().authenticators.is_empty() {
            return APIException::not_authenticated();
        }
        let error = APIException::permission_denied(message);
        match code {
            Some(code) => error.with_code(code),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests;
