//! `ChoiceField` and `MultipleChoiceField`.

use super::{Context, Field, Input, Kind, Options};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::python;

/// A field of one of the choices. Accepts their text too: `1` and `"1"`.
pub type ChoiceField = Field<Choice>;

/// A field of several of the choices. Duplicates are removed.
pub type MultipleChoiceField = Field<MultipleChoice>;

/// The kind of [`ChoiceField`].
#[derive(Clone, Debug)]
pub struct Choice {
    choices: Vec<(Value, Value)>,
    allow_blank: bool,
}

/// The kind of [`MultipleChoiceField`].
#[derive(Clone, Debug)]
pub struct MultipleChoice {
    choice: Choice,
    allow_empty: bool,
}

impl Choice {
    /// Pairs of a value and its display name. Groups of choices are not supported.
    fn new(choices: impl IntoIterator<Item = (impl Into<Value>, impl Into<Value>)>) -> Self {
        let choices = choices.into_iter().map(|(value, name)| (value.into(), name.into())).collect();
        Self { choices, allow_blank: false }
    }

    fn find(&self, value: &Value) -> Result<Value, Detail> {
        let text = python::str(value);
        if self.allow_blank && text.is_empty() {
            return Ok("".into());
        }
        // Of two choices with the same text, the last wins, as in Python's dict.
        let choice = self.choices.iter().rev().find(|(choice, _)| python::str(choice) == text);
        let invalid = || Detail::list(format!("\"{text}\" is not a valid choice."), "invalid_choice");
        choice.map(|(choice, _)| choice.clone()).ok_or_else(invalid)
    }

    fn describe(&self, options: &Options, info: &mut Dict) {
        if options.is_read_only() {
            return;
        }
        let entry = |(value, name): &(Value, Value)| {
            Value::Dict(Dict::from([
                ("value".to_owned(), value.clone()),
                ("display_name".to_owned(), name.clone()),
            ]))
        };
        info.insert("choices".to_owned(), Value::List(self.choices.iter().map(entry).collect()));
    }
}

impl Field<Choice> {
    /// A field of one of the choices, which are pairs of a value and its display name.
    pub fn new(choices: impl IntoIterator<Item = (impl Into<Value>, impl Into<Value>)>) -> Self {
        Self::of_kind(Choice::new(choices))
    }

    /// Accepts empty text.
    pub fn allow_blank(mut self) -> Self {
        self.kind.allow_blank = true;
        self
    }
}

impl Field<MultipleChoice> {
    /// A field of several of the choices, which are pairs of a value and its display name. The list may be empty.
    pub fn new(choices: impl IntoIterator<Item = (impl Into<Value>, impl Into<Value>)>) -> Self {
        Self::of_kind(MultipleChoice { choice: Choice::new(choices), allow_empty: true })
    }

    /// Whether the empty list is valid.
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.kind.allow_empty = allow;
        self
    }

    /// Accepts empty text as an item.
    pub fn allow_blank(mut self) -> Self {
        self.kind.choice.allow_blank = true;
        self
    }
}

impl Kind for Choice {
    const TYPE: &'static str = "choice";

    fn allow_blank(&self) -> bool {
        self.allow_blank
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        match value.as_value() {
            Some(value) => self.find(value),
            None => self.find(&Value::Dict(Dict::new())),
        }
    }

    fn describe_children(&self, options: &Options, info: &mut Dict) {
        self.describe(options, info);
    }
}

impl Kind for MultipleChoice {
    const TYPE: &'static str = "multiple choice";

    fn get_value<'d>(
        &self,
        _: &Options,
        name: &str,
        data: &'d Input<'_>,
        context: Context<'_>,
    ) -> Option<Input<'d>> {
        let Input::Form(form) = data else { return data.get(name) };
        if context.partial && !form.contains_key(name) {
            return None;
        }
        Some(Input::List(form.get_list(name).iter().map(Input::from).collect()))
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        let keys = |entries: Vec<(&str, _)>| entries.into_iter().map(|(key, _)| Value::from(key)).collect();
        let items: Vec<Value> = match (value, value.entries()) {
            // Python iterates over the keys of a dict.
            (_, Some(entries)) => keys(entries),
            (Input::Value(value), _) => match value.as_ref() {
                Value::List(items) => items.clone(),
                other => {
                    let kind = other.type_name();
                    let message = format!("Expected a list of items but got type \"{kind}\".");
                    return Err(Detail::list(message, "not_a_list"));
                }
            },
            (other, _) => {
                let items = other.items().unwrap_or_default();
                items.iter().filter_map(|item| item.as_value().cloned()).collect()
            }
        };
        if items.is_empty() && !self.allow_empty {
            return Err(Detail::list("This selection may not be empty.", "empty"));
        }
        let mut chosen = Vec::new();
        for item in items {
            let choice = self.choice.find(&item)?;
            if !chosen.contains(&choice) {
                chosen.push(choice);
            }
        }
        Ok(Value::List(chosen))
    }

    fn describe_children(&self, options: &Options, info: &mut Dict) {
        self.choice.describe(options, info);
    }
}
