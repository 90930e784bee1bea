//! Model permissions: the rows of `auth_permission` that a user and the user's groups have.

use actix_web::http::Method;

use super::Permission;
use crate::exceptions::APIException;
use crate::policy_result::PolicyResult;
use crate::request::Request;

/// Allows authenticated users with the model's permission for the method: POST requires `add`, PUT and PATCH `change`,
/// DELETE `delete`. Safe methods require none.
///
/// `DjangoModelPermissions::new("polls", "question")`
pub struct DjangoModelPermissions {
    /// The permissions that each method requires (`perms_map`). A missing method is 405.
    perms_map: Vec<(Method, Vec<String>)>,
}

impl DjangoModelPermissions {
    /// The permissions of one model. Both names are those in `django_content_type`.
    #[must_use]
    pub fn new(app_label: &str, model_name: &str) -> Self {
        let perm = |action: &str| vec![format!("{app_label}.{action}_{model_name}")];
        let perms_map = vec![
            (Method::GET, Vec::new()),
            (Method::OPTIONS, Vec::new()),
            (Method::HEAD, Vec::new()),
            (Method::POST, perm("add")),
            (Method::PUT, perm("change")),
            (Method::PATCH, perm("change")),
            (Method::DELETE, perm("delete")),
        ];
        Self { perms_map }
    }

    /// Replaces the permissions for a method: `.perms(Method::GET, &["polls.view_question"])`.
    #[must_use]
    pub fn perms(mut self, method: Method, perms: &[&str]) -> Self {
        self.perms_map.retain(|(known, _)| *known != method);
        self.perms_map.push((method, perms.iter().map(|perm| (*perm).to_owned()).collect()));
        self
    }

    pub(super) fn required(&self, method: &Method) -> Result<&[String], APIException> {
        let entry = self.perms_map.iter().find(|(known, _)| known == method);
        entry
            .map(|(_, perms)| perms.as_slice())
            .ok_or_else(|| APIException::method_not_allowed(method.as_str()))
    }
}

impl Permission for DjangoModelPermissions {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        if request.user().is_none() {
            return false.into();
        }
        if request.view().ignore_model_permissions {
            return true.into();
        }
        match self.required(request.method()) {
            Ok([]) => true.into(),
            Ok(perms) => PolicyResult::later(request.has_perms(perms)),
            Err(error) => Err(error).into(),
        }
    }
}

/// [`DjangoModelPermissions`] that also allows anonymous users the methods that require no permission.
pub struct DjangoModelPermissionsOrAnonReadOnly(DjangoModelPermissions);

impl DjangoModelPermissionsOrAnonReadOnly {
    /// The permissions of one model.
    #[must_use]
    pub fn new(app_label: &str, model_name: &str) -> Self {
        Self(DjangoModelPermissions::new(app_label, model_name))
    }

    /// Replaces the permissions for a method.
    #[must_use]
    pub fn perms(self, method: Method, perms: &[&str]) -> Self {
        Self(self.0.perms(method, perms))
    }
}

impl Permission for DjangoModelPermissionsOrAnonReadOnly {
    fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
        if request.view().ignore_model_permissions {
            return true.into();
        }
        if request.user().is_none() {
            return self.0.required(request.method()).map(<[String]>::is_empty).into();
        }
        self.0.has_permission(request)
    }
}
