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
