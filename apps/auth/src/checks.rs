//! The system checks of the auth app.

use super::hashers::{Hashers, is_legacy};
use super::login_throttle::LoginThrottle;
use vitamin_framework::checks::CheckMessage;

/// Warns, for `check --deploy`, of logins without a limit.
pub(super) fn deployment_checks(throttle: &LoginThrottle) -> Option<CheckMessage> {
    let message =
        "LOGIN_THROTTLE is false, so passwords can be guessed as fast as the server computes hashes.";
    (!throttle.is_on()).then(|| {
        CheckMessage::warning("vitamin.W026", message)
            .hint("Remove it, unless something in front limits logins.")
    })
}

/// Warns of hashers in `PASSWORD_HASHERS` that are skipped, and of a first one that protects no password.
pub(super) fn checks(hashers: &Hashers) -> Vec<CheckMessage> {
    let unknown = hashers.unknown().iter().map(|name| {
        let message = format!("PASSWORD_HASHERS names {name}, which is no hasher of Django's. It is skipped.");
        CheckMessage::warning("vitamin.W007", message).hint(
            "Users whose hashes only that class reads can't log in here. If it is a subclass with another cost, set that \
             cost instead, e.g. PBKDF2_ITERATIONS.",
        )
    });
    let preferred = hashers.preferred().algorithm();
    let weak = is_legacy(preferred).then(|| {
        let message =
            format!("PASSWORD_HASHERS begins with {preferred}, so new passwords are guessed easily.");
        CheckMessage::warning("vitamin.W008", message)
            .hint("Name a slow hasher first, and this one after it.")
    });
    unknown.chain(weak).collect()
}
