use chrono::NaiveDateTime;
use vitamin::rest_framework::prelude::*;

use crate::schema::notes_note;

#[derive(Model)]
#[model(table = notes_note, ordering("-id"))]
pub struct Note {
    pub id: i64,
    #[model(references(PublicUser))]
    pub owner_id: UserId,
    #[model(max_length = 100)]
    pub title: String,
    #[model(blank, default = "")]
    pub body: String,
    #[model(default = false, not_editable)]
    pub archived: bool,
    #[model(auto_now_add)]
    pub created: NaiveDateTime,
}
