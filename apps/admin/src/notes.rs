//! Lines above an object's form that are no fields of it, such as the state of a password.

use serde::Serialize;

use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::DbValue;

use crate::links::Links;

/// A line with a link to a page of the object.
pub(crate) struct Note {
    pub(crate) label: &'static str,
    pub(crate) text: String,
    /// The text of the link.
    pub(crate) link: &'static str,
    /// The last part of the page's URL.
    pub(crate) page: &'static str,
}

/// Reads the lines of an object.
pub(crate) type Notes = fn(&mut DbConnection, &DbValue) -> Result<Vec<Note>, DatabaseError>;

/// A line on the page.
#[derive(Serialize)]
pub(crate) struct NoteView {
    label: &'static str,
    text: String,
    link: &'static str,
    /// `None`: the user may not change the object.
    url: Option<String>,
}

impl Note {
    pub(crate) fn view(self, links: &Links, pk: &DbValue, is_editable: bool) -> NoteView {
        let Self { label, text, link, page } = self;
        NoteView { label, text, link, url: is_editable.then(|| links.object(pk, page)) }
    }
}
