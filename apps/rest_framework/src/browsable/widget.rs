//! The control of a field: an input of some type, a text area, a select, or none.

use serde::Serialize;

use super::encoded::Encoding;
use crate::fields::{
    Any, BaseField, BigInt, Boolean, Char, Choice, ChoiceGroup, Date, DateTime, Decimal, Email, File,
    FilePath, Float, Image, Int, Json, Limit, List, Mapping, MultipleChoice, Time, Url,
};
use crate::python;
use crate::serializers::Related;

/// The kind of a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Widget {
    /// An input of one line.
    #[default]
    Input,
    /// A text area.
    Textarea,
    /// A box to tick.
    Checkbox,
    /// A select.
    Select,
    /// A nested object.
    Fieldset,
}

/// A control without its value.
#[derive(Debug, Default, Serialize)]
pub struct Control {
    /// Its kind.
    pub widget: Widget,
    /// The type of an input.
    pub input_type: &'static str,
    /// Whether a select takes several options, or an input several files.
    pub multiple: bool,
    /// How it holds its value, if that is no text.
    pub encoding: Option<Encoding>,
    /// Further attributes, such as `max`.
    pub attributes: Vec<(&'static str, String)>,
}

/// An option of a select.
#[derive(Debug, Serialize)]
pub struct OptionView {
    /// What the form sends.
    pub value: String,
    /// The text that is shown.
    pub label: String,
    /// Whether it is chosen.
    pub selected: bool,
    /// The heading that it stands under. Options of one heading follow each other.
    pub group: String,
}

impl Control {
    /// A control of this kind, for text.
    #[must_use]
    pub fn of(widget: Widget) -> Self {
        Self { widget, input_type: "text", ..Self::default() }
    }

    /// A text area that holds another value than a text.
    pub(super) fn encoded(encoding: Encoding) -> Self {
        Self { encoding: Some(encoding), ..Self::of(Widget::Textarea) }
    }

    fn input(input_type: &'static str) -> Self {
        Self { input_type, ..Self::of(Widget::Input) }
    }

    fn select(multiple: bool) -> Self {
        Self { multiple, ..Self::of(Widget::Select) }
    }

    fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.attributes.extend(value.map(|value| (name, value.to_string())));
        self
    }
}

/// The control of a field.
pub(super) fn control(field: &dyn BaseField) -> Control {
    let (kind, options) = (field.kind(), field.options());
    let style = |name: &str| options.style().get(name).and_then(|value| value.as_str());
    if style("input_type") == Some("password") {
        return Control::input("password");
    }
    if style("base_template") == Some("textarea.html") || kind.is::<Json>() || kind.is::<Any>() {
        return Control::of(Widget::Textarea);
    }
    if kind.is::<Boolean>() {
        return if options.allows_null() { Control::select(false) } else { Control::of(Widget::Checkbox) };
    }
    if let Some(related) = kind.downcast_ref::<Related>() {
        return Control::select(related.is_many());
    }
    if kind.is::<Choice>() || kind.is::<FilePath>() || kind.is::<MultipleChoice>() {
        return Control::select(kind.is::<MultipleChoice>());
    }
    if let Some(list) = kind.downcast_ref::<List>() {
        let item = list.child().kind();
        if item.is::<File>() || item.is::<Image>() {
            return Control { multiple: true, ..file(item.is::<Image>()) };
        }
        return Control::encoded(Encoding::Json);
    }
    if kind.is::<Mapping>() {
        return Control::encoded(Encoding::Json);
    }
    if let Some(int) = kind.downcast_ref::<Int>() {
        return number(int.min_value(), int.max_value(), "1".to_owned());
    }
    if let Some(int) = kind.downcast_ref::<BigInt>() {
        return number(int.min_value(), int.max_value(), "1".to_owned());
    }
    if let Some(float) = kind.downcast_ref::<Float>() {
        return number(float.min_value(), float.max_value(), "any".to_owned());
    }
    if let Some(decimal) = kind.downcast_ref::<Decimal>() {
        let step = match decimal.decimal_places() {
            Some(0) => "1".to_owned(),
            Some(places @ 1..=20) => format!("0.{}1", "0".repeat(places - 1)),
            _ => "any".to_owned(),
        };
        return number(decimal.min_value(), decimal.max_value(), step);
    }
    if kind.is::<File>() || kind.is::<Image>() {
        return file(kind.is::<Image>());
    }
    if kind.is::<DateTime>() {
        return Control::input("datetime-local").with("step", Some("any"));
    }
    if kind.is::<Date>() {
        return Control::input("date");
    }
    if kind.is::<Time>() {
        return Control::input("time").with("step", Some("any"));
    }
    text(field)
}

fn file(is_image: bool) -> Control {
    Control { encoding: Some(Encoding::File), ..Control::input("file") }
        .with("accept", is_image.then_some("image/*"))
}

