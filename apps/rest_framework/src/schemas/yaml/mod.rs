//! YAML as PyYAML writes it with libyaml, in block style and with a width of 80 columns. No crate breaks lines and quotes
//! text where libyaml does.

mod scalar;
mod writer;

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use self::scalar::Analysis;
use self::writer::{Scalar, Writer};
use crate::python;

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Sequence,
    Mapping,
}

/// The longest key that is written before its colon, in bytes.
const MAX_SIMPLE_KEY: usize = 128;

/// The document as YAML.
pub(super) fn to_string(value: &Value) -> String {
    let mut writer = Writer::default();
    node(&mut writer, value, Place::Root);
    writer.finish()
}

fn node(writer: &mut Writer, value: &Value, place: Place) {
    match value {
        Value::Array(items) if items.is_empty() => writer.flow("[]"),
        Value::Object(entries) if entries.is_empty() => writer.flow("{}"),
        Value::Array(items) => sequence(writer, items, place),
        Value::Object(entries) => mapping(writer, entries),
        scalar => {
            let (text, is_text) = plain(scalar);
            let style = Scalar::of(&text, is_text, false);
            writer.scalar(&text, style, false);
        }
    }
}

fn sequence(writer: &mut Writer, items: &[Value], place: Place) {
    // In a mapping, the dashes are below the key.
    writer.indented(place == Place::Mapping && !writer.is_indention(), |writer| {
        for item in items {
            writer.write_indent();
            writer.indicator("-", true, false, true);
            node(writer, item, Place::Sequence);
        }
    });
}

fn mapping(writer: &mut Writer, entries: &Map<String, Value>) {
    writer.indented(false, |writer| {
        for (key, value) in entries {
            writer.write_indent();
            let analysis = Analysis::of(key);
            if key.len() <= MAX_SIMPLE_KEY && !analysis.is_multiline {
                writer.scalar(key, Scalar::of(key, true, true), true);
                writer.indicator(":", false, false, false);
            } else {
                writer.indicator("?", true, false, true);
                writer.scalar(key, Scalar::of(key, true, false), false);
                writer.write_indent();
                writer.indicator(":", true, false, true);
            }
            node(writer, value, Place::Mapping);
        }
    });
}

/// The text of a scalar, and whether it is text.
fn plain(value: &Value) -> (Cow<'_, str>, bool) {
    match value {
        Value::String(text) => (text.into(), true),
        Value::Bool(true) => ("true".into(), false),
        Value::Bool(false) => ("false".into(), false),
        Value::Number(number) => (number_text(number).into(), false),
        _ => ("null".into(), false),
    }
}

/// PyYAML's `represent_float`: an exponent needs a point.
fn number_text(number: &Number) -> String {
    if !number.is_f64() {
        return number.to_string();
    }
    let text = python::float_repr(number.as_f64().unwrap_or_default());
    if text.contains('.') { text } else { text.replacen('e', ".0e", 1) }
}

#[cfg(test)]
mod tests;
