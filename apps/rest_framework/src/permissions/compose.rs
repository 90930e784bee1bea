//! Compositions of permissions. A class that was chosen at run time (`Arc<dyn Permission>`) composes like any other.

use super::{ObjectPermission, Permission};
use crate::policy_result::PolicyResult;
use crate::request::Request;

/// Both must allow. The second is checked only if the first allows.
pub struct And<A, B>(pub A, pub B);

/// One must allow. The second is checked only if the first denies.
pub struct Or<A, B>(pub A, pub B);

/// Allows what the inner permission denies.
pub struct Not<A>(pub A);

/// One permission for some actions of a view set, another for all others (`get_permissions`).
///
/// ```
/// use vitamin_rest_framework::classes;
/// use vitamin_rest_framework::permissions::{AllowAny, IsAdminUser, OfActions, Permission};
/// # use std::sync::Arc;
///
/// let permission_classes: Vec<Arc<dyn Permission>> =
///     classes![OfActions::new(&["list", "retrieve"], AllowAny, IsAdminUser)];
/// ```
pub struct OfActions<A, B> {
    actions: &'static [&'static str],
    permission: A,
    others: B,
}

impl<A, B> OfActions<A, B> {
    /// `permission` is asked for these actions, `others` for all others.
    pub const fn new(actions: &'static [&'static str], permission: A, others: B) -> Self {
        Self { actions, permission, others }
    }

    fn includes(&self, request: &Request) -> bool {
        request.action().is_some_and(|action| self.actions.contains(&action))
    }
}

impl<A: Permission, B: Permission> Permission for OfActions<A, B> {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        if self.includes(request) {
            self.permission.has_permission(request)
        } else {
            self.others.has_permission(request)
        }
    }

    fn denial(&self, request: &Request) -> (Option<&str>, Option<&'static str>) {
        if self.includes(request) { self.permission.denial(request) } else { self.others.denial(request) }
    }
}

impl<T: ?Sized, A: ObjectPermission<T>, B: ObjectPermission<T>> ObjectPermission<T> for OfActions<A, B> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        if self.includes(request) {
            self.permission.has_object_permission(request, object)
        } else {
            self.others.has_object_permission(request, object)
        }
    }
}

impl<A: Permission, B: Permission> Permission for And<A, B> {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        let first = self.0.has_permission(request);
        first.and_then(move |allowed| if allowed { self.1.has_permission(request) } else { false.into() })
    }
}

impl<A: Permission, B: Permission> Permission for Or<A, B> {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        let first = self.0.has_permission(request);
        first.and_then(move |allowed| if allowed { true.into() } else { self.1.has_permission(request) })
    }
}

impl<A: Permission> Permission for Not<A> {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        self.0.has_permission(request).and_then(|allowed| (!allowed).into())
    }
}

impl<T: ?Sized, A: ObjectPermission<T>, B: ObjectPermission<T>> ObjectPermission<T> for And<A, B> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        let first = self.0.has_object_permission(request, object);
        first.and_then(
            move |allowed| {
                if allowed { self.1.has_object_permission(request, object) } else { false.into() }
            },
        )
    }
}

/// Checks request and object with the same permission, so that one which allows only the request does not combine with
/// one which allows only the object.
impl<T: ?Sized, A: ObjectPermission<T>, B: ObjectPermission<T>> ObjectPermission<T> for Or<A, B> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        let first = request_and_object(&self.0, request, object);
        first.and_then(
            move |allowed| {
                if allowed { true.into() } else { request_and_object(&self.1, request, object) }
            },
        )
    }
}

fn request_and_object<'a, T: ?Sized>(
    class: &'a impl ObjectPermission<T>,
    request: &'a Request,
    object: &'a T,
) -> PolicyResult<'a, bool> {
    class.has_permission(request).and_then(move |allowed| {
        if allowed { class.has_object_permission(request, object) } else { false.into() }
    })
}

impl<T: ?Sized, A: ObjectPermission<T>> ObjectPermission<T> for Not<A> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        self.0.has_object_permission(request, object).and_then(|allowed| (!allowed).into())
    }
}
