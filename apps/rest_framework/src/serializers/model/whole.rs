//! Fields that read and write the object itself instead of one attribute (`source="*"` of rest_framework/fields.py).

use std::sync::Arc;

use serde::Serialize;

use super::ModelSerializer;
use super::entry::{Entry, SerializerField, Target, plain_entry};
use super::output::{MethodOutput, OutputField, Representation};
use crate::data::{Dict, Value};
use crate::exceptions::APIException;
use crate::fields::{BaseField, Field, Kind};
use crate::json;
use crate::request::Request;
use crate::serializers::Object as Fields;
use vitamin_framework::models::{Model, Object, Plan};

/// The source of these fields.
pub(super) const WHOLE: &str = "*";

/// Makes the values of several fields from one validated value, by the names of the model's fields.
type Split = Arc<dyn Fn(Value) -> Result<Dict, APIException> + Send + Sync>;

/// Merges a dict of values into those of the object.
#[derive(Clone)]
pub(super) struct Merged {
    /// Where the value of each name is stored.
    pub(super) targets: Vec<(String, Target)>,
    /// `None`: the validated value is the dict.
    split: Option<Split>,
}

impl Merged {
    /// The dict of a validated value.
    pub(super) fn split(&self, value: Value) -> Result<Value, APIException> {
        match &self.split {
            Some(split) => split(value).map(Value::Dict),
            None => Ok(value),
        }
    }
}

/// The object itself, where a nested serializer asks for a relation.
#[derive(Clone, Copy, Debug)]
pub struct WholeObject;

/// Where the values of these fields are stored, by their sources.
pub(super) fn targets<'e, T: Model>(
    entries: impl IntoIterator<Item = &'e Entry<T>>,
    is_postgres: bool,
) -> Result<Vec<(String, Target)>, String> {
    let mut targets = Vec::new();
    for entry in entries {
        match &entry.target {
            Target::Merged(merged) => targets.extend(merged.targets.iter().cloned()),
            Target::Nested(nested) if entry.source == WHOLE => {
                let nested = Arc::clone(nested).into_any().downcast::<ModelSerializer<T>>();
                let nested = nested.map_err(|_| "a whole object has another model".to_owned())?;
                targets.extend(
                    nested.built(is_postgres).as_ref().map_err(String::clone)?.targets.iter().cloned(),
                );
            }
            target => targets.push((entry.source.clone(), target.clone())),
        }
    }
    Ok(targets)
}

/// A [`Serializer`](crate::serializers::Serializer) whose fields are those of the object.
pub(super) fn fields_of<T: Model>(
    name: &str,
    fields: &Fields,
    field: &Arc<dyn BaseField>,
) -> Result<Entry<T>, String> {
    let options = field.options();
    let mut entries = Vec::new();
    for (name, field) in fields.fields() {
        entries.push((name.to_owned(), plain_entry::<T>(name, Arc::clone(field), options.is_read_only())?));
    }
    // Only plain fields, which are the same on both databases.
    let targets =
        targets(entries.iter().map(|(_, entry)| entry), false).map_err(|error| format!("{name}: {error}"))?;
    let output: Option<Arc<dyn OutputField<T>>> = if options.is_write_only() {
        None
    } else {
        let shown = entries.into_iter().filter_map(|(name, entry)| Some((name, entry.output?)));
        Some(Arc::new(FieldsOutput(shown.collect())))
    };
    Ok(Entry {
        field: Arc::clone(field),
        output,
        target: Target::Merged(Merged { targets, split: None }),
        source: WHOLE.to_owned(),
        shape: None,
    })
}

/// Fields in an object of their own.
struct FieldsOutput<T>(Vec<(String, Arc<dyn OutputField<T>>)>);

impl<T: Model> OutputField<T> for FieldsOutput<T> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        out.push(b'{');
        let start = out.len();
        for (name, output) in &self.0 {
            let before = out.len();
            if before > start {
                out.push(b',');
            }
            json::write_str(out, name);
            out.push(b':');
            if !output.write(object, context, out)? {
                out.truncate(before);
            }
        }
        out.push(b'}');
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        for (_, output) in &self.0 {
            output.plan(plan);
        }
    }
}

/// A field that shows something of the object, and whose input sets several of its fields: a subclass of `Field` with
/// `source="*"`, its own `to_representation` and `to_internal_value`.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { places_place (id) { id -> BigInt, lat -> Double, lon -> Double, } }
/// # #[derive(Model)]
/// # #[model(table = places_place, crate = vitamin_framework)]
/// # struct Place {
/// #     id: i64,
/// #     lat: f64,
/// #     lon: f64,
/// # }
/// use vitamin_rest_framework::data::{Dict, Value};
/// use vitamin_rest_framework::serializers::WholeField;
///
/// fn place_serializer() -> ModelSerializer<Place> {
///     let position = WholeField::new(CharField::new(), |place: &Object<Place>, _| format!("{},{}", place.lat, place.lon))
///         .input(|value| {
///             let numbers = value.as_str().and_then(|text| text.split_once(','));
///             let numbers = numbers.and_then(|(lat, lon)| Some((lat.parse::<f64>().ok()?, lon.parse::<f64>().ok()?)));
///             let Some((lat, lon)) = numbers else {
///                 return Err(APIException::validation_error("Write two numbers."));
///             };
///             Ok(Dict::from_iter([("lat".to_owned(), lat.into()), ("lon".to_owned(), Value::from(lon))]))
///         });
///     ModelSerializer::new(["id", "position"]).field("position", position)
/// }
/// # place_serializer();
/// ```
pub struct WholeField<K, F> {
    field: Field<K>,
    represent: F,
    split: Option<Split>,
}

impl<K: Kind, F> WholeField<K, F> {
    /// A read-only field that shows what the closure returns. The field says what it is in the schema.
    pub fn new<T, V>(field: Field<K>, represent: F) -> Self
    where
        F: Fn(&Object<T>, &Request) -> V + Send + Sync + 'static,
        V: Serialize + 'static,
    {
        Self { field, represent, split: None }
    }

    /// Accepts input: what the field validated becomes values of the model's fields, by their names. An error is one of this
    /// field. Values of other names are for the app's `create` and `update`.
    #[must_use]
    pub fn input(
        mut self,
        values: impl Fn(Value) -> Result<Dict, APIException> + Send + Sync + 'static,
    ) -> Self {
        self.split = Some(Arc::new(values));
        self
    }
}

impl<T, K, F, V> SerializerField<T> for WholeField<K, F>
where
    T: Model,
    K: Kind + 'static,
    F: Fn(&Object<T>, &Request) -> V + Send + Sync + 'static,
    V: Serialize + 'static,
{
    fn entry(self, _: &'static str) -> Result<Entry<T>, String> {
        let field = if self.split.is_some() { self.field } else { self.field.read_only() };
        let output: Option<Arc<dyn OutputField<T>>> = if field.options.is_write_only() {
            None
        } else {
            Some(Arc::new(MethodOutput { method: self.represent }))
        };
        let columns = T::META.columns.iter().enumerate();
        let targets =
            columns.map(|(index, column)| (column.name.to_owned(), Target::Column(index))).collect();
        let target = Target::Merged(Merged { targets, split: self.split });
        Ok(Entry { field: Arc::new(field), output, target, source: WHOLE.to_owned(), shape: None })
    }
}