/// The longest text of an input of one line.
const LINE: usize = 255;

fn text(field: &dyn BaseField) -> Control {
    let kind = field.kind();
    if let Some(text) = kind.downcast_ref::<Char<Email>>() {
        return Control::input("email").with("maxlength", text.max_length());
    }
    if let Some(text) = kind.downcast_ref::<Char<Url>>() {
        return Control::input("url").with("maxlength", text.max_length());
    }
    if let Some(text) = kind.downcast_ref::<Char>() {
        let is_line = text.max_length().is_some_and(|length| length <= LINE);
        let control = if is_line { Control::input("text") } else { Control::of(Widget::Textarea) };
        return control.with("maxlength", text.max_length()).with("minlength", text.min_length());
    }
    Control::input("text")
}

fn number(min: Option<Limit>, max: Option<Limit>, step: String) -> Control {
    let text = |limit: Limit| match limit {
        Limit::Int(limit) => limit.to_string(),
        limit => limit.to_f64().to_string(),
    };
    Control::input("number").with("min", min.map(text)).with("max", max.map(text)).with("step", Some(step))
}

/// The options of a field with fixed choices, and those of the object's own values that are not among them: otherwise the form would
/// store another value.
pub(super) fn options(field: &dyn BaseField, selected: &[String]) -> Vec<OptionView> {
    let mut found = fixed_options(field, selected);
    if found.is_empty() {
        return found;
    }
    for value in selected {
        if !value.is_empty() && !found.iter().any(|option| option.value == *value) {
            found.push(OptionView {
                value: value.clone(),
                label: value.clone(),
                selected: true,
                group: String::new(),
            });
        }
    }
    found
}

fn fixed_options(field: &dyn BaseField, selected: &[String]) -> Vec<OptionView> {
    let (kind, options) = (field.kind(), field.options());
    let mut found = Vec::new();
    let mut add = |value: String, label: String, group: &str| {
        let is_selected = selected.contains(&value);
        found.push(OptionView { selected: is_selected, value, label, group: group.to_owned() });
    };
    let blank = "---------".to_owned();
    if kind.is::<Boolean>() && options.allows_null() {
        for (value, label) in [("", "Unknown"), ("true", "Yes"), ("false", "No")] {
            add(value.to_owned(), label.to_owned(), "");
        }
    } else if let Some(choice) = kind.downcast_ref::<Choice>() {
        if choice.allows_blank() || options.allows_null() || !options.is_required() && !options.has_default()
        {
            add(String::new(), blank, "");
        }
        add_groups(choice, &mut add);
    } else if let Some(multiple) = kind.downcast_ref::<MultipleChoice>() {
        add_groups(multiple.choice(), &mut add);
    } else if let Some(paths) = kind.downcast_ref::<FilePath>() {
        if paths.allows_blank() || options.allows_null() || !options.is_required() {
            add(String::new(), blank, "");
        }
        paths.choices(options).into_iter().for_each(|(path, label)| add(path, label, ""));
    }
    found
}

fn add_groups(choice: &Choice, add: &mut impl FnMut(String, String, &str)) {
    let mut left = choice.html_cutoff().unwrap_or(usize::MAX);
    for group in choice.groups() {
        let (heading, pairs) = match group {
            ChoiceGroup::One(value, name) => {
                (String::new(), std::slice::from_ref(&(value.clone(), name.clone())).to_vec())
            }
            ChoiceGroup::Group(heading, pairs) => (python::str(heading).into_owned(), pairs.clone()),
        };
        for (value, name) in pairs {
            if left == 0 {
                return;
            }
            left -= 1;
            add(python::str(&value).into_owned(), python::str(&name).into_owned(), &heading);
        }
    }
}

/// A time as an input of the type `datetime-local` takes it: without its offset, as the project's time zone counts anyway.
/// `None` if it has no such form, or its microseconds would be lost.
pub(super) fn local_datetime(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let (date, time) = text.split_once('T').or_else(|| text.split_once(' '))?;
    let time = time.trim_end_matches('Z');
    let time = time.split_once(['+', '-']).map_or(time, |(time, _)| time);
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 3 || date.len() != 10 || !seconds.is_ascii() {
        return None;
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{date}T{seconds}{dot}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_their_offset_only() {
        for (text, expected) in [
            ("2026-11-23T20:40:50Z", Some("2026-11-23T20:40:50")),
            ("2026-11-23T20:40:50.120000+01:00", Some("2026-11-23T20:40:50.12")),
            ("2026-11-23T20:40", Some("2026-11-23T20:40")),
            ("2026-11-23T20:40:50.123456Z", None),
            ("tomorrow", None),
            ("", Some("")),
        ] {
            assert_eq!(local_datetime(text).as_deref(), expected, "{text}");
        }
    }
}
