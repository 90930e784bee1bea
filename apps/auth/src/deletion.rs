//! Deleting a user (`django/db/models/deletion.py`): the foreign keys have no ON DELETE, since Django cascades itself, so
//! whoever deletes a user deletes what belongs to it too.

use diesel::prelude::*;

use super::models::User;
use crate::schema::{auth_user, auth_user_groups, auth_user_user_permissions};
use vitamin_framework::app::Apps;
use vitamin_framework::database::migrations::has_table;
use vitamin_framework::database::{DatabaseError, DbConnection, UserId};

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
    /// Deletes a user with all that Django's cascade would delete: every app's rows of the user
    /// ([`App::delete_user`](vitamin_framework::app::App::delete_user)), groups, permissions, the admin's log. Sessions stay,
    /// as in Django, and are nobody's from now on. All in one transaction. False where there is no such user.
    ///
    /// A handler finds the apps in its app data (`Data<Apps>`).
    ///
    /// # Errors
    /// Those of the queries. Rows of a table that no app here owns still refer to the user: then the database refuses, and
    /// nothing is deleted.
    pub fn delete(
        connection: &mut DbConnection,
        apps: &Apps,
        user_id: UserId,
    ) -> Result<bool, DatabaseError> {
        connection.transaction(|connection| {
            // The user first, which the foreign keys allow until the end: from here on nobody can give it a new token, and
            // SQLite's transaction begins with the lock that it needs.
            if diesel::delete(auth_user::table.find(user_id)).execute(connection)? == 0 {
                return Ok(false);
            }
            for app in apps.iter().rev() {
                app.delete_user(connection, user_id)?;
            }
            Ok(true)
        })
    }

    /// Makes an account count, or no longer: what Django does instead of deleting. Tokens and sessions stay, and are refused
    /// while it doesn't. False where there is no such user.
    ///
    /// # Errors
    /// Those of the query.
    pub fn set_active(
        connection: &mut DbConnection,
        user_id: UserId,
        is_active: bool,
    ) -> Result<bool, DatabaseError> {
        let user = auth_user::table.find(user_id);
        Ok(diesel::update(user).set(auth_user::is_active.eq(is_active)).execute(connection)? > 0)
    }
}

/// The rows of `django.contrib.auth` itself, and of the admin site, which is on no list here.
pub(super) fn delete_related(connection: &mut DbConnection, user_id: UserId) -> Result<(), DatabaseError> {
    diesel::delete(auth_user_groups::table.filter(auth_user_groups::user_id.eq(user_id)))
        .execute(connection)?;
    diesel::delete(auth_user_user_permissions::table.filter(auth_user_user_permissions::user_id.eq(user_id)))
        .execute(connection)?;
    if has_table(connection, "django_admin_log")? {
        diesel::delete(django_admin_log::table.filter(django_admin_log::user_id.eq(user_id)))
            .execute(connection)?;
    }
    Ok(())
}
