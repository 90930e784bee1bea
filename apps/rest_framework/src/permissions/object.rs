//! Permissions on one object: may this user do this to that?

use async_trait::async_trait;

use super::{
    AllowAny, DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly, IsAdminUser, IsAuthenticated,
    IsAuthenticatedOrReadOnly, Permission, ReadOnly,
};
use crate::exceptions::APIException;
use crate::request::Request;

/// A permission that looks at a `T`. A handler asks, once it has the object
/// ([`Request::check_object_permissions`]); the classes of a view are asked before, without it.
#[async_trait(?Send)]
pub trait ObjectPermission<T: ?Sized>: Permission {
    /// Whether the request may go on with this object. Without this function it may.
    ///
    /// # Errors
    /// As [`Permission::has_permission`].
    async fn has_object_permission(&self, _request: &Request, _object: &T) -> Result<bool, APIException> {
        Ok(true)
    }
}

impl Request {
    /// Asks all of these classes about an object; one refusal is enough.
    ///
    /// `request.check_object_permissions(&note, &[&IsOwner.or(IsAdminUser)]).await?`
    ///
    /// # Errors
    /// 401 where nobody is logged in, 403 otherwise; what a class itself answers.
    pub async fn check_object_permissions<T: ?Sized>(
        &self,
        object: &T,
        classes: &[&dyn ObjectPermission<T>],
    ) -> Result<(), APIException> {
        for class in classes {
            if !class.has_object_permission(self, object).await? {
                return Err(self.permission_denied(class.message(), class.code()));
            }
        }
        Ok(())
    }
}

/// Classes that judge the request alone, so that they can be composed with those that judge objects.
macro_rules! any_object {
    ($($class:ty),* $(,)?) => { $(
        #[async_trait(?Send)]
        impl<T: ?Sized> ObjectPermission<T> for $class {}
    )* };
}

any_object![
    AllowAny,
    DjangoModelPermissions,
    DjangoModelPermissionsOrAnonReadOnly,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
    ReadOnly,
];
