use vitamin::rest_framework::prelude::*;

use crate::models::Note;

pub fn note_serializer() -> ModelSerializer<Note> {
    ModelSerializer::new(["id", "owner", "title", "body", "archived", "created"])
        .field("owner", RelatedColumn::new(Note::OWNER, auth_user::username))
        .extra("title", Extra::new().min_length(3))
}
