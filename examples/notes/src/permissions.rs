use vitamin::rest_framework::prelude::*;

use crate::models::Note;

pub fn is_owner_or_read_only() -> ObjectRule<Note> {
    let rule = ObjectRule::new(|user, note: &Note| note.owner_id == user.id);
    rule.or_read_only().message("This is not your note.")
}
