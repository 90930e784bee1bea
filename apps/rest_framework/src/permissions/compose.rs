//! Compositions of permissions.

use async_trait::async_trait;

use super::{ObjectPermission, Permission, ask};
use crate::exceptions::APIException;
use crate::request::Request;

/// Both must allow. The second is checked only if the first allows.
pub struct And<A, B>(pub A, pub B);

/// One must allow. The second is checked only if the first denies.
pub struct Or<A, B>(pub A, pub B);

/// Allows what the inner permission denies.
pub struct Not<A>(pub A);

#[async_trait(?Send)]
impl<A: Permission, B: Permission> Permission for And<A, B> {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(ask(&self.0, request).await? && ask(&self.1, request).await?)
    }

    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        match self.0.has_permission_now(request)? {
            Ok(true) => self.1.has_permission_now(request),
            refused => Some(refused),
        }
    }
}

#[async_trait(?Send)]
impl<A: Permission, B: Permission> Permission for Or<A, B> {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(ask(&self.0, request).await? || ask(&self.1, request).await?)
    }

    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        match self.0.has_permission_now(request)? {
            Ok(false) => self.1.has_permission_now(request),
            allowed => Some(allowed),
        }
    }
}

#[async_trait(?Send)]
impl<A: Permission> Permission for Not<A> {
    async fn has_permission(&self, request: &Request) -> Result<bool, APIException> {
        Ok(!ask(&self.0, request).await?)
    }

    fn has_permission_now(&self, request: &Request) -> Option<Result<bool, APIException>> {
        Some(self.0.has_permission_now(request)?.map(|allowed| !allowed))
    }
}

#[async_trait(?Send)]
impl<T: ?Sized, A: ObjectPermission<T>, B: ObjectPermission<T>> ObjectPermission<T> for And<A, B> {
    async fn has_object_permission(&self, request: &Request, object: &T) -> Result<bool, APIException> {
        Ok(self.0.has_object_permission(request, object).await?
            && self.1.has_object_permission(request, object).await?)
    }
}

/// Checks request and object with the same permission, so that one which allows only the request does not combine with
/// one which allows only the object.
#[async_trait(?Send)]
impl<T: ?Sized, A: ObjectPermission<T>, B: ObjectPermission<T>> ObjectPermission<T> for Or<A, B> {
    async fn has_object_permission(&self, request: &Request, object: &T) -> Result<bool, APIException> {
        if ask(&self.0, request).await? && self.0.has_object_permission(request, object).await? {
            return Ok(true);
        }
        Ok(ask(&self.1, request).await? && self.1.has_object_permission(request, object).await?)
    }
}

#[async_trait(?Send)]
impl<T: ?Sized, A: ObjectPermission<T>> ObjectPermission<T> for Not<A> {
    async fn has_object_permission(&self, request: &Request, object: &T) -> Result<bool, APIException> {
        Ok(!self.0.has_object_permission(request, object).await?)
    }
}
