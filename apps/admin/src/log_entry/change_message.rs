//! What was changed: a JSON document in the log, a sentence on a page (`construct_change_message` of
//! `django/contrib/admin/utils.py`, `LogEntry.get_change_message` of its `models.py`).

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use vitamin_framework::translation::{format, gettext};
use vitamin_parsing::data::{Dict, Value};
use vitamin_parsing::json;
use vitamin_parsing::python::codecs::Charset;

/// What happened to an object, beside the action's flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeMessage {
    /// It was added by a form: `[{"added": {}}]`.
    Added,
    /// Fields were changed by a form, by their labels in English: `[{"changed": {"fields": ["Title"]}}]`; `[]` if there are none.
    Changed(Vec<String>),
    /// A sentence. Django's is empty for a deletion.
    Text(String),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Part<'a> {
    Added {},
    Changed { fields: &'a [String] },
}

impl ChangeMessage {
    /// The text for the log, byte for byte as Python's `json.dumps` writes it.
    pub(super) fn dump(&self) -> String {
        let parts = match self {
            Self::Added => vec![Part::Added {}],
            Self::Changed(fields) if fields.is_empty() => Vec::new(),
            Self::Changed(fields) => vec![Part::Changed { fields }],
            Self::Text(text) => return text.clone(),
        };
        let mut bytes = Vec::new();
        // Neither a vector nor these types can fail.
        let _ = parts.serialize(&mut Serializer::with_formatter(&mut bytes, DumpsFormatter));
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// The layout of Python's `json.dumps`: a space after commas and colons, and ASCII only.
struct DumpsFormatter;

impl Formatter for DumpsFormatter {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for letter in fragment.chars() {
            if matches!(letter, ' '..='~') {
                write!(writer, "{letter}")?;
                continue;
            }
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// The sentence for a row's `change_message`: `Changed Title and Body.` A text that is not such a document is returned as it is.
/// The names in it are shown as they are stored.
#[must_use]
pub fn get_change_message(stored: &str) -> String {
    if !stored.starts_with('[') {
        return stored.to_owned();
    }
    let Ok(Value::List(parts)) = json::decode(stored.as_bytes(), Charset::Utf8) else {
        return stored.to_owned();
    };
    let Some(sentences) = parts.iter().map(sentence).collect::<Option<Vec<_>>>() else {
        return stored.to_owned();
    };
    let sentences: Vec<String> = sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect();
    if sentences.is_empty() {
        return gettext("No fields changed.").to_owned();
    }
    sentences.iter().map(|sentence| upper_first(sentence)).collect::<Vec<_>>().join(" ")
}

/// The sentence of one part; empty for an unknown one. `None` if the document is of another kind.
fn sentence(part: &Value) -> Option<String> {
    let Value::Dict(part) = part else { return None };
    let of = |kind: &str| match part.get(kind) {
        Some(Value::Dict(about)) => Some(about),
        _ => None,
    };
    let object = |about: &Dict, template: &'static str| {
        let (name, object) = (text(about, "name")?, text(about, "object")?);
        let values: [(&str, &dyn Display); 2] = [("name", &name), ("object", &object)];
        Some(format(gettext(template), &values))
    };
    if let Some(about) = of("added") {
        if about.is_empty() {
            return Some(gettext("Added.").to_owned());
        }
        return object(about, "Added {name} “{object}”.");
    }
    if let Some(about) = of("changed") {
        let fields = about.get("fields").and_then(Value::as_list)?;
        let fields = get_text_list(&fields.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?);
        if !about.contains_key("name") {
            return Some(format(gettext("Changed {fields}."), &[("fields", &fields)]));
        }
        let (name, object) = (text(about, "name")?, text(about, "object")?);
        let values: [(&str, &dyn Display); 3] = [("fields", &fields), ("name", &name), ("object", &object)];
        return Some(format(gettext("Changed {fields} for {name} “{object}”."), &values));
    }
    if let Some(about) = of("deleted") {
        return object(about, "Deleted {name} “{object}”.");
    }
    Some(String::new())
}

fn text<'a>(about: &'a Dict, key: &str) -> Option<&'a str> {
    about.get(key).and_then(Value::as_str)
}

/// `a, b and c` (`get_text_list` of `django/utils/text.py`).
fn get_text_list(list: &[&str]) -> String {
    match list {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => {
            std::format!("{} {} {last}", first.join(gettext(", ")), gettext("and"))
        }
    }
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
