//! The page with an object's history (`ModelAdmin.history_view` of `django/contrib/admin/options.py`): entries of this admin and of
//! Django's.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use vitamin_framework::database::DbConnection;
use vitamin_framework::timezone::TimeZone;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

use super::change_form::{find, gone};
use crate::display;
use crate::links::Links;
use crate::log_entry::{HistoryEntry, LogEntry};
use crate::request::{AdminRequest, Breadcrumb};

/// An entry on the page.
#[derive(Serialize)]
struct EntryView {
    action_time: String,
    user: String,
    message: String,
}

/// The page.
pub(crate) async fn history(request: &AdminRequest, _: Data) -> Result<HttpResponse, APIException> {
    let admin = request.model_admin()?;
    request.require(request.permissions().may_view(admin.meta()))?;
    let Some(found) = find(request, &*admin).await? else { return gone(request, &*admin) };
    let number = page_number(request)?;
    let (meta, key) = (admin.meta(), display::plain(found.pk.as_ref()));
    let load = move |connection: &mut DbConnection| LogEntry::history(connection, meta, &key, number);
    let page = request.database()?.run(load).await?;
    let links = Links::of(request, &*admin)?;
    let url = links.object(&found.pk, "history");
    let of_page = |number: u32| format!("{url}{}p={number}", if url.contains('?') { '&' } else { '?' });
    let entries: Vec<EntryView> =
        page.entries.iter().map(|entry| EntryView::of(entry, request.time_zone())).collect();
    let context = context!(
        entries => Serde(entries),
        object_text => &found.text,
        previous_url => (number > 1).then(|| of_page(number - 1)),
        next_url => page.has_next.then(|| of_page(number.saturating_add(1))),
    );
    let mut crumbs = Breadcrumb::of_model(request, &*admin, &links)?;
    crumbs.push(Breadcrumb::of_object(&found.text, &links, &found.pk));
    crumbs.push(Breadcrumb { name: "History".to_owned(), url: None });
    request.page(StatusCode::OK, "admin/object_history.html", "Change history", &crumbs, context)
}

/// The page, counted from 1. Any other text is the first page, as in Django.
fn page_number(request: &AdminRequest) -> Result<u32, APIException> {
    let query = request.query_params()?;
    let number = query.get("p").and_then(|number| number.as_str()?.parse().ok());
    Ok(number.unwrap_or(1).clamp(1, LAST_PAGE))
}

/// Beyond it, the offset would be a number of rows that no table has.
const LAST_PAGE: u32 = 1_000_000;

impl EntryView {
    fn of(entry: &HistoryEntry, time_zone: &TimeZone) -> Self {
        let HistoryEntry { action_time, username, full_name, message } = entry;
        Self {
            action_time: display::moment(*action_time, time_zone),
            user: if full_name.is_empty() { username.clone() } else { format!("{username} ({full_name})") },
            message: message.clone(),
        }
    }
}
