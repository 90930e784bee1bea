//! Permission classes (`rest_framework/permissions.py`): they allow or deny a request.
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

/// Allows or denies a request. All permission classes of a view must allow it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission class",
    label = "not a `Permission`",
    note = "implement `Permission` for it",
    note = "a class is a value: `classes![IsAuthenticated]`, and a function that makes one is called: `classes![is_owner()]`"
)]
#[async_trait(?Send)]
pub trait Permission: Send + Sync {
    /// Whether the request is allowed. `false` becomes 401 if the request has no user and the view has authentication
    /// classes, 403 otherwise. The default allows every request, for classes that only check objects.
    ///
    /// # Errors
    /// A response other than 401 or 403, for example if the database fails or the method is not allowed.
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        self.has_permission_now(request).unwrap_or(Ok(true))
    }

    /// [`has_permission`](Self::has_permission) for a class that never waits, which saves a future per request. It is
    /// called first. `None` means that [`has_permission`](Self::has_permission) decides.
    fn has_permission_now(&self, _request: &Request) -> Option<Result<bool, APIException>> {
        None
    }

    /// The message of a 403, or `None` for Django REST framework's default.
    fn message(&self) -> Option<&str> {
        None
    }

    /// The code of a 403, for custom exception handlers, or `None` for `permission_denied`.
    fn code(&self) -> Option<&'static str> {
        None
    }

    /// Both must allow (`&` in Django REST framework). Their messages are not used.
    fn and<B: Permission>(self, other: B) -> And<Self, B>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// One must allow (`|`). Their messages are not used.
    fn or<B: Permission>(self, other: B) -> Or<Self, B>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Allows what this one denies (`~`).
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
    }
}

/// Calls `has_permission_now`, and `has_permission` if that returns `None`.
pub(super) async fn ask(class: &dyn Permission, request: &Request) -> Result<bool, APIException> {
    match class.has_permission_now(request) {
        Some(answer) => answer,
        None => class.has_permission(request).await,
    }
}

/// Allows every request. The default.
pub struct AllowAny;

impl Permission for AllowAny {
    fn has_permission_now(&self, _request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(true))
    }
}

/// Allows authenticated users.
pub struct IsAuthenticated;

impl Permission for IsAuthenticated {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(request.user().is_some()))
    }
}

/// Allows staff users (`auth_user.is_staff`).
pub struct IsAdminUser;

impl Permission for IsAdminUser {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(request.user().is_some_and(|user| user.is_staff)))
    }
}

/// Allows safe methods only. For use in compositions, as in Django REST framework's guide.
pub struct ReadOnly;

impl Permission for ReadOnly {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(SAFE_METHODS.contains(request.method())))
    }
}

/// Allows safe methods to everyone, and all methods to authenticated users.
pub struct IsAuthenticatedOrReadOnly;

impl Permission for IsAuthenticatedOrReadOnly {
    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(Ok(SAFE_METHODS.contains(request.method()) || request.user().is_some()))
    }
}

/// The permission classes of a view.
pub type Permissions = Vec<Arc<dyn Permission>>;

impl Request {
    /// The error of a denied request: 401 if the request has no user and the view has authentication classes, else 403
    /// with this message.
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
