//! What a user did last, for the first page (`django/contrib/admin/templatetags/log.py`).

use serde::Serialize;

use vitamin_framework::database::DbConnection;
use vitamin_framework::models::DbValue;
use vitamin_rest_framework::exceptions::APIException;

use crate::display;
use crate::links::{list_url, object_url};
use crate::log_entry::{ActionFlag, LogEntry, RecentAction};
use crate::options::capitalized;
use crate::request::AdminRequest;

/// As many as Django shows.
const LIMIT: u32 = 10;

/// An action on the page.
#[derive(Serialize)]
pub(crate) struct ActionView {
    /// `Added`, `Changed` or `Deleted`.
    verb: &'static str,
    text: String,
    /// The object's page, if it is still there for the user.
    url: Option<String>,
    /// The model's name.
    model: String,
}

/// The user's latest actions, the newest first.
pub(crate) async fn recent_actions(request: &AdminRequest) -> Result<Vec<ActionView>, APIException> {
    let user_id = request.staff().id;
    let load = move |connection: &mut DbConnection| LogEntry::recent_actions(connection, user_id, LIMIT);
    let actions = request.database()?.run(load).await?;
    actions.iter().map(|action| ActionView::of(request, action)).collect()
}

impl ActionView {
    fn of(request: &AdminRequest, action: &RecentAction) -> Result<Self, APIException> {
        let label = action.model.as_ref();
        let admin = label.and_then(|(app_label, model_name)| request.site().get(app_label, model_name));
        let model = match (admin, label) {
            (Some(admin), _) => admin.options().verbose_name.clone(),
            (None, Some((_, model_name))) => model_name.clone(),
            (None, None) => "unknown content".to_owned(),
        };
        let is_deleted = action.action_flag == Some(ActionFlag::Deletion);
        let key = action.object_id.as_deref().filter(|_| !is_deleted);
        let url = match (admin, key) {
            (Some(admin), Some(key)) if request.permissions().may_view(admin.meta()) => {
                Some(object_url(&list_url(request, &**admin)?, &DbValue::from(key), "change"))
            }
            _ => None,
        };
        let verb = match action.action_flag {
            Some(ActionFlag::Addition) => "Added",
            Some(ActionFlag::Change) => "Changed",
            Some(ActionFlag::Deletion) => "Deleted",
            None => "",
        };
        Ok(Self { verb, text: display::cut(&action.object_repr), url, model: capitalized(&model) })
    }
}
