//! Data that a request keeps until the browsable API makes its page: the response, the submitted form, and the page of a list. A request
//! for JSON keeps none.

use std::cell::{Cell, OnceCell, RefCell};

use actix_web::http::{Method, StatusCode};
use bytes::Bytes;

use super::Request;
use crate::data::Data;
use crate::error_detail::Detail;
use crate::exceptions::{APIException, ExceptionKind};
use crate::pagination::Page;

/// The response that a page shows.
pub(crate) struct PageContent {
    /// The data as indented JSON; empty if there are none.
    pub(crate) json: Bytes,
    /// The status.
    pub(crate) status: StatusCode,
    /// The exception that it answers.
    pub(crate) exception: Option<(ExceptionKind, Detail)>,
}

#[derive(Default)]
pub(super) struct PageState {
    content: Cell<Option<PageContent>>,
    submitted: RefCell<Option<Data>>,
    listed: RefCell<Option<Page>>,
    method: OnceCell<Method>,
    refused: Cell<Option<APIException>>,
}

impl Request {
    /// Whether the negotiated renderer makes pages.
    pub(crate) fn is_page(&self) -> bool {
        self.accepted_media_type().is_some_and(|media_type| media_type.starts_with("text/html"))
    }

    /// Keeps the response for [`take_page_content`](Self::take_page_content).
    pub(crate) fn set_page_content(&self, content: PageContent) {
        self.state.lazy().page.content.set(Some(content));
    }

    /// The response, if BrowsableAPIRenderer rendered it.
    pub(crate) fn take_page_content(&self) -> Option<PageContent> {
        self.state.lazy.get()?.page.content.take()
    }

    /// Keeps what a form holds, so that the page can show it again beside its errors.
    pub(super) fn keep_submitted(&self, data: &Data) {
        if self.is_page() {
            self.state.lazy().page.submitted.replace(Some(data.clone()));
        }
    }

    /// The data that the client sent, if the handler has read them.
    pub(crate) fn submitted(&self) -> Option<Data> {
        self.state.lazy.get()?.page.submitted.borrow().clone()
    }

    /// Answers the handler that extracts the data with this error.
    pub(crate) fn refuse_data(&self, error: APIException) {
        self.state.lazy().page.refused.set(Some(error));
    }

    /// The error of [`refuse_data`](Self::refuse_data).
    pub(super) fn take_refusal(&self) -> Option<APIException> {
        self.state.lazy.get()?.page.refused.take()
    }

    /// Keeps the page of a list, for its links.
    pub(crate) fn keep_listed(&self, page: &Page) {
        if self.is_page() {
            self.state.lazy().page.listed.replace(Some(page.clone()));
        }
    }

    /// The page of the list that the response holds.
    pub(crate) fn listed(&self) -> Option<Page> {
        self.state.lazy.get()?.page.listed.borrow().clone()
    }

    /// The method that a form names instead of POST, after its CSRF token was checked.
    pub(crate) fn form_method(&self) -> Option<&Method> {
        self.state.lazy.get()?.page.method.get()
    }

    /// Sets [`form_method`](Self::form_method). The CSRF token is not checked again.
    pub(crate) fn set_form_method(&self, method: Method) {
        let _ = self.state.lazy().page.method.set(method);
    }

    /// The name of the client's own method.
    pub(crate) fn client_method_name(&self) -> &str {
        self.client_method().as_str()
    }

    /// This request as if the client had sent it with another method (`override_method`): a view set's action follows.
    pub(crate) fn overriding_method(&self, method: Method) -> Self {
        Self { overrides_action: true, ..self.with_method(method) }
    }
}
