//! Filters, search and order of a list (`filter_queryset`).

use super::GenericView;
use crate::exceptions::APIException;
use crate::filters::{OrderBy, check_terms, ordering, search, search_terms, takes_patterns};
use crate::serializers::ModelSerializer;
use crate::settings::FilterBackend;
use vitamin_framework::models::{Model, QuerySet};

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
        let rows = self.search(rows).await?;
        self.order(rows)
    }

    async fn apply_filters(&self, rows: QuerySet<T>) -> Result<QuerySet<T>, APIException> {
        let filters = &self.view.filters;
        if filters.filters.is_empty()
            || self.request().query_string().is_empty() && !filters.form_fields().any(|field| field.required)
        {
            return Ok(rows);
        }
        filters.filter_rows(rows, &self.request().query_params()?, self.request()).await
    }

    async fn search(&self, rows: QuerySet<T>) -> Result<QuerySet<T>, APIException> {
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
        let condition = search(fields, &terms);
        if takes_patterns(fields) {
            self.request().database()?.read(move |connection| check_terms(connection, &terms)).await?;
        }
        Ok(rows.filter_q(condition))
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
            Some(fields) => Ok(fields.iter().map(AsRef::as_ref).collect()),
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
