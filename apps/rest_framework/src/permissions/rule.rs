//! Object permissions that need no type of their own: a closure of the user and the object.

use super::{ObjectPermission, Permission, SAFE_METHODS};
use crate::policy_result::PolicyResult;
use crate::request::Request;
use vitamin_auth::User;
use vitamin_framework::models::{Model, QuerySet};

type Rule<T> = dyn for<'a> Fn(&'a Request, &'a T) -> PolicyResult<'a, bool> + Send + Sync;

/// An object permission that is a closure. Anonymous requests are denied.
///
/// ```
/// use vitamin_rest_framework::permissions::ObjectRule;
///
/// struct Note {
///     owner: String,
/// }
///
/// fn is_owner_or_read_only() -> ObjectRule<Note> {
///     ObjectRule::new(|user, note: &Note| note.owner == user.username)
///         .or_read_only()
///         .message("Only its owner may change a note.")
/// }
/// ```
pub struct ObjectRule<T> {
    rule: Box<Rule<T>>,
    read_only: bool,
    message: Option<&'static str>,
}

impl<T: 'static> ObjectRule<T> {
    /// Allows the request if the closure returns true.
    pub fn new(rule: impl Fn(&User, &T) -> bool + Send + Sync + 'static) -> Self {
        Self::of(move |request, object| request.user().is_some_and(|user| rule(user, object)).into())
    }

    /// Allows the request if the query set that the closure returns has a row.
    pub fn exists<U: Model>(rows: impl Fn(&User, &T) -> QuerySet<U> + Send + Sync + 'static) -> Self {
        Self::of(move |request, object| {
            let Some(user) = request.user() else { return false.into() };
            let rows = rows(user, object);
            PolicyResult::later(async move {
                Ok(request.database()?.run(move |database| rows.exists(database)).await?)
            })
        })
    }

    fn of(
        rule: impl for<'a> Fn(&'a Request, &'a T) -> PolicyResult<'a, bool> + Send + Sync + 'static,
    ) -> Self {
        Self { rule: Box::new(rule), read_only: false, message: None }
    }

    /// Allows safe methods too.
    #[must_use]
    pub fn or_read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// The message of a 403.
    #[must_use]
    pub fn message(mut self, message: &'static str) -> Self {
        self.message = Some(message);
        self
    }
}

impl<T: Send + Sync> Permission for ObjectRule<T> {
    fn message(&self) -> Option<&str> {
        self.message
    }
}

impl<T: Send + Sync + 'static> ObjectPermission<T> for ObjectRule<T> {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        if self.read_only && SAFE_METHODS.contains(request.method()) {
            return true.into();
        }
        (self.rule)(request, object)
    }
}
