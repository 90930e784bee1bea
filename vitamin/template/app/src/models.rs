//! The app's tables as structs, and the queries on them. Each query runs on SQLite and on PostgreSQL.

use diesel::prelude::*;
use vitamin::auth::UserId;
use vitamin::database::{DatabaseError, DbConnection};

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

/// The columns that a client may set.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = polls_item)]
pub struct ItemData {
    /// See [`Item::text`].
    pub text: String,
    /// See [`Item::done`].
    pub done: bool,
}

impl Item {
    /// The items of a user, oldest first.
    ///
    /// # Errors
    /// The query fails.
    pub fn of_user(connection: &mut DbConnection, user_id: UserId) -> Result<Vec<Self>, DatabaseError> {
        let query = polls_item::table.filter(polls_item::user_id.eq(user_id)).order(polls_item::id);
        Ok(query.select(Self::as_select()).load(connection)?)
    }

    /// The item of this primary key.
    ///
    /// # Errors
    /// There is none, which a client sees as 404; the query fails.
    pub fn get(connection: &mut DbConnection, id: i64) -> Result<Self, DatabaseError> {
        Ok(polls_item::table.find(id).select(Self::as_select()).get_result(connection)?)
    }

    /// Inserts an item of this user.
    ///
    /// # Errors
    /// The query fails.
    pub fn create(
        connection: &mut DbConnection,
        user_id: UserId,
        data: ItemData,
    ) -> Result<Self, DatabaseError> {
        let insert = diesel::insert_into(polls_item::table).values((data, polls_item::user_id.eq(user_id)));
        Ok(insert.returning(polls_item::all_columns).get_result(connection)?)
    }

    /// Stores new values.
    ///
    /// # Errors
    /// The item is gone, which a client sees as 404; the query fails.
    pub fn update(
        connection: &mut DbConnection,
        id: i64,
        data: ItemData,
    ) -> Result<Self, DatabaseError> {
        let update = diesel::update(polls_item::table.find(id)).set(data);
        Ok(update.returning(polls_item::all_columns).get_result(connection)?)
    }

    /// Deletes the item.
    ///
    /// # Errors
    /// The query fails.
    pub fn delete(connection: &mut DbConnection, id: i64) -> Result<(), DatabaseError> {
        diesel::delete(polls_item::table.find(id)).execute(connection)?;
        Ok(())
    }

    /// Deletes all items of a user.
    ///
    /// # Errors
    /// The query fails.
    pub fn delete_of_user(connection: &mut DbConnection, user_id: UserId) -> Result<(), DatabaseError> {
        let items = polls_item::table.filter(polls_item::user_id.eq(user_id));
        diesel::delete(items).execute(connection)?;
        Ok(())
    }
}
