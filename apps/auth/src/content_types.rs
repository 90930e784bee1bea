//! Content types: the models of all apps, as rows (`django/contrib/contenttypes/models.py`). Permissions and the admin site's log
//! refer to them.

use diesel::prelude::*;

use crate::schema::django_content_type;
use vitamin_framework::database::{DatabaseError, DbConnection, on_variant};
use vitamin_framework::models::Model;

/// A row of `django_content_type`.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
#[diesel(table_name = django_content_type)]
#[model(crate = vitamin_framework, app_label = "contenttypes", unique_together("app_label", "model"))]
pub struct ContentType {
    /// Primary key.
    pub id: i32,
    /// The label of the model's app: `tracker`.
    #[model(max_length = 100)]
    pub app_label: String,
    /// The model's name in lower case: `issue`.
    #[model(max_length = 100)]
    pub model: String,
}

impl ContentType {
    /// Returns the id of a model's content type, and makes the row if there is none (`ContentTypeManager.get_for_model`).
    /// Concurrent calls all get the same id.
    ///
    /// # Errors
    /// A query fails.
    pub fn id_of(
        connection: &mut DbConnection,
        app_label: &str,
        model_name: &str,
    ) -> Result<i32, DatabaseError> {
        if let Some(id) = Self::find(connection, app_label, model_name).optional()? {
            return Ok(id);
        }
        let row = (django_content_type::app_label.eq(app_label), django_content_type::model.eq(model_name));
        // A violated constraint would end the caller's transaction on PostgreSQL.
        on_variant!(connection, |inner| diesel::insert_into(django_content_type::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(inner))?;
        Ok(Self::find(connection, app_label, model_name)?)
    }

    fn find(connection: &mut DbConnection, app_label: &str, model_name: &str) -> QueryResult<i32> {
        django_content_type::table
            .filter(django_content_type::app_label.eq(app_label))
            .filter(django_content_type::model.eq(model_name))
            .select(django_content_type::id)
            .get_result(connection)
    }
}
