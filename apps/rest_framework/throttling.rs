//! Throttle classes (`rest_framework/throttling.py`): not so often!

use async_trait::async_trait;

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

/// Limits how often a request is made. A view asks all of its classes, and the longest wait counts.
#[async_trait(?Send)]
pub trait Throttle: Send + Sync {
    /// Counts the request, and says whether it may go on.
    ///
    /// # Errors
    /// An answer other than 429, where the count can't be kept.
    async fn allow_request(&self, request: &Request) -> Result<Throttling, APIException>;
}
