//! Throttle classes (`rest_framework/throttling.py`): not so often!
//!
//! A view asks all of its classes, also after one refused, so that each counts; the longest wait is what the client
//! is told. The counts are in the [cache](vitamin_framework::cache). Where that is Redis, all processes agree.
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

/// What a throttle says of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Throttling {
    /// It may go on.
    Allowed,
    /// It may not; try again in so many seconds, or `None` where nobody can tell.
    Wait(Option<f64>),
}

/// Limits how often a request is made.
///
/// To limit a rate, implement [`SimpleRateThrottle`] instead, which is one function.
#[async_trait(?Send)]
pub trait Throttle: Send + Sync {
    /// Counts the request, and says whether it may go on.
    ///
    /// # Errors
    /// An answer other than 429, such as 500 where there is no rate for the scope.
    async fn allow_request(&self, request: &Request) -> Result<Throttling, APIException>;
}

#[cfg(test)]
mod tests;
