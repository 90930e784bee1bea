//! Nested serializers: related objects, written whole. They can be read-only, or be written along with their object.

use std::sync::Arc;

use indexmap::IndexMap;

use super::ModelSerializer;
use super::entry::{Entry, SerializerField, Target};
use super::output::{OutputField, Representation, null};
use super::resolved::Resolved;
use super::save::Save;
use super::validation::Validation;
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::exceptions::{APIException, ExceptionKind};
use crate::fields::input::{parse_html_dict, parse_html_list};
use crate::fields::{BaseField as _, Context, Field, Input, Kind, Options};
use crate::schemas::{DescribeSerializer as _, FieldShape};
use vitamin_framework::models::{
    Changes, ForeignKey, ManyToMany, Model, Object, Plan, Relation, Reverse, With,
};

/// The message for an item that is null.
const NULL: &str = "This field may not be null.";

/// Objects of a relation, as another serializer writes them.
pub struct Nested<R, U: Model> {
    relation: R,
    serializer: Arc<ModelSerializer<U>>,
    options: Options,
    many: bool,
    allow_empty: bool,
    source: &'static str,
}

impl<T: Model, U: Model> Nested<ForeignKey<T, U>, U> {
    /// The object of a foreign key, read-only.
    #[must_use]
    pub fn one(key: ForeignKey<T, U>, serializer: ModelSerializer<U>) -> Self {
        Self::of(key, serializer, false, key.name())
    }
}

impl<T: Model, U: Model> Nested<Reverse<T, U>, U> {
    /// The objects that refer to this one, read-only unless they are [`writable`](Self::writable).
    #[must_use]
    pub fn many(relation: Reverse<T, U>, serializer: ModelSerializer<U>) -> Self {
        Self::of(relation, serializer, true, relation.name())
    }
}

impl<T: Model, U: Model> Nested<ManyToMany<T, U>, U> {
    /// The objects of a many-to-many relation, read-only.
    #[must_use]
    pub fn through(relation: ManyToMany<T, U>, serializer: ModelSerializer<U>) -> Self {
        Self::of(relation, serializer, true, relation.name())
    }
}

impl<R: Copy, U: Model> Nested<R, U> {
    fn of(relation: R, serializer: ModelSerializer<U>, many: bool, source: &'static str) -> Self {
        let options = Field::of_kind(NestedKind::<U>::default()).read_only().options;
        Self { relation, serializer: Arc::new(serializer), options, many, allow_empty: true, source }
    }

    /// Accepts input. The serializer's own `create` and `update` store it: see [`Save::take_nested`].
    #[must_use]
    pub fn writable(mut self) -> Self {
        self.options = Options::default();
        self
    }

    /// Whether the field is required, if it is writable.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.options = Field { options: self.options, kind: () }.required(required).options;
        self
    }

    /// Accepts null.
    #[must_use]
    pub fn allow_null(mut self) -> Self {
        self.options = Field { options: self.options, kind: () }.allow_null().options;
        self
    }

    /// Whether a list may be empty.
    #[must_use]
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    fn field(&self) -> Field<NestedKind<U>> {
        let kind = NestedKind {
            serializer: Some(Arc::clone(&self.serializer)),
            many: self.many,
            allow_empty: self.allow_empty,
        };
        Field { options: self.options.clone(), kind }
    }
}

/// The kind of nested serializers.
pub struct NestedKind<U: Model> {
    serializer: Option<Arc<ModelSerializer<U>>>,
    many: bool,
    allow_empty: bool,
}

impl<U: Model> Default for NestedKind<U> {
    fn default() -> Self {
        Self { serializer: None, many: false, allow_empty: true }
    }
}

impl<U: Model> NestedKind<U> {
    /// Validates one object.
    fn object(&self, input: &Input<'_>, context: Context<'_>) -> Result<Value, Detail> {
        let (Some(serializer), Some(lookups), Some(info)) =
            (&self.serializer, context.database, context.request)
        else {
            return Err(Detail::list("A nested serializer needs a request and a database.", "invalid"));
        };
        let fail = |error: APIException| {
            if error.kind() == ExceptionKind::ValidationError {
                return error.detail().clone();
            }
            lookups.with(&mut |_| Err(error.clone()));
            Detail::list("", "error")
        };
        let is_postgres = lookups.is_postgres();
        let resolved: &Resolved<U> = serializer.resolve(is_postgres).map_err(fail)?;
        let validation = Validation { lookups, info, instance: None };
        let context = Context { is_update: false, ..context };
        resolved.validate(input, &serializer.hooks, context, &validation).map(Value::Dict).map_err(fail)
    }
}

impl<U: Model> Kind for NestedKind<U> {
    const TYPE: &'static str = "field";

