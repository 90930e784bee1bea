//! Conditions made at run time: Django's `Q` objects.

use std::marker::PhantomData;
use std::ops::Not;
use std::sync::Arc;

use diesel::Column as DieselColumn;
use diesel::expression::{AppearsOnTable, Expression};
use diesel::sql_types::BoolOrNullableBool;
use vitamin_parsing::data::Value;

use super::column::ColumnKind;
use super::condition::{Condition, Hop, Lookup};
use super::date_part::{DatePart, PartOf};
use super::keys::Keys;
use super::model::Model;
use super::operand::Operand;
use super::parameter::Parameter;
use super::path::Path;
use super::queryset::{AnyDatabase, QuerySet};
use super::select::Output;
use super::value::DbValue;
use crate::timezone::TimeZone;

/// A condition on the rows of a model.
pub struct Q<T> {
    condition: Condition,
    model: PhantomData<fn() -> T>,
}

impl<T> Clone for Q<T> {
    fn clone(&self) -> Self {
        Self::of(self.condition.clone())
    }
}

impl<T> Q<T> {
    const fn of(condition: Condition) -> Self {
        Self { condition, model: PhantomData }
    }

    pub(crate) fn into_condition(self) -> Condition {
        self.condition
    }

    /// No row.
    #[must_use]
    pub const fn never() -> Self {
        Self::of(Condition::Never)
    }

    /// Both conditions.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// Either condition.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// All conditions. Of none: every row.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::of(Condition::And(conditions.into_iter().map(Self::into_condition).collect()))
    }

    /// Any of the conditions. Of none: no row.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::of(Condition::Or(conditions.into_iter().map(Self::into_condition).collect()))
    }
}

impl<T> Not for Q<T> {
    type Output = Self;

    fn not(self) -> Self {
        Self::of(Condition::Not(Box::new(self.condition)))
    }
}

impl<T: Model> Q<T> {
    /// A condition written with diesel.
    pub fn new<E>(condition: E) -> Self
    where
        E: Expression<SqlType: BoolOrNullableBool> + AppearsOnTable<T::Table> + AnyDatabase,
    {
        Self::of(Condition::Fragment(Arc::new(condition)))
    }

    /// A column compared with a value; of related rows, any of them.
    #[must_use]
    pub fn compare(path: &Path<T>, lookup: Lookup, value: impl Into<DbValue>) -> Self {
        Self::at(path, Condition::compare_operand(path.operand(), path.kind(), lookup, value.into()))
    }

    /// A part of a date or time compared with a number. Of a moment it is the part in this time zone.
    #[must_use]
    pub fn part(path: &Path<T>, part: DatePart, lookup: Lookup, number: i64, zone: &TimeZone) -> Self {
        let is_utc = path.kind() == ColumnKind::DateTime && zone.use_tz() && zone.name() != "UTC";
        let zone = is_utc.then(|| Parameter::new(zone.name().into(), ColumnKind::Text));
        let operand = Operand::Part(Box::new(PartOf { part, value: path.operand(), zone }));
        Self::at(path, Condition::compare_operand(operand, ColumnKind::BigInteger, lookup, number.into()))
    }

    /// A column that is one of several values.
    #[must_use]
    pub fn one_of(path: &Path<T>, values: &[DbValue]) -> Self {
        if values.iter().all(DbValue::is_null) {
            return Self::never();
        }
        let keys = Keys::new(values.iter().map(DbValue::as_ref));
        let condition = keys.map(|keys| Condition::In { column: path.column, keys });
        let each = || {
            let exact = |value: &DbValue| {
                Condition::compare_operand(path.operand(), path.kind(), Lookup::Exact, value.clone())
            };
            Condition::Or(values.iter().map(exact).collect())
        };
        let condition = condition.ok().filter(|_| matches!(path.operand(), Operand::Column(_)));
        Self::at(path, condition.unwrap_or_else(each))
    }

