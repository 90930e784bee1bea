//! `ChoiceField` and `MultipleChoiceField`.

use std::borrow::Cow;

use super::{Context, Field, Input, Kind, Options, Output, OutputError, text, value_ref, write_native};
use crate::data::{Dict, Value};
use crate::error_detail::Detail;
use crate::{json, python};
use vitamin_framework::models::ValueRef;
use vitamin_framework::translation::{format, gettext};

/// A field of one of the choices. Accepts their text too: `1` and `"1"`.
pub type ChoiceField = Field<Choice>;

/// A field of several of the choices. Duplicates are removed.
pub type MultipleChoiceField = Field<MultipleChoice>;

/// The kind of [`ChoiceField`].
#[derive(Clone, Debug)]
pub struct Choice {
    /// The groups as they were given, for forms.
    groups: Vec<ChoiceGroup>,
    choices: Vec<(Value, Value)>,
    /// Whether every choice is text, which is then written as it is.
    all_text: bool,
    allow_blank: bool,
    html_cutoff: Option<usize>,
    html_cutoff_text: Option<Cow<'static, str>>,
}

/// The kind of [`MultipleChoiceField`].
#[derive(Clone, Debug)]
pub struct MultipleChoice {
    choice: Choice,
    allow_empty: bool,
}

/// A choice, or choices under a heading.
#[derive(Clone, Debug)]
pub enum ChoiceGroup {
    /// A value and its display name.
    One(Value, Value),
    /// A heading, and pairs of a value and its display name.
    Group(Value, Vec<(Value, Value)>),
}

impl ChoiceGroup {
    /// A value and its display name.
    pub fn one(value: impl Into<Value>, name: impl Into<Value>) -> Self {
        Self::One(value.into(), name.into())
    }

    /// A heading, and pairs of a value and its display name.
    pub fn group(
        heading: impl Into<Value>,
        choices: impl IntoIterator<Item = (impl Into<Value>, impl Into<Value>)>,
    ) -> Self {
        let choices = choices.into_iter().map(|(value, name)| (value.into(), name.into()));
        Self::Group(heading.into(), choices.collect())
    }
}

impl Choice {
    /// Pairs of a value and its display name.
    fn new(choices: impl IntoIterator<Item = (impl Into<Value>, impl Into<Value>)>) -> Self {
        Self::grouped(choices.into_iter().map(|(value, name)| ChoiceGroup::one(value, name)).collect())
    }

    pub(super) fn grouped(groups: Vec<ChoiceGroup>) -> Self {
        let mut choices: Vec<(Value, Value)> = Vec::new();
        let mut add = |value: &Value, name: &Value| match choices.iter_mut().find(|(known, _)| known == value)
        {
            // As in Python's dict, the last name wins, at the first place.
            Some((_, known)) => *known = name.clone(),
            None => choices.push((value.clone(), name.clone())),
        };
        for group in &groups {
            match group {
                ChoiceGroup::One(value, name) => add(value, name),
                ChoiceGroup::Group(_, pairs) => pairs.iter().for_each(|(value, name)| add(value, name)),
            }
        }
        let all_text = choices.iter().all(|(value, _)| value.as_str().is_some());
        Self { groups, choices, all_text, allow_blank: false, html_cutoff: None, html_cutoff_text: None }
    }

    /// Pairs of a value and its display name, without groups.
    pub fn choices(&self) -> &[(Value, Value)] {
        &self.choices
    }

    /// The choices in their groups (`grouped_choices`).
    pub fn groups(&self) -> &[ChoiceGroup] {
        &self.groups
    }

    /// Whether empty text is a value.
    pub fn allows_blank(&self) -> bool {
        self.allow_blank
    }

    /// The maximum number of choices that a form shows.
    pub fn html_cutoff(&self) -> Option<usize> {
        self.html_cutoff
    }

    /// The line that ends a form's list of choices if there are too many, with `{count}` for the maximum.
    pub fn html_cutoff_text(&self) -> &str {
        self.html_cutoff_text.as_deref().unwrap_or_else(|| gettext("More than {count} items..."))
    }

    /// The choice with this text. Of two with the same text, the last wins, as in Python's dict.
    fn of_text(&self, text: &str) -> Option<&Value> {
        let mut values = self.choices.iter().rev().map(|(value, _)| value);
        if self.all_text {
            return values.find(|value| value.as_str() == Some(text));
        }
        values.find(|value| python::str(value) == text)
    }

    pub(super) fn find(&self, input: &Input<'_>, message: &'static str) -> Result<Value, Detail> {
        let text = input.text();
        if self.allow_blank && text.is_empty() {
            return Ok("".into());
        }
        let invalid = || Detail::list(format(gettext(message), &[("input", &text)]), "invalid_choice");
        self.of_text(&text).cloned().ok_or_else(invalid)
    }