    fn type_name(&self) -> &'static str {
        if self.many { "field" } else { "nested object" }
    }

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        _: Context<'_>,
    ) -> Option<Input<'d>> {
        match data {
            Input::Form(form) if self.many => parse_html_list(form, name).map(Input::List),
            Input::Form(form) => parse_html_dict(form, name),
            other => other.get(name),
        }
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        if !self.many {
            return self.object(value, context);
        }
        let Some(items) = value.items() else {
            let message = format!("Expected a list of items but got type \"{}\".", value.type_name());
            return Err(Detail::non_field(message, "not_a_list"));
        };
        if items.is_empty() && !self.allow_empty {
            return Err(Detail::non_field("This list may not be empty.", "empty"));
        }
        let (mut values, mut errors) = (Vec::with_capacity(items.len()), IndexMap::new());
        for (index, item) in items.iter().enumerate() {
            let result =
                if item.is_null() { Err(Detail::list(NULL, "null")) } else { self.object(item, context) };
            match result {
                Ok(value) => values.push(value),
                Err(detail) => _ = errors.insert(index.to_string(), detail),
            }
        }
        if errors.is_empty() { Ok(Value::List(values)) } else { Err(Detail::Dict(errors)) }
    }

    fn describe_children(&self, options: &Options, info: &mut Dict) {
        let Some(resolved) = self.serializer.as_ref().and_then(|serializer| serializer.resolved()) else {
            return;
        };
        if self.many {
            // The list's options are those of its child too.
            let kind = Self { serializer: self.serializer.clone(), ..Self::default() };
            let child = Field { options: options.clone(), kind };
            info.insert("child".to_owned(), child.info("").into());
        } else {
            info.insert("children".to_owned(), resolved.info().into());
        }
    }

    fn shape(&self, is_postgres: bool) -> Option<FieldShape> {
        let schema = Arc::new(self.serializer.as_ref()?.schema(is_postgres));
        Some(if self.many { FieldShape::List(schema) } else { FieldShape::Serializer(schema) })
    }
}

/// The output of a relation by another serializer.
struct NestedOutput<R, U: Model> {
    relation: R,
    serializer: Arc<ModelSerializer<U>>,
}

/// Loads a relation with what its serializer reads.
fn add_plan<T: Model, U: Model, R>(
    plan: &mut Plan<T>,
    serializer: &ModelSerializer<U>,
    with: impl FnOnce(Plan<U>) -> With<R, U>,
) where
    With<R, U>: Relation<T>,
{
    // A mistake in the nested serializer is reported when it writes.
    let nested = serializer.plan(false).cloned().unwrap_or_default();
    plan.add(with(nested));
}

impl<T: Model, U: Model> OutputField<T> for NestedOutput<ForeignKey<T, U>, U> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match self.relation.get(object)? {
            Some(related) => self.serializer.write(related, context, out)?,
            None => null(out),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        add_plan(plan, &self.serializer, |nested| self.relation.with_plan(nested));
    }
}

/// The output of a relation to many objects.
macro_rules! many {
    ($($relation:ident),*) => { $(
        impl<T: Model, U: Model> OutputField<T> for NestedOutput<$relation<T, U>, U> {
            fn write(
                &self,
                object: &Object<T>,
                context: &Representation<'_>,
                out: &mut Vec<u8>,
            ) -> Result<bool, APIException> {
                write_list(self.relation.get(object)?, &self.serializer, context, out)?;
                Ok(true)
            }

            fn plan(&self, plan: &mut Plan<T>) {
                add_plan(plan, &self.serializer, |nested| self.relation.with_plan(nested));
            }
        }
    )* };
}

many!(Reverse, ManyToMany);

/// Appends objects as a JSON list.
pub(crate) fn write_list<'o, U: Model>(
    objects: impl IntoIterator<Item = &'o Object<U>>,
    serializer: &ModelSerializer<U>,
    context: &Representation<'_>,
    out: &mut Vec<u8>,
) -> Result<(), APIException> {
    out.push(b'[');
    for (position, object) in objects.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        serializer.write(object, context, out)?;
    }
    out.push(b']');
    Ok(())
}

impl<T: Model, U: Model, R: Copy + Send + Sync + 'static> SerializerField<T> for Nested<R, U>
where
    NestedOutput<R, U>: OutputField<T> + 'static,
{
    fn entry(self, _: &'static str) -> Result<Entry<T>, String> {
        let output = NestedOutput { relation: self.relation, serializer: Arc::clone(&self.serializer) };
        let output: Option<Arc<dyn OutputField<T>>> =
            if self.options.is_write_only() { None } else { Some(Arc::new(output)) };
        Ok(Entry {
            field: Arc::new(self.field()),
            output,
            target: Target::Nested(Arc::clone(&self.serializer) as _),
            source: self.source.to_owned(),
            shape: None,
        })
    }
}

impl<T: Model> Save<'_, T> {
    /// Takes the validated objects of a nested serializer, as rows to insert. `None` if the client sent none.
    ///
    /// # Errors
    /// 500: the serializer has no such nested one.
    pub fn take_nested<U: Model>(
        &mut self,
        relation: Reverse<T, U>,
    ) -> Result<Option<Vec<Changes<U>>>, APIException> {
        let (name, is_postgres) = (relation.name(), self.connection().is_postgres());
        let Some(nested) = self.nested(name) else {
            return Err(APIException::server_error(format!(
                "the serializer has no nested serializer of `{name}`"
            )));
        };
        let serializer: Arc<ModelSerializer<U>> =
            nested.downcast().map_err(|_| APIException::server_error("another nested serializer"))?;
        let Some(Value::List(items)) = self.take(name) else { return Ok(None) };
        let resolved = serializer.resolve(is_postgres)?;
        let changes = items.into_iter().map(|item| match item {
            Value::Dict(mut values) => resolved.changes(&mut values),
            _ => Err(APIException::server_error("a nested serializer made no object")),
        });
        changes.collect::<Result<Vec<_>, _>>().map(Some)
    }
}
