//! The request whose handler is being polled. Extractors and responders find it by actix-web's request. That one's
//! extensions could store it too, but cost as much as the lookup of a token.

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
    /// The view's request for actix-web's request. `None` outside of a view, or after its handler has finished.
    pub(in super::super) fn of(http: &HttpRequest) -> Option<Self> {
        let is_same = |state: &&Rc<State>| ptr::eq(state.http.head(), http.head());
        let state = CURRENT.with_borrow(|current| current.as_ref().filter(is_same).map(Rc::clone));
        Some(Self { state: state?, method: None })
    }

    /// The future of a handler, in which [`Request::of`] finds this request.
    pub(in super::super) fn scope<F: Future>(self, handle: impl FnOnce(Self) -> F) -> Scope<F> {
        Scope { state: Some(Rc::clone(&self.state)), future: handle(self) }
    }
}

pin_project! {
    /// [`Request::scope`]. Tokio's task-local values would do the same, but move the future's output several times.
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

/// Swaps the current request for another until dropped. A panic drops it too, because the thread then continues with
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
