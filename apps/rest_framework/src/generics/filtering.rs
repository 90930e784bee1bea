//! Filters, search and order of a list (`filter_queryset`).

use super::GenericView;
use crate::exceptions::APIException;
use crate::filters::{Form, FormContext, OrderBy, look_up, names_objects, ordering, search, search_terms};
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
        let named: Vec<_> = form
            .values()
            .filter(|(_, field, _)| names_objects(&field.kind))
            .filter_map(|(index, field, value)| Some((index, field, value?.clone())))
            .collect();
        for (index, field, value) in named {
            if let Some(choices) = filters.get(index).and_then(|filter| filter.choices.as_deref()) {
                form.set(index, look_up(choices, field, value, self.request()).await?);
            }
        }
        for (filter, value) in filters.iter().zip(form.finish()?) {
            if let Some(value) = value {
                rows = filter.filter(rows, &value, self.request(), context.time_zone)?;
            }
        }
        Ok(rows)
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
