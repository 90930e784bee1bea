//! The responses that the middleware create before a view is called (`process_request`), in the order of `MIDDLEWARE`.

use actix_web::{HttpRequest, HttpResponse};

use super::common::own_response;
use super::{Facts, Layer, MiddlewareService, common, security};
use crate::cors;
use crate::http::get_host;
use crate::pages;

impl<S> MiddlewareService<S> {
    /// Returns the response of a middleware. `None`: the view is called.
    pub(super) fn process_request(&self, req: &HttpRequest, facts: &Facts) -> Option<HttpResponse> {
        if self.state.may_answer_first
            && let Some(response) = self.answer_first(req, facts)
        {
            return Some(response);
        }
        if !self.is_allowed_host(req) {
            return Some(self.disallowed_host(req, Layer::Common));
        }
        let site = &*self.state.site;
        if site.settings.prepend_www { common::prepend_www(req, site) } else { None }
    }

    /// The responses that precede the check of the host.
    fn answer_first(&self, req: &HttpRequest, facts: &Facts) -> Option<HttpResponse> {
        let settings = &self.state.site.settings;
        let is_preflight = facts.is_preflight();
        if is_preflight && settings.cors.before_security {
            return Some(Layer::Outermost.mark(cors::preflight_response()));
        }
        if security::must_redirect(req, settings, facts.is_secure) {
            let Some(host) = &settings.security.ssl_host else {
                return Some(if self.is_allowed_host(req) {
                    security::redirect(req, &get_host(req, settings), settings)
                } else {
                    // SecurityMiddleware does not process its own error.
                    self.disallowed_host(req, Layer::Outermost)
                });
            };
            return Some(security::redirect(req, host, settings));
        }
        if is_preflight {
            return Some(Layer::Cors.mark(cors::preflight_response()));
        }
        common::forbidden_user_agent(req, settings)
    }

    fn disallowed_host(&self, req: &HttpRequest, layer: Layer) -> HttpResponse {
        log::error!(
            "Invalid HTTP_HOST header: {:?}. You may need to add it to ALLOWED_HOSTS.",
            get_host(req, &self.state.site.settings)
        );
        own_response(layer, req.version(), pages::bad_request())
    }
}
