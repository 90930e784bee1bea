//! The model.

use chrono::NaiveDateTime;
use vitamin_auth::{ContentType, PublicUser, UserId};
use vitamin_framework::models::Model;

use super::schema::django_admin_log;

/// A row of `django_admin_log`: one change of one object.
#[derive(Clone, Debug, Model)]
#[diesel(table_name = django_admin_log)]
#[model(crate = vitamin_framework, app_label = "admin", ordering("-action_time"))]
pub struct LogEntry {
    /// Primary key.
    pub id: i32,
    /// When it happened.
    #[model(default_now, not_editable, translated, verbose_name = "action time")]
    pub action_time: NaiveDateTime,
    /// Who did it.
    #[model(references(PublicUser), translated, verbose_name = "user")]
    pub user_id: UserId,
    /// The object's model. `None` if its content type is gone.
    #[model(references(ContentType), on_delete = set_null, blank, translated, verbose_name = "content type")]
    pub content_type_id: Option<i32>,
    /// The object's primary key.
    #[model(text, blank, translated, verbose_name = "object id")]
    pub object_id: Option<String>,
    /// The object as a text, at the time: 200 characters at most.
    #[model(max_length = 200, translated, verbose_name = "object repr")]
    pub object_repr: String,
    /// What happened: see [`ActionFlag`].
    #[model(positive, translated, verbose_name = "action flag")]
    pub action_flag: i16,
    /// What was changed: a JSON document that [`get_change_message`](super::get_change_message) reads, or any text.
    #[model(text, blank, translated, verbose_name = "change message")]
    pub change_message: String,
}

/// What happened to an object. The number is what the database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum ActionFlag {
    /// It was made.
    Addition = 1,
    /// It was changed.
    Change = 2,
    /// It was deleted.
    Deletion = 3,
}

impl ActionFlag {
    /// The flag of a row. `None` if the row has a number of its own.
    #[must_use]
    pub const fn from_number(number: i16) -> Option<Self> {
        match number {
            1 => Some(Self::Addition),
            2 => Some(Self::Change),
            3 => Some(Self::Deletion),
            _ => None,
        }
    }
}
