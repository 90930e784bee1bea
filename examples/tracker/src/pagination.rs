//! The paginations.

use vitamin::rest_framework::prelude::*;

pub fn pages() -> PageNumberPagination {
    PageNumberPagination::default().page_size_query_param("page_size").max_page_size(50)
}

pub fn limited() -> LimitOffsetPagination {
    LimitOffsetPagination::new(5).max_limit(20)
}

pub fn newest() -> CursorPagination {
    CursorPagination::new(4).ordering(&["-id"])
}
