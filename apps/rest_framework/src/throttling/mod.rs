//! Throttle classes (`rest_framework/throttling.py`): they limit the rate of requests.
//!
//! A view calls all of its throttles, even after one denied the request, so that each counts it. The client receives the
//! longest wait. The counts are in the [cache](vitamin_framework::cache). With Redis, all processes share them.
//!
//! ```
//! use crate::response::Response;
//! use crate::throttling::{Period, Rate, ScopedRateThrottle, UserRateThrottle};
//! use crate::views::APIView;
//! use vitamin::classes;
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
mod rate;
mod simple_rate;

use async_trait::async_trait;

pub use self::classes::{AnonRateThrottle, ScopedRateThrottle, UserRateThrottle};
pub use self::ident::get_ident;
pub use self::rate::{InvalidRate, Period, Rate, ThrottleRates};
pub use self::simple_rate::{SimpleRateThrottle, Timer, cache_key, count, default_rate, time};
use super::exceptions::APIException;
use super::request::Request;

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
#[async_trait(?Send)]
pub trait Throttle: Send + Sync {
    /// Counts the request, and allows or denies it.
    ///
    /// # Errors
    /// A response other than 429, such as 500 if the scope has no rate.
    async fn allow_request(&self, request: &Request) -> Result<Throttling, APIException>;
}

#[cfg(test)]
mod tests;
