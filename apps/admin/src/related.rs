//! The objects that foreign keys refer to, as text: one query a model, whatever the number of keys.

use vitamin_framework::database::{DatabaseError, DbConnection};
use vitamin_framework::models::{DbValue, ModelMeta, first_pks};

use crate::display;
use crate::site::AdminSite;

/// The most objects that a select offers. Beyond them it is an input of the key, with a link to look it up.
pub(crate) const MOST_CHOICES: usize = 50;

/// Texts of objects by their models and keys.
#[derive(Default)]
pub(crate) struct Texts(Vec<(&'static str, DbValue, String)>);

impl Texts {
    /// Loads the texts of the objects of these keys. A model that is not registered, and an object that is gone, have Django's default
    /// text.
    pub(crate) fn load(
        connection: &mut DbConnection,
        site: &AdminSite,
        keys: &[(&'static ModelMeta, DbValue)],
    ) -> Result<Self, DatabaseError> {
        let mut found = Self::default();
        let mut models: Vec<&'static ModelMeta> = Vec::new();
        for (meta, _) in keys {
            if !models.iter().any(|known| known.table == meta.table) {
                models.push(meta);
            }
        }
        for meta in models {
            let Some(admin) = site.naming(meta) else { continue };
            let of_model = keys.iter().filter(|(other, key)| other.table == meta.table && !key.is_null());
            let mut own: Vec<DbValue> = Vec::new();
            for (_, key) in of_model {
                if !own.contains(key) {
                    own.push(key.clone());
                }
            }
            let texts = admin.texts(connection, &own)?;
            found.0.extend(texts.into_iter().map(|(key, text)| (meta.table, key, text)));
        }
        Ok(found)
    }

    /// The text of an object.
    pub(crate) fn get(&self, meta: &ModelMeta, key: &DbValue) -> String {
        if key.is_null() {
            return display::EMPTY.to_owned();
        }
        let found = self.0.iter().find(|(table, known, _)| *table == meta.table && known == key);
        found.map_or_else(|| display::object(meta, key.as_ref()), |(.., text)| text.clone())
    }
}

/// The objects of a model with their texts, if a select can offer them all.
pub(crate) fn choices(
    connection: &mut DbConnection,
    site: &AdminSite,
    meta: &'static ModelMeta,
) -> Result<Option<Vec<(DbValue, String)>>, DatabaseError> {
    let limit = i64::try_from(MOST_CHOICES + 1).unwrap_or(i64::MAX);
    let keys = first_pks(connection, meta, limit)?;
    if keys.len() > MOST_CHOICES {
        return Ok(None);
    }
    let pairs: Vec<_> = keys.iter().map(|key| (meta, key.clone())).collect();
    let texts = Texts::load(connection, site, &pairs)?;
    let choices = keys.into_iter().map(|key| {
        let text = texts.get(meta, &key);
        (key, text)
    });
    Ok(Some(choices.collect()))
}
