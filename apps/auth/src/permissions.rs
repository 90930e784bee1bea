//! What a user may do (`ModelBackend` of `django/contrib/auth/backends.py`, `PermissionsMixin` of `models.py`):
//! permissions named `app_label.codename`, given to the user or to a group that the user is in.

use std::collections::HashSet;

use diesel::prelude::*;

use super::models::User;
use crate::schema::{
    auth_group_permissions, auth_permission, auth_user_groups, auth_user_user_permissions,
    django_content_type,
};
use vitamin_framework::database::{DatabaseError, DbConnection};

type Names = Vec<(String, String)>;

impl User {
    /// Those that were given to the user alone. A superuser has all that there are, an inactive user none.
    ///
    /// # Errors
    /// Those of the query.
    pub fn get_user_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<HashSet<String>, DatabaseError> {
        if let Some(all) = self.without_asking(connection)? {
            return Ok(all);
        }
        let given = auth_user_user_permissions::table
            .inner_join(auth_permission::table.inner_join(django_content_type::table))
            .filter(auth_user_user_permissions::user_id.eq(self.id))
            .select((django_content_type::app_label, auth_permission::codename));
        Ok(names(given.load(connection)?))
    }

    /// Those of the user's groups. A superuser has all that there are, an inactive user none.
    ///
    /// # Errors
    /// Those of the query.
    pub fn get_group_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<HashSet<String>, DatabaseError> {
        if let Some(all) = self.without_asking(connection)? {
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

    /// Both.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn get_all_permissions(
        &self,
        connection: &mut DbConnection,
    ) -> Result<HashSet<String>, DatabaseError> {
        if let Some(all) = self.without_asking(connection)? {
            return Ok(all);
        }
        let mut all = self.get_user_permissions(connection)?;
        all.extend(self.get_group_permissions(connection)?);
        Ok(all)
    }

    /// Whether the user has this permission, such as `polls.add_question`.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn has_perm(&self, connection: &mut DbConnection, perm: &str) -> Result<bool, DatabaseError> {
        self.has_perms(connection, &[perm])
    }

    /// Whether the user has all of these permissions. An active superuser has any, also one that there is not.
    ///
    /// # Errors
    /// Those of the queries; there are none for a superuser, or where nothing is asked for.
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

    /// Whether the user has every permission, also one that there is not, so that nothing need be asked.
    #[must_use]
    pub fn has_any_perm(&self) -> bool {
        self.is_active && self.is_superuser
    }

    /// Nothing for an inactive user, everything for a superuser, `None` where it depends on what was given.
    fn without_asking(
        &self,
        connection: &mut DbConnection,
    ) -> Result<Option<HashSet<String>>, DatabaseError> {
        if !self.is_active {
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

fn names(names: Names) -> HashSet<String> {
    names.into_iter().map(|(app_label, codename)| format!("{app_label}.{codename}")).collect()
}
