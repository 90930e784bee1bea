//! Permission classes (`rest_framework/permissions.py`): they allow or deny a request.
//!
//! ```
//! use vitamin_rest_framework::classes;
//! use vitamin_rest_framework::permissions::{IsAdminUser, IsAuthenticated, Permission, ReadOnly};
//! # use std::sync::Arc;
//!
//! let permission_classes: Vec<Arc<dyn Permission>> = classes![IsAdminUser.or(IsAuthenticated.and(ReadOnly))];
//! ```

mod backend;
mod compose;
mod model;
mod object;
mod rule;

use std::sync::Arc;

use actix_web::http::Method;

pub use self::backend::{DjangoObjectPermissions, ObjectPermissionBackend, PermissionObject};
pub use self::compose::{And, Not, OfActions, Or};
pub use self::model::{DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly};
pub use self::object::ObjectPermission;
pub use self::rule::ObjectRule;
use super::exceptions::APIException;
use super::policy_result::PolicyResult;
use super::request::Request;
use vitamin_framework::diagnosis::class_name;

/// Methods that change nothing.
pub const SAFE_METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];

/// Allows or denies a request. All permission classes of a view must allow it.
///
/// ```
/// use vitamin_rest_framework::permissions::Permission;
/// use vitamin_rest_framework::policy_result::PolicyResult;
/// use vitamin_rest_framework::request::Request;
///
/// struct IsNamedRoot;
///
/// impl Permission for IsNamedRoot {
///     fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
///         request.user().is_some_and(|user| user.username == "root").into()
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission class",
    label = "not a `Permission`",
    note = "implement `Permission` for it: one method, `has_permission`",
    note = "a class is a value: `classes![IsAuthenticated]`, and a function that makes one is called: `classes![is_owner()]`"
)]
pub trait Permission: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

    /// Whether the request is allowed. `false` becomes 401 if the request has no user and the view has authentication
    /// classes, 403 otherwise. A class that only checks objects allows every request. Unlike in Django REST framework this
    /// is no default, since a class that was forgotten halfway, or a misspelt method, would allow everything. A rule on
    /// objects alone is shorter as an [`ObjectRule`].
    ///
    /// # Errors
    /// A response other than 401 or 403, for example if the database fails or the method is not allowed.
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool>;

    /// Whether the OpenAPI document says that the method needs no credentials: true for [`AllowAny`] and, of safe methods,
    /// for [`IsAuthenticatedOrReadOnly`].
    fn is_open(&self, _method: &Method) -> bool {
        false
    }

    /// The message of a 403, or `None` for Django REST framework's default.
    fn message(&self) -> Option<&str> {
        None
    }

    /// The code of a 403, for custom exception handlers, or `None` for `permission_denied`.
    fn code(&self) -> Option<&'static str> {
        None
    }

    /// The message and the code of a 403 of this request: [`message`](Self::message) and [`code`](Self::code), unless the class
    /// leaves the request to another one.
    fn denial(&self, _request: &Request) -> (Option<&str>, Option<&'static str>) {
        (self.message(), self.code())
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

/// A class that was chosen at run time.
impl<P: Permission + ?Sized> Permission for Arc<P> {
    fn class_name(&self) -> &'static str {
        (**self).class_name()
    }

    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        (**self).has_permission(request)
    }

    fn is_open(&self, method: &Method) -> bool {
        (**self).is_open(method)
    }

    fn message(&self) -> Option<&str> {
        (**self).message()
    }

    fn code(&self) -> Option<&'static str> {
        (**self).code()
    }

    fn denial(&self, request: &Request) -> (Option<&str>, Option<&'static str>) {
        (**self).denial(request)
    }
}

/// Allows every request. The default.
pub struct AllowAny;

impl Permission for AllowAny {
    fn has_permission(&self, _request: &Request) -> PolicyResult<'_, bool> {
        true.into()
    }

    fn is_open(&self, _method: &Method) -> bool {
        true
    }
}

/// Allows authenticated users.
pub struct IsAuthenticated;

impl Permission for IsAuthenticated {
    fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
        request.user().is_some().into()
    }
}

/// Allows staff users (`auth_user.is_staff`).
pub struct IsAdminUser;

impl Permission for IsAdminUser {
    fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
        request.user().is_some_and(|user| user.is_staff).into()
    }
}

/// Allows safe methods only. For use in compositions, as in Django REST framework's guide.
pub struct ReadOnly;

impl Permission for ReadOnly {
    fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
        SAFE_METHODS.contains(request.method()).into()
    }
}

/// Allows safe methods to everyone, and all methods to authenticated users.
pub struct IsAuthenticatedOrReadOnly;

impl Permission for IsAuthenticatedOrReadOnly {
    fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
        (SAFE_METHODS.contains(request.method()) || request.user().is_some()).into()
    }

    fn is_open(&self, method: &Method) -> bool {
        SAFE_METHODS.contains(method)
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
        if self.user().is_none() && self.view().authenticates {
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
