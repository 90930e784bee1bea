//! `PageNumberPagination`: `?page=4`.

use serde_json::Value;

use super::body::{PaginatedResponse, write_counted};
use super::builder::{page_size_methods, paginated_response_method};
use super::page_size::{PageSize, is_negative, parameter, project_page_size};
use super::plan::MAX;
use super::schema::{QueryParameter, counted_schema};
use super::{OffsetPlan, Page, Pagination, Plan, Rows};
use crate::data::{Integer, QueryDict};
use crate::exceptions::APIException;
use crate::fields::digits::int;
use crate::filters::OrderBy;
use crate::renderers::RenderError;
use crate::request::Request;
use crate::utils::urls::{remove_query_param, replace_query_param};
use vitamin_framework::translation::gettext;

/// Pages with numbers: `?page=4`, and `?page=4&page_size=100` if that is allowed.
#[derive(Clone)]
pub struct PageNumberPagination {
    page_size: PageSize,
    page_query_param: &'static str,
    last_page_strings: Vec<&'static str>,
    response: Option<PaginatedResponse>,
}

impl Default for PageNumberPagination {
    /// Pages of the project's `PAGE_SIZE`.
    fn default() -> Self {
        Self {
            page_size: PageSize::default(),
            page_query_param: "page",
            last_page_strings: vec!["last"],
            response: None,
        }
    }
}

impl PageNumberPagination {
    /// Pages of this number of rows. 0 turns pagination off, unless the client asks for a size.
    #[must_use]
    pub fn new(page_size: u64) -> Self {
        Self::default().page_size(page_size)
    }

    page_size_methods!();

    /// The query parameter of the page's number. Default: `page`.
    #[must_use]
    pub fn page_query_param(mut self, name: &'static str) -> Self {
        self.page_query_param = name;
        self
    }

    /// Texts that stand for the last page's number. Default: `last`.
    #[must_use]
    pub fn last_page_strings(mut self, texts: &[&'static str]) -> Self {
        self.last_page_strings = texts.to_vec();
        self
    }

    paginated_response_method!();

    pub(super) fn plan_for(
        &self,
        query: &QueryDict,
        project: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<Plan>, APIException> {
        let Some(size) = self.page_size.get(query, project) else { return Ok(None) };
        let text = parameter(query, self.page_query_param).filter(|text| !text.is_empty()).unwrap_or("1");
        if self.last_page_strings.contains(&text) {
            return Ok(Some(Plan::Offset(OffsetPlan::new(size, None))));
        }
        let number = int(text).filter(|number| !is_negative(number) && *number != Integer::from(0));
        let before = number.and_then(|number| u64::try_from(number.as_i64()?).ok()?.checked_sub(1));
        // No list has so many rows that this overflows.
        let offset = before.and_then(|pages| pages.checked_mul(size)).filter(|offset| *offset <= MAX);
        let offset = offset.ok_or_else(invalid_page)?;
        Ok(Some(Plan::Offset(OffsetPlan::new(size, Some(offset)))))
    }

    pub(super) fn page_for(
        &self,
        plan: &OffsetPlan,
        count: u64,
        url: impl FnOnce() -> Result<String, APIException>,
    ) -> Result<Page, APIException> {
        let num_pages = plan.num_pages(count);
        let offset = plan.offset_in(count);
        let number = offset / plan.limit.max(1) + 1;
        if number > num_pages {
            return Err(invalid_page());
        }
        let url = if num_pages > 1 { url()? } else { String::new() };
        let link = |number: u64| match number {
            1 => remove_query_param(&url, self.page_query_param),
            number => replace_query_param(&url, self.page_query_param, &number.to_string()),
        };
        Ok(Page {
            count: Some(count),
            next: (number < num_pages).then(|| link(number + 1)),
            previous: (number > 1).then(|| link(number - 1)),
            number: Some(number),
            num_pages: Some(num_pages),
            page_size: plan.limit,
            offset: Some(offset),
            reversed: false,
        })
    }
}

/// 404: `Invalid page.`
fn invalid_page() -> APIException {
    APIException::not_found().with_message(gettext("Invalid page."))
}

impl Pagination for PageNumberPagination {
    fn plan(
        &self,
        request: &Request,
        query: &QueryDict,
        _ordering: &[OrderBy],
    ) -> Result<Option<Plan>, APIException> {
        self.plan_for(query, || project_page_size(request))
    }

    fn page(&self, request: &Request, plan: &Plan, rows: &Rows<'_>) -> Result<Page, APIException> {
        let Plan::Offset(plan) = plan else {
            return Err(APIException::server_error("PageNumberPagination did not make this plan"));
        };
        self.page_for(plan, rows.count()?, || request.build_absolute_uri(None))
    }

    fn write(&self, page: &Page, results: &[u8], body: &mut Vec<u8>) -> Result<(), RenderError> {
        write_counted(self.response.as_ref(), page, results, body)
    }

    fn get_schema_operation_parameters(&self) -> Vec<QueryParameter> {
        let page = gettext("A page number within the paginated result set.");
        let page = QueryParameter::integer(self.page_query_param, page);
        let size = |name| QueryParameter::integer(name, gettext("Number of results to return per page."));
        std::iter::once(page).chain(self.page_size.query_param.map(size)).collect()
    }

    fn get_paginated_response_schema(&self, schema: Value) -> Value {
        let url = |page: u8| format!("http://api.example.org/accounts/?{}={page}", self.page_query_param);
        counted_schema(&url(4), &url(2), schema)
    }
}
