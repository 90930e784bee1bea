//! Finds the rows that a deletion would take (`NestedObjects` of `django/contrib/admin/utils.py`). It only reads, and stops at
//! a limit.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Untyped;

use super::{Models, rows_between};
use crate::database::{DatabaseError, DbConnection};
use crate::models::column::{ColumnKind, OnDelete};
use crate::models::condition::Condition;
use crate::models::dialect::{Dialect, push_column, push_name};
use crate::models::execute::{limited_keys, query_rows};
use crate::models::keys::Keys;
use crate::models::meta::{ManyToManyMeta, ModelMeta};
use crate::models::parameter::Parameter;
use crate::models::row::Row;
use crate::models::value::DbValue;

/// Rows of one model.
#[derive(Clone, Debug)]
pub struct PreviewRows {
    /// The model.
    pub meta: &'static ModelMeta,
    /// The primary keys, in the order in which they were found.
    pub keys: Vec<DbValue>,
    /// Whether there are more: the limit was reached.
    pub is_cut: bool,
}

/// Rows of a table between two models.
#[derive(Clone, Debug)]
pub struct PreviewRelation {
    /// The model that declares the relation.
    pub meta: &'static ModelMeta,
    /// The relation.
    pub relation: &'static ManyToManyMeta,
    /// Its rows: the keys on both sides.
    pub rows: Vec<(DbValue, DbValue)>,
    /// Whether there are more.
    pub is_cut: bool,
}

/// The rows that a deletion would take, and those that would prevent it.
#[derive(Clone, Debug, Default)]
pub struct DeletionPreview {
    /// The rows that would be deleted: first those that were asked for, then those that the cascade leads to.
    pub deleted: Vec<PreviewRows>,
    /// The rows that prevent the deletion (`on_delete = protect`).
    pub protected: Vec<PreviewRows>,
    /// The rows whose foreign key would become NULL, and the foreign key's name.
    pub cleared: Vec<(PreviewRows, &'static str)>,
    /// The rows of tables between models that would be deleted.
    pub relations: Vec<PreviewRelation>,
}

impl DeletionPreview {
    /// Whether something was not counted. What lies behind it, such as a protected row, is not known then.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.deleted.iter().any(|rows| rows.is_cut)
    }
}

impl Models<'_> {
    /// Returns the rows that [`Object::delete`](crate::models::Object::delete) would take with these rows, at most `limit` of each
    /// model.
    ///
    /// # Errors
    /// A query fails.
    pub fn preview(
        self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        keys: &[DbValue],
        limit: usize,
    ) -> Result<DeletionPreview, DatabaseError> {
        let mut search = Search { models: self, limit, preview: DeletionPreview::default() };
        search.deleted(connection, meta, keys.to_vec(), false)?;
        let mut preview = search.preview;
        for (rows, _) in &mut preview.cleared {
            let deleted = preview.deleted.iter().find(|deleted| deleted.meta.table == rows.meta.table);
            rows.keys.retain(|key| deleted.is_none_or(|deleted| !deleted.keys.contains(key)));
        }
        preview.cleared.retain(|(rows, _)| !rows.keys.is_empty());
        Ok(preview)
    }

    /// The models whose rows a deletion of this model's rows can reach by cascades, itself among them.
    #[must_use]
    pub fn cascade(self, meta: &'static ModelMeta) -> Vec<&'static ModelMeta> {
        let mut reached = vec![meta];
        let mut next = 0;
        while let Some(meta) = reached.get(next).copied() {
            next += 1;
            for other in self.0 {
                let mut references = other.columns.iter().filter_map(|column| column.references);
                let cascades = references.any(|reference| {
                    reference.on_delete == OnDelete::Cascade && (reference.to)().table == meta.table
                });
                if cascades && !reached.iter().any(|known| known.table == other.table) {
                    reached.push(other);
                }
            }
        }
        reached
    }
}

struct Search<'a> {
    models: Models<'a>,
    limit: usize,
    preview: DeletionPreview,
}

