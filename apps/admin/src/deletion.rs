//! What a deletion takes with it, and whether the user may delete all of that (`get_deleted_objects` of
//! `django/contrib/admin/utils.py`).

use serde::Serialize;

use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{DbValue, DeletionPreview, ModelMeta, Models, PreviewRows};

use crate::display;
use crate::options::capitalized;
use crate::related::Texts;
use crate::request::Permissions;
use crate::site::AdminSite;

/// The most rows of a model that are counted.
const MOST_COUNTED: usize = 1000;

/// The most objects of a model that are named.
const MOST_NAMED: usize = 10;

/// Rows of a model, for a page.
#[derive(Debug, Serialize)]
pub(crate) struct RowsView {
    /// `Comments`, `Issue-label relationships`.
    name: String,
    count: usize,
    /// Whether there are more.
    is_cut: bool,
    /// The texts of the first objects.
    texts: Vec<String>,
}

/// A deletion as a page shows it.
#[derive(Debug, Serialize)]
pub(crate) struct DeletionView {
    /// What is deleted.
    pub(crate) deleted: Vec<RowsView>,
    /// What prevents the deletion.
    pub(crate) protected: Vec<RowsView>,
    /// What loses its reference.
    pub(crate) cleared: Vec<RowsView>,
    /// The names of the models whose rows the user may not delete.
    pub(crate) denied: Vec<String>,
}

impl DeletionView {
    /// Looks at what a deletion of these rows takes.
    pub(crate) fn load(
        connection: &mut DbConnection,
        site: &AdminSite,
        models: Models<'_>,
        permissions: &Permissions,
        (meta, keys): (&'static ModelMeta, &[DbValue]),
    ) -> Result<Self, DatabaseError> {
        let preview = models.preview(connection, meta, keys, MOST_COUNTED)?;
        let named = preview.deleted.iter().chain(&preview.protected);
        let named = named.chain(preview.cleared.iter().map(|(rows, _)| rows));
        let keys: Vec<_> = named
            .flat_map(|rows| rows.keys.iter().take(MOST_NAMED).map(|key| (rows.meta, key.clone())))
            .collect();
        let texts = Texts::load(connection, site, &keys)?;
        let view = |rows: &PreviewRows| RowsView::of(site, &texts, rows);
        let relations = preview.relations.iter().map(|relation| {
            let to = (relation.relation.to)();
            RowsView {
                name: format!(
                    "{}-{} relationships",
                    capitalized(&relation.meta.verbose_name()),
                    to.verbose_name()
                ),
                count: relation.rows.len(),
                is_cut: relation.is_cut,
                texts: Vec::new(),
            }
        });
        let cleared = |(rows, field): &(PreviewRows, &'static str)| RowsView {
            name: format!("{} of {}", capitalized(&field.replace('_', " ")), plural(site, rows.meta)),
            ..view(rows)
        };
        Ok(Self {
            deleted: preview.deleted.iter().map(view).chain(relations).collect(),
            protected: preview.protected.iter().map(view).collect(),
            cleared: preview.cleared.iter().map(cleared).collect(),
            denied: denied(site, models, permissions, meta, &preview),
        })
    }
}

impl RowsView {
    fn of(site: &AdminSite, texts: &Texts, rows: &PreviewRows) -> Self {
        Self {
            name: capitalized(&plural(site, rows.meta)),
            count: rows.keys.len(),
            is_cut: rows.is_cut,
            texts: rows
                .keys
                .iter()
                .take(MOST_NAMED)
                .map(|key| display::cut(&texts.get(rows.meta, key)))
                .collect(),
        }
    }
}

fn plural(site: &AdminSite, meta: &ModelMeta) -> String {
    site.of(meta).map_or_else(
        || format!("{}s", meta.verbose_name()),
        |admin| admin.options().verbose_name_plural.clone(),
    )
}

/// The registered models that the user may not delete rows of, among those that the deletion reaches. If not all rows were looked at,
/// among those that it can reach.
fn denied(
    site: &AdminSite,
    models: Models<'_>,
    permissions: &Permissions,
    meta: &'static ModelMeta,
    preview: &DeletionPreview,
) -> Vec<String> {
    let reached: Vec<&'static ModelMeta> = if preview.is_cut() {
        models.cascade(meta)
    } else {
        preview.deleted.iter().map(|rows| rows.meta).collect()
    };
    let admins = reached.into_iter().filter_map(|meta| site.of(meta));
    admins
        .filter(|admin| !permissions.has_model_perm("delete", admin.meta()))
        .map(|admin| admin.options().verbose_name.clone())
        .collect()
}
