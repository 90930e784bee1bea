//! The builder methods that pagination classes have in common.

/// The methods of a class with a field `page_size: PageSize`.
macro_rules! page_size_methods {
    () => {
        /// The number of rows of a page. Default: `PAGE_SIZE` of the project's settings.
        #[must_use]
        pub fn page_size(mut self, rows: u64) -> Self {
            self.page_size.own = Some(rows);
            self
        }

        /// The query parameter by which the client chooses the number of rows. Default: none.
        #[must_use]
        pub fn page_size_query_param(mut self, name: &'static str) -> Self {
            self.page_size.query_param = Some(name);
            self
        }

        /// The maximum number of rows that the client can choose. Default: any number.
        #[must_use]
        pub fn max_page_size(mut self, rows: u64) -> Self {
            self.page_size.max = Some(rows);
            self
        }
    };
}

/// The method of a class with a field `response: Option<PaginatedResponse>`.
macro_rules! paginated_response_method {
    () => {
        /// Replaces the body.
        #[must_use]
        pub fn get_paginated_response(
            mut self,
            write: impl Fn(&$crate::pagination::Page, &mut $crate::pagination::Body<'_>) + Send + Sync + 'static,
        ) -> Self {
            self.response = Some($crate::pagination::PaginatedResponse::new(write));
            self
        }
    };
}

pub(super) use {page_size_methods, paginated_response_method};
