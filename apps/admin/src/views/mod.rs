//! The pages.

mod change_form;
mod changelist;
mod delete;
mod error;
mod fields;
mod history;
mod index;
mod selected;

pub(crate) use self::change_form::{add, change, to_change};
pub(crate) use self::changelist::changelist;
pub(crate) use self::delete::delete;
pub(crate) use self::error::error_page;
pub(crate) use self::history::history;
pub(crate) use self::index::{app_index, index};
use self::selected::{allowed_actions, run_action};
use crate::status;
use vitamin_framework::staticfiles::StaticFile;
use vitamin_framework::templates::Template;
use vitamin_rest_framework::error_detail::Detail;

/// The templates of the pages.
pub(crate) const TEMPLATES: &[Template] = &[
    #[cfg(feature = "authtoken")]
    (
        "admin/authtoken/tokenproxy/add_form.html",
        include_str!("../../templates/admin/authtoken/tokenproxy/add_form.html"),
    ),
    ("admin/auth/user/add_form.html", include_str!("../../templates/admin/auth/user/add_form.html")),
    (
        "admin/auth/user/change_password.html",
        include_str!("../../templates/admin/auth/user/change_password.html"),
    ),
    ("admin/base.html", include_str!("../../templates/admin/base.html")),
    ("admin/change_form.html", include_str!("../../templates/admin/change_form.html")),
    ("admin/change_list.html", include_str!("../../templates/admin/change_list.html")),
    ("admin/delete_confirmation.html", include_str!("../../templates/admin/delete_confirmation.html")),
    ("admin/error.html", include_str!("../../templates/admin/error.html")),
    ("admin/index.html", include_str!("../../templates/admin/index.html")),
    ("admin/login.html", include_str!("../../templates/admin/login.html")),
    ("admin/object_history.html", include_str!("../../templates/admin/object_history.html")),
    ("admin/logged_out.html", include_str!("../../templates/admin/logged_out.html")),
    (status::TEMPLATE, include_str!("../../templates/admin/status.html")),
];

/// The style sheet and the script of the pages, beside those of the browsable API.
pub(crate) const STATIC_FILES: &[StaticFile] =
    &[StaticFile::new("admin/admin.css", STYLE), StaticFile::new("admin/admin.js", SCRIPT), status::STYLE];

const STYLE: &[u8] = include_bytes!("../../static/admin/admin.css");
const SCRIPT: &[u8] = include_bytes!("../../static/admin/admin.js");

/// All messages of an error, with the names of their fields.
fn messages_of(detail: &Detail) -> Vec<String> {
    match detail {
        Detail::Message(error) => vec![error.message.clone().into_owned()],
        Detail::List(items) => items.iter().flat_map(messages_of).collect(),
        Detail::Dict(fields) => {
            let of_field = |(name, detail): (&String, &Detail)| {
                messages_of(detail)
                    .into_iter()
                    .map(|message| format!("{name}: {message}"))
                    .collect::<Vec<_>>()
            };
            fields.iter().flat_map(of_field).collect()
        }
    }
}