impl Search<'_> {
    fn deleted(
        &mut self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        keys: Vec<DbValue>,
        is_cut: bool,
    ) -> Result<(), DatabaseError> {
        let keys = add(&mut self.preview.deleted, meta, keys, is_cut, self.limit);
        let keys = Keys::new(keys.iter().map(DbValue::as_ref))?;
        if keys.is_empty() {
            return Ok(());
        }
        for other in self.models.0 {
            self.relations(connection, meta, other, &keys)?;
            for column in other.columns {
                let Some(reference) = column.references else { continue };
                if (reference.to)().table != meta.table || reference.on_delete == OnDelete::DoNothing {
                    continue;
                }
                let refers = Condition::In { column: column.column, keys: keys.clone() };
                let mut found = limited_keys(connection, other, refers, self.limit + 1)?;
                let is_cut = found.len() > self.limit;
                found.truncate(self.limit);
                if found.is_empty() {
                    continue;
                }
                match reference.on_delete {
                    OnDelete::DoNothing => {}
                    OnDelete::SetNull => {
                        let rows = PreviewRows { meta: other, keys: found, is_cut };
                        let cleared = &mut self.preview.cleared;
                        let known = cleared
                            .iter_mut()
                            .find(|(known, field)| known.meta.table == other.table && *field == column.name);
                        match known {
                            Some((known, _)) => {
                                known.is_cut |= is_cut;
                                known.keys.extend(rows.keys);
                            }
                            None => cleared.push((rows, column.name)),
                        }
                    }
                    OnDelete::Protect => {
                        add(&mut self.preview.protected, other, found, is_cut, self.limit);
                    }
                    OnDelete::Cascade => self.deleted(connection, other, found, is_cut)?,
                }
            }
        }
        Ok(())
    }

    fn relations(
        &mut self,
        connection: &mut DbConnection,
        meta: &'static ModelMeta,
        other: &'static ModelMeta,
        keys: &Keys,
    ) -> Result<(), DatabaseError> {
        for (relation, condition) in rows_between(meta, other, keys) {
            let limit = i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1);
            let limit = Parameter::new(DbValue::Integer(limit), ColumnKind::BigInteger);
            let kinds = [other.primary_key().kind, (relation.to)().primary_key().kind];
            let mut found = Vec::new();
            query_rows(connection, Between { relation, condition, limit }, &mut |row: &mut Row<'_>| {
                found.push((row.read_kind(kinds[0])?, row.read_kind(kinds[1])?));
                Ok(())
            })?;
            let is_cut = found.len() > self.limit;
            found.truncate(self.limit);
            if found.is_empty() {
                continue;
            }
            let relations = &mut self.preview.relations;
            match relations.iter_mut().find(|known| known.relation.table == relation.table) {
                Some(known) => {
                    known.is_cut |= is_cut;
                    found.retain(|pair| !known.rows.contains(pair));
                    known.rows.extend(found);
                }
                None => relations.push(PreviewRelation { meta: other, relation, rows: found, is_cut }),
            }
        }
        Ok(())
    }
}

/// Adds rows to those of their model, up to the limit. Returns those that are new.
fn add(
    groups: &mut Vec<PreviewRows>,
    meta: &'static ModelMeta,
    mut keys: Vec<DbValue>,
    is_cut: bool,
    limit: usize,
) -> Vec<DbValue> {
    match groups.iter_mut().find(|group| group.meta.table == meta.table) {
        Some(group) => {
            keys.retain(|key| !group.keys.contains(key));
            let room = limit.saturating_sub(group.keys.len());
            group.is_cut |= is_cut || keys.len() > room;
            keys.truncate(room);
            group.keys.extend(keys.iter().cloned());
        }
        None => groups.push(PreviewRows { meta, keys: keys.clone(), is_cut }),
    }
    keys
}

/// The rows of a table between two models.
#[derive(Clone)]
struct Between {
    relation: &'static ManyToManyMeta,
    condition: Condition,
    limit: Parameter,
}

impl<DB: Dialect> QueryFragment<DB> for Between {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let table = self.relation.table;
        pass.push_sql("SELECT ");
        push_column(&mut pass, table, self.relation.column)?;
        pass.push_sql(", ");
        push_column(&mut pass, table, self.relation.reverse_column)?;
        pass.push_sql(" FROM ");
        push_name(&mut pass, table)?;
        pass.push_sql(" WHERE ");
        self.condition.walk(pass.reborrow(), table)?;
        pass.push_sql(" LIMIT ");
        DB::parameter(&self.limit, pass)
    }
}

impl Query for Between {
    type SqlType = Untyped;
}

impl QueryId for Between {
    // The connection keeps the statement by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
