//! The objects that related fields of a form offer.

use std::collections::HashMap;

use super::values::texts;
use super::widget::OptionView;
use crate::exceptions::APIException;
use crate::request::Request;
use crate::schemas::SerializerSchema;
use crate::serializers::{Related, Representation};

/// The most objects that a select offers, unless the field says otherwise. Beyond them the field is an input for the object's name.
const LIMIT: usize = 50;

/// The choices of a form's related fields, by their names.
#[derive(Default)]
pub(super) struct Choices(HashMap<String, RelatedOptions>);

/// The options of one related field: pairs of the value that a form sends, and the text that a person reads.
pub(super) struct RelatedOptions {
    pairs: Vec<(String, String)>,
    is_many: bool,
}

impl Choices {
    /// Loads the choices of a serializer's fields, but for those of these names, in one use of the database.
    ///
    /// # Errors
    /// A query fails.
    pub(super) async fn load(
        request: &Request,
        serializer: &SerializerSchema,
        without: &[&str],
    ) -> Result<Self, APIException> {
        let mut fields: Vec<(String, Related)> = Vec::new();
        for field in serializer.fields.iter().filter(|field| !field.field.is_read_only()) {
            if without.contains(&field.name.as_ref()) {
                continue;
            }
            if let Some(related) = field.field.kind().downcast_ref::<Related>() {
                fields.push((field.name.clone().into_owned(), related.clone()));
            }
        }
        if fields.is_empty() {
            return Ok(Self::default());
        }
        let info = request.info().clone();
        let load = move |connection: &mut _| {
            let choices = fields.into_iter().map(|(name, related)| {
                let limit = related.html_cutoff().unwrap_or(LIMIT);
                let mut choices = related.choices(
                    connection,
                    &info,
                    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
                )?;
                // With too many, none: the first ones would hide that there are others.
                if choices.len() > limit {
                    choices.clear();
                }
                Ok::<_, APIException>((name, related, choices))
            });
            choices.collect::<Result<Vec<_>, _>>()
        };
        let loaded = request.database()?.run(load).await?;
        let context = Representation::new(request);
        let mut found = HashMap::new();
        for (name, related, choices) in loaded {
            let mut pairs = Vec::with_capacity(choices.len());
            for choice in &choices {
                let mut json = Vec::new();
                related.write_choice(choice, &context, &mut json)?;
                let value = texts(&serde_json::from_slice(&json).unwrap_or_default()).join("");
                let label = choice.display.clone().unwrap_or_else(|| value.clone());
                pairs.push((value, label));
            }
            found.insert(name, RelatedOptions { pairs, is_many: related.is_many() });
        }
        Ok(Self(found))
    }

    /// The choices of a related field. `None` for other fields.
    pub(super) fn of(&self, name: &str) -> Option<&RelatedOptions> {
        self.0.get(name)
    }
}

impl RelatedOptions {
    /// The options, with those of the object's own values that are not among them.
    pub(super) fn options(&self, selected: &[String], allows_none: bool) -> Vec<OptionView> {
        if self.pairs.is_empty() {
            return Vec::new();
        }
        let none = (allows_none && !self.is_many).then(|| (String::new(), "---------".to_owned()));
        let own = selected
            .iter()
            .filter(|value| !value.is_empty() && !self.pairs.iter().any(|(known, _)| known == *value));
        let own = own.map(|value| (value.clone(), value.clone()));
        let all = none.into_iter().chain(own).chain(self.pairs.iter().cloned());
        all.map(|(value, label)| OptionView {
            selected: selected.contains(&value),
            value,
            label,
            group: String::new(),
        })
        .collect()
    }
}
