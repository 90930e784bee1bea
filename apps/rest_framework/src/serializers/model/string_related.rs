//! `StringRelatedField` (rest_framework/relations.py): a related object as text, read-only.

use std::fmt::Display;
use std::sync::Arc;

use serde_json::json;

use super::entry::{Entry, SerializerField, read_only};
use super::output::{OutputField, Representation, null};
use super::to_many::ToMany;
use crate::exceptions::APIException;
use crate::fields::write_items;
use crate::json as encode;
use crate::schemas::FieldShape;
use vitamin_framework::models::{ForeignKey, Model, Object, Plan};

/// The text of related objects: `__str__` is the model's `Display`, or a closure.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, title -> Text, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(max_length = 100)]
/// #     title: String,
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
/// impl std::fmt::Display for Poll {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str(&self.title)
///     }
/// }
///
/// fn vote_serializer() -> ModelSerializer<Vote> {
///     ModelSerializer::new(["id", "poll"]).field("poll", StringRelatedField::new(Vote::POLL))
/// }
///
/// fn poll_serializer() -> ModelSerializer<Poll> {
///     let votes = StringRelatedField::many_by(Poll::VOTES, |vote| format!("{}: {}", vote.id, vote.choice));
///     ModelSerializer::new(["id", "votes"]).field("votes", votes)
/// }
/// ```
pub struct StringRelatedField<R, F> {
    relation: R,
    text: F,
    many: bool,
}

impl StringRelatedField<(), ()> {
    /// The object of a foreign key, as its `Display` writes it.
    #[must_use]
    pub fn new<T: Model, U: Model + Display>(
        key: ForeignKey<T, U>,
    ) -> StringRelatedField<ForeignKey<T, U>, impl Fn(&Object<U>) -> String> {
        Self::by(key, |object: &Object<U>| (**object).to_string())
    }

    /// The object of a foreign key, as a closure writes it.
    #[must_use]
    pub fn by<T: Model, U: Model, F: Fn(&Object<U>) -> String>(
        key: ForeignKey<T, U>,
        text: F,
    ) -> StringRelatedField<ForeignKey<T, U>, F> {
        StringRelatedField { relation: key, text, many: false }
    }

    /// The objects of a relation to many, as their `Display` writes them.
    #[must_use]
    pub fn many<R: ToMany>(relation: R) -> StringRelatedField<R, impl Fn(&Object<R::To>) -> String>
    where
        R::To: Display,
    {
        Self::many_by(relation, |object: &Object<R::To>| (**object).to_string())
    }

    /// The objects of a relation to many, as a closure writes them.
    #[must_use]
    pub fn many_by<R: ToMany, F: Fn(&Object<R::To>) -> String>(
        relation: R,
        text: F,
    ) -> StringRelatedField<R, F> {
        StringRelatedField { relation, text, many: true }
    }
}

impl<R, F> StringRelatedField<R, F> {
    /// The entry of this field.
    fn into_entry<T: Model>(self, name: &'static str) -> Entry<T>
    where
        Self: OutputField<T> + 'static,
    {
        let string = json!({"type": "string"});
        let schema = if self.many { json!({"type": "array", "items": string}) } else { string };
        Entry { shape: Some(FieldShape::Schema(schema)), ..read_only(name, Arc::new(self)) }
    }
}

impl<T: Model, U: Model, F: Fn(&Object<U>) -> String + Send + Sync> OutputField<T>
    for StringRelatedField<ForeignKey<T, U>, F>
{
    fn write(
        &self,
        object: &Object<T>,
        _: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        match self.relation.get(object)? {
            Some(related) => encode::write_str(out, &(self.text)(related)),
            None => null(out),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        plan.add(self.relation);
    }
}

impl<R: ToMany, F: Fn(&Object<R::To>) -> String + Send + Sync> OutputField<R::From>
    for StringRelatedField<R, F>
{
    fn write(
        &self,
        object: &Object<R::From>,
        _: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        write_items(self.relation.objects(object)?, out, |related, out| {
            encode::write_str(out, &(self.text)(related));
            Ok::<_, APIException>(())
        })?;
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<R::From>) {
        plan.add(self.relation);
    }
}

impl<T: Model, U: Model, F: Fn(&Object<U>) -> String + Send + Sync + 'static> SerializerField<T>
    for StringRelatedField<ForeignKey<T, U>, F>
{
    fn entry(self, name: &'static str) -> Result<Entry<T>, String> {
        Ok(self.into_entry(name))
    }
}

impl<R: ToMany, F: Fn(&Object<R::To>) -> String + Send + Sync + 'static> SerializerField<R::From>
    for StringRelatedField<R, F>
{
    fn entry(self, name: &'static str) -> Result<Entry<R::From>, String> {
        Ok(self.into_entry(name))
    }
}
