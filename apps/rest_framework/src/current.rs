//! Values of the request that this thread is polling. Code that actix-web calls without them, such as an extractor, finds
//! them here. actix-web's extensions could store them too, but cost as much as the lookup of a token.

use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread::LocalKey;

use pin_project_lite::pin_project;

/// A thread's current value of a type, if any.
pub(super) type Current<T> = RefCell<Option<Rc<T>>>;

pin_project! {
    /// A future that has a current value while it is polled. Tokio's task-local values would do the same, but move the
    /// future's output several times.
    pub(super) struct WithCurrent<T: 'static, F> {
        key: &'static LocalKey<Current<T>>,
        value: Option<Rc<T>>,
        #[pin]
        future: F,
    }
}

/// Sets the current value while `future` is polled. Nested futures may set another one.
pub(super) fn with_current<T, F>(
    key: &'static LocalKey<Current<T>>,
    value: Rc<T>,
    future: F,
) -> WithCurrent<T, F> {
    WithCurrent { key, value: Some(value), future }
}

impl<T, F: Future> Future for WithCurrent<T, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _guard = CurrentGuard::new(this.key, this.value);
        this.future.poll(context)
    }
}

/// Swaps the current value for another until dropped. A panic drops it too, because the thread then continues with
/// another request.
struct CurrentGuard<'a, T: 'static> {
    key: &'static LocalKey<Current<T>>,
    value: &'a mut Option<Rc<T>>,
}

impl<'a, T> CurrentGuard<'a, T> {
    fn new(key: &'static LocalKey<Current<T>>, value: &'a mut Option<Rc<T>>) -> Self {
        key.with_borrow_mut(|current| mem::swap(current, value));
        Self { key, value }
    }
}

impl<T> Drop for CurrentGuard<'_, T> {
    fn drop(&mut self) {
        self.key.with_borrow_mut(|current| mem::swap(current, self.value));
    }
}
