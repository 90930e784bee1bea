//! The filters.

use vitamin::rest_framework::filters::filter_set::*;
use vitamin::rest_framework::prelude::*;

use crate::models::{Issue, STATUS};
use crate::schema::{tracker_issue, tracker_label};

pub fn issue_filters() -> FilterSet<Issue> {
    FilterSet::new()
        .filter(number("min_priority", tracker_issue::priority).gte())
        .filter(number("max_priority", tracker_issue::priority).lte())
        .filter(char("label", Issue::LABELS.field(tracker_label::slug)))
        .filter(char("assignee", Issue::ASSIGNEE.field(auth_user::username)).iexact())
        .filter(iso_datetime("created_after", tracker_issue::created).gt())
        .filter(boolean("unassigned", tracker_issue::assignee_id).isnull())
        .filter(multiple_choice("status", tracker_issue::status, STATUS))
        .filter(method("text", |value| {
            let contains = |path: Path<Issue>| Q::compare(&path, Lookup::IContains, value);
            contains(tracker_issue::title.into()).or(contains(tracker_issue::body.into()))
        }))
        .fields("project", ["exact"])
        .fields("number", ["exact"])
        .plain()
}
