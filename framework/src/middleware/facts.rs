//! What the middleware remember of a request.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderValue;

use super::MiddlewareState;
use super::fields::Fields;
use crate::cors::CorsRequest;
use crate::debug::RequestSnapshot;
use crate::http::is_secure;
use crate::translation::{self, Translation};

/// What is remembered of a request until there is a response.
pub(super) struct Facts {
    /// Whether the client uses https. False if no setting depends on it.
    pub(super) is_secure: bool,
    /// Whether the response may get `Vary: Cookie`.
    pub(super) may_vary_on_cookie: bool,
    /// `None` if all is in English.
    translation: Option<&'static Translation>,
    /// `None` for most projects.
    pub(super) extras: Option<Box<Extras>>,
}

pub(super) struct Extras {
    pub(super) cors: Option<CorsRequest>,
    /// Only with `DEBUG`.
    snapshot: Option<RequestSnapshot>,
}

impl Facts {
    pub(super) fn new(req: &ServiceRequest, fields: Fields, state: &MiddlewareState) -> Self {
        if state.has_usual_facts {
            let may_vary_on_cookie = fields.has_cookie;
            return Self { is_secure: false, may_vary_on_cookie, translation: None, extras: None };
        }
        Self::of_settings(req, fields, state)
    }

    #[inline(never)]
    fn of_settings(req: &ServiceRequest, fields: Fields, state: &MiddlewareState) -> Self {
        let site = &*state.site;
        let extras = || {
            let cors = state.cors.as_ref().and_then(|cors| cors.request(req.head()));
            Box::new(Extras { cors, snapshot: site.debug.as_ref().map(|_| RequestSnapshot::new(req)) })
        };
        Self {
            is_secure: site.settings.security.depends_on_scheme() && is_secure(req.request(), &site.settings),
            may_vary_on_cookie: fields.has_cookie || site.settings.csrf.use_sessions,
            translation: site.translations.map(|languages| languages.for_request(req.headers())),
            extras: state.has_extras.then(extras),
        }
    }

    /// Lets messages be in the request's language.
    pub(super) fn activate(&self) -> Option<translation::Activated> {
        self.translation.map(|translation| translation::activate(Some(translation)))
    }

    /// The value of `Content-Language`, with LocaleMiddleware.
    pub(super) fn language(&self) -> Option<&'static HeaderValue> {
        self.translation.and_then(Translation::content_language)
    }

    pub(super) fn is_preflight(&self) -> bool {
        let cors = self.extras.as_ref().and_then(|extras| extras.cors.as_ref());
        cors.is_some_and(|cors| cors.is_preflight)
    }

    pub(super) fn snapshot(&self) -> Option<&RequestSnapshot> {
        self.extras.as_ref()?.snapshot.as_ref()
    }
}
