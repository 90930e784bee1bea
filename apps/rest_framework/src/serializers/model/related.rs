//! Related fields (rest_framework/relations.py): an object is written as its key, and found by it.

use std::marker::PhantomData;
use std::sync::Arc;

use diesel::Column as DieselColumn;

use super::entry::{Entry, SerializerField, Target};
use super::find::{Among, Find, Rows};
use super::output::{OutputField, Representation, null};
use crate::data::Value;
use crate::error_detail::Detail;
use crate::exceptions::APIException;
use crate::fields::{BaseField, Context, Field, Input, Kind, Options, Output, OutputError};
use crate::request::RequestInfo;
use vitamin_framework::models::{
    ForeignKey, ManyToMany, Model, ModelMeta, Object, Path, Plan, QuerySet, ValueRef,
};

/// The kind of related fields.
#[derive(Clone)]
pub struct Related {
    find: Arc<dyn Find>,
    /// For the schema: the related model, and the column that names an object.
    meta: &'static ModelMeta,
    column: &'static str,
    many: bool,
    allow_empty: bool,
}

impl Related {
    /// One object, named by its primary key.
    pub(super) fn one(find: Arc<dyn Find>, meta: &'static ModelMeta) -> Self {
        Self { find, meta, column: meta.primary_key().column, many: false, allow_empty: true }
    }

    /// The related model.
    #[must_use]
    pub fn meta(&self) -> &'static ModelMeta {
        self.meta
    }

    /// The column that names an object.
    #[must_use]
    pub fn column(&self) -> &'static str {
        self.column
    }

    /// Whether the field is a list.
    #[must_use]
    pub fn is_many(&self) -> bool {
        self.many
    }
}

impl Kind for Related {
    const TYPE: &'static str = "field";

    /// A form without the field is an empty list.
    fn get_value<'d>(
        &self,
        options: &Options,
        name: &str,
        data: &'d Input<'_>,
        context: Context<'_>,
    ) -> Option<Input<'d>> {
        let Input::Form(form) = data else { return data.get(name) };
        if !self.many {
            let value = form.get(name)?;
            if value.as_str() == Some("") {
                return if options.allows_null() || options.is_required() {
                    Some(Value::Null.into())
                } else {
                    None
                };
            }
            return Some(value.into());
        }
        let values = form.get_list(name);
        if values.is_empty() && context.partial {
            return None;
        }
        Some(Input::List(values.iter().map(Input::from).collect()))
    }

    fn validate_blank(&self, options: &Options, value: &Input<'_>) -> Option<Result<Value, Detail>> {
        // Empty text is None for related fields.
        let is_blank = !self.many && value.as_value().and_then(Value::as_str) == Some("");
        is_blank.then(|| {
            if options.allows_null() {
                Ok(Value::Null)
            } else {
                Err(Detail::list("This field may not be null.", "null"))
            }
        })
    }

    fn to_internal_value(
        &self,
        value: &Input<'_>,
        _: &Options,
        context: Context<'_>,
    ) -> Result<Value, Detail> {
        if !self.many {
            return self.find.find(&owned(value), context);
        }
        let items: Vec<Value> = match value {
            Input::Value(value) => match value.as_ref() {
                Value::List(items) => items.clone(),
                Value::Dict(items) => items.keys().map(|key| Value::from(key.as_str())).collect(),
                other => return Err(not_a_list(other.type_name())),
            },
            Input::List(items) => items.iter().map(owned).collect(),
            Input::Form(_) => return Err(not_a_list("QueryDict")),
        };
        if items.is_empty() && !self.allow_empty {
            return Err(Detail::list("This list may not be empty.", "empty"));
        }
        items.iter().map(|item| self.find.find(item, context)).collect::<Result<Vec<_>, _>>().map(Value::List)
    }

    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        crate::fields::write_native(value, output, out)
    }
}

fn not_a_list(found: &str) -> Detail {
    Detail::list(format!("Expected a list of items but got type \"{found}\"."), "not_a_list")
}

fn owned(value: &Input<'_>) -> Value {
    value.as_value().cloned().unwrap_or(Value::Null)
}

/// A related field in the making: its relation, how its objects are named, and its options.
pub struct RelatedField<R, U> {
    relation: R,
    among: Among<U>,
    options: Options,
    allow_empty: bool,
    models: PhantomData<fn() -> U>,
}

/// Builder methods that all related fields have.
impl<R, U: Model> RelatedField<R, U> {
    fn of(relation: R, slug: Option<(&'static str, Path<U>)>) -> Self {
        let among = Among { rows: Arc::new(|_: Option<&RequestInfo>| U::objects()) as Rows<U>, slug };
        Self { relation, among, options: Options::default(), allow_empty: true, models: PhantomData }
    }

    /// The objects that a client may name. By default all.
    #[must_use]
    pub fn queryset(
        mut self,
        rows: impl Fn(Option<&RequestInfo>) -> QuerySet<U> + Send + Sync + 'static,
    ) -> Self {
        self.among.rows = Arc::new(rows);
        self
    }

    /// Ignores input for the field.
    #[must_use]
    pub fn read_only(self) -> Self {
        self.with(Field::read_only)
    }

    /// Whether the field is required.
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        self.with(|field| field.required(required))
    }

