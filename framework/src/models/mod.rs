//! Models: rows of tables, with what Django's model fields know of their columns (`django/db/models`).

mod column;
mod condition;
mod convert;
mod default;
mod deletion;
mod dialect;
mod execute;
mod expressions;
mod fetch;
mod field_value;
mod keys;
mod many_to_many;
mod meta;
mod model;
mod object;
mod parameter;
mod path;
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
mod value;

pub use self::column::{Column, ColumnKind, FieldClass, OnDelete, Reference, Validator};
pub use self::condition::Lookup;
pub use self::convert::WrongType;
#[doc(hidden)]
pub use self::default::default_value;
pub use self::deletion::{DeletionError, Models};
pub use self::execute::{fetch_pk_exists, pk_exists, value_exists};
pub use self::expressions::{Bind, bind};
pub use self::field_value::FieldValue;
pub use self::meta::{ManyToManyMeta, ModelMeta};
pub use self::model::Model;
pub use self::object::{NotLoaded, Object};
pub use self::path::Path;
pub use self::plan::{Plan, With};
pub use self::q::Q;
pub use self::queryset::{AnyDatabase, QuerySet};
pub use self::relation::{ForeignKey, ManyToMany, Relation, Reverse};
pub use self::row::{RawValue, Row};
pub use self::save::Changes;
pub use self::signals::Signals;
pub use self::sql_types::Json;
pub use self::value::{DbValue, ValueRef};
pub use vitamin_macros::Model;

#[cfg(test)]
mod tests;
