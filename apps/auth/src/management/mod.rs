//! The management commands of the app, and their prompts.

mod changepassword;
mod createsuperuser;
mod prompt;

pub(super) use self::changepassword::ChangePassword;
pub(super) use self::createsuperuser::{CreateSuperuser, SETTINGS};