    /// Accepts null.
    #[must_use]
    pub fn allow_null(self) -> Self {
        self.with(Field::allow_null)
    }

    /// Whether a list may be empty.
    #[must_use]
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// The human-readable name.
    #[must_use]
    pub fn label(self, label: &'static str) -> Self {
        self.with(|field| field.label(label))
    }

    /// The human-readable description.
    #[must_use]
    pub fn help_text(self, text: &'static str) -> Self {
        self.with(|field| field.help_text(text))
    }

    /// Sets an option as on any other field.
    fn with(mut self, set: impl FnOnce(Field<Related>) -> Field<Related>) -> Self {
        let (options, field) = (std::mem::take(&mut self.options), self.kind(false));
        self.options = set(Field { options, kind: field }).options;
        self
    }

    fn kind(&self, many: bool) -> Related {
        let column = self.among.slug.as_ref().map_or(U::META.primary_key().column, |(_, path)| path.name());
        let find = Arc::new(self.among.clone());
        Related { find, meta: U::META, column, many, allow_empty: self.allow_empty }
    }

    fn field(&self, many: bool) -> Arc<dyn BaseField> {
        Arc::new(Field { options: self.options.clone(), kind: self.kind(many) })
    }

    /// The index of the column that names an object.
    fn index(&self) -> usize {
        let slug = self.among.slug.as_ref().and_then(|(_, path)| U::META.find(path.name()));
        slug.map_or(U::META.primary_key, |(index, _)| index)
    }
}

/// An object as its primary key. `PrimaryKeyRelatedField::new(Issue::PROJECT)`
pub struct PrimaryKeyRelatedField;

/// An object as one of its columns. `SlugRelatedField::new(Issue::ASSIGNEE, auth_user::username)`
pub struct SlugRelatedField;

impl PrimaryKeyRelatedField {
    /// The object of a foreign key.
    #[expect(clippy::new_ret_no_self, reason = "the relation decides the type")]
    #[must_use]
    pub fn new<T: Model, U: Model>(key: ForeignKey<T, U>) -> RelatedField<ForeignKey<T, U>, U> {
        RelatedField::of(key, None)
    }

    /// The objects of a many-to-many relation.
    #[must_use]
    pub fn many<T: Model, U: Model>(relation: ManyToMany<T, U>) -> RelatedField<ManyToMany<T, U>, U> {
        RelatedField::of(relation, None)
    }
}

impl SlugRelatedField {
    /// The object of a foreign key.
    #[expect(clippy::new_ret_no_self, reason = "the relation decides the type")]
    #[must_use]
    pub fn new<T: Model, U: Model, C: DieselColumn<Table = U::Table>>(
        key: ForeignKey<T, U>,
        column: C,
    ) -> RelatedField<ForeignKey<T, U>, U> {
        RelatedField::of(key, Some((C::NAME, Path::from(column))))
    }

    /// The objects of a many-to-many relation.
    #[must_use]
    pub fn many<T: Model, U: Model, C: DieselColumn<Table = U::Table>>(
        relation: ManyToMany<T, U>,
        column: C,
    ) -> RelatedField<ManyToMany<T, U>, U> {
        RelatedField::of(relation, Some((C::NAME, Path::from(column))))
    }
}

/// The column of an object that a relation leads to.
struct Named<R> {
    relation: R,
    index: usize,
}

impl<T: Model, U: Model> OutputField<T> for Named<ForeignKey<T, U>> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match self.relation.value(object, self.index)? {
            Some(value) => crate::fields::write_native(value, &context.output, out)?,
            None => null(out),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        plan.add_value(self.relation, self.index);
    }
}

impl<T: Model, U: Model> OutputField<T> for Named<ManyToMany<T, U>> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        out.push(b'[');
        for (position, related) in self.relation.get(object)?.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            crate::fields::write_native(related.value(self.index), &context.output, out)?;
        }
        out.push(b']');
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        plan.add(self.relation);
    }
}

impl<T: Model, U: Model> SerializerField<T> for RelatedField<ForeignKey<T, U>, U> {
    fn entry(self, _: &'static str) -> Result<Entry<T>, String> {
        let (field, index) = (self.field(false), self.index());
        let key = self.relation;
        let (column, _) = T::META
            .find(key.name())
            .ok_or_else(|| format!("{} has no field `{}`", T::META.name, key.name()))?;
        let output = Named { relation: key, index };
        Ok(Entry {
            field,
            output: Some(Arc::new(output)),
            target: Target::Column(column),
            source: key.name().to_owned(),
            shape: None,
        })
    }
}

impl<T: Model, U: Model> SerializerField<T> for RelatedField<ManyToMany<T, U>, U> {
    fn entry(self, _: &'static str) -> Result<Entry<T>, String> {
        let (field, index) = (self.field(true), self.index());
        let relation = self.relation;
        Ok(Entry {
            field,
            output: Some(Arc::new(Named { relation, index })),
            target: Target::Many(
                Arc::new(move |connection, object, keys| relation.set(connection, object, keys)),
                U::META.primary_key().kind,
            ),
            source: relation.name().to_owned(),
            shape: None,
        })
    }
}
