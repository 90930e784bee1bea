//! The receivers that write events.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use vitamin_framework::database::DbConnection;
use vitamin_framework::models::signals::{AnyDelete, AnyPostSave, M2mAction, M2mChanged, Received};
use vitamin_framework::models::{Changes, ModelMeta, ValueRef};
use vitamin_parsing::data::{Dict, Value};

use crate::models::Event;
use crate::schema::vitamin_outbox_event as columns;

pub(crate) fn saved(event: &mut AnyPostSave<'_>) -> Received {
    let mut new = new_event(event.sender, event.instance.pk(), "saved");
    new.set(columns::is_new, event.created);
    if let Some(names) = event.update_fields {
        let names: Vec<Value> = names.iter().map(|name| Value::from(*name)).collect();
        new.set(columns::update_fields, Value::from(names));
    }
    insert(&new, event.connection)
}

pub(crate) fn deleted(event: &mut AnyDelete<'_>) -> Received {
    let mut new = new_event(event.sender, event.instance.pk(), "deleted");
    let names = event.connection.names();
    let values = event.sender.columns.iter().zip(event.instance.values());
    let data: Dict = values
        .map(|(column, value)| (names.column(event.sender.table, column.column).to_owned(), json(value)))
        .collect();
    new.set(columns::data, Value::from(data));
    insert(&new, event.connection)
}

pub(crate) fn related(event: &mut M2mChanged<'_>) -> Received {
    if matches!(event.action, M2mAction::PreAdd | M2mAction::PreRemove | M2mAction::PreClear) {
        return Ok(());
    }
    let mut new = new_event(event.sender, event.pk, "m2m");
    let through = event.connection.names().table(event.through).to_owned();
    let keys: Vec<Value> = event.pk_set.iter().map(|key| json(key.as_ref())).collect();
    let data: Dict = [
        ("through", Value::from(through)),
        ("action", Value::from(event.action.as_str())),
        ("reverse", Value::from(event.reverse)),
        ("pk_set", Value::from(keys)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    new.set(columns::data, Value::from(data));
    insert(&new, event.connection)
}

fn new_event(model: &ModelMeta, pk: ValueRef<'_>, event: &'static str) -> Changes<Event> {
    let pk = match json(pk) {
        Value::String(text) => text,
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    };
    let mut new = Changes::new();
    new.set(columns::app_label, model.app_label)
        .set(columns::model, model.model_name())
        .set(columns::object_pk, pk)
        .set(columns::event, event);
    new
}

fn insert(event: &Changes<Event>, connection: &mut DbConnection) -> Received {
    event.insert(connection)?;
    Ok(())
}

/// A value that Django's field of the column reads (`to_python`); a duration in microseconds.
fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Bool(value) => value.into(),
        ValueRef::Integer(number) => number.into(),
        ValueRef::Float(number) => number.into(),
        ValueRef::Text(text) => text.into(),
        ValueRef::Date(date) => date.to_string().into(),
        ValueRef::Time(time) => time.to_string().into(),
        // No offset: what it means depends on USE_TZ, which Django knows.
        ValueRef::DateTime(time) => time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string().into(),
        ValueRef::Duration(duration) => duration.num_microseconds().unwrap_or_default().into(),
        ValueRef::Uuid(uuid) => uuid.to_string().into(),
        ValueRef::Decimal(number) => number.to_plain_string().into(),
        ValueRef::Json(value) => value.clone(),
        ValueRef::Binary(bytes) => BASE64_STANDARD.encode(bytes).into(),
    }
}
