//! The app's tables as structs, and the queries on them. Each query runs on SQLite and on PostgreSQL.

use diesel::prelude::*;
use serde::Deserialize;
use vitamin::auth::UserId;
use vitamin::database::{DatabaseError, DbConnection, insert_returning, update_returning};
use vitamin::rest_framework::exceptions::APIException;
use vitamin::rest_framework::shortcuts::get_object_or_404;

use crate::schema::polls_item;

/// A row of `polls_item`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Identifiable)]
#[diesel(table_name = polls_item)]
pub struct Item {
    /// Primary key.
    pub id: i64,
    /// 200 characters at most.
    pub text: String,
    /// Whether it is done.
    pub done: bool,
    /// The owner.
    pub user_id: UserId,
}

/// The values of a new item.
#[derive(Clone, Debug, Deserialize, Insertable)]
#[diesel(table_name = polls_item)]
pub struct NewItem {
    /// See [`Item::text`].
    pub text: String,
    /// See [`Item::done`].
    pub done: bool,
}

/// New values of an item; `None` leaves the column as it is.
#[derive(Clone, Debug, Deserialize, AsChangeset)]
#[diesel(table_name = polls_item)]
pub struct ItemChanges {
    /// See [`Item::text`].
    pub text: Option<String>,
    /// See [`Item::done`].
    pub done: Option<bool>,
}

impl Item {
    /// The items of a user, oldest first.
    ///
    /// # Errors
    /// The query fails.
    pub fn of_user(
        connection: &mut DbConnection,
        user_id: UserId,
    ) -> Result<Vec<Self>, DatabaseError> {
        let query = polls_item::table
            .filter(polls_item::user_id.eq(user_id))
            .order(polls_item::id);
        Ok(query.select(Self::as_select()).load(connection)?)
    }

    /// The item of this primary key.
    ///
    /// # Errors
    /// 404 if there is none; the query fails.
    pub fn get(connection: &mut DbConnection, id: i64) -> Result<Self, APIException> {
        let query = polls_item::table.find(id).select(Self::as_select());
        get_object_or_404(connection, query)
    }

    /// Inserts an item of this user.
    ///
    /// # Errors
    /// The query fails.
    pub fn create(
        connection: &mut DbConnection,
        user_id: UserId,
        item: &NewItem,
    ) -> Result<Self, DatabaseError> {
        let values = (item, polls_item::user_id.eq(user_id));
        Ok(insert_returning!(
            connection,
            polls_item::table,
            values,
            Self
        )?)
    }

    /// Stores new values.
    ///
    /// # Errors
    /// The item is gone, which a client sees as 404; the query fails.
    pub fn update(
        connection: &mut DbConnection,
        id: i64,
        changes: &ItemChanges,
    ) -> Result<Self, DatabaseError> {
        Ok(update_returning!(
            connection,
            polls_item::table.find(id),
            changes,
            Self
        )?)
    }

    /// Deletes the item.
    ///
    /// # Errors
    /// The query fails.
    pub fn delete(connection: &mut DbConnection, id: i64) -> Result<(), DatabaseError> {
        diesel::delete(polls_item::table.find(id)).execute(connection)?;
        Ok(())
    }
}
