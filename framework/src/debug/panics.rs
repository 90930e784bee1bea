//! Remembers the last panic of each thread, for the debug page: a caught panic tells its message, but not its place.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;

use super::ErrorReport;

thread_local! {
    static LAST: RefCell<Option<ErrorReport>> = const { RefCell::new(None) };
}

/// Installs a panic hook around the present one, once.
pub(super) fn record() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let present = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let message = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let message = message.or_else(|| payload.downcast_ref::<String>().cloned());
            let mut report =
                ErrorReport::new(message.unwrap_or_else(|| "a panic without a message".to_owned()));
            report.location = info.location().map(ToString::to_string);
            LAST.set(Some(report));
            present(info);
        }));
    });
}

/// Takes the last panic of this thread.
pub(crate) fn last_panic() -> Option<ErrorReport> {
    LAST.take()
}
