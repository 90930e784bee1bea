//! Deletes a user (`django/db/models/deletion.py`). The foreign keys have no ON DELETE, because Django cascades itself,
//! so a deletion here must delete the related rows too.

use diesel::prelude::*;

use super::models::User;
use crate::schema::{auth_user, auth_user_groups, auth_user_user_permissions};
use vitamin_framework::app::Apps;
use vitamin_framework::database::{DatabaseError, DbConnection, UserId};
use vitamin_framework::deletion::UserRelation;

mod django_schema {
    diesel::table! {
        django_admin_log (id) {
            id -> Integer,
            user_id -> vitamin_framework::database::UserKey,
        }
    }
}
use django_schema::django_admin_log;

impl User {
    /// Deletes a user in one transaction, with everything that Django's cascade deletes: every app's rows of the user
    /// ([`App::related_to_user`](vitamin_framework::app::App::related_to_user)), groups, permissions, and the admin's log.
    /// Sessions stay, as in Django, and no longer match a user. Returns false if there is no such user.
    ///
    /// Handlers get the apps from app data (`Data<Apps>`).
    ///
    /// A query fails. If rows of a table that no app here owns still refer to the user, the database refuses, and
    /// nothing is deleted.
    pub fn delete(
        connection: &mut DbConnection,
        apps: &Apps,
        user_id: UserId,
    ) -> Result<bool, DatabaseError> {
        connection.transaction(|connection| {
            // Delete the user first, which the deferred foreign keys allow. From here on nobody can create a token for
            // it, and SQLite's transaction starts with the write lock that it needs.
            if diesel::delete(auth_user::table.find(user_id)).execute(connection)? == 0 {
                return Ok(false);
            }
            for app in apps.iter().rev() {
                app.delete_user(connection, user_id)?;
            }
            Ok(true)
        })
    }

    /// Activates or deactivates an account; Django deactivates instead of deleting. Tokens and sessions stay, and are
    /// refused while the account is inactive. Returns false if there is no such user.
    ///
    /// # Errors
    /// The query fails.
    pub fn set_active(
        connection: &mut DbConnection,
        user_id: UserId,
        is_active: bool,
    ) -> Result<bool, DatabaseError> {
        let user = auth_user::table.find(user_id);
        Ok(diesel::update(user).set(auth_user::is_active.eq(is_active)).execute(connection)? > 0)
    }
}

/// The columns of `django.contrib.auth`, and of the admin site, which is no app here.
pub(super) fn related_to_user() -> Vec<UserRelation> {
    vec![
        // A model without PermissionsMixin has none.
        UserRelation::new(auth_user_groups::user_id).if_exists(),
        UserRelation::new(auth_user_user_permissions::user_id).if_exists(),
        UserRelation::new(django_admin_log::user_id).if_exists(),
    ]
}
