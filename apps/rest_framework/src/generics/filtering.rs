//! Filters, search and order of a list (`filter_queryset`).

use super::GenericView;
use crate::exceptions::APIException;
use crate::filters::{
    Apply, Cleaned, FilterKind, Form, FormContext, ModelKey, OrderBy, ordering, search, search_terms,
};
use crate::serializers::ModelSerializer;
use crate::settings::FilterBackend;
use vitamin_framework::models::{ColumnKind, DbValue, Model, ModelMeta, Path, QuerySet, fetch_pk_exists};

impl<T: Model> GenericView<T> {
    /// Filters, searches and orders the objects as the query parameters say.
    ///
    /// # Errors
    /// 400: a parameter has no valid value.
    pub async fn filter_queryset(&self, rows: QuerySet<T>) -> Result<QuerySet<T>, APIException> {
        Ok(self.filter(rows).await?.0)
    }

    /// [`filter_queryset`](Self::filter_queryset), and the order that it chose.
    pub(super) async fn filter(
        &self,
        rows: QuerySet<T>,
    ) -> Result<(QuerySet<T>, Vec<OrderBy>), APIException> {
        let rows = self.apply_filters(rows).await?;
        let rows = self.search(rows)?;
        self.order(rows)
    }

    async fn apply_filters(&self, mut rows: QuerySet<T>) -> Result<QuerySet<T>, APIException> {
        let filters = &self.view.filters.filters;
        if filters.is_empty()
            || self.request().query_string().is_empty() && !filters.iter().any(|f| f.field.required)
        {
            return Ok(rows);
        }
        let query = self.request().query_params()?;
        let context = FormContext::new(self.request().time_zone());
        let mut form = Form::clean(filters.iter().map(|filter| &filter.field), &query, context);
        let keys: Vec<_> = form
            .values()
            .filter_map(|(index, field, value)| match (&field.kind, value) {
                (FilterKind::ModelChoice { .. }, Some(Cleaned::Text(text))) => Some((index, text.clone())),
                _ => None,
            })
            .collect();
        for (index, text) in keys {
            let Some(filter) = filters.get(index) else { continue };
            let Apply::Column(path, _) = &filter.apply else { continue };
            let Some(meta) = path.column().and_then(|column| column.references) else { continue };
            let meta = (meta.to)();
            let key = match meta.primary_key().kind {
                ColumnKind::Uuid => ModelKey::Uuid,
                ColumnKind::Text => ModelKey::Text,
                _ => ModelKey::Integer,
            };
            let value = match key.clean(&filter.field, &text) {
                Ok(value) if self.has_object(meta, &value).await? => Ok(value),
                Ok(_) => Err(ModelKey::not_found(&filter.field, &text)),
                Err(error) => Err(error),
            };
            form.set(index, value);
        }
        for (filter, value) in filters.iter().zip(form.finish()?) {
            let Some(value) = value else { continue };
            rows = rows.filter_q(match &filter.apply {
                Apply::Column(path, condition) => condition.q(path, &value),
                Apply::Method(method) => method(&value),
            });
        }
        Ok(rows)
    }

    async fn has_object(&self, meta: &'static ModelMeta, key: &Cleaned) -> Result<bool, APIException> {
        let key = match key {
            Cleaned::Integer(number) => DbValue::Integer(*number),
            Cleaned::Uuid(uuid) => DbValue::Uuid(*uuid),
            Cleaned::Text(text) => DbValue::Text(text.clone()),
            _ => return Ok(false),
        };
        Ok(fetch_pk_exists(self.request().database()?, meta, key).await?)
    }

    fn search(&self, rows: QuerySet<T>) -> Result<QuerySet<T>, APIException> {
        let fields = &self.view.search_fields;
        if self.request().query_string().is_empty()
            || fields.is_empty() && !self.has_backend(FilterBackend::SearchFilter)
        {
            return Ok(rows);
        }
        let param = self.settings().map_or("search", |settings| settings.search_param);
        let terms = search_terms(&self.request().query_params()?, param)?;
        if fields.is_empty() || terms.is_empty() {
            return Ok(rows);
        }
        Ok(rows.filter_q(search(fields, &terms)))
    }

    fn order(&self, rows: QuerySet<T>) -> Result<(QuerySet<T>, Vec<OrderBy>), APIException> {
        let view = &self.view;
        let serializer = self.get_serializer();
        let names = self.ordering_names(&serializer)?;
        let mut chosen = Vec::new();
        if !names.is_empty() && !self.request().query_string().is_empty() {
            let param = self.settings().map_or("ordering", |settings| settings.ordering_param);
            chosen = ordering(&self.request().query_params()?, param, &names);
        }
        if chosen.is_empty() {
            chosen = view.ordering.iter().map(|term| order_by(term)).collect();
        }
        if chosen.is_empty() {
            return Ok((rows, chosen));
        }
        Ok((rows.order_by(chosen.iter().map(django_name)), chosen))
    }

    /// The names of the fields by which a client may order the list.
    pub(super) fn ordering_names<'s>(
        &'s self,
        serializer: &'s ModelSerializer<T>,
    ) -> Result<Vec<&'s str>, APIException> {
        match &self.view.ordering_fields {
            Some(fields) => {
                let name = |path: &'s Path<T>| path.column().map_or(path.name(), |column| column.name);
                Ok(fields.iter().map(name).collect())
            }
            None if self.has_backend(FilterBackend::OrderingFilter) => {
                serializer.column_names(self.request().database()?.is_postgres())
            }
            None => Ok(Vec::new()),
        }
    }

    fn has_backend(&self, backend: FilterBackend) -> bool {
        self.settings().is_some_and(|settings| settings.default_filter_backends.contains(&backend))
    }
}

/// `-created` as a term.
fn order_by(term: &'static str) -> OrderBy {
    let (name, descending) = term.strip_prefix('-').map_or((term, false), |name| (name, true));
    OrderBy { name: name.into(), descending }
}

/// A term as `-created`.
pub(super) fn django_name(term: &OrderBy) -> String {
    format!("{}{}", if term.descending { "-" } else { "" }, term.name)
}
