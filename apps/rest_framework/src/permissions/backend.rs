//! Permissions for one object, from the project's backends (`_user_has_perm` of `django/contrib/auth/models.py`).

use std::any::Any;

use actix_web::web::Data;

use super::model::DjangoModelPermissions;
use super::{ObjectPermission, Permission, SAFE_METHODS};
use crate::exceptions::{APIException, ExceptionKind};
use crate::policy_result::PolicyResult;
use crate::request::Request;
use crate::settings::APISettings;
use actix_web::http::Method;
use vitamin_framework::models::{Model, ModelMeta, ValueRef};

/// Grants permissions for single objects, as a backend of Django's `AUTHENTICATION_BACKENDS` such as django-guardian's does.
/// A project lists its own in [`APISettings::object_permission_backends`]. Django's ModelBackend grants none.
///
/// ```
/// use vitamin_framework::models::ValueRef;
/// use vitamin_rest_framework::permissions::{ObjectPermissionBackend, PermissionObject};
/// use vitamin_rest_framework::policy_result::PolicyResult;
/// use vitamin_rest_framework::request::Request;
///
/// /// Everybody has all permissions for the row of the same key as the user's.
/// struct OwnRow;
///
/// impl ObjectPermissionBackend for OwnRow {
///     fn has_perm<'a>(
///         &'a self,
///         request: &'a Request,
///         _perm: &'a str,
///         object: PermissionObject<'a>,
///     ) -> PolicyResult<'a, bool> {
///         let ValueRef::Integer(key) = object.pk() else { return false.into() };
///         request.user().is_some_and(|user| user.id.to_string() == key.to_string()).into()
///     }
/// }
/// ```
pub trait ObjectPermissionBackend: Send + Sync {
    /// Whether the request's user has this permission, such as `polls.change_poll`, for the object. `false` asks the next
    /// backend. A superuser is not asked for.
    ///
    /// # Errors
    /// [`APIException::permission_denied`]: no, and no other backend is asked (Django's `PermissionDenied`). Any other error
    /// is the response.
    fn has_perm<'a>(
        &'a self,
        request: &'a Request,
        perm: &'a str,
        object: PermissionObject<'a>,
    ) -> PolicyResult<'a, bool>;
}

/// An object of any model, for a backend.
#[derive(Clone, Copy)]
pub struct PermissionObject<'a> {
    meta: &'static ModelMeta,
    pk: ValueRef<'a>,
    row: &'a dyn Any,
}

impl<'a> PermissionObject<'a> {
    fn new<T: Model>(object: &'a T) -> Self {
        Self { meta: T::META, pk: object.pk(), row: object }
    }

    /// Its model.
    #[must_use]
    pub fn meta(&self) -> &'static ModelMeta {
        self.meta
    }

    /// Its primary key.
    #[must_use]
    pub fn pk(&self) -> ValueRef<'a> {
        self.pk
    }

    /// The row itself, if it is of this model.
    #[must_use]
    pub fn get<T: Model>(&self) -> Option<&'a T> {
        self.row.downcast_ref()
    }
}

impl Request {
    /// Whether the user has all of these permissions for the object (`user.has_perms(perms, obj)`). An active superuser has;
    /// others have what one of [`APISettings::object_permission_backends`] grants.
    ///
    /// # Errors
    /// Those of the backends.
    pub async fn has_object_perms<T: Model, S: AsRef<str>>(
        &self,
        perms: &[S],
        object: &T,
    ) -> Result<bool, APIException> {
        if self.user().is_some_and(|user| user.has_any_perm()) {
            return Ok(true);
        }
        for perm in perms {
            if !self.has_object_perm(perm.as_ref(), PermissionObject::new(object)).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn has_object_perm(&self, perm: &str, object: PermissionObject<'_>) -> Result<bool, APIException> {
        let Some(settings) = self.app_data::<Data<APISettings>>() else { return Ok(false) };
        for backend in &settings.object_permission_backends {
            match backend.has_perm(self, perm, object).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) if error.kind() == ExceptionKind::PermissionDenied => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

/// [`DjangoModelPermissions`], and the same permissions for the object. A user who may not read the object gets 404 instead of
/// 403. By default everybody may read; [`perms`](Self::perms) of GET changes that.
///
/// `DjangoObjectPermissions::new("polls", "poll").perms(Method::GET, &["polls.view_poll"])`
pub struct DjangoObjectPermissions(DjangoModelPermissions);

impl DjangoObjectPermissions {
    /// The permissions of one model. Both names are those in `django_content_type`.
    #[must_use]
    pub fn new(app_label: &str, model_name: &str) -> Self {
        Self(DjangoModelPermissions::new(app_label, model_name))
    }

    /// Replaces the permissions for a method (`perms_map`).
    #[must_use]
    pub fn perms(self, method: Method, perms: &[&str]) -> Self {
        Self(self.0.perms(method, perms))
    }

    async fn allows<T: Model>(&self, request: &Request, object: &T) -> Result<bool, APIException> {
        if request.has_object_perms(self.0.required(request.method())?, object).await? {
            return Ok(true);
        }
        let may_read = !SAFE_METHODS.contains(request.method())
            && request.has_object_perms(self.0.required(&Method::GET)?, object).await?;
        if may_read { Ok(false) } else { Err(APIException::not_found()) }
    }
}

impl Permission for DjangoObjectPermissions {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        self.0.has_permission(request)
    }
}

impl<T: Model> ObjectPermission<T> for DjangoObjectPermissions {
    fn has_object_permission<'a>(&'a self, request: &'a Request, object: &'a T) -> PolicyResult<'a, bool> {
        PolicyResult::later(self.allows(request, object))
    }
}

#[cfg(test)]
mod tests;