    /// A column that is one of several values that a serializer validated. One of the wrong type matches nothing.
    #[must_use]
    pub fn one_of_validated(path: &Path<T>, values: &[Value]) -> Self {
        let is_too_large = |value: &Value| matches!(value, Value::Int(number) if number.as_i64().is_none());
        let found: Vec<DbValue> =
            values.iter().filter_map(|value| DbValue::from_validated(value, path.kind()).ok()).collect();
        let found = Self::one_of(path, &found);
        if values.iter().any(is_too_large) { found.or(Self::of(Condition::TooLarge)) } else { found }
    }

    /// A column between two values, inclusive.
    #[must_use]
    pub fn range(path: &Path<T>, from: impl Into<DbValue>, to: impl Into<DbValue>) -> Self {
        let parameter = |value: DbValue| Parameter::new(value, path.kind());
        let (from, to) = (parameter(from.into()), parameter(to.into()));
        Self::at(path, Condition::Range { operand: path.operand(), from, to })
    }

    /// A column that is NULL, or is not.
    #[must_use]
    pub fn is_null(path: &Path<T>, is_null: bool) -> Self {
        let is = |is_null| Self::at(path, Condition::IsNull { operand: path.operand(), is_null });
        if !is_null || path.is_local() {
            return is(is_null);
        }
        // Django joins: without a related row, its columns are NULL too.
        let none = !is(false);
        if path.hops.iter().any(|hop| hop.many) { none.or(is(true)) } else { none }
    }

    /// A column that holds the primary key of one of these rows.
    #[must_use]
    pub fn in_queryset<C, U>(_column: C, rows: QuerySet<U>) -> Self
    where
        C: DieselColumn<Table = T::Table>,
        U: Model,
    {
        let key = U::META.primary_key().column;
        match rows.select(Output::Column(key)) {
            Ok(query) => Self::of(Condition::InQuery { column: C::NAME, query: Arc::new(query) }),
            // The mistake is reported where the rows are loaded. No row is the safe answer here.
            Err(_) => Self::never(),
        }
    }

    /// Every group has a comparison that is true, all of them for the same related rows: one call of Django's `filter` joins a
    /// relation once.
    #[must_use]
    pub fn in_one_row(groups: &[Vec<(Path<T>, Lookup, DbValue)>]) -> Self {
        let own = T::META.table;
        let mut relations: Vec<&[Hop]> = Vec::new();
        for (path, ..) in groups.iter().flatten() {
            let is_many = path.hops.iter().any(|hop| hop.many);
            // A subquery of the same table would hide the outer one.
            let is_visible = path.hops.iter().all(|hop| hop.table != own);
            if is_many && is_visible && !relations.contains(&path.hops.as_slice()) {
                relations.push(&path.hops);
            }
        }
        if groups.len() < 2 || relations.len() > 3 {
            relations.clear();
        }
        // A relation may also have no row.
        let subsets = (0..1_usize << relations.len()).map(|subset| {
            let chosen = relations.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1);
            let chosen: Vec<&[Hop]> = chosen.map(|(_, hops)| *hops).collect();
            let groups = groups.iter().map(|group| {
                let compared = group.iter().map(|(path, lookup, value)| {
                    let condition =
                        Condition::compare_operand(path.operand(), path.kind(), *lookup, value.clone());
                    if chosen.contains(&path.hops.as_slice()) {
                        return Condition::At { table: path.meta.table, condition: Box::new(condition) };
                    }
                    if relations.contains(&path.hops.as_slice()) {
                        return Condition::Never;
                    }
                    let condition = Self::at(path, condition).condition;
                    Condition::At { table: own, condition: Box::new(condition) }
                });
                Condition::Or(compared.collect())
            });
            let all = Condition::And(groups.collect());
            chosen.iter().fold(all, |condition, hops| {
                let via = Condition::Via { hops: hops.to_vec(), condition: Box::new(condition) };
                Condition::At { table: own, condition: Box::new(via) }
            })
        });
        Self::of(Condition::Or(subsets.collect()))
    }

    fn at(path: &Path<T>, condition: Condition) -> Self {
        if path.hops.is_empty() || matches!(condition, Condition::Never) {
            return Self::of(condition);
        }
        Self::of(Condition::Via { hops: path.hops.clone(), condition: Box::new(condition) })
    }
}
