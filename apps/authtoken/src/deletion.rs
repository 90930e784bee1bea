//! Deletes a deleted user's tokens: this app's, and knox's if it is installed beside it.

use diesel::prelude::*;

use super::models::Token;
use vitamin_framework::database::migrations::has_table;
use vitamin_framework::database::{DatabaseError, DbConnection, UserId};

mod knox_schema {
    diesel::table! {
        knox_authtoken (digest) {
            digest -> Text,
            user_id -> vitamin_framework::database::UserKey,
        }
    }
}
use knox_schema::knox_authtoken;

pub(super) fn delete_related(connection: &mut DbConnection, user_id: UserId) -> Result<(), DatabaseError> {
    Token::delete_of_user(connection, user_id)?;
    if has_table(connection, "knox_authtoken")? {
        diesel::delete(knox_authtoken::table.filter(knox_authtoken::user_id.eq(user_id)))
            .execute(connection)?;
    }
    Ok(())
}
