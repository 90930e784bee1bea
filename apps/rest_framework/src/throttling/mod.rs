//! Throttle classes (`rest_framework/throttling.py`): they limit the rate of requests.
//!
//! A view calls all of its throttles, even after one denied the request, so that each counts it. The client receives the
//! longest wait. The counts are in the [cache](vitamin_framework::cache). With Redis, all processes share them.
//!
//! ```
//! use vitamin_rest_framework::classes;
//! use vitamin_rest_framework::response::Response;
//! use vitamin_rest_framework::throttling::{Period, Rate, ScopedRateThrottle, UserRateThrottle};
//! use vitamin_rest_framework::views::APIView;
//!
//! fn contacts() -> APIView {
//!     let burst = UserRateThrottle { scope: "burst", rate: Some(Rate::new(60, Period::Minute)), ..Default::default() };
//!     APIView::new("ContactsView")
//!         .throttle_classes(classes![burst, ScopedRateThrottle::default()])
//!         .throttle_scope("contacts") // its rate: DEFAULT_THROTTLE_RATES=contacts=1000/day
//!         .get(async || Response::new("all of them"))
//! }
//! ```

mod classes;
mod ident;
mod key;
pub(super) mod rate;
mod simple_rate;

use std::sync::Arc;

pub use self::classes::{AnonRateThrottle, ScopedRateThrottle, UserRateThrottle};
pub use self::ident::get_ident;
pub use self::key::{Ident, cache_key};
pub use self::rate::{InvalidRate, Period, Rate, ThrottleRates};
use self::simple_rate::limit;
pub use self::simple_rate::{SimpleRateThrottle, Timer, count, default_rate, time};
use super::policy_result::PolicyResult;
use super::request::Request;
use vitamin_framework::diagnosis::class_name;

/// A throttle's decision on a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Throttling {
    /// The request is allowed.
    Allowed,
    /// The request is denied. The client may retry after this many seconds; `None` if that is unknown.
    Wait(Option<f64>),
}

/// Limits how often a client may send requests.
///
/// To limit a rate, implement [`SimpleRateThrottle`] instead.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a throttle class",
    label = "not a `Throttle`",
    note = "implement `SimpleRateThrottle` for it to limit a rate, or `Throttle` for another rule"
)]
pub trait Throttle: Send + Sync {
    /// The name of the class, which `manage doctor --django` compares with that in Django's settings: by default the type's.
    fn class_name(&self) -> &'static str {
        class_name(std::any::type_name::<Self>())
    }

    /// Counts the request, and allows or denies it.
    ///
    /// # Errors
    /// A response other than 429, such as 500 if the scope has no rate.
    fn allow_request<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Throttling>;
}

/// A class that was chosen at run time.
impl<T: Throttle + ?Sized> Throttle for Arc<T> {
    fn class_name(&self) -> &'static str {
        (**self).class_name()
    }

    fn allow_request<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Throttling> {
        (**self).allow_request(request)
    }
}

#[cfg(test)]
mod tests;
