//! Which of Django's middleware process a response that no view created.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;

/// The middleware that created a response, in the order of Django's `MIDDLEWARE`. Those before it process the response, those
/// after it never see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    /// Outside of SecurityMiddleware: CorsMiddleware, or an error of SecurityMiddleware itself.
    Outermost,
    /// SecurityMiddleware.
    Security,
    /// CorsMiddleware, if it comes after SecurityMiddleware.
    Cors,
    /// CommonMiddleware, after SessionMiddleware.
    Common,
    /// A view, inside of all.
    View,
}

impl Layer {
    /// Marks a response that this middleware created.
    pub(super) fn mark(self, mut response: HttpResponse) -> HttpResponse {
        response.extensions_mut().insert(self);
        response
    }

    pub(super) fn of(response: &ServiceResponse<BoxBody>) -> Self {
        response.response().extensions().get().copied().unwrap_or(Self::View)
    }
}
