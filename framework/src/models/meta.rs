//! A model's description: its table, columns and `Meta` options (`django/db/models/options.py`).

use super::column::Column;

/// A table between two models, without a model of its own (ManyToManyField).
#[derive(Clone, Copy, Debug)]
pub struct ManyToManyMeta {
    /// The field's name: `labels`.
    pub name: &'static str,
    /// The table between them: `tracker_issue_labels`.
    pub table: &'static str,
    /// Its column that refers to this model.
    pub column: &'static str,
    /// Its column that refers to the other model.
    pub reverse_column: &'static str,
    /// Whether it may be left out.
    pub blank: bool,
    /// The other model.
    pub to: fn() -> &'static ModelMeta,
}

/// A part of a statement, with names as each database quotes them.
#[derive(Clone, Copy, Debug)]
pub struct Quoted {
    /// With backticks.
    pub sqlite: &'static str,
    /// With double quotes.
    pub postgres: &'static str,
}

/// A model's description.
pub struct ModelMeta {
    /// The label of its app: `tracker`.
    pub app_label: &'static str,
    /// The name of the model class: `Issue`.
    pub name: &'static str,
    /// The table: `tracker_issue`.
    pub table: &'static str,
    /// The columns, in the order of the struct's fields.
    pub columns: &'static [Column],
    /// All columns, in this order, as a statement selects them: `` `t`.`a`, `t`.`b` ``. The derive macro writes it.
    pub select_list: Quoted,
    /// The index of the primary key's column.
    pub primary_key: usize,
    /// The default order: indexes of columns, and whether descending.
    pub ordering: &'static [(usize, bool)],
    /// Sets of field names whose values are unique together.
    pub unique_together: &'static [&'static [&'static str]],
    /// Its ManyToManyFields.
    pub many_to_many: &'static [ManyToManyMeta],
}

impl ModelMeta {
    /// The column of the primary key.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the derive macro computes the index")]
    pub fn primary_key(&self) -> &Column {
        &self.columns[self.primary_key]
    }

    /// The index and column of a model field, by the field's or the column's name, or `pk`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(usize, &Column)> {
        if name == "pk" {
            return Some((self.primary_key, self.primary_key()));
        }
        self.columns.iter().enumerate().find(|(_, column)| column.name == name || column.column == name)
    }

    /// The model's name in lower case, as in permissions and content types.
    #[must_use]
    pub fn model_name(&self) -> String {
        self.name.to_lowercase()
    }

    /// The human-readable name: the class name as words in lower case (`Options.verbose_name`).
    #[must_use]
    pub fn verbose_name(&self) -> String {
        let mut words = String::with_capacity(self.name.len() + 4);
        for letter in self.name.chars() {
            if letter.is_ascii_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        words
    }
}

impl std::fmt::Debug for ModelMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.app_label, self.name)
    }
}
