//! The schema of a field (`_map_serializer_field` of `drf_spectacular/openapi.py`).

use std::any::Any as AnyKind;
use std::sync::Arc;

use serde_json::{Value, json};

use super::builder::{Builder, Direction};
use super::choices::choice_schema;
use super::components::append_meta;
use super::serializer::{FieldSchema, FieldShape, SerializerSchema};
use super::text::{Text, TextSyntax};
use super::types::{OpenApiTypes, Schema, object};
use crate::fields::{
    Any, BaseField, BigInt, Boolean, Choice, Date, DateTime, Decimal, Duration, File, FilePath, Float,
    Hidden, Image, Int, Json, Limit, List, Mapping, MultipleChoice, Output, Protocol, ReadOnly, Time, Uuid,
};
use crate::serializers::Related;
use crate::serializers::model_field;
use vitamin_framework::models::{Column, ModelMeta};

impl Builder<'_> {
    /// The schema of a serializer's field. `None` if it has none, as a serializer without fields.
    pub(super) fn field(&mut self, field: &FieldSchema, direction: Direction) -> Option<Schema> {
        self.named_field(&field.name, field.field.as_ref(), field.shape.as_ref(), direction)
    }

    fn named_field(
        &mut self,
        name: &str,
        field: &dyn BaseField,
        shape: Option<&FieldShape>,
        direction: Direction,
    ) -> Option<Schema> {
        let mut meta = self.meta(name, field, direction);
        let own = if shape.is_none() { field.shape(self.is_postgres) } else { None };
        let schema = match shape.or(own.as_ref()) {
            Some(FieldShape::Serializer(serializer)) => self.resolve(serializer, direction)?.reference,
            Some(FieldShape::List(serializer)) => self.list(serializer, direction)?,
            Some(FieldShape::Column(meta, column)) => match column.references {
                // The value of a foreign key is the other model's key.
                Some(reference) => self.primary_key((reference.to)(), direction),
                None => self.column(meta, column, direction),
            },
            Some(FieldShape::Schema(schema)) => object(schema.clone()),
            None => self.kind(name, field, &mut meta, direction)?,
        };
        Some(append_meta(schema, meta))
    }

    /// A list of a serializer's objects.
    pub(super) fn list(
        &mut self,
        serializer: &Arc<SerializerSchema>,
        direction: Direction,
    ) -> Option<Schema> {
        let item = self.resolve(serializer, direction)?.reference;
        Some(array(item))
    }

    /// The schema of a kind of field without that of the options.
    fn kind(
        &mut self,
        name: &str,
        field: &dyn BaseField,
        meta: &mut Schema,
        direction: Direction,
    ) -> Option<Schema> {
        let (kind, options) = (field.kind(), field.options());
        if let Some(related) = kind.downcast_ref::<Related>() {
            return Some(self.related(related, meta, direction));
        }
        if let Some(multiple) = kind.downcast_ref::<MultipleChoice>() {
            let choice = multiple.choice();
            let blank = choice.allows_blank();
            return Some(array(choice_schema(choice.choices(), blank, options.allows_null(), self.settings)));
        }
        if let Some(choice) = kind.downcast_ref::<Choice>() {
            return Some(self.choices(choice.choices(), choice.allows_blank(), options.allows_null(), meta));
        }
        if let Some(paths) = kind.downcast_ref::<FilePath>() {
            let choices: Vec<_> =
                paths.choices(options).into_iter().map(|(path, label)| (path.into(), label.into())).collect();
            return Some(self.choices(&choices, paths.allows_blank(), options.allows_null(), meta));
        }
        if let Some(list) = kind.downcast_ref::<List>() {
            // Without the options of the serializer.
            if let Some(FieldShape::Serializer(serializer)) = list.child().shape(self.is_postgres) {
                return Some(array(self.resolve(&serializer, direction)?.reference));
            }
            let mut item = self.child(list.child(), direction)?;
            if item.get("title").and_then(Value::as_str).is_some_and(|title| is_trivial(name, title)) {
                item.shift_remove("title");
            }
            return Some(array(item));
        }
        if let Some(mapping) = kind.downcast_ref::<Mapping>() {
            let mut schema = OpenApiTypes::Object.schema()?;
            let value = self.child(mapping.child(), direction)?;
            schema.insert("additionalProperties".to_owned(), Value::Object(value));
            return Some(schema);
        }
        if let Some(decimal) = kind.downcast_ref::<Decimal>() {
            return Some(self.decimal(decimal));
        }
        if let Some(float) = kind.downcast_ref::<Float>() {
            let mut schema = OpenApiTypes::Double.schema()?;
            insert_bounds(&mut schema, float.min_value(), float.max_value());
            return Some(schema);
        }
        if let Some((min, max)) = integer_bounds(kind) {
            let mut schema = OpenApiTypes::Int.schema()?;
            insert_bounds(&mut schema, min, max);
            let small = |limit: Option<Limit>| {
                limit.is_none_or(|limit| {
                    (-2_147_483_648.0..=2_147_483_647.0).contains(&limit.to_f64().trunc())
                })
            };
            if !small(min) || !small(max) {
                schema.insert("format".to_owned(), "int64".into());
            }
            return Some(schema);
        }
        if let Some(file) = kind.downcast_ref().or_else(|| kind.downcast_ref::<Image>().map(Image::file)) {
            return Some(self.file(file, options.is_required(), direction));
        }
        let basic = match Text::of(field).map(|text| text.syntax) {
            Some(TextSyntax::Email) => OpenApiTypes::Email,
            Some(TextSyntax::Url) => OpenApiTypes::Uri,
            Some(TextSyntax::IpAddress(Protocol::Ipv4)) => OpenApiTypes::Ip4,
            Some(TextSyntax::IpAddress(Protocol::Ipv6)) => OpenApiTypes::Ip6,
            Some(_) => OpenApiTypes::Str,
            None => match basic_type(kind) {
                Some(basic) => basic,
                None => {
                    self.warn(format!(
                        "could not resolve the serializer field \"{name}\". Defaulting to \"string\""
                    ));
                    OpenApiTypes::Str
                }
            },
        };
        basic.schema()
    }

    /// The items of a list, or the values of an object.
    fn child(&mut self, child: &dyn BaseField, direction: Direction) -> Option<Schema> {
        if child.kind().is::<Any>() {
            return Some(Schema::new());
        }
        let mut schema = self.named_field("", child, None, direction)?;
        super::validators::insert(child, &mut schema);
        Some(schema)
    }

    fn choices(
        &self,
        choices: &[(crate::data::Value, crate::data::Value)],
        allows_blank: bool,
        allows_null: bool,
        meta: &mut Schema,
    ) -> Schema {
        let mut schema = choice_schema(choices, allows_blank, allows_null, self.settings);
        if let Some(Value::String(text)) = meta.get_mut("description")
            && let Some(Value::String(choices)) = schema.shift_remove("description")
        {
            text.push_str("\n\n");
            text.push_str(&choices);
        }
        schema
    }

    fn related(&mut self, related: &Related, meta: &mut Schema, direction: Direction) -> Schema {
        let model = related.meta();
        let mut schema = match related.column().map(|column| model.find(column)) {
            None => OpenApiTypes::Uri.schema().unwrap_or_default(),
            Some(Some((_, column))) if related.column() != Some(model.primary_key().column) => {
                self.column(model, column, direction)
            }
            Some(_) => self.primary_key(model, direction),
        };
        schema.shift_remove("readOnly");
        if !related.is_many() {
            return schema;
        }
        // The list and its items have the same options, except for these.
        schema.extend(meta.clone());
        for of_list in ["readOnly", "default"] {
            schema.shift_remove(of_list);
        }
        if meta.get("description") == schema.get("description") {
            schema.shift_remove("description");
        }
        meta.shift_remove("nullable");
        array(schema)
    }

    fn decimal(&self, decimal: &Decimal) -> Schema {
        let whole_digits = decimal.max_digits().zip(decimal.decimal_places());
        let whole_digits = whole_digits.map(|(digits, places)| (digits.saturating_sub(places), places));
        if decimal.coerce_to_string().unwrap_or(self.output.coerce_decimal_to_string) {
            let mut schema = object(json!({"type": "string", "format": "decimal"}));
            if let Some((whole, places)) = whole_digits {
                let whole = if whole == 0 { "^-?0?".to_owned() } else { format!("^-?\\d{{0,{whole}}}") };
                schema.insert("pattern".to_owned(), format!("{whole}(?:\\.\\d{{0,{places}}})?$").into());
            }
            return schema;
        }
        let mut schema = OpenApiTypes::Decimal.schema().unwrap_or_default();
        if let Some((whole, _)) = whole_digits {
            let exact = u32::try_from(whole).ok().and_then(|whole| 10_i64.checked_pow(whole));
            let (max, min) = match exact {
                Some(limit) => (json!(limit), json!(-limit)),
                None => {
                    let limit = 10_f64.powi(i32::try_from(whole).unwrap_or(i32::MAX));
                    (json!(limit), json!(-limit))
                }
            };
            schema.extend(object(json!({
                "maximum": max, "minimum": min, "exclusiveMaximum": true, "exclusiveMinimum": true,
            })));
        }
        insert_bounds(&mut schema, decimal.min_value(), decimal.max_value());
        schema
    }

    fn file(&self, file: &File, is_required: bool, direction: Direction) -> Schema {
        let is_request = self.settings.component_split_request && direction == Direction::Request;
        let basic = match () {
            () if is_request => OpenApiTypes::Binary,
            () if file.uses_url() => OpenApiTypes::Uri,
            () => OpenApiTypes::Str,
        };
        let mut schema = basic.schema().unwrap_or_default();
        if !is_request && !is_required {
            // The output of no file is null.
            schema.insert("nullable".to_owned(), true.into());
        }
        schema
    }

    /// The schema of a model's column (`_map_model_field`). That of a parameter is that of a response.
    pub(super) fn column(
        &mut self,
        meta: &'static ModelMeta,
        column: &'static Column,
        direction: Direction,
    ) -> Schema {
        match model_field(meta, column, self.is_postgres) {
            Ok(field) => self.named_field(column.name, field.as_ref(), None, direction).unwrap_or_default(),
            // Only bytes have no field.
            Err(_) => OpenApiTypes::Byte.schema().unwrap_or_default(),
        }
    }

    fn primary_key(&mut self, meta: &'static ModelMeta, direction: Direction) -> Schema {
        let mut schema = self.column(meta, meta.primary_key(), direction);
        schema.shift_remove("readOnly");
        schema
    }

    /// The keys that follow from the options (`_get_serializer_field_meta`).
    fn meta(&self, name: &str, field: &dyn BaseField, direction: Direction) -> Schema {
        let options = field.options();
        let mut meta = Schema::new();
        for (key, is_set) in [
            ("readOnly", options.is_read_only()),
            ("writeOnly", options.is_write_only()),
            ("nullable", options.allows_null()),
        ] {
            if is_set {
                meta.insert(key.to_owned(), true.into());
            }
        }
        if Text::of(field).is_some_and(|text| !text.allows_blank) {
            let is_checked = match self.settings.component_split_request {
                true => direction == Direction::Request,
                false => self.settings.enforce_non_blank_fields && !options.is_read_only(),
            };
            if is_checked {
                meta.insert("minLength".to_owned(), 1.into());
            }
        }
        if let Some(default) =
            options.constant_default().filter(|default| **default != crate::data::Value::Null)
        {
            meta.insert("default".to_owned(), represent(field, default));
        }
        if let Some(label) = options.label().filter(|label| !label.is_empty() && !is_trivial(label, name)) {
            meta.insert("title".to_owned(), label.into());
        }
        if let Some(text) = options.help_text().filter(|text| !text.is_empty()) {
            meta.insert("description".to_owned(), text.into());
        }
        meta
    }
}

