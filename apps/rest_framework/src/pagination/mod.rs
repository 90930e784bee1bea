//! Pagination classes (`rest_framework/pagination.py`): they split a list of rows into pages.
//!
//! A class never queries. It first reads the request and [plans](Pagination::plan) which rows to load, so that the
//! caller can count rows and load them at once. It then makes the [page](Pagination::page) with its links, or a 404, and
//! [writes](Pagination::write) the body around the rendered rows.
//!
//! ```
//! use vitamin_rest_framework::pagination::{CursorPagination, LimitOffsetPagination, PageNumberPagination};
//!
//! let pages = PageNumberPagination::new(10).page_size_query_param("page_size").max_page_size(50);
//! let limited = LimitOffsetPagination::new(5).max_limit(20);
//! let newest = CursorPagination::new(4).ordering(&["-id"]);
//! // A body of one's own:
//! let wrapped = PageNumberPagination::new(10).get_paginated_response(|page, body| {
//!     body.object("links", |links| {
//!         links.field("next", &page.next).field("previous", &page.previous);
//!     });
//!     body.field("total", &page.count).results("items");
//! });
//! ```

mod body;
mod builder;
pub(crate) mod cursor;
mod limit_offset;
mod page_number;
mod page_size;
mod plan;
mod position;
mod schema;

pub use self::body::{Body, PaginatedResponse};
pub use self::cursor::CursorPagination;
pub use self::limit_offset::LimitOffsetPagination;
pub use self::page_number::PageNumberPagination;
pub use self::plan::{CursorPlan, OffsetPlan, Page, Plan, Rows};
pub use self::position::{parse_position, position};
pub use self::schema::QueryParameter;

use serde_json::Value;

use super::data::QueryDict;
use super::exceptions::APIException;
use super::filters::OrderBy;
use super::renderers::RenderError;
use super::request::Request;
use vitamin_framework::diagnosis::class_name;

/// Splits a list of rows into pages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a pagination class",
    label = "not a `Pagination`",
    note = "use `PageNumberPagination`, `LimitOffsetPagination` or `CursorPagination`; each takes a body of one's own"
)]
pub trait Pagination: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

    /// Decides which rows to load. `None`: the list is not paginated.
    ///
    /// `query` are the request's query parameters. `ordering` is what the view's OrderingFilter chose, its default
    /// included; empty if the view has no such filter or no ordering. Only cursors read it.
    ///
    /// # Errors
    /// 404: no list of rows has such a page.
    fn plan(
        &self,
        request: &Request,
        query: &QueryDict,
        ordering: &[OrderBy],
    ) -> Result<Option<Plan>, APIException>;

    /// Makes the page, from the same plan.
    ///
    /// # Errors
    /// 404: there are too few rows for this page. 500: `rows` are not what the plan needs.
    fn page(&self, request: &Request, plan: &Plan, rows: &Rows<'_>) -> Result<Page, APIException>;

    /// Writes the body: `results` is the JSON list of the page's rows.
    ///
    /// # Errors
    /// A body of one's own has a value that JSON cannot represent.
    fn write(&self, page: &Page, results: &[u8], body: &mut Vec<u8>) -> Result<(), RenderError>;

    /// The query parameters, for the schema (`get_schema_operation_parameters`).
    fn get_schema_operation_parameters(&self) -> Vec<QueryParameter>;

    /// The schema of the body around the schema of the list.
    fn get_paginated_response_schema(&self, schema: Value) -> Value;
}

#[cfg(test)]
mod tests;
