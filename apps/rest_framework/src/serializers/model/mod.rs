//! Serializers of models (`ModelSerializer` of rest_framework/serializers.py): fields that are made for a model's columns,
//! and fields that are declared.
//!
//! [`Extra`], [`Nested`] and [`Save`] have examples, [`prelude`](crate::prelude) one of a whole app.
//!
//! What is not declared is never read from a request, and never written to a response. The relations that the fields
//! read are loaded with the objects: nothing is looked up one by one.

mod build;
mod columns;
mod computed;
mod destination;
mod entry;
mod extra;
mod find;
mod hooks;
mod hyperlinked;
mod link_input;
mod many;
mod negative_zero;
mod nested;
mod nested_output;
mod output;
mod pk_input;
mod related;
mod related_field;
mod relations;
mod resolved;
mod save;
mod schema;
mod single_row;
mod string_related;
mod take_nested;
mod to_many;
mod unique;
mod unique_for;
mod uniqueness;
mod validation;
mod whole;
mod writing;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

pub use self::computed::{DisplayField, RelatedColumn};
pub(crate) use self::destination::Destination;
pub use self::entry::{Entry, SerializerField};
pub use self::extra::Extra;
pub use self::hyperlinked::HyperlinkedIdentityField;
pub use self::many::ModelListSerializer;
pub use self::nested::Nested;
pub use self::nested_output::OneToOne;
pub(crate) use self::nested_output::write_list;
pub use self::output::{OutputField, Representation};
#[doc(hidden)]
pub use self::pk_input::pk_lookup;
pub use self::related::Related;
pub use self::related_field::{
    ByColumn, ByUrl, HyperlinkedRelatedField, PrimaryKeyRelatedField, RelatedField, SlugRelatedField,
};
pub use self::relations::HyperlinkedModelSerializer;
pub use self::save::{Perform, Save, Validated};
#[cfg(feature = "postgres")]
pub(crate) use self::single_row::ValidData;
pub use self::string_related::StringRelatedField;
pub use self::take_nested::NestedRelation;
pub use self::to_many::ToMany;
pub use self::unique::{UniqueTogetherValidator, UniqueValidator};
pub use self::unique_for::{
    SerializerValidator, UniqueForDateValidator, UniqueForMonthValidator, UniqueForValidator,
    UniqueForYearValidator,
};
pub use self::validation::Validation;
pub use self::whole::{WholeField, WholeObject};

pub(crate) use self::columns::model_field;
use self::entry::Target;
use self::hooks::Hooks;
use self::resolved::Resolved;
use crate::data::{Dict, Value};
use crate::exceptions::APIException;
use crate::request::Request;
use vitamin_framework::models::{Model, Object, Plan};

/// A serializer of a model's objects.
pub struct ModelSerializer<T: Model> {
    names: Vec<&'static str>,
    declared: Vec<(&'static str, Result<Entry<T>, String>)>,
    read_only: Vec<&'static str>,
    /// Fields whose input is ignored, however they are declared.
    without_input: Vec<&'static str>,
    extra: Vec<(&'static str, Extra)>,
    /// `None`: those of the model.
    validators: Option<Vec<SerializerValidator>>,
    hooks: Hooks<T>,
    /// Whether relations are URLs (`HyperlinkedModelSerializer`).
    hyperlinked: bool,
    component_name: Option<Cow<'static, str>>,
    description: Cow<'static, str>,
    /// For SQLite and for PostgreSQL.
    resolved: [OnceLock<Result<Resolved<T>, String>>; 2],
}

impl<T: Model> Clone for ModelSerializer<T> {
    fn clone(&self) -> Self {
        Self {
            names: self.names.clone(),
            declared: self.declared.clone(),
            read_only: self.read_only.clone(),
            without_input: self.without_input.clone(),
            extra: self.extra.clone(),
            validators: self.validators.clone(),
            hooks: self.hooks.clone(),
            hyperlinked: self.hyperlinked,
            component_name: self.component_name.clone(),
            description: self.description.clone(),
            resolved: Default::default(),
        }
    }
}

impl<T: Model> ModelSerializer<T> {
    /// A serializer of these fields (`Meta.fields`), in this order.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            names: fields.into_iter().collect(),
            declared: Vec::new(),
            read_only: Vec::new(),
            without_input: Vec::new(),
            extra: Vec::new(),
            validators: None,
            hooks: Hooks {
                fields: Vec::new(),
                checks: Vec::new(),
                omits: Vec::new(),
                representation: None,
                create: None,
                update: None,
            },
            hyperlinked: false,
            component_name: None,
            description: Cow::Borrowed(""),
            resolved: Default::default(),
        }
    }

