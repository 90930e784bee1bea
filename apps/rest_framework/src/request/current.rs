//! The request whose handler is being polled: its extractors and its answer know actix-web's request only. That one's extensions
//! would do, but cost as much as a look-up of the token.

use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpRequest;
use pin_project_lite::pin_project;

use super::{Request, State};

thread_local! {
    static CURRENT: RefCell<Option<Rc<State>>> = const { RefCell::new(None) };
}

impl Request {
    /// The request of a view, or `None` where actix-web's request is not in one, or its handler has answered.
    pub(in super::super) fn of(http: &HttpRequest) -> Option<Self> {
        let is_same = |state: &&Rc<State>| ptr::eq(state.http.head(), http.head());
        let state = CURRENT.with_borrow(|current| current.as_ref().filter(is_same).map(Rc::clone));
        Some(Self { state: state?, method: None })
    }

    /// A handler's future, for which [`Request::of`] finds this request.
    pub(in super::super) fn scope<F: Future>(self, handle: impl FnOnce(Self) -> F) -> Scope<F> {
        Scope { state: Some(Rc::clone(&self.state)), future: handle(self) }
    }
}

pin_project! {
    /// [`Request::scope`]. Tokio's task-local values would do the same, but move what the future returns several times.
    pub(in super::super) struct Scope<F> {
        state: Option<Rc<State>>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _swapped = Swapped::new(this.state);
        this.future.poll(context)
    }
}

/// The current request in exchange for another's, until it is dropped: also by a panic, since whoever catches it goes on with
/// another request.
struct Swapped<'a>(&'a mut Option<Rc<State>>);

impl<'a> Swapped<'a> {
    fn new(state: &'a mut Option<Rc<State>>) -> Self {
        CURRENT.with_borrow_mut(|current| mem::swap(current, state));
        Self(state)
    }
}

impl Drop for Swapped<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| mem::swap(current, self.0));
    }
}
