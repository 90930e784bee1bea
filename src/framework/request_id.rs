//! The id of the request that is being answered, so that every log line can name it.
//!
//! It is the thread's while the request's future is polled, and handed on to blocking work by whoever starts that.

use std::cell::Cell;

use uuid::Uuid;

thread_local! {
    static CURRENT: Cell<Option<Uuid>> = const { Cell::new(None) };
}

/// The id of the request at hand, or `None` outside of one.
#[must_use]
pub fn current() -> Option<Uuid> {
    CURRENT.get()
}

/// Does work, or polls a future once, as part of a request.
pub fn scope<T>(id: Option<Uuid>, work: impl FnOnce() -> T) -> T {
    // Also after a panic, since whoever catches it goes on with another request.
    struct Restore(Option<Uuid>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(id));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_nest_and_end_with_a_panic() {
        let [outer, inner] = [Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2))];
        scope(outer, || {
            let caught = std::panic::catch_unwind(|| scope(inner, || panic!("{:?}", current())));
            assert!(caught.is_err_and(|payload| payload.downcast_ref() == Some(&format!("{inner:?}"))));
            assert_eq!(current(), outer);
            scope(None, || assert_eq!(current(), None));
        });
        assert_eq!(current(), None);
    }
}
