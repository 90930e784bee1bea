//! Groups and permissions as an API or the admin site shows them (`Group` and `Permission` of `django/contrib/auth/models.py`).
//! [`User::get_all_permissions`](super::User::get_all_permissions) reads their tables without these models.
//!
//! The app `Admin` lists them among its models, so that a deleted group or permission takes its relations along. Without that app, a
//! project that deletes some lists them in an app of its own.

use vitamin_framework::models::Model;

use super::content_types::ContentType;
use crate::schema::{auth_group, auth_permission};

/// A row of `auth_permission`: an action on the rows of a model.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
#[diesel(table_name = auth_permission)]
#[model(crate = vitamin_framework, ordering("content_type", "codename"), unique_together("content_type", "codename"))]
pub struct Permission {
    /// Primary key.
    pub id: i32,
    /// For people: `Can add issue`.
    #[model(max_length = 255, translated, verbose_name = "name")]
    pub name: String,
    /// The model.
    #[model(references(ContentType), translated, verbose_name = "content type")]
    pub content_type_id: i32,
    /// For programs: `add_issue`.
    #[model(max_length = 100, translated, verbose_name = "codename")]
    pub codename: String,
}

/// A row of `auth_group`: users who have the same permissions.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
#[diesel(table_name = auth_group)]
#[model(crate = vitamin_framework, ordering("name"))]
#[model(many_to_many(permissions: Permission, auth_group_permissions(group_id, permission_id), blank))]
pub struct Group {
    /// Primary key.
    pub id: i32,
    /// The name.
    #[model(max_length = 150, unique, translated, verbose_name = "name")]
    pub name: String,
}
