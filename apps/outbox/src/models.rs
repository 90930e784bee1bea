//! The events.

use chrono::NaiveDateTime;
use vitamin_framework::models::{Json, Model};

use crate::schema::vitamin_outbox_event;

/// One write. Django marks it once it is replayed.
#[derive(Model)]
#[diesel(table_name = vitamin_outbox_event)]
#[model(crate = vitamin_framework, ordering("id"))]
pub struct Event {
    /// Events are replayed in this order.
    pub id: i64,
    /// When it was written.
    #[model(auto_now_add)]
    pub created: NaiveDateTime,
    /// The label of the model's app.
    #[model(max_length = 100)]
    pub app_label: String,
    /// The model's name in lower case.
    #[model(max_length = 100)]
    pub model: String,
    /// The object's primary key as text.
    pub object_pk: String,
    /// `saved`, `deleted` or `m2m`.
    #[model(max_length = 10)]
    pub event: String,
    /// Whether the object was inserted.
    #[model(default = false)]
    pub is_new: bool,
    /// The names of the fields that were written; NULL for a new object.
    pub update_fields: Option<Json>,
    /// Of a deleted object its columns, of a many-to-many relation what changed.
    pub data: Option<Json>,
    /// When Django replayed it.
    pub replayed: Option<NaiveDateTime>,
}
