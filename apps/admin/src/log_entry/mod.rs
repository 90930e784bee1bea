//! The log of changes that are made in the admin site (`django/contrib/admin/models.py`). Django's admin and this one write the
//! same rows of `django_admin_log`, and show each other's.
//!
//! ```
//! use vitamin_admin::log_entry::{ActionFlag, ChangeMessage, log_actions};
//! use vitamin_auth::{PublicUser, UserId};
//! use vitamin_framework::database::{DatabaseError, DbConnection};
//! use vitamin_framework::models::Model as _;
//!
//! /// In the transaction that changes the user.
//! fn log(connection: &mut DbConnection, staff: UserId, user: &PublicUser) -> Result<(), DatabaseError> {
//!     let objects = [(user.id.to_string(), user.username.to_string())];
//!     let message = ChangeMessage::Changed(vec!["First name".to_owned(), "Active".to_owned()]);
//!     log_actions(connection, staff, PublicUser::META, &objects, ActionFlag::Change, &message)
//! }
//! ```

mod change_message;
mod model;
mod reading;
#[expect(missing_docs, reason = "the model documents the columns")]
pub mod schema;
#[cfg(test)]
mod tests;
mod writing;

pub use self::change_message::{ChangeMessage, get_change_message};
pub use self::model::{ActionFlag, LogEntry};
pub use self::reading::{HistoryEntry, HistoryPage, RecentAction};
pub use self::writing::log_actions;
