//! The models: projects with members, and their issues with labels and comments.

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use uuid::Uuid;
use vitamin::rest_framework::prelude::*;

use crate::schema::{tracker_comment, tracker_issue, tracker_label, tracker_membership, tracker_project};

pub const ROLES: &[(&str, &str)] = &[("reader", "Reader"), ("writer", "Writer")];
pub const STATUS: &[(&str, &str)] = &[("open", "Open"), ("closed", "Closed"), ("rejected", "Won't do")];

#[derive(Model)]
#[model(table = tracker_label, ordering("name"))]
pub struct Label {
    pub id: i64,
    #[model(max_length = 30, unique)]
    pub name: String,
    #[model(slug, max_length = 30, unique)]
    pub slug: String,
    #[model(max_length = 7, default = "#000000", regex = "^#[0-9a-f]{6}$")]
    pub color: String,
}

#[derive(Model)]
#[model(table = tracker_project, ordering("name", "id"), unique_together("owner", "slug"))]
pub struct Project {
    #[model(default = Uuid::new_v4(), not_editable)]
    pub id: Uuid,
    #[model(references(PublicUser))]
    pub owner_id: UserId,
    #[model(max_length = 100)]
    pub name: String,
    #[model(slug)]
    pub slug: String,
    #[model(blank)]
    pub description: String,
    #[model(url, blank)]
    pub homepage: Option<String>,
    #[model(max_digits = 10, decimal_places = 2)]
    pub budget: Option<BigDecimal>,
    pub starts: Option<NaiveDate>,
    #[model(default = Json::default(), blank)]
    pub settings: Json,
    #[model(default = false)]
    pub is_public: bool,
    #[model(auto_now_add)]
    pub created: NaiveDateTime,
    #[model(auto_now)]
    pub updated: NaiveDateTime,
}

#[derive(Model)]
#[model(table = tracker_membership, ordering("id"), unique_together("project", "user"))]
pub struct Membership {
    pub id: i64,
    #[model(references(Project), related_name = roles)]
    pub project_id: Uuid,
    #[model(references(PublicUser))]
    pub user_id: UserId,
    #[model(max_length = 10, choices = ROLES, default = "reader")]
    pub role: String,
}

#[derive(Model)]
#[model(table = tracker_issue, ordering("project", "number"), unique_together("project", "number"))]
#[model(many_to_many(labels: Label, tracker_issue_labels(issue_id, label_id), blank))]
pub struct Issue {
    pub id: i64,
    #[model(references(Project), related_name = issues)]
    pub project_id: Uuid,
    #[model(positive)]
    pub number: i32,
    #[model(max_length = 120)]
    pub title: String,
    #[model(blank, default = "")]
    pub body: String,
    #[model(max_length = 10, choices = STATUS, default = "open")]
    pub status: String,
    #[model(default = 3, min_value = 1, max_value = 5)]
    pub priority: i16,
    pub weight: Option<f64>,
    pub estimate: Option<TimeDelta>,
    pub due: Option<NaiveDateTime>,
    pub at: Option<NaiveTime>,
    #[model(references(PublicUser))]
    pub reporter_id: UserId,
    #[model(references(PublicUser), on_delete = set_null)]
    pub assignee_id: Option<UserId>,
    #[model(references(Issue), related_name = children, on_delete = set_null)]
    pub parent_id: Option<i64>,
    #[model(auto_now_add)]
    pub created: NaiveDateTime,
    #[model(auto_now)]
    pub updated: NaiveDateTime,
}

#[derive(Model)]
#[model(table = tracker_comment, ordering("id"))]
pub struct Comment {
    pub id: i64,
    #[model(references(Issue), related_name = comments)]
    pub issue_id: i64,
    #[model(references(PublicUser))]
    pub author_id: UserId,
    #[model(text, max_length = 2000)]
    pub body: String,
    #[model(auto_now_add)]
    pub created: NaiveDateTime,
}