    /// The name in the OpenAPI document, by default the model's. In Django REST framework it is that of the class:
    /// `IssueDetail` for an `IssueDetailSerializer`.
    #[must_use]
    pub fn component_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.component_name = Some(name.into());
        self
    }

    /// The description in the OpenAPI document (the class's docstring).
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Adds further fields, for a serializer that extends another.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.names.extend(fields);
        self
    }

    /// Declares a field, instead of the one that is made for the column.
    #[must_use]
    pub fn field(self, name: &'static str, field: impl SerializerField<T>) -> Self {
        self.with_entry(name, field.entry(name))
    }

    fn with_entry(mut self, name: &'static str, entry: Result<Entry<T>, String>) -> Self {
        self.declared.retain(|(known, _)| *known != name);
        self.declared.push((name, entry));
        self
    }

    /// Ignores input for fields that are made for columns (`Meta.read_only_fields`).
    #[must_use]
    pub fn read_only_fields(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.read_only.extend(fields);
        self
    }

    /// Ignores input for these fields, however they are declared: forms of the admin show them only.
    #[doc(hidden)]
    #[must_use]
    pub fn without_input(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.without_input.extend(fields);
        self
    }

    /// Options of a field that is made for a column (`Meta.extra_kwargs`).
    #[must_use]
    pub fn extra(mut self, name: &'static str, extra: Extra) -> Self {
        self.extra.retain(|(known, _)| *known != name);
        self.extra.push((name, extra));
        self
    }

    /// Replaces the model's checks of several fields (`Meta.validators`).
    #[must_use]
    pub fn validators(mut self, validators: impl IntoIterator<Item = UniqueTogetherValidator>) -> Self {
        self.validators = Some(validators.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a check of several fields to these, or begins with it instead of the model's.
    #[must_use]
    pub fn validator(mut self, validator: impl Into<SerializerValidator>) -> Self {
        self.validators.get_or_insert_default().push(validator.into());
        self
    }

    /// Adds a check of one field's valid value, which may change it (`validate_<field>`).
    #[must_use]
    pub fn validate_field(
        mut self,
        name: &'static str,
        check: impl Fn(&mut Value, &Validation<'_, T>) -> Result<(), APIException> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.fields.push((name, Arc::new(check)));
        self
    }

    /// Adds a check of the whole object, which runs if all fields are valid (`validate`). It may change the values. A message
    /// without a field's name becomes `non_field_errors`.
    #[must_use]
    pub fn validate(
        mut self,
        check: impl Fn(&mut Dict, &Validation<'_, T>) -> Result<(), APIException> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.checks.push(Arc::new(check));
        self
    }

    /// Leaves a field out of the output of some objects.
    #[must_use]
    pub fn omit(
        mut self,
        name: &'static str,
        omits: impl Fn(&Object<T>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.hooks.omits.push((name, Arc::new(omits)));
        self
    }

    /// Changes the whole output of an object (`to_representation`). This costs more than the fields themselves: to leave a
    /// field out, use [`omit`](Self::omit).
    #[must_use]
    pub fn to_representation(
        mut self,
        represent: impl Fn(&Object<T>, &Request, Dict) -> Result<Value, APIException> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.representation = Some(Arc::new(represent));
        self
    }

    /// Creates objects in a way of the app's own. [`Save::create`] is the default.
    #[must_use]
    pub fn create(
        mut self,
        create: impl Fn(&mut Save<'_, T>) -> Result<Object<T>, APIException> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.create = Some(Arc::new(create));
        self
    }

    /// Updates objects in a way of the app's own. [`Save::update`] is the default.
    #[must_use]
    pub fn update(
        mut self,
        update: impl Fn(&mut Save<'_, T>) -> Result<Object<T>, APIException> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.update = Some(Arc::new(update));
        self
    }

    /// The relations that the output reads.
    ///
    /// # Errors
    /// 500: the serializer is declared wrongly.
    pub fn plan(&self, is_postgres: bool) -> Result<&Plan<T>, APIException> {
        Ok(&self.resolve(is_postgres)?.plan)
    }

    /// Describes the fields for the response to OPTIONS.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn info(&self, is_postgres: bool) -> Result<Dict, APIException> {
        Ok(self.resolve(is_postgres)?.info())
    }

    /// Appends an object as compact JSON.
    ///
    /// # Errors
    /// 500: a value does not fit its field, a relation was not loaded, or the serializer is declared wrongly.
    pub fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        let is_postgres = context.request.database()?.is_postgres();
        self.resolve(is_postgres)?.write(object, &self.hooks, context, out)
    }

    /// Writes one field of an object as JSON. `None` if the serializer has no such field.
    pub(crate) fn write_field(
        &self,
        name: &str,
        object: &Object<T>,
        context: &Representation<'_>,
    ) -> Result<Option<Vec<u8>>, APIException> {
        let resolved = self.resolve(context.request.database()?.is_postgres())?;
        let found = resolved.entries.iter().find(|named| named.name == name);
        let Some(output) = found.and_then(|named| named.entry.output.as_ref()) else { return Ok(None) };
        let mut json = Vec::new();
        Ok(output.write(object, context, &mut json)?.then_some(json))
    }

    /// The names of the model fields that the output shows.
    pub(crate) fn column_names(&self, is_postgres: bool) -> Result<Vec<&str>, APIException> {
        let entries = self.resolve(is_postgres)?.entries.iter();
        let shown = entries.filter(|named| named.entry.output.is_some());
        Ok(shown
            .filter(|named| matches!(named.entry.target, Target::Column(_)))
            .map(|named| named.entry.source.as_str())
            .collect())
    }

    fn built(&self, is_postgres: bool) -> &Result<Resolved<T>, String> {
        let [sqlite, postgres] = &self.resolved;
        let resolved = if is_postgres { postgres } else { sqlite };
        resolved.get_or_init(|| self.build(is_postgres))
    }

    fn resolve(&self, is_postgres: bool) -> Result<&Resolved<T>, APIException> {
        self.built(is_postgres).as_ref().map_err(|mistake| {
            APIException::server_error(format!("the serializer of {}: {mistake}", T::META.name))
        })
    }

    /// The fields, on a database for which they were used. Only one is used by a project.
    fn resolved(&self) -> Option<&Resolved<T>> {
        let [sqlite, postgres] = &self.resolved;
        postgres.get().or_else(|| sqlite.get()).and_then(|resolved| resolved.as_ref().ok())
    }

    /// Finds out what is wrong with the declaration, if anything.
    ///
    /// # Errors
    /// The mistake, as a sentence for the developer.
    pub fn check(&self) -> Result<(), String> {
        self.build(false).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
