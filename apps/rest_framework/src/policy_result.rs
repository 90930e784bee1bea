//! The result of a policy: ready, or a future of it.

use std::fmt;
use std::future::{IntoFuture, Ready, ready};

use futures_util::future::{Either, LocalBoxFuture};

use super::exceptions::APIException;

/// The result of an authentication, permission or throttle class: ready, or later.
///
/// A class that knows its result at once needs no future: any value and any `Result` convert with `.into()`. One that has
/// to wait returns [`PolicyResult::later`]. Both can be awaited.
///
/// ```
/// use vitamin_rest_framework::permissions::Permission;
/// use vitamin_rest_framework::policy_result::PolicyResult;
/// use vitamin_rest_framework::request::Request;
///
/// struct FromIntranet;
///
/// impl Permission for FromIntranet {
///     fn has_permission(&self, request: &Request) -> PolicyResult<'_, bool> {
///         request.peer_addr().is_some_and(|address| address.ip().is_loopback()).into()
///     }
/// }
///
/// struct MayPublish;
///
/// impl Permission for MayPublish {
///     fn has_permission<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, bool> {
///         PolicyResult::later(async move { request.has_perms(&["blog.publish_post"]).await })
///     }
/// }
/// ```
pub enum PolicyResult<'a, T> {
    /// The result is known.
    Ready(Result<T, APIException>),
    /// The result needs to wait, for example for the database.
    Later(LocalBoxFuture<'a, Result<T, APIException>>),
}

impl<'a, T> PolicyResult<'a, T> {
    /// The result of an async block.
    pub fn later(future: impl Future<Output = Result<T, APIException>> + 'a) -> Self {
        Self::Later(Box::pin(future))
    }

    /// Continues with `next`, unless the result is an error. Does not wait if both are ready.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> PolicyResult<'a, U> + 'a) -> PolicyResult<'a, U>
    where
        T: 'a,
    {
        match self {
            Self::Ready(Ok(value)) => next(value),
            Self::Ready(Err(error)) => PolicyResult::Ready(Err(error)),
            Self::Later(future) => PolicyResult::later(async move { next(future.await?).await }),
        }
    }
}

impl<T> From<T> for PolicyResult<'_, T> {
    fn from(value: T) -> Self {
        Self::Ready(Ok(value))
    }
}

impl<T> From<Result<T, APIException>> for PolicyResult<'_, T> {
    fn from(result: Result<T, APIException>) -> Self {
        Self::Ready(result)
    }
}

impl<'a, T> IntoFuture for PolicyResult<'a, T> {
    type Output = Result<T, APIException>;
    type IntoFuture = Either<Ready<Result<T, APIException>>, LocalBoxFuture<'a, Result<T, APIException>>>;

    fn into_future(self) -> Self::IntoFuture {
        match self {
            Self::Ready(result) => Either::Left(ready(result)),
            Self::Later(future) => Either::Right(future),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for PolicyResult<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(result) => f.debug_tuple("Ready").field(result).finish(),
            Self::Later(_) => f.write_str("Later(..)"),
        }
    }
}
