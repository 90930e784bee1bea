//! Permission classes (`rest_framework/permissions.py`): may this user do this?

use std::sync::Arc;

use actix_web::http::Method;
use async_trait::async_trait;

use super::exceptions::APIException;
use super::request::Request;

/// Methods that change nothing.
pub const SAFE_METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];

/// Grants or refuses a request. A view asks all of its classes; one refusal is enough.
#[async_trait(?Send)]
pub trait Permission: Send + Sync {
    /// Whether the request may go on. A refusal is 401 where nobody is logged in and an authentication class was
    /// asked, 403 otherwise.
    ///
    /// # Errors
    /// Another answer than that refusal: a [`PermissionDenied`](APIException::permission_denied) with words of its
    /// own, a database that gives no answer.
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException>;
}

/// Allows everybody. The default.
pub struct AllowAny;

#[async_trait(?Send)]
impl Permission for AllowAny {
    async fn has_permission(&self, _request: &Request) -> Result<bool, APIException> {
        Ok(true)
    }
}

/// Allows whoever is logged in.
pub struct IsAuthenticated;

#[async_trait(?Send)]
impl Permission for IsAuthenticated {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(request.user().is_some())
    }
}

/// Allows staff (`auth_user.is_staff`).
pub struct IsAdminUser;

#[async_trait(?Send)]
impl Permission for IsAdminUser {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(request.user().is_some_and(|user| user.is_staff))
    }
}

/// Allows everybody to read, and whoever is logged in to write.
pub struct IsAuthenticatedOrReadOnly;

#[async_trait(?Send)]
impl Permission for IsAuthenticatedOrReadOnly {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(SAFE_METHODS.contains(request.method()) || request.user().is_some())
    }
}

/// Both must allow; the second is asked only where the first does.
pub struct And<A, B>(pub A, pub B);

/// One must allow; the second is asked only where the first does not.
pub struct Or<A, B>(pub A, pub B);

/// Allows what the other refuses.
pub struct Not<A>(pub A);

#[async_trait(?Send)]
impl<A: Permission, B: Permission> Permission for And<A, B> {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(self.0.has_permission(request).await? && self.1.has_permission(request).await?)
    }
}

#[async_trait(?Send)]
impl<A: Permission, B: Permission> Permission for Or<A, B> {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(self.0.has_permission(request).await? || self.1.has_permission(request).await?)
    }
}

#[async_trait(?Send)]
impl<A: Permission> Permission for Not<A> {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(!self.0.has_permission(request).await?)
    }
}

/// A list of permission classes, as a view has them.
pub type Permissions = Vec<Arc<dyn Permission>>;
