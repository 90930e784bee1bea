//! Runs the policies of a request in Django REST framework's order (`APIView.initial`): content negotiation, versioning,
//! authentication, permissions, throttles.

use std::sync::Arc;

use actix_web::http::header::{ACCEPT, HeaderValue};

use super::authentication::Authentication;
use super::exceptions::APIException;
use super::negotiation::{NegotiationError, accepts_all, select_renderer};
use super::permissions::Permission;
use super::policies::Policies;
use super::policy_result::PolicyResult;
use super::request::Request;
use super::throttling::{Throttle, Throttling};

/// Runs all policies of a view. Ready if none has to wait, as for most requests.
#[inline(always)]
pub(super) fn initial<'a>(policies: &'a Policies, request: &'a Request) -> PolicyResult<'a, ()> {
    if let Err(error) = perform_content_negotiation(policies, request) {
        return Err(error).into();
    }
    if let Err(error) = determine_version(policies, request) {
        return Err(error).into();
    }
    match authenticate(&policies.authenticators, request) {
        // The same as `and_then`, but it saves nearly all requests a call.
        PolicyResult::Ready(Ok(())) => check_access(policies, request),
        authenticated => authenticated.and_then(|()| check_access(policies, request)),
    }
}

/// Runs the policies after authentication: permissions and throttles.
#[inline(always)]
pub(super) fn check_access<'a>(policies: &'a Policies, request: &'a Request) -> PolicyResult<'a, ()> {
    let permitted = check_permissions(&policies.permissions, request);
    if policies.throttles.is_empty() {
        return permitted;
    }
    permitted.and_then(|()| check_throttles(&policies.throttles, request, Vec::new()))
}

pub(super) fn perform_content_negotiation(
    policies: &Policies,
    request: &Request,
) -> Result<(), APIException> {
    let renderers = policies.renderers.classes();
    if policies.ignore_client_content_negotiation && !renderers.is_empty() {
        return Ok(());
    }
    let suffix = request.match_info().get("format");
    let format = match policies.url_format_override {
        // The query string is parsed only if it matters, because parsing may fail.
        Some(name) if suffix.is_none() && !request.query_string().is_empty() => {
            request.query_param::<String>(name)?
        }
        _ => None,
    };
    let accept = || request.headers().get_all(ACCEPT).map(HeaderValue::as_bytes);
    if policies.renderers.has_plain_first() && suffix.is_none() && format.is_none() && accepts_all(accept()) {
        return Ok(());
    }
    let selected = select_renderer(renderers, accept(), suffix, format.as_deref());
    match selected {
        Ok(selected) => {
            request.set_accepted(selected.renderer, &selected.media_type);
            Ok(())
        }
        Err(NegotiationError::NotAcceptable) => Err(APIException::not_acceptable()),
        Err(NegotiationError::NotFound) => Err(APIException::not_found()),
    }
}

fn determine_version(policies: &Policies, request: &Request) -> Result<(), APIException> {
    if let Some(scheme) = &policies.versioning
        && let Some(version) = scheme.determine_version(request)?
    {
        request.set_version(version);
    }
    Ok(())
}

/// Calls the authentication classes until one finds a user or fails.
#[inline(always)]
pub(super) fn authenticate<'a>(
    classes: &'a [Arc<dyn Authentication>],
    request: &'a Request,
) -> PolicyResult<'a, ()> {
    let mut classes = classes.iter();
    while let Some(class) = classes.next() {
        match class.authenticate(request) {
            PolicyResult::Ready(Ok(None)) => {}
            PolicyResult::Ready(Ok(Some(identity))) => {
                request.set_user(identity.user, identity.auth);
                break;
            }
            PolicyResult::Ready(Err(error)) => return Err(error).into(),
            PolicyResult::Later(identity) => {
                return PolicyResult::later(async move {
                    match identity.await? {
                        Some(identity) => {
                            request.set_user(identity.user, identity.auth);
                            Ok(())
                        }
                        None => authenticate(classes.as_slice(), request).await,
                    }
                });
            }
        }
    }
    ().into()
}

/// Calls the permission classes until one denies the request.
#[inline(always)]
pub(super) fn check_permissions<'a>(
    classes: &'a [Arc<dyn Permission>],
    request: &'a Request,
) -> PolicyResult<'a, ()> {
    let mut classes = classes.iter();
    while let Some(class) = classes.next() {
        match class.has_permission(request) {
            PolicyResult::Ready(Ok(true)) => {}
            PolicyResult::Ready(Ok(false)) => return Err(denied(class.as_ref(), request)).into(),
            PolicyResult::Ready(Err(error)) => return Err(error).into(),
            PolicyResult::Later(allowed) => {
                return PolicyResult::later(async move {
                    if !allowed.await? {
                        return Err(denied(class.as_ref(), request));
                    }
                    check_permissions(classes.as_slice(), request).await
                });
            }
        }
    }
    ().into()
}

fn denied(class: &dyn Permission, request: &Request) -> APIException {
    let (message, code) = class.denial(request);
    request.permission_denied(message, code)
}

/// Calls all throttle classes, so that each counts the request. `waits` are those of the classes before.
#[inline(always)]
fn check_throttles<'a>(
    classes: &'a [Arc<dyn Throttle>],
    request: &'a Request,
    mut waits: Vec<Option<f64>>,
) -> PolicyResult<'a, ()> {
    let mut classes = classes.iter();
    while let Some(class) = classes.next() {
        match class.allow_request(request) {
            PolicyResult::Ready(Ok(Throttling::Allowed)) => {}
            PolicyResult::Ready(Ok(Throttling::Wait(wait))) => waits.push(wait),
            PolicyResult::Ready(Err(error)) => return Err(error).into(),
            PolicyResult::Later(throttling) => {
                return PolicyResult::later(async move {
                    if let Throttling::Wait(wait) = throttling.await? {
                        waits.push(wait);
                    }
                    check_throttles(classes.as_slice(), request, waits).await
                });
            }
        }
    }
    if waits.is_empty() {
        return ().into();
    }
    Err(APIException::throttled(waits.into_iter().flatten().reduce(f64::max))).into()
}
