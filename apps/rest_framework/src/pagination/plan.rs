//! Which rows a page needs, and the page that they become.

use bigdecimal::num_bigint::BigUint;

use crate::exceptions::APIException;
use crate::filters::OrderBy;

/// The rows that a page needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Count all rows, and load some of them.
    Offset(OffsetPlan),
    /// Load the rows from a position on. There is no count.
    Cursor(CursorPlan),
}

/// Rows by their index in the list. All numbers fit in an `i64`.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetPlan {
    /// The maximum number of rows to load.
    pub limit: u64,
    /// The number of rows to skip. `None`: the page is the last one. Count first, then see [`offset_in`](Self::offset_in).
    pub offset: Option<u64>,
    /// The client's offset, if it is larger than `offset` can be. Links contain it.
    pub(super) exact: Option<BigUint>,
}

/// The maximum of LIMIT and OFFSET in SQL.
pub(super) const MAX: u64 = i64::MAX as u64;

impl OffsetPlan {
    /// A plan for these rows.
    #[must_use]
    pub fn new(limit: u64, offset: Option<u64>) -> Self {
        Self { limit: limit.min(MAX), offset: offset.map(|offset| offset.min(MAX)), exact: None }
    }

    /// The number of rows to skip if there are `count` rows.
    #[must_use]
    pub fn offset_in(&self, count: u64) -> u64 {
        let pages = self.num_pages(count);
        self.offset.unwrap_or_else(|| pages.saturating_sub(1).saturating_mul(self.limit))
    }

    /// The number of pages of `count` rows. An empty list has one page.
    pub(super) fn num_pages(&self, count: u64) -> u64 {
        count.max(1).div_ceil(self.limit.max(1))
    }
}

/// Rows from a position on, in an order.
#[derive(Clone, Debug, PartialEq)]
pub struct CursorPlan {
    /// The maximum number of rows to load: one more than a page has.
    pub limit: u64,
    /// The number of rows to skip.
    pub offset: u64,
    /// Whether the client goes back: rows are loaded in the reverse order.
    pub reverse: bool,
    /// The text of the first column of the ordering where the page begins, as [`position`](super::position()) writes it.
    /// It comes from the client.
    pub position: Option<String>,
    /// The order of the list. Not empty.
    pub ordering: Vec<OrderBy>,
}

impl CursorPlan {
    /// The order of the query: that of the list, or its reverse.
    pub fn order_by(&self) -> impl Iterator<Item = OrderBy> + '_ {
        self.ordering.iter().map(|order| if self.reverse { order.reversed() } else { order.clone() })
    }

    /// The column that `order_by` starts with, if rows must be filtered by the position: load only rows with a value less
    /// than it (`true`), or greater than it (`false`).
    #[must_use]
    pub fn is_less_than(&self) -> bool {
        self.ordering.first().is_some_and(|first| first.descending != self.reverse)
    }

    pub(super) fn page_size(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_sub(1)
    }
}

/// What a query found.
#[derive(Clone, Copy)]
pub enum Rows<'a> {
    /// The number of all rows of the list, for [`Plan::Offset`].
    Counted(u64),
    /// The loaded rows, for [`Plan::Cursor`].
    Loaded {
        /// The number of loaded rows, at most the plan's `limit`.
        number: usize,
        /// Returns the [position](super::position()) of a loaded row by its index, in the order of the query.
        position: &'a dyn Fn(usize) -> String,
    },
}

impl Rows<'_> {
    pub(super) fn count(&self) -> Result<u64, APIException> {
        match self {
            Self::Counted(count) => Ok(*count),
            Self::Loaded { .. } => Err(APIException::server_error("the page needs the number of all rows")),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The number of rows in the whole list. `None` for cursors.
    pub count: Option<u64>,
    /// The URL of the next page, if there is one.
    pub next: Option<String>,
    /// The URL of the previous page, if there is one.
    pub previous: Option<String>,
    /// The number of this page, from 1. Only of PageNumberPagination.
    pub number: Option<u64>,
    /// The number of pages. Only of PageNumberPagination.
    pub num_pages: Option<u64>,
    /// The maximum number of rows of a page.
    pub page_size: u64,
    /// The rows before this page. `None` for cursors.
    pub offset: Option<u64>,
    /// Only the first `page_size` of the loaded rows are on the page, in the reverse of the query's order. False for all
    /// but cursors that go back.
    pub reversed: bool,
}
