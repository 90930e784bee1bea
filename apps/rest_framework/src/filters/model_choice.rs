//! The objects that ModelChoiceFilter and ModelMultipleChoiceFilter let a client name (django/forms/models.py).

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;

use super::{Cleaned, FilterKind, FormField, ModelKey};
use crate::error_detail::ErrorDetail;
use crate::exceptions::APIException;
use crate::request::Request;
use vitamin_framework::models::{
    ColumnKind, DbValue, Model, ModelMeta, Object, Path, Q, QuerySet, fetch_pks,
};

/// Finds objects by a column's values.
pub(crate) trait ModelChoices: Send + Sync {
    /// How the column's values are stored.
    fn kind(&self) -> ColumnKind;

    /// The objects with these values: each one's value, and its primary key.
    fn find<'a>(
        &'a self,
        request: &'a Request,
        values: Vec<DbValue>,
    ) -> LocalBoxFuture<'a, Result<Vec<Found>, APIException>>;

    /// The same objects, named by another field. `None` if they have none of this name.
    fn named_by(&self, field: &str) -> Option<Arc<dyn ModelChoices>>;
}

/// A value, and the primary key of the object that has it.
type Found = (DbValue, DbValue);

type GetQuerySet<U> = Arc<dyn Fn(&Request) -> QuerySet<U> + Send + Sync>;

/// The objects of a query set.
struct Chosen<U> {
    queryset: GetQuerySet<U>,
    /// The index of the column that names them.
    index: usize,
}

/// The objects of a query set, by their primary key.
pub(super) fn choices_of<U: Model>(
    queryset: impl Fn(&Request) -> QuerySet<U> + Send + Sync + 'static,
) -> Arc<dyn ModelChoices> {
    Arc::new(Chosen { queryset: Arc::new(queryset), index: U::META.primary_key })
}

impl<U: Model> ModelChoices for Chosen<U> {
    fn kind(&self) -> ColumnKind {
        U::META.columns.get(self.index).map_or(ColumnKind::Text, |column| column.kind)
    }

    fn find<'a>(
        &'a self,
        request: &'a Request,
        values: Vec<DbValue>,
    ) -> LocalBoxFuture<'a, Result<Vec<Found>, APIException>> {
        Box::pin(async move {
            let path = U::META.columns.get(self.index).and_then(|column| Path::<U>::named(column.column));
            let Some(path) = path else { return Ok(Vec::new()) };
            let rows = (self.queryset)(request).filter_q(Q::one_of(&path, &values));
            let objects = request.fetch(rows).await?;
            let found = |object: &Object<U>| (object.value(self.index).to_owned(), object.pk().to_owned());
            Ok(objects.iter().map(found).collect())
        })
    }

    fn named_by(&self, field: &str) -> Option<Arc<dyn ModelChoices>> {
        let (index, _) = U::META.find(field)?;
        Some(Arc::new(Self { queryset: Arc::clone(&self.queryset), index }))
    }
}

/// All objects of a model, by their primary key.
pub(super) struct AllOf(pub(super) &'static ModelMeta);

impl ModelChoices for AllOf {
    fn kind(&self) -> ColumnKind {
        self.0.primary_key().kind
    }

    fn find<'a>(
        &'a self,
        request: &'a Request,
        values: Vec<DbValue>,
    ) -> LocalBoxFuture<'a, Result<Vec<Found>, APIException>> {
        Box::pin(async move {
            let pks = fetch_pks(request.database()?, self.0, values).await?;
            Ok(pks.into_iter().map(|pk| (pk.clone(), pk)).collect())
        })
    }

    fn named_by(&self, _: &str) -> Option<Arc<dyn ModelChoices>> {
        None
    }
}

/// Looks up the objects that a value names: the keys of those that exist, or the field's error.
///
/// # Errors
/// The query fails.
pub(crate) async fn look_up(
    choices: &dyn ModelChoices,
    field: &FormField,
    value: Cleaned,
    request: &Request,
) -> Result<Result<Cleaned, ErrorDetail>, APIException> {
    let items = match &value {
        Cleaned::List(items) => items.as_slice(),
        item => std::slice::from_ref(item),
    };
    let kind = request.info().kind_of(choices.kind());
    let mut keys = Vec::with_capacity(items.len());
    for item in items {
        keys.push(match item {
            Cleaned::Text(text) => match key(kind).clean(field, text) {
                Ok(key) => key,
                Err(error) => return Ok(Err(error)),
            },
            other => other.clone(),
        });
    }
    let wanted: Vec<DbValue> = keys.iter().filter_map(db_value).collect();
    if !wanted.is_empty() {
        let found = choices.find(request, wanted).await?;
        for (item, key) in items.iter().zip(&mut keys) {
            let (Some(text), Some(value)) = (item.as_str(), db_value(key)) else { continue };
            let pk = found.iter().find(|(known, _)| *known == value).map(|(_, pk)| pk);
            let has_own_text = !field.has_many_keys() || is_own_text(&value, text);
            let Some(pk) = pk.filter(|_| has_own_text) else {
                return Ok(Err(ModelKey::not_found(field, text)));
            };
            // As in django-filter, several choices are compared by the value, and one by the object.
            *key = cleaned(if field.has_many_keys() { &value } else { pk });
        }
    }
    Ok(Ok(match value {
        Cleaned::List(_) => Cleaned::List(keys),
        other => keys.pop().unwrap_or(other),
    }))
}

/// Whether a filter of this kind names objects.
pub(crate) fn names_objects(kind: &FilterKind) -> bool {
    match kind {
        FilterKind::ModelChoice { .. } | FilterKind::ModelMultipleChoice { .. } => true,
        FilterKind::In(kind) | FilterKind::Between(kind) => names_objects(kind),
        _ => false,
    }
}

/// How a key of a client is read.
const fn key(kind: ColumnKind) -> ModelKey {
    match kind {
        ColumnKind::Uuid => ModelKey::Uuid,
        ColumnKind::Text => ModelKey::Text,
        _ => ModelKey::Integer,
    }
}

fn db_value(key: &Cleaned) -> Option<DbValue> {
    match key {
        Cleaned::Integer(number) => Some(DbValue::Integer(*number)),
        Cleaned::Uuid(uuid) => Some(DbValue::Uuid(*uuid)),
        Cleaned::Text(text) | Cleaned::Key(text) => Some(DbValue::Text(text.clone())),
        _ => None,
    }
}

fn cleaned(key: &DbValue) -> Cleaned {
    match key {
        DbValue::Integer(number) => Cleaned::Integer(*number),
        DbValue::Uuid(uuid) => Cleaned::Uuid(*uuid),
        DbValue::Text(text) => Cleaned::Key(text.clone()),
        _ => Cleaned::Null,
    }
}

/// Whether the text is the key as Python writes it. Of several keys Django compares the texts.
fn is_own_text(key: &DbValue, text: &str) -> bool {
    match key {
        DbValue::Integer(number) => number.to_string() == text,
        DbValue::Uuid(uuid) => uuid.to_string() == text,
        _ => true,
    }
}
