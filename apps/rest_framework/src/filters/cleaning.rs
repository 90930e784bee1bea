//! A filter set and the query parameters of a request: which rows they leave.

use super::error::invalid_pattern;
use super::{Apply, FilterKind, FilterSet, Form, FormContext, FormField, look_up, names_objects};
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::request::Request;
use vitamin_framework::models::{Model, ModelMeta, QuerySet, are_valid_patterns};

impl<T: Model> FilterSet<T> {
    /// The rows that the query parameters leave.
    ///
    /// # Errors
    /// 400 with the errors of each parameter.
    #[doc(hidden)]
    pub async fn filter_rows(
        &self,
        mut rows: QuerySet<T>,
        query: &QueryDict,
        request: &Request,
    ) -> Result<QuerySet<T>, APIException> {
        let context = FormContext::new(request.time_zone());
        let mut form = Form::clean(self.form_fields(), query, context);
        let named: Vec<_> = form
            .values()
            .filter(|(_, field, _)| names_objects(&field.kind))
            .filter_map(|(index, field, value)| Some((index, field, value?.clone())))
            .collect();
        for (index, field, value) in named {
            if let Some(choices) = self.filters.get(index).and_then(|filter| filter.choices.as_deref()) {
                form.set(index, look_up(choices, field, value, request).await?);
            }
        }
        for (index, pattern) in self.patterns(&form) {
            let patterns = vec![pattern];
            let is_valid =
                request.database()?.read(move |connection| are_valid_patterns(connection, &patterns));
            if !is_valid.await? {
                form.set(index, Err(invalid_pattern()));
            }
        }
        for (filter, value) in self.filters.iter().zip(form.finish()?) {
            if let Some(value) = value {
                rows = filter.filter(rows, &value, request, context.time_zone)?;
            }
        }
        Ok(rows)
    }

    /// The regular expressions in a form, by their fields.
    fn patterns(&self, form: &Form<'_>) -> Vec<(usize, String)> {
        let pattern =
            |index: usize, value| Some((index, self.filters.get(index)?.pattern(value)?.to_owned()));
        form.values().filter_map(|(index, _, value)| pattern(index, value?)).collect()
    }

    /// The parameters that only PostgreSQL can filter by.
    pub(crate) fn unsupported_on_sqlite(&self) -> impl Iterator<Item = String> {
        let filters = self.filters.iter().filter(|filter| filter.needs_postgres());
        filters.map(|filter| {
            format!("the filter `{}` needs PostgreSQL: it is a full-text search", filter.field.name)
        })
    }

    /// The parameters.
    #[doc(hidden)]
    pub fn form_fields(&self) -> impl Iterator<Item = &FormField> {
        self.filters.iter().map(|filter| &filter.field)
    }

    /// The model whose object each parameter chooses, by the parameter's name.
    #[doc(hidden)]
    pub fn models(&self) -> Vec<(String, &'static ModelMeta)> {
        let model = |filter: &super::Filter<T>| match (&filter.field.kind, &filter.apply) {
            (FilterKind::ModelChoice { .. }, Apply::Column(path, _)) => {
                Some((filter.field.name.to_string(), (path.column()?.references?.to)()))
            }
            _ => None,
        };
        self.filters.iter().filter_map(model).collect()
    }

    /// Returns the mistakes of the declaration, as sentences for the developer.
    #[doc(hidden)]
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.mistakes
    }
}
