//! `CursorPagination`: opaque cursors, which stay right while rows are added.

pub(crate) mod code;
mod links;

use serde_json::Value;

use self::code::Cursor;
use self::links::Links;
use super::body::{PaginatedResponse, write_uncounted};
use super::builder::{page_size_methods, paginated_response_method};
use super::page_size::{PageSize, parameter, project_page_size};
use super::schema::{QueryParameter, uncounted_schema};
use super::{CursorPlan, Page, Pagination, Plan, Rows};
use crate::data::QueryDict;
use crate::exceptions::APIException;
use crate::filters::OrderBy;
use crate::renderers::RenderError;
use crate::request::Request;
use crate::utils::urls::replace_query_param;
use vitamin_framework::translation::gettext;

/// Pages that a cursor in the links finds: `?cursor=cD00ODY%3D`. A page starts at the value of the ordering's first column,
/// so that it is found without counting, and rows that are added meanwhile do not shift it.
#[derive(Clone)]
pub struct CursorPagination {
    page_size: PageSize,
    cursor_query_param: &'static str,
    ordering: Vec<OrderBy>,
    offset_cutoff: u64,
    response: Option<PaginatedResponse>,
}

impl Default for CursorPagination {
    /// Pages of the project's `PAGE_SIZE`, by `-created`.
    fn default() -> Self {
        Self {
            page_size: PageSize::default(),
            cursor_query_param: "cursor",
            ordering: vec!["-created".into()],
            offset_cutoff: 1000,
            response: None,
        }
    }
}

impl CursorPagination {
    /// Pages of this number of rows. 0 turns pagination off, unless the client asks for a size.
    #[must_use]
    pub fn new(page_size: u64) -> Self {
        Self::default().page_size(page_size)
    }

    page_size_methods!();

    /// The query parameter of the cursor. Default: `cursor`.
    #[must_use]
    pub fn cursor_query_param(mut self, name: &'static str) -> Self {
        self.cursor_query_param = name;
        self
    }

    /// The order of the rows; a `-` before a name reverses it. The first column should never change, be never NULL and
    /// nearly unique. Default: `-created`. The ordering of the view's OrderingFilter takes its place.
    #[must_use]
    pub fn ordering(mut self, names: &[&'static str]) -> Self {
        self.ordering = names.iter().copied().map(OrderBy::from).collect();
        self
    }

    /// The maximum number of rows that a cursor can skip, so that no cursor makes a slow query. Default: 1000. 0: no maximum.
    #[must_use]
    pub fn offset_cutoff(mut self, rows: u64) -> Self {
        self.offset_cutoff = rows;
        self
    }

    paginated_response_method!();

    /// 404: `Invalid cursor`. The caller returns it if the plan's position is no value of the column (in Django REST
    /// framework that is a 500).
    #[must_use]
    pub fn invalid_cursor() -> APIException {
        APIException::not_found().with_message(gettext("Invalid cursor"))
    }

    pub(super) fn plan_for(
        &self,
        query: &QueryDict,
        ordering: &[OrderBy],
        project: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<CursorPlan>, APIException> {
        let Some(size) = self.page_size.get(query, project) else { return Ok(None) };
        let Cursor { offset, reverse, position } = match parameter(query, self.cursor_query_param) {
            None => Cursor::default(),
            Some(encoded) => Cursor::decode(encoded, self.offset_cutoff).ok_or_else(Self::invalid_cursor)?,
        };
        let ordering = if ordering.is_empty() { self.ordering.clone() } else { ordering.to_vec() };
        if ordering.is_empty() {
            return Err(APIException::server_error("CursorPagination has no ordering"));
        }
        let limit = size.saturating_add(1).min(super::plan::MAX);
        Ok(Some(CursorPlan { limit, offset, reverse, position, ordering }))
    }

    pub(super) fn page_for(
        &self,
        plan: &CursorPlan,
        number: usize,
        position: &dyn Fn(usize) -> String,
        url: impl FnOnce() -> Result<String, APIException>,
    ) -> Result<Page, APIException> {
        let links = Links::new(plan, number, position);
        let (next, previous) = (links.next(), links.previous());
        let url = if next.is_some() || previous.is_some() { url()? } else { String::new() };
        let link = |cursor: Cursor| replace_query_param(&url, self.cursor_query_param, &cursor.encode());
        Ok(Page {
            next: next.map(link),
            previous: previous.map(link),
            page_size: plan.limit.saturating_sub(1),
            reversed: plan.reverse,
            ..Page::default()
        })
    }
}

impl Pagination for CursorPagination {
    fn plan(
        &self,
        request: &Request,
        query: &QueryDict,
        ordering: &[OrderBy],
    ) -> Result<Option<Plan>, APIException> {
        let plan = self.plan_for(query, ordering, || project_page_size(request))?;
        Ok(plan.map(Plan::Cursor))
    }

    fn page(&self, request: &Request, plan: &Plan, rows: &Rows<'_>) -> Result<Page, APIException> {
        let (Plan::Cursor(plan), Rows::Loaded { number, position }) = (plan, rows) else {
            return Err(APIException::server_error("CursorPagination did not make this plan"));
        };
        self.page_for(plan, *number, position, || request.build_absolute_uri(None))
    }

    fn write(&self, page: &Page, results: &[u8], body: &mut Vec<u8>) -> Result<(), RenderError> {
        write_uncounted(self.response.as_ref(), page, results, body)
    }

    fn get_schema_operation_parameters(&self) -> Vec<QueryParameter> {
        let cursor = QueryParameter::string(self.cursor_query_param, gettext("The pagination cursor value."));
        let size = |name| QueryParameter::integer(name, gettext("Number of results to return per page."));
        std::iter::once(cursor).chain(self.page_size.query_param.map(size)).collect()
    }

    fn get_paginated_response_schema(&self, schema: Value) -> Value {
        let url =
            |cursor: &str| format!("http://api.example.org/accounts/?{}={cursor}", self.cursor_query_param);
        uncounted_schema(&url("cD00ODY%3D\""), &url("cj0xJnA9NDg3"), schema)
    }
}
