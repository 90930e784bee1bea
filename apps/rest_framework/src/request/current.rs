//! The request whose handler is being polled. Extractors and responders find it by actix-web's request.

use std::cell::RefCell;
use std::ptr;
use std::rc::Rc;

use actix_web::HttpRequest;

use super::{Request, State};
use crate::current::{Current, WithCurrent, with_current};

thread_local! {
    static CURRENT: Current<State> = const { RefCell::new(None) };
}

impl Request {
    /// The request for actix-web's request. `None` outside of a view or middleware, or after the handler has finished.
    pub(crate) fn current(http: &HttpRequest) -> Option<Self> {
        let state = State::current(http)?;
        Some(Self { http: http.clone(), state, method: None, overrides_action: false })
    }
}

impl State {
    /// The state of actix-web's request, if its handler is being polled.
    pub(crate) fn current(http: &HttpRequest) -> Option<Rc<Self>> {
        let is_same = |state: &&Rc<Self>| ptr::eq(state.head, http.head());
        CURRENT.with_borrow(|current| current.as_ref().filter(is_same).map(Rc::clone))
    }

    /// A future in which [`Request::current`] finds this state.
    pub(crate) fn scope<F: Future>(self: Rc<Self>, future: F) -> WithCurrent<Self, F> {
        with_current(&CURRENT, self, future)
    }
}
