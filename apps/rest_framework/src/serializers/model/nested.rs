//! Nested serializers: related objects, written whole. They can be read-only, or be written along with their object.

use std::sync::Arc;

use indexmap::IndexMap;

use super::ModelSerializer;
use super::entry::{Entry, SerializerField, Target};
use super::nested_output::{NestedOutput, OneToOne};
use super::output::OutputField;
use super::resolved::Resolved;
use super::validation::Validation;
use super::whole::{WHOLE, WholeObject};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::exceptions::{APIException, ExceptionKind};
use crate::fields::input::{decoded, parse_html_dict, parse_html_list};
use crate::fields::{BaseField as _, Context, Field, Input, Kind, Options};
use crate::schemas::{DescribeSerializer as _, FieldShape};
use crate::serializers::list::{Lengths, length_methods};
use vitamin_framework::models::{ForeignKey, ManyToMany, Model, Reverse};
use vitamin_framework::translation::{LazyText, format, gettext};

/// The message for an item that is null.
const NULL: &str = "This field may not be null.";

/// Objects of a relation, as another serializer writes them.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, closed -> Bool, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(references(PublicUser))]
/// #     owner_id: UserId,
/// #     #[model(max_length = 100)]
/// #     title: String,
/// #     #[model(default = false)]
/// #     closed: bool,
/// # }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(references(Poll), related_name = votes)]
/// #     poll_id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// fn poll_serializer() -> ModelSerializer<Poll> {
///     ModelSerializer::new(["id", "title", "votes"])
///         .field("votes", Nested::many(Poll::VOTES, ModelSerializer::new(["id", "choice"])))
/// }
/// ```
pub struct Nested<R, U: Model> {
    relation: R,
    serializer: Arc<ModelSerializer<U>>,
    options: Options,
    many: bool,
    lengths: Lengths,
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

impl<T: Model, U: Model> Nested<OneToOne<T, U>, U> {
    /// The one object that refers to this one by a unique foreign key (the other side of a OneToOneField), read-only unless
    /// it is [`writable`](Self::writable); null without such an object.
    #[must_use]
    pub fn one_to_one(relation: Reverse<T, U>, serializer: ModelSerializer<U>) -> Self {
        Self::of(OneToOne(relation), serializer, false, relation.name())
    }
}

impl<T: Model> Nested<WholeObject, T> {
    /// Fields of the object itself in an object of their own (`source="*"`), read-only unless they are
    /// [`writable`](Self::writable): then the serializer stores them with its own.
    ///
    /// As in Django REST framework, the nested serializer does not know which object is updated: a unique field in it refuses
    /// the object's own value.
    #[must_use]
    pub fn whole(serializer: ModelSerializer<T>) -> Self {
        Self::of(WholeObject, serializer, false, WHOLE)
    }
}

impl<R: Copy, U: Model> Nested<R, U> {
    fn of(relation: R, serializer: ModelSerializer<U>, many: bool, source: &'static str) -> Self {
        let options = Field::of_kind(NestedKind::<U>::default()).read_only().options;
        Self {
            relation,
            serializer: Arc::new(serializer),
            options,
            many,
            lengths: Lengths::default(),
            source,
        }
    }

    /// Accepts input. The serializer's own `create` and `update` store it: see [`Save::take_nested`](super::Save::take_nested).
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

    /// Excludes the field from responses.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.options = Field { options: Options::default(), kind: () }.write_only().options;
        self
    }

    /// The human-readable name.
    #[must_use]
    pub fn label(mut self, label: impl Into<LazyText>) -> Self {
        self.options = Field { options: self.options, kind: () }.label(label).options;
        self
    }

    /// The human-readable description.
    #[must_use]
    pub fn help_text(mut self, text: impl Into<LazyText>) -> Self {
        self.options = Field { options: self.options, kind: () }.help_text(text).options;
        self
    }

    /// The message of an error of the field itself: `required` or `null`.
    #[must_use]
    pub fn error_message(mut self, code: &'static str, message: impl Into<LazyText>) -> Self {
        self.options = Field { options: self.options, kind: () }.error_message(code, message).options;
        self
    }

    length_methods!();

    fn field(&self) -> Field<NestedKind<U>> {
        let kind = NestedKind {
            serializer: Some(Arc::clone(&self.serializer)),
            many: self.many,
            lengths: self.lengths,
        };
        Field { options: self.options.clone(), kind }
    }
}

/// The kind of nested serializers.
pub struct NestedKind<U: Model> {
    serializer: Option<Arc<ModelSerializer<U>>>,
    many: bool,
    lengths: Lengths,
}

impl<U: Model> Default for NestedKind<U> {
    fn default() -> Self {
        Self { serializer: None, many: false, lengths: Lengths::default() }
    }
}

impl<U: Model> NestedKind<U> {
    /// A list of the serializer's objects.
    pub(super) fn list(serializer: Arc<ModelSerializer<U>>, lengths: Lengths) -> Self {
        Self { serializer: Some(serializer), many: true, lengths }
    }

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
            Input::Form(form) if self.many => {
                decoded(form, name).or_else(|| parse_html_list(form, name).map(Input::List))
            }
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
            let message = format(
                gettext("Expected a list of items but got type \"{input_type}\"."),
                &[("input_type", &value.type_name())],
            );
            return Err(Detail::non_field(message, "not_a_list"));
        };
        self.lengths.check(items.len())?;
        let (mut values, mut errors) = (Vec::with_capacity(items.len()), IndexMap::new());
        for (index, item) in items.iter().enumerate() {
            let result = if item.is_null() {
                Err(Detail::list(gettext(NULL), "null"))
            } else {
                self.object(item, context)
            };
            match result {
                Ok(value) => values.push(value),
                Err(detail) => _ = errors.insert(index.to_string(), detail),
            }
        }
        if errors.is_empty() { Ok(Value::List(values)) } else { Err(Detail::Dict(errors)) }
    }

    fn describe_limits(&self, info: &mut Dict) {
        self.lengths.describe(info);
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
