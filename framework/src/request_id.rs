//! The id of the current request, so that every log line can include it.
//!
//! It is stored in a thread-local while the request's future is polled. Code that starts blocking work passes it on
//! with [`scope`].

use std::cell::{Cell, RefCell};

use uuid::{Builder, Uuid};

thread_local! {
    static CURRENT: Cell<Option<Uuid>> = const { Cell::new(None) };
}

/// Returns the current request's id, or `None` outside of a request.
#[must_use]
pub fn current() -> Option<Uuid> {
    CURRENT.get()
}

/// Runs `work`, or one poll of a future, with this id.
pub fn scope<T>(id: Option<Uuid>, work: impl FnOnce() -> T) -> T {
    // Restores the id after a panic too: the thread goes on with other requests.
    struct Restore(Option<Uuid>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(id));
    work()
}

/// Makes one worker's ids. They tell requests in a log apart, and are no secret: a client may choose its own. So the generator is
/// a fast one, with a seed of the operating system.
#[derive(Default)]
pub(crate) struct RequestIds(RefCell<fastrand::Rng>);

impl RequestIds {
    /// A random UUID (version 4).
    pub(crate) fn next(&self) -> Uuid {
        Builder::from_random_bytes(self.0.borrow_mut().u128(..).to_ne_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_all_workers_differ() {
        let workers = [RequestIds::default(), RequestIds::default()];
        let ids: HashSet<Uuid> = (0..1000).flat_map(|_| workers.iter().map(RequestIds::next)).collect();
        assert_eq!(ids.len(), 2000);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
    }

    #[test]
    fn scopes_nest_and_a_panic_ends_them() {
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
