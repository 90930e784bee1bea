//! The term that a cursor's pages are ordered by: a column, or an annotation of the query set.

use crate::exceptions::APIException;
use crate::filters::{FilterColumn, filter_column};
use vitamin_framework::models::{ColumnKind, Model, Object, Path, QuerySet, ValueRef};

/// The first term of a cursor's order.
pub(super) enum PositionOf<T> {
    /// A column, by its index.
    Column(Path<T>, usize),
    /// An annotation with a type.
    Annotation(Path<T>),
}

impl<T: Model> PositionOf<T> {
    /// The term of this name.
    ///
    /// # Errors
    /// 500: the model has no such column, and the query set no annotation of this name and of a known type. A column of a related
    /// model is none, as in Django REST framework.
    pub(super) fn find(rows: &QuerySet<T>, name: &str) -> Result<Self, APIException> {
        if let Some(path) = rows.annotation(name) {
            return Ok(Self::Annotation(path));
        }
        let column = Path::named(name).zip(T::META.find(name));
        column.map(|(path, (index, _))| Self::Column(path, index)).ok_or_else(|| {
            APIException::server_error(format!(
                "a cursor cannot order {} by `{name}`: it is no column of its own, and no `Annotation` of the query set",
                T::META.name
            ))
        })
    }

    pub(super) fn path(&self) -> &Path<T> {
        match self {
            Self::Column(path, _) | Self::Annotation(path) => path,
        }
    }

    /// How the text of a position is read.
    pub(super) fn filter_column(&self) -> FilterColumn {
        if let Some(column) = self.path().column() {
            return filter_column(column);
        }
        match self.path().kind() {
            ColumnKind::SmallInteger | ColumnKind::Integer | ColumnKind::BigInteger => FilterColumn::Integer,
            ColumnKind::Boolean => FilterColumn::Boolean,
            ColumnKind::Float => FilterColumn::Float,
            ColumnKind::Text => FilterColumn::Char,
            ColumnKind::Date => FilterColumn::Date,
            ColumnKind::Time => FilterColumn::Time,
            ColumnKind::DateTime => FilterColumn::DateTime,
            ColumnKind::Duration => FilterColumn::Duration,
            ColumnKind::Uuid => FilterColumn::Uuid,
            ColumnKind::Decimal => FilterColumn::Decimal,
            ColumnKind::UserKey | ColumnKind::Json | ColumnKind::Binary => FilterColumn::Other,
        }
    }

    /// An object's value.
    pub(super) fn value<'o>(&self, object: &'o Object<T>) -> ValueRef<'o> {
        match self {
            Self::Column(_, index) => object.value(*index),
            Self::Annotation(path) => {
                object.find_annotation(path.name()).map_or(ValueRef::Null, |value| value.as_ref())
            }
        }
    }
}
