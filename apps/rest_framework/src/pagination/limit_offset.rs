//! `LimitOffsetPagination`: `?limit=100&offset=400`.

use bigdecimal::num_bigint::BigUint;
use serde_json::Value;

use super::body::{PaginatedResponse, write_counted};
use super::builder::paginated_response_method;
use super::page_size::{is_negative, parameter, positive_int, project_page_size, saturated};
use super::schema::{QueryParameter, counted_schema};
use super::{OffsetPlan, Page, Pagination, Plan, Rows};
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::fields::digits::int;
use crate::filters::OrderBy;
use crate::renderers::RenderError;
use crate::request::Request;
use crate::utils::urls::{remove_query_param, replace_query_param};
use vitamin_framework::translation::gettext;

/// A number of rows from an index on: `?limit=100&offset=400`.
#[derive(Clone)]
pub struct LimitOffsetPagination {
    default_limit: Option<u64>,
    max_limit: Option<u64>,
    limit_query_param: &'static str,
    offset_query_param: &'static str,
    response: Option<PaginatedResponse>,
}

impl Default for LimitOffsetPagination {
    /// As many rows as the project's `PAGE_SIZE`, unless the client chooses another number.
    fn default() -> Self {
        Self {
            default_limit: None,
            max_limit: None,
            limit_query_param: "limit",
            offset_query_param: "offset",
            response: None,
        }
    }
}

impl LimitOffsetPagination {
    /// This number of rows, unless the client chooses another one.
    #[must_use]
    pub fn new(default_limit: u64) -> Self {
        Self::default().default_limit(default_limit)
    }

    /// The number of rows if the client chooses none. Default: `PAGE_SIZE` of the project's settings. Without both a list is
    /// paginated only if the client chooses a number.
    #[must_use]
    pub fn default_limit(mut self, rows: u64) -> Self {
        self.default_limit = Some(rows);
        self
    }

    /// The maximum number of rows that the client can choose. Default: any number.
    #[must_use]
    pub fn max_limit(mut self, rows: u64) -> Self {
        self.max_limit = Some(rows);
        self
    }

    /// The query parameter of the number of rows. Default: `limit`. With an empty name the client cannot choose.
    #[must_use]
    pub fn limit_query_param(mut self, name: &'static str) -> Self {
        self.limit_query_param = name;
        self
    }

    /// The query parameter of the number of rows to skip. Default: `offset`.
    #[must_use]
    pub fn offset_query_param(mut self, name: &'static str) -> Self {
        self.offset_query_param = name;
        self
    }

    paginated_response_method!();

    pub(super) fn plan_for(
        &self,
        query: &QueryDict,
        project: impl FnOnce() -> Option<u64>,
    ) -> Option<OffsetPlan> {
        let named = Some(self.limit_query_param).filter(|name| !name.is_empty());
        let wanted = named.and_then(|name| parameter(query, name));
        let wanted = wanted.and_then(|text| positive_int(text, self.max_limit));
        let limit = wanted.or(self.default_limit).or_else(project)?;
        let offset = parameter(query, self.offset_query_param).and_then(int);
        let offset = offset.filter(|offset| !is_negative(offset)).unwrap_or_else(|| 0.into());
        let exact = if offset.as_i64().is_some() { None } else { offset.to_string().parse().ok() };
        Some(OffsetPlan { exact, ..OffsetPlan::new(limit, Some(saturated(&offset))) })
    }

    pub(super) fn page_for(
        &self,
        plan: &OffsetPlan,
        count: u64,
        url: impl FnOnce() -> Result<String, APIException>,
    ) -> Result<Page, APIException> {
        let (limit, offset) = (plan.limit, plan.offset_in(count));
        let after = offset.saturating_add(limit);
        let (has_next, has_previous) = (after < count, offset > 0);
        let url = if has_next || has_previous { url()? } else { String::new() };
        let url = replace_query_param(&url, self.limit_query_param, &limit.to_string());
        let link = |offset: &str| replace_query_param(&url, self.offset_query_param, offset);
        let previous = || {
            let exact = plan.exact.clone().unwrap_or_else(|| BigUint::from(offset));
            if exact <= BigUint::from(limit) {
                return remove_query_param(&url, self.offset_query_param);
            }
            link(&(exact - limit).to_string())
        };
        Ok(Page {
            count: Some(count),
            next: has_next.then(|| link(&after.to_string())),
            previous: has_previous.then(previous),
            page_size: limit,
            offset: Some(offset),
            ..Page::default()
        })
    }
}

impl Pagination for LimitOffsetPagination {
    fn plan(
        &self,
        request: &Request,
        query: &QueryDict,
        _ordering: &[OrderBy],
    ) -> Result<Option<Plan>, APIException> {
        Ok(self.plan_for(query, || project_page_size(request)).map(Plan::Offset))
    }

    fn page(&self, request: &Request, plan: &Plan, rows: &Rows<'_>) -> Result<Page, APIException> {
        let Plan::Offset(plan) = plan else {
            return Err(APIException::server_error("LimitOffsetPagination did not make this plan"));
        };
        self.page_for(plan, rows.count()?, || request.build_absolute_uri(None))
    }

    fn write(&self, page: &Page, results: &[u8], body: &mut Vec<u8>) -> Result<(), RenderError> {
        write_counted(self.response.as_ref(), page, results, body)
    }

    fn get_schema_operation_parameters(&self) -> Vec<QueryParameter> {
        let limit = gettext("Number of results to return per page.");
        let offset = gettext("The initial index from which to return the results.");
        vec![
            QueryParameter::integer(self.limit_query_param, limit),
            QueryParameter::integer(self.offset_query_param, offset),
        ]
    }

    fn get_paginated_response_schema(&self, schema: Value) -> Value {
        let url = |offset: u16| {
            let (offset_param, limit_param) = (self.offset_query_param, self.limit_query_param);
            format!("http://api.example.org/accounts/?{offset_param}={offset}&{limit_param}=100")
        };
        counted_schema(&url(400), &url(200), schema)
    }
}
