//! What a condition compares with a value: a column, or a computed one.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::query_builder::AstPass;
use diesel::result::Error as QueryError;

use super::annotation::{Annotated, unknown};
use super::date_part::PartOf;
use super::dialect::{Dialect, Fragment, push_column};

/// The left side of a comparison.
#[derive(Clone)]
pub(crate) enum Operand {
    /// A column of the row's table.
    Column(&'static str),
    /// An annotation of the query set, by its name. The query set replaces it by [`Self::Computed`].
    Annotation(&'static str),
    /// An annotation's expression.
    Computed(Arc<dyn Fragment>),
    /// A part of a date or time.
    Part(Box<PartOf>),
}

impl Operand {
    /// Writes it for rows of this table.
    pub(super) fn walk<'b, DB: Dialect>(
        &'b self,
        pass: &mut AstPass<'_, 'b, DB>,
        table: &'static str,
    ) -> QueryResult<()> {
        match self {
            Self::Column(column) => push_column(pass, table, column),
            Self::Computed(fragment) => {
                pass.push_sql("(");
                DB::fragment(fragment.as_ref(), pass.reborrow())?;
                pass.push_sql(")");
                Ok(())
            }
            Self::Part(part) => part.walk(pass, table),
            Self::Annotation(name) => Err(unknown(name)),
        }
    }

    /// Puts an annotation's expression in the place of its name.
    ///
    /// # Errors
    /// There is no annotation of this name.
    pub(super) fn resolve(&mut self, annotations: &[Annotated]) -> Result<(), QueryError> {
        match self {
            Self::Annotation(name) => {
                let found = annotations.iter().find(|annotated| annotated.name == *name);
                let value = Arc::clone(&found.ok_or_else(|| unknown(name))?.value);
                *self = Self::Computed(value);
                Ok(())
            }
            Self::Part(part) => part.value.resolve(annotations),
            Self::Column(_) | Self::Computed(_) => Ok(()),
        }
    }
}
