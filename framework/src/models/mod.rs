//! Models: rows of tables, with what Django's model fields know of their columns (`django/db/models`).

mod value;

pub use self::value::ValueRef;
