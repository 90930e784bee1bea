//! The system checks of the middleware's settings.

use super::HttpSettings;
use super::hosts::is_host_pattern;
use super::security::{OPENER_POLICIES, REFERRER_POLICIES};
use crate::checks::CheckMessage;
use crate::conf::SecretKey;

/// The value in `.env.example`. It is public, so it counts as unset.
const PLACEHOLDER: &str = "replace-me";

/// Checks the settings of the middleware (`django/core/checks/security`). With `deploy`, includes the checks of
/// `check --deploy`.
pub(crate) fn checks(settings: &HttpSettings, deploy: bool) -> Vec<CheckMessage> {
    let mut messages = Vec::new();
    let key = settings.secret_key.as_ref().filter(|key| key.as_bytes() != PLACEHOLDER.as_bytes());
    if !settings.debug {
        if key.is_none() {
            messages.push(
                CheckMessage::error("vitamin.E001", "SECRET_KEY is not set.").hint(
                    "Set SECRET_KEY in the environment or in .env: your Django project's own key, or a new one made by \
                     `openssl rand -base64 48`. For development set DEBUG=true instead.",
                ),
            );
        }
        if settings.allowed_hosts.is_empty() {
            messages.push(
                CheckMessage::error("vitamin.E002", "You must set ALLOWED_HOSTS if DEBUG is False.").hint(
                    "List the hosts that this site answers for, e.g. ALLOWED_HOSTS=example.com,www.example.com; to \
                     try it on this machine, ALLOWED_HOSTS=localhost,127.0.0.1.",
                ),
            );
        }
    }
    messages.extend(host_checks(&settings.allowed_hosts));
    messages.extend(settings.cors.checks());
    if deploy {
        if key.is_none_or(SecretKey::is_weak) {
            messages.push(CheckMessage::warning(
                "security.W009",
                "Your SECRET_KEY has less than 50 characters, less than 5 unique characters, or it's prefixed with \
                 'django-insecure-', indicating that it was generated automatically by Django. Please generate a long \
                 and random value, otherwise many of Django's security-critical features will be vulnerable to attack.",
            ));
        }
        if settings.debug {
            messages.push(CheckMessage::warning(
                "security.W018",
                "You should not have DEBUG set to True in deployment.",
            ));
        }
        if settings.allowed_hosts.is_empty() {
            messages.push(CheckMessage::warning(
                "security.W020",
                "ALLOWED_HOSTS must not be empty in deployment.",
            ));
        }
        messages.extend(deployment_checks(settings));
    }
    messages
}

/// The checks of the security headers, cookies and older keys. The ids are Django's.
fn deployment_checks(settings: &HttpSettings) -> Vec<CheckMessage> {
    let security = &settings.security;
    let is_hsts = security.hsts_seconds > 0;
    let policies = security.referrer_policy.as_deref().map(|policies| policies.split(','));
    let opener_policy = security.cross_origin_opener_policy.as_deref();
    let warnings = [
        (
            !is_hsts,
            "security.W004",
            "SECURE_HSTS_SECONDS is not set. If the whole site is served over https only, set it, after reading how browsers \
             remember it.",
        ),
        (
            is_hsts && !security.hsts_include_subdomains,
            "security.W005",
            "SECURE_HSTS_INCLUDE_SUBDOMAINS is not true: http connections to a subdomain may be attacked. Set it only if all \
             subdomains are served over https only.",
        ),
        (
            !security.content_type_nosniff,
            "security.W006",
            "SECURE_CONTENT_TYPE_NOSNIFF is not true: responses have no 'X-Content-Type-Options: nosniff', and browsers may guess \
             another content type.",
        ),
        (
            !security.ssl_redirect,
            "security.W008",
            "SECURE_SSL_REDIRECT is not true. Set it, unless a proxy redirects http to https or the site is to be reached over \
             both.",
        ),
        (
            !settings.session_cookie.secure,
            "security.W012",
            "SESSION_COOKIE_SECURE is not true: the session cookie may be sent over http.",
        ),
        (
            !settings.csrf.cookie_secure && !settings.csrf.use_sessions,
            "security.W016",
            "CSRF_COOKIE_SECURE is not true: the CSRF cookie may be sent over http.",
        ),
        (
            security.x_frame_options.as_deref() != Some("DENY"),
            "security.W019",
            "X_FRAME_OPTIONS is not DENY. Set it to DENY, unless the site shows parts of itself in frames.",
        ),
        (
            is_hsts && !security.hsts_preload,
            "security.W021",
            "SECURE_HSTS_PRELOAD is not true: the site can't be put on the preload list of browsers.",
        ),
        (
            policies.is_none(),
            "security.W022",
            "SECURE_REFERRER_POLICY is None: responses have no Referrer-Policy, which protects the privacy of users.",
        ),
    ];
    let warnings = warnings.into_iter().filter(|(is_found, ..)| *is_found);
    let mut messages: Vec<_> = warnings.map(|(_, id, text)| CheckMessage::warning(id, text)).collect();
    if policies.is_some_and(|mut all| all.any(|policy| !REFERRER_POLICIES.contains(&policy.trim()))) {
        let message = "SECURE_REFERRER_POLICY has an invalid value.";
        let hint = format!("Valid values are: {}.", REFERRER_POLICIES.join(", "));
        messages.push(CheckMessage::error("security.E023", message).hint(hint));
    }
    if opener_policy.is_some_and(|policy| !OPENER_POLICIES.contains(&policy)) {
        let message = "SECURE_CROSS_ORIGIN_OPENER_POLICY has an invalid value.";
        let hint = format!("Valid values are: {}.", OPENER_POLICIES.join(", "));
        messages.push(CheckMessage::error("security.E024", message).hint(hint));
    }
    let weak = settings.secret_key_fallbacks.iter().enumerate().filter(|(_, key)| key.is_weak());
    messages.extend(weak.map(|(index, _)| {
        let message = format!(
            "SECRET_KEY_FALLBACKS[{index}] has less than 50 characters, less than 5 unique ones, or the prefix \
             'django-insecure-': signatures of this key can be forged."
        );
        CheckMessage::warning("security.W025", message)
    }));
    messages
}

/// Finds entries of `ALLOWED_HOSTS` that match no request: Django takes them as they are, and answers 400.
fn host_checks(allowed_hosts: &[String]) -> Vec<CheckMessage> {
    let invalid: Vec<&String> = allowed_hosts.iter().filter(|pattern| !is_host_pattern(pattern)).collect();
    // A list of which some entries work serves, as in Django.
    let new = if invalid.len() == allowed_hosts.len() {
        |message| CheckMessage::error("vitamin.E005", message)
    } else {
        |message| CheckMessage::warning("vitamin.W006", message)
    };
    let message = |pattern: &&String| {
        new(format!("ALLOWED_HOSTS has {pattern:?}, which no request can match.")).hint(
            "An entry is a host without scheme, port and path: example.com, .example.com (with its subdomains), [::1], or * \
             for any. Commas or spaces separate entries.",
        )
    };
    invalid.iter().map(message).collect()
}
