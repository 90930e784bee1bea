//! What an admin declares, apart from what depends on the model's type.

use vitamin_framework::models::{DbValue, ModelMeta};

use crate::notes::Notes;
use crate::request::AdminRequest;

/// Hears of deleted objects: their keys and texts.
pub(crate) type Deleted = fn(&AdminRequest, &[(DbValue, String)]);

/// The options of a `ModelAdmin` in Django's terms.
#[derive(Clone)]
pub(crate) struct Options {
    /// The model's name in URLs and permissions.
    pub(crate) model_name: String,
    pub(crate) verbose_name: String,
    pub(crate) verbose_name_plural: String,
    /// Empty: the text of the object alone.
    pub(crate) list_display: Vec<&'static str>,
    pub(crate) list_per_page: u32,
    /// Empty: the model's order.
    pub(crate) ordering: Vec<&'static str>,
    pub(crate) list_select_related: Vec<&'static str>,
    pub(crate) date_hierarchy: Option<&'static str>,
    pub(crate) readonly_fields: Vec<&'static str>,
    pub(crate) raw_id_fields: Vec<&'static str>,
    pub(crate) search_help_text: Option<&'static str>,
    /// Whether objects can be added and deleted, but not changed.
    pub(crate) is_fixed: bool,
    pub(crate) notes: Option<Notes>,
    /// Is told which objects were deleted, after the transaction.
    pub(crate) deleted: Option<Deleted>,
}

/// Django's own page size.
const LIST_PER_PAGE: u32 = 100;

impl Options {
    pub(crate) fn of(meta: &ModelMeta) -> Self {
        let verbose_name = meta.verbose_name();
        Self {
            model_name: meta.model_name(),
            verbose_name_plural: format!("{verbose_name}s"),
            verbose_name,
            list_display: Vec::new(),
            list_per_page: LIST_PER_PAGE,
            ordering: Vec::new(),
            list_select_related: Vec::new(),
            date_hierarchy: None,
            readonly_fields: Vec::new(),
            raw_id_fields: Vec::new(),
            search_help_text: None,
            is_fixed: false,
            notes: None,
            deleted: None,
        }
    }
}

/// Django's `capfirst`.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
