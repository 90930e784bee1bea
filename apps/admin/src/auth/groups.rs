//! The admin of groups (`GroupAdmin` of `django/contrib/auth/admin.py`), and how permissions are chosen.

use vitamin_auth::schema::auth_group;
use vitamin_auth::{Group, Permission};
use vitamin_framework::models::{ManyToMany, Model, Object};
use vitamin_rest_framework::fields;
use vitamin_rest_framework::serializers::{ModelSerializer, PrimaryKeyRelatedField, RelatedField};

use crate::ModelAdmin;

/// The most groups and permissions that a form offers, as Django REST framework's `html_cutoff`.
pub(super) const HTML_CUTOFF: usize = 1000;

pub(super) fn group_admin() -> ModelAdmin<Group> {
    let serializer = ModelSerializer::new(["name", "permissions"])
        .field("permissions", permissions_of(Group::PERMISSIONS));
    ModelAdmin::new(serializer)
        .display(|group| group.name.clone())
        .search_fields(fields![auth_group::name])
        .ordering(["name"])
}

/// The texts of permissions, which have no pages, as in Django.
pub(super) fn permission_admin() -> ModelAdmin<Permission> {
    ModelAdmin::new(ModelSerializer::new(["name"]))
        .display(permission_text)
        .list_select_related(["content_type"])
}

/// A field that chooses permissions.
pub(super) fn permissions_of<T: Model>(
    relation: ManyToMany<T, Permission>,
) -> RelatedField<ManyToMany<T, Permission>, Permission> {
    PrimaryKeyRelatedField::many(relation).required(false).html_cutoff(HTML_CUTOFF)
}

/// `auth | user | Can add user` (`Permission.__str__`).
fn permission_text(permission: &Object<Permission>) -> String {
    let content_type = Permission::CONTENT_TYPE.get(permission).ok().flatten();
    match content_type {
        Some(content_type) => {
            format!("{} | {} | {}", content_type.app_label, content_type.model, permission.name)
        }
        None => permission.name.clone(),
    }
}
