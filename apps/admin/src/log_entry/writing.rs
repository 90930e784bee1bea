//! Writes entries (`LogEntryManager.log_actions` of `django/contrib/admin/models.py`, `ModelAdmin.log_*` of its `options.py`).

use chrono::NaiveDateTime;
use diesel::prelude::*;
use vitamin_auth::{ContentType, UserId};
use vitamin_framework::database::{DatabaseError, DbConnection, now, on_variant};
use vitamin_framework::models::{Changes, ModelMeta};

use super::schema::django_admin_log;
use super::{ActionFlag, ChangeMessage, LogEntry};

/// Entries a statement, so that the parameters stay below SQLite's limit.
const BATCH: usize = 500;

#[derive(Insertable)]
#[diesel(table_name = django_admin_log)]
struct NewEntry<'a> {
    action_time: NaiveDateTime,
    user_id: UserId,
    content_type_id: i32,
    object_id: &'a str,
    object_repr: &'a str,
    action_flag: i16,
    change_message: &'a str,
}

/// The number of characters of `object_repr`.
const MAX_REPR: usize = 200;

/// Logs what a user did to objects of one model, one entry an object: each its primary key and its text (Django's `str(object)`), of
/// which the log keeps 200 characters. The text must hold no secret: who may see the object's history reads it.
///
/// Call it in the transaction of the change; for a deletion before the rows are gone. As in Django, signals are sent if there is one
/// object only.
///
/// # Errors
/// The database or a receiver of a signal refuses the rows.
pub fn log_actions(
    connection: &mut DbConnection,
    user_id: UserId,
    meta: &ModelMeta,
    objects: &[(String, String)],
    action_flag: ActionFlag,
    message: &ChangeMessage,
) -> Result<(), DatabaseError> {
    if objects.is_empty() {
        return Ok(());
    }
    let content_type_id = ContentType::id_of(connection, meta.app_label, &meta.model_name())?;
    let (action_flag, change_message) = (action_flag as i16, message.dump());
    if let [(object_id, object_repr)] = objects {
        Changes::<LogEntry>::new()
            .set(django_admin_log::user_id, user_id)
            .set(django_admin_log::content_type_id, content_type_id)
            .set(django_admin_log::object_id, object_id.as_str())
            .set(django_admin_log::object_repr, cut(object_repr))
            .set(django_admin_log::action_flag, action_flag)
            .set(django_admin_log::change_message, change_message)
            .insert(connection)?;
        return Ok(());
    }
    let action_time = now(connection)?;
    for objects in objects.chunks(BATCH) {
        let rows = objects.iter().map(|(object_id, object_repr)| NewEntry {
            action_time,
            user_id,
            content_type_id,
            object_id,
            object_repr: cut(object_repr),
            action_flag,
            change_message: &change_message,
        });
        let rows: Vec<NewEntry<'_>> = rows.collect();
        let insert = diesel::insert_into(django_admin_log::table).values(&rows);
        on_variant!(connection, |inner| insert.execute(inner))?;
    }
    Ok(())
}

/// The first 200 characters. PostgreSQL stores no NUL, so the text ends there.
fn cut(text: &str) -> &str {
    let mut places = text.char_indices().enumerate();
    let end = places.find(|(count, (_, letter))| *count == MAX_REPR || *letter == '\0');
    end.and_then(|(_, (index, _))| text.get(..index)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn an_object_s_text_is_cut_to_200_characters() {
        assert_eq!((cut(""), cut("ü"), cut("a\0b")), ("", "ü", "a"));
        assert_eq!(cut(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(cut(&"ü".repeat(300)), "ü".repeat(200));
    }
}