/// A value as the field writes it, or as it is.
fn represent(field: &dyn BaseField, value: &crate::data::Value) -> Value {
    let zone = vitamin_framework::timezone::TimeZone::default();
    let mut out = Vec::new();
    let written = if field.kind().is::<Related>() {
        None
    } else {
        field.represent_value(value, &Output::new(&zone), &mut out).ok()
    };
    written
        .and_then(|()| serde_json::from_slice(&out).ok())
        .unwrap_or_else(|| serde_json::to_value(value).unwrap_or_default())
}

fn basic_type(kind: &dyn AnyKind) -> Option<OpenApiTypes> {
    macro_rules! find {
        ($($field:ty => $basic:ident,)*) => {
            $(if kind.is::<$field>() {
                return Some(OpenApiTypes::$basic);
            })*
        };
    }
    find! {
        Date => Date,
        DateTime => Datetime,
        Time => Time,
        Uuid => Uuid,
        Duration => Str,
        Boolean => Bool,
        Json => Any,
        Any => Any,
        // An annotation, or an attribute of an unknown type.
        ReadOnly => Str,
        Hidden => Str,
    }
    None
}

fn integer_bounds(kind: &dyn AnyKind) -> Option<(Option<Limit>, Option<Limit>)> {
    if let Some(int) = kind.downcast_ref::<Int>() {
        return Some((int.min_value(), int.max_value()));
    }
    kind.downcast_ref::<BigInt>().map(|int| (int.min_value(), int.max_value()))
}

/// A limit as a number.
fn number(limit: Limit) -> Value {
    match limit {
        Limit::Int(limit) => limit.into(),
        limit => limit.to_f64().into(),
    }
}

fn insert_bounds(schema: &mut Schema, min: Option<Limit>, max: Option<Limit>) {
    for (key, exclusive, limit) in
        [("maximum", "exclusiveMaximum", max), ("minimum", "exclusiveMinimum", min)]
    {
        if let Some(limit) = limit {
            schema.insert(key.to_owned(), number(limit));
            schema.shift_remove(exclusive);
        }
    }
}

fn array(items: Schema) -> Schema {
    object(json!({"type": "array", "items": items}))
}

/// Whether a label is what would be made of the name (`is_trivial_string_variation`).
fn is_trivial(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    plain(a) == plain(b)
}
