//! Models: rows of tables, with what Django's model fields know of their columns (`django/db/models`).
//!
//! ```
//! use diesel::prelude::*;
//! use vitamin_framework::database::{DatabaseError, DbConnection};
//! use vitamin_framework::models::{Changes, Lookup, Model, Object, Q, QuerySet};
//!
//! diesel::table! {
//!     polls_poll (id) { id -> BigInt, title -> Text, closed -> Bool, }
//! }
//! diesel::table! {
//!     polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, }
//! }
//!
//! #[derive(Model)]
//! #[model(table = polls_poll, ordering("-id"))]
//! # #[model(crate = vitamin_framework)]
//! struct Poll {
//!     id: i64,
//!     #[model(max_length = 100)]
//!     title: String,
//!     #[model(default = false)]
//!     closed: bool,
//! }
//!
//! #[derive(Model)]
//! #[model(table = polls_vote)]
//! # #[model(crate = vitamin_framework)]
//! struct Vote {
//!     id: i64,
//!     #[model(references(Poll), related_name = votes)]
//!     poll_id: i64,
//!     #[model(max_length = 10)]
//!     choice: String,
//! }
//!
//! /// A query set is a value: nothing is queried yet. The condition is diesel's.
//! fn open_polls() -> QuerySet<Poll> {
//!     Poll::objects().filter(polls_poll::closed.eq(false)).with(Poll::VOTES)
//! }
//!
//! /// Conditions that are made at run time.
//! fn search(text: &str, choice: Option<&str>) -> QuerySet<Poll> {
//!     let mut condition = Q::compare(&polls_poll::title.into(), Lookup::IContains, text);
//!     if let Some(choice) = choice {
//!         condition = condition.and(Q::compare(&Poll::VOTES.field(polls_vote::choice), Lookup::Exact, choice));
//!     }
//!     Poll::objects().filter_q(condition)
//! }
//!
//! fn vote(connection: &mut DbConnection, poll: &Poll) -> Result<Object<Vote>, DatabaseError> {
//!     Changes::new().set(polls_vote::poll_id, poll.id).set(polls_vote::choice, "yes").insert(connection)
//! }
//!
//! fn close(connection: &mut DbConnection, poll: &mut Object<Poll>) -> Result<(), DatabaseError> {
//!     poll.update(connection, Changes::new().set(polls_poll::closed, true))
//! }
//! ```

mod annotation;
mod column;
mod condition;
mod convert;
mod date_part;
mod default;
mod deletion;
mod dialect;
mod execute;
mod expressions;
mod fetch;
mod field_value;
mod insert;
mod keys;
mod lock;
mod many_to_many;
mod meta;
mod model;
mod object;
mod operand;
mod ordering;
mod parameter;
mod path;
mod patterns;
mod plan;
mod q;
mod queryset;
mod relation;
mod row;
mod save;
mod select;
pub mod signals;
pub mod sql_types;
mod statement;
mod stored;
mod text_or_null;
mod value;

pub use self::annotation::{Annotation, AnnotationName};
pub use self::column::{Column, ColumnKind, FieldClass, OnDelete, Reference, UniqueFor, Validator};
pub use self::condition::Lookup;
pub use self::convert::WrongType;
pub use self::date_part::DatePart;
#[doc(hidden)]
pub use self::default::default_value;
pub use self::deletion::{DeletionError, DeletionPreview, Models, PreviewRelation, PreviewRows};
pub use self::execute::{fetch_pks, first_pks, pk_exists, value_exists};
pub use self::expressions::{Bind, bind};
pub use self::field_value::FieldValue;
pub use self::lock::lock_row;
pub use self::meta::{ManyToManyMeta, ModelMeta, Quoted};
pub use self::model::Model;
pub use self::object::{NotLoaded, Object};
pub use self::path::Path;
pub use self::patterns::are_valid_patterns;
pub use self::plan::{Known, Plan, With};
pub use self::q::Q;
pub use self::queryset::{AnyDatabase, QuerySet};
pub use self::relation::{ForeignKey, ManyToMany, Relation, RelationVisitor, Reverse};
pub use self::row::{RawValue, Row};
pub use self::save::Changes;
pub use self::signals::Signals;
pub use self::sql_types::Json;
pub use self::text_or_null::TextOrNull;
pub use self::value::{DbValue, ValueRef};
pub use vitamin_macros::Model;

#[cfg(test)]
mod tests;
