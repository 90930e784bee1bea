//! Object permissions: they allow or deny a request for one object.

use std::sync::Arc;

use super::{
    AllowAny, DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly, IsAdminUser, IsAuthenticated,
    IsAuthenticatedOrReadOnly, Permission, ReadOnly,
};
use crate::exceptions::APIException;
use crate::policy_result::PolicyResult;
use crate::request::Request;

/// A permission that checks an object of type `T`. A handler calls [`Request::check_object_permissions`] when it has the
/// object. A view checks its permission classes before, without the object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not check permissions of a `{T}`",
    label = "not an `ObjectPermission<{T}>`",
    note = "implement `ObjectPermission<{T}>` for it: one method, `has_object_permission`",
    note = "in a composition (`and`, `or`, `not`) each part needs it; one that checks the request alone answers `true.into()`"
)]
pub trait ObjectPermission<T: ?Sized>: Permission {
    /// Whether the request is allowed for this object. A class that checks the request alone allows every object.
    ///
    /// # Errors
    /// As [`Permission::has_permission`].
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool>;
}

/// A class that was chosen at run time.
impl<T: ?Sized, P: ObjectPermission<T> + ?Sized> ObjectPermission<T> for Arc<P> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        (**self).has_object_permission(request, object)
    }
}

impl Request {
    /// Checks an object with these classes. All must allow it.
    ///
    /// `request.check_object_permissions(&note, &[&IsOwner.or(IsAdminUser)]).await?`
    ///
    /// # Errors
    /// 401 if the request has no user and the view has authentication classes, 403 otherwise; errors of the classes.
    pub async fn check_object_permissions<T: ?Sized>(
        &self,
        object: &T,
        classes: &[&dyn ObjectPermission<T>],
    ) -> Result<(), APIException> {
        for class in classes {
            if !class.has_object_permission(self, object).await? {
                let (message, code) = class.denial(self);
                return Err(self.permission_denied(message, code));
            }
        }
        Ok(())
    }
}

/// Lets classes that check only the request be composed with classes that check objects.
macro_rules! any_object {
    ($($class:ty),* $(,)?) => { $(
        impl<T: ?Sized> ObjectPermission<T> for $class {
            fn has_object_permission<'a>(&'a self, _: &'a Request, _: &'a T) -> PolicyResult<'a, bool> {
                true.into()
            }
        }
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
