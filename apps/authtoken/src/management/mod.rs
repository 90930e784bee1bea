//! The management commands of the app.

mod drf_create_token;
mod install_token_triggers;
mod revoke_tokens;

pub(super) use self::drf_create_token::DrfCreateToken;
pub(super) use self::install_token_triggers::InstallTokenTriggers;
pub(super) use self::revoke_tokens::RevokeTokens;
