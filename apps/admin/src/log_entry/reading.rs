//! Reads entries: an object's history (`ModelAdmin.history_view` of `django/contrib/admin/options.py`), and a user's latest actions
//! (`templatetags/log.py`).

use chrono::NaiveDateTime;
use vitamin_auth::UserId;
use vitamin_auth::schema::django_content_type;
use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{Lookup, Model as _, ModelMeta, Object, Q};

use super::schema::django_admin_log;
use super::{ActionFlag, LogEntry, get_change_message};

/// Entries of a page of an object's history, as in Django.
const PAGE_SIZE: u32 = 100;

/// A line of an object's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When it happened, in the database's time ([`now`](vitamin_framework::database::now)).
    pub action_time: NaiveDateTime,
    /// Who did it: the login.
    pub username: String,
    /// The first and the last name; may be empty.
    pub full_name: String,
    /// What was changed, as a sentence; empty for a deletion.
    pub message: String,
}

/// A page of an object's history, the oldest entry first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// At most 100.
    pub entries: Vec<HistoryEntry>,
    /// Whether there is a page after this one.
    pub has_next: bool,
}

/// Something that a user did in the admin site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentAction {
    /// The kind of change. `None` if the row has a flag that Django does not know.
    pub action_flag: Option<ActionFlag>,
    /// The object as a text, at the time.
    pub object_repr: String,
    /// The object's primary key.
    pub object_id: Option<String>,
    /// Its model: the label of the app, and the name in lower case. `None` if the content type is gone.
    pub model: Option<(String, String)>,
}

impl LogEntry {
    /// Returns a page of an object's history, counted from 1: entries of this program and of Django.
    ///
    /// # Errors
    /// The query fails.
    pub fn history(
        connection: &mut DbConnection,
        meta: &ModelMeta,
        object_id: &str,
        page: u32,
    ) -> Result<HistoryPage, DatabaseError> {
        // PostgreSQL accepts no text with a NUL.
        if object_id.contains('\0') {
            return Ok(HistoryPage { entries: Vec::new(), has_next: false });
        }
        let size = i64::from(PAGE_SIZE);
        let rows = Self::objects()
            .filter_eq(django_admin_log::object_id, object_id)
            .filter_q(is_of(meta))
            .with(Self::USER)
            .order_by(["action_time", "id"])
            .offset(size * i64::from(page.saturating_sub(1)))
            // One more tells whether there is another page.
            .limit(size + 1)
            .load(connection)?;
        let has_next = rows.len() > PAGE_SIZE as usize;
        Ok(HistoryPage {
            entries: rows.iter().take(PAGE_SIZE as usize).map(HistoryEntry::from).collect(),
            has_next,
        })
    }

    /// Returns the latest actions of a user, the newest first.
    ///
    /// # Errors
    /// The query fails.
    pub fn recent_actions(
        connection: &mut DbConnection,
        user_id: UserId,
        limit: u32,
    ) -> Result<Vec<RecentAction>, DatabaseError> {
        // By id, which the index of users has too: a user with a million entries need not have them sorted by time.
        let rows = Self::objects()
            .filter_eq(django_admin_log::user_id, user_id)
            .with(Self::CONTENT_TYPE)
            .order_by(["-id"])
            .limit(limit.into())
            .load(connection)?;
        Ok(rows.iter().map(RecentAction::from).collect())
    }
}

fn is_of(meta: &ModelMeta) -> Q<LogEntry> {
    let content_type = LogEntry::CONTENT_TYPE;
    let app_label = content_type.field(django_content_type::app_label);
    let model_name = content_type.field(django_content_type::model);
    Q::compare(&app_label, Lookup::Exact, meta.app_label).and(Q::compare(
        &model_name,
        Lookup::Exact,
        meta.model_name(),
    ))
}

impl From<&Object<LogEntry>> for HistoryEntry {
    fn from(entry: &Object<LogEntry>) -> Self {
        let user = LogEntry::USER.get(entry).ok().flatten();
        Self {
            action_time: entry.action_time,
            username: user.map(|user| (*user.username).to_owned()).unwrap_or_default(),
            full_name: user.map(|user| user.get_full_name()).unwrap_or_default(),
            message: get_change_message(&entry.change_message),
        }
    }
}

impl From<&Object<LogEntry>> for RecentAction {
    fn from(entry: &Object<LogEntry>) -> Self {
        let content_type = LogEntry::CONTENT_TYPE.get(entry).ok().flatten();
        Self {
            action_flag: ActionFlag::from_number(entry.action_flag),
            object_repr: entry.object_repr.clone(),
            object_id: entry.object_id.clone(),
            model: content_type.map(|found| (found.app_label.clone(), found.model.clone())),
        }
    }
}
