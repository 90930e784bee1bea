//! A user's permissions (`ModelBackend` of `django/contrib/auth/backends.py`, `PermissionsMixin` of `models.py`). They
//! are named `app_label.codename`, and granted to the user or to one of the user's groups.

use std::collections::HashSet;

use diesel::prelude::*;

use super::models::User;
use crate::schema::{
    auth_group_permissions, auth_permission, auth_user_groups, auth_user_user_permissions,
    django_content_type,
};
use vitamin_framework::database::{DatabaseError, DbConnection};

type PermissionRows = Vec<(String, String)>;

impl User {
    /// Returns the permissions granted to the user directly: all permissions for a superuser, none for an inactive
    /// user.
    ///
    /// # Errors
    /// The query fails.
    pub fn get_user_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<HashSet<String>, DatabaseError> {
        if let Some(all) = self.implied_permissions(connection)? {
            return Ok(all);
        }
        let given = auth_user_user_permissions::table
            .inner_join(auth_permission::table.inner_join(django_content_type::table))
            .filter(auth_user_user_permissions::user_id.eq(self.id))
            .select((django_content_type::app_label, auth_permission::codename));
        Ok(names(given.load(connection)?))
    }

    /// Returns the permissions of the user's groups: all permissions for a superuser, none for an inactive user.
    ///
    /// # Errors
    /// The query fails.
    pub fn get_group_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<HashSet<String>, DatabaseError> {
        if let Some(all) = self.implied_permissions(connection)? {
            return Ok(all);
        }
        let groups = auth_user_groups::table
            .filter(auth_user_groups::user_id.eq(self.id))
            .select(auth_user_groups::group_id);
        let given = auth_group_permissions::table
            .inner_join(auth_permission::table.inner_join(django_content_type::table))
            .filter(auth_group_permissions::group_id.eq_any(groups))
            .select((django_content_type::app_label, auth_permission::codename));
        Ok(names(given.load(connection)?))
    }

    /// Returns the union of both.
    ///
    /// # Errors
    /// A query fails.
    pub fn get_all_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<HashSet<String>, DatabaseError> {
        if let Some(all) = self.implied_permissions(connection)? {
            return Ok(all);
        }
        let mut all = self.get_user_permissions(connection)?;
        all.extend(self.get_group_permissions(connection)?);
        Ok(all)
    }

    /// Whether the user has this permission, such as `polls.add_question`.
    ///
    /// # Errors
    /// A query fails.
    pub fn has_perm(&self, connection: &mut DbConnection, perm: &str) -> Result<bool, DatabaseError> {
        self.has_perms(connection, &[perm])
    }

    /// Whether the user has all of these permissions. An active superuser has every permission, even nonexistent ones.
    ///
    /// A query fails. A superuser or an empty list needs no query.
    pub fn has_perms<S: AsRef<str>>(
        &self,
        connection: &mut DbConnection,
        perms: &[S],
    ) -> Result<bool, DatabaseError> {
        if perms.is_empty() || self.has_any_perm() {
            return Ok(true);
        }
        let all = self.get_all_permissions(connection)?;
        Ok(perms.iter().all(|perm| all.contains(perm.as_ref())))
    }

    /// Whether the user has every permission, even nonexistent ones, so that no query is needed.
    #[must_use]
    pub fn has_any_perm(&self) -> bool {
        self.is_active && self.is_superuser
    }

    /// Returns no permissions for an inactive user or one that can have none, all for a superuser, and `None` if they depend on grants.
    fn implied_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<Option<HashSet<String>>, DatabaseError> {
        // Without `is_superuser` the model has no PermissionsMixin, and so no tables of permissions.
        if !self.is_active || connection.names().constant("auth_user", "is_superuser").is_some() {
            return Ok(Some(HashSet::new()));
        }
        if !self.is_superuser {
            return Ok(None);
        }
        let all = auth_permission::table
            .inner_join(django_content_type::table)
            .select((django_content_type::app_label, auth_permission::codename));
        Ok(Some(names(all.load(connection)?)))
    }
}

fn names(rows: PermissionRows) -> HashSet<String> {
    rows.into_iter().map(|(app_label, codename)| format!("{app_label}.{codename}")).collect()
}