    /// Writes the choice that has the value's text, or a value that is no choice as it is.
    #[inline]
    pub(super) fn write(
        &self,
        value: ValueRef<'_>,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        match value {
            ValueRef::Null => out.extend_from_slice(b"null"),
            // The choice is the same text.
            ValueRef::Text(text) if self.all_text || text.is_empty() => json::write_str(out, text),
            other => match self.of_text(&text::str(other, output.time_zone.use_tz())) {
                Some(choice) => json::write(out, choice)?,
                None => write_native(other, output, out)?,
            },
        }
        Ok(())
    }

    pub(super) fn describe(&self, options: &Options, info: &mut Dict) {
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

    /// A field of one of the choices, some of which are in groups.
    pub fn grouped(groups: impl IntoIterator<Item = ChoiceGroup>) -> Self {
        Self::of_kind(Choice::grouped(groups.into_iter().collect()))
    }

    /// The maximum number of choices that a form shows.
    pub fn html_cutoff(mut self, choices: usize) -> Self {
        self.kind.html_cutoff = Some(choices);
        self
    }

    /// The line that ends a form's list of choices if there are more than [`html_cutoff`](Self::html_cutoff); `{count}` becomes
    /// that number.
    pub fn html_cutoff_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.kind.html_cutoff_text = Some(text.into());
        self
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

    /// A field of several of the choices, some of which are in groups.
    pub fn grouped(groups: impl IntoIterator<Item = ChoiceGroup>) -> Self {
        let choice = Choice::grouped(groups.into_iter().collect());
        Self::of_kind(MultipleChoice { choice, allow_empty: true })
    }

    /// The maximum number of choices that a form shows.
    pub fn html_cutoff(mut self, choices: usize) -> Self {
        self.kind.choice.html_cutoff = Some(choices);
        self
    }

    /// The line that ends a form's list of choices if there are more than [`html_cutoff`](Self::html_cutoff); `{count}` becomes
    /// that number.
    pub fn html_cutoff_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.kind.choice.html_cutoff_text = Some(text.into());
        self
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

impl MultipleChoice {
    /// The choices.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Whether the empty list is valid.
    pub fn allows_empty(&self) -> bool {
        self.allow_empty
    }
}

impl Kind for Choice {
    const TYPE: &'static str = "choice";

    fn allow_blank(&self) -> bool {
        self.allow_blank
    }

    fn to_internal_value(&self, value: &Input<'_>, _: &Options, _: Context<'_>) -> Result<Value, Detail> {
        self.find(value, INVALID_CHOICE)
    }

    #[inline]
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        self.write(value, output, out)
    }

    fn describe_children(&self, options: &Options, info: &mut Dict) {
        self.describe(options, info);
    }
}

/// The message for a value that is not among the choices.
const INVALID_CHOICE: &str = "\"{input}\" is not a valid choice.";

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
                    let message = format(
                        gettext("Expected a list of items but got type \"{input_type}\"."),
                        &[("input_type", &kind)],
                    );
                    return Err(Detail::list(message, "not_a_list"));
                }
            },
            (other, _) => {
                let items = other.items().unwrap_or_default();
                items.iter().filter_map(|item| item.as_value().cloned()).collect()
            }
        };
        if items.is_empty() && !self.allow_empty {
            return Err(Detail::list(gettext("This selection may not be empty."), "empty"));
        }
        let mut chosen = Vec::new();
        for item in items {
            let choice = self.choice.find(&Input::from(&item), INVALID_CHOICE)?;
            if !chosen.contains(&choice) {
                chosen.push(choice);
            }
        }
        Ok(Value::List(chosen))
    }

    /// Writes the items of a list, each once.
    fn to_representation(
        &self,
        value: ValueRef<'_>,
        _: &Options,
        output: &Output<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let ValueRef::Json(Value::List(items)) = value else {
            return Err(OutputError::unexpected("MultipleChoiceField", value));
        };
        let choices = items.iter().map(|item| self.choice.of_text(&python::str(item)).unwrap_or(item));
        let mut written: Vec<&Value> = Vec::with_capacity(items.len());
        out.push(b'[');
        for choice in choices {
            if written.contains(&choice) {
                continue;
            }
            if !written.is_empty() {
                out.push(b',');
            }
            write_native(value_ref(choice), output, out)?;
            written.push(choice);
        }
        out.push(b']');
        Ok(())
    }

    fn describe_children(&self, options: &Options, info: &mut Dict) {
        self.choice.describe(options, info);
    }
}
