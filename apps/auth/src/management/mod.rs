//! The management commands of the app, and what they share: prompts, and the rules for a new password.

mod changepassword;
mod createsuperuser;
mod prompt;

pub(super) use self::changepassword::ChangePassword;
pub(super) use self::createsuperuser::CreateSuperuser;
