//! The serializer field of a model's column (rest_framework/utils/field_mapping.py, `ModelSerializer.build_field`).

use std::sync::Arc;

use super::extra::{Extra, Unique};
use super::find::PrimaryKey;
use super::related::Related;
use super::unique::unique;
use crate::data::Value;
use crate::error_detail::ErrorDetail;
use crate::fields::{
    BaseField, BigIntegerField, BooleanField, CharField, ChoiceField, DateField, DateTimeField, DecimalField,
    DurationField, EmailField, Field, FloatField, IPAddressField, IntegerField, JSONField, Kind, Pattern,
    SlugField, TimeField, URLField, UUIDField,
};
use vitamin_framework::models::{Column, ColumnKind, FieldClass, ModelMeta, Validator};
use vitamin_framework::translation::{LazyText, capfirst, format, gettext, gettext_lazy};

/// The range of an integer column (`integer_field_range` of `django/db/backends/*/operations.py`).
fn integer_range(column: &Column, is_postgres: bool) -> (i64, i64) {
    let max = match column.kind {
        ColumnKind::SmallInteger if is_postgres => i64::from(i16::MAX),
        ColumnKind::Integer if is_postgres => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    let min = if column.class == FieldClass::PositiveInteger { 0 } else { -max - 1 };
    (min, max)
}

/// Refuses an integer that the type of the struct's field cannot hold, though SQLite could. An integer beyond the field's own
/// limits has their message already.
fn fits(limits: (i64, i64), type_limits: (i64, i64)) -> impl Fn(&Value) -> Result<(), ErrorDetail> {
    move |value| {
        let Value::Int(number) = value else { return Ok(()) };
        let Some(number) = number.as_i64().filter(|number| limits.0 <= *number && *number <= limits.1) else {
            return Ok(());
        };
        let (code, message) = if number < type_limits.0 {
            (
                "min_value",
                format(
                    gettext("Ensure this value is greater than or equal to {min_value}."),
                    &[("min_value", &type_limits.0)],
                ),
            )
        } else if number > type_limits.1 {
            (
                "max_value",
                format(
                    gettext("Ensure this value is less than or equal to {max_value}."),
                    &[("max_value", &type_limits.1)],
                ),
            )
        } else {
            return Ok(());
        };
        Err(ErrorDetail::new(message, code))
    }
}

/// The field of a column. `related` finds the objects of a foreign key, instead of their primary keys. `is_postgres` is `None` if the database does not matter, because the field is read-only.
pub(super) fn column_field(
    column: &'static Column,
    meta: &'static ModelMeta,
    name: &str,
    is_read_only: bool,
    extra: Option<(&Extra, bool)>,
    related: Option<Related>,
) -> Result<Arc<dyn BaseField>, String> {
    let none = Extra::new();
    let (extra, is_postgres) = extra.unwrap_or((&none, false));
    let is_read_only = is_read_only
        || extra.read_only
        || column.class == FieldClass::Auto && column.references.is_none()
        || !column.editable;
    let facts = Facts { column, meta, extra, is_read_only, name };
    if let Some(reference) = column.references {
        let related = related.unwrap_or_else(|| PrimaryKey::related((reference.to)()));
        return Ok(facts.finish(Field::of_kind(related)));
    }
    if !column.choices.is_empty() {
        let mut field = ChoiceField::new(column.choices.iter().copied());
        if facts.allows_blank() {
            field = field.allow_blank();
        }
        return Ok(facts.finish(field));
    }
    let (min_length, max_length) = facts.lengths();
    /// A text field with its lengths.
    macro_rules! text {
        ($field:expr) => {{
            let mut field = $field;
            if let Some(length) = max_length {
                field = field.max_length(length);
            }
            if let Some(length) = min_length {
                field = field.min_length(length);
            }
            if facts.allows_blank() {
                field = field.allow_blank();
            }
            if let Some(trim) = extra.trim_whitespace {
                field = field.trim_whitespace(trim);
            }
            facts.finish(field)
        }};
    }
    /// A number with its bounds.
    macro_rules! number {
        ($field:expr, $range:expr) => {{
            let (min, max) = facts.bounds($range);
            let mut field = $field;
            if let Some(max) = max {
                field = field.max_value(max);
            }
            if let Some(min) = min {
                field = field.min_value(min);
            }
            facts.finish(field)
        }};
    }
    Ok(match column.class {
        FieldClass::Auto | FieldClass::Integer | FieldClass::PositiveInteger => {
            let range = (!is_read_only).then(|| integer_range(column, is_postgres));
            let mut field = IntegerField::new();
            if column.kind == ColumnKind::BigInteger {
                return Ok(number!(BigIntegerField::new(), range));
            }
            if let (Some(min), Some(max)) = facts.bounds(range) {
                field = field.validator(fits((min, max), integer_range(column, true)));
            }
            number!(field, range)
        }
        FieldClass::Float => number!(FloatField::new(), None),
        FieldClass::Boolean => facts.finish(BooleanField::new()),
        FieldClass::Char => text!(CharField::new()),
        FieldClass::Text => text!(CharField::new().style("base_template", "textarea.html")),
        FieldClass::Email => text!(EmailField::new()),
        FieldClass::Url => text!(URLField::new()),
        FieldClass::Slug => text!(SlugField::new()),
        FieldClass::IpAddress => facts.finish(IPAddressField::new()),
        FieldClass::Date => facts.finish(DateField::new()),
        FieldClass::Time => facts.finish(TimeField::new()),
        FieldClass::DateTime => facts.finish(DateTimeField::new()),
        FieldClass::Duration => facts.finish(DurationField::new()),
        FieldClass::Uuid => facts.finish(UUIDField::new()),
        FieldClass::Decimal => {
            let (digits, places) = column.digits.unzip();
            number!(DecimalField::new(digits, places), None)
        }
        FieldClass::Json => facts.finish(JSONField::new().style("base_template", "textarea.html")),
        FieldClass::Binary => return Err(format!("a serializer has no field for the bytes of `{name}`")),
    })
}

/// The field of a column without options (`ModelSerializer().build_field(…)`).
///
/// # Errors
/// There is none for bytes.
pub(crate) fn model_field(
    meta: &'static ModelMeta,
    column: &'static Column,
    is_postgres: bool,
) -> Result<Arc<dyn BaseField>, String> {
    column_field(column, meta, column.name, false, Some((&Extra::new(), is_postgres)), None)
}

/// The options that follow from a column and `extra_kwargs`.
struct Facts<'a> {
    column: &'static Column,
    meta: &'static ModelMeta,
    extra: &'a Extra,
    is_read_only: bool,
    name: &'a str,
}

impl Facts<'_> {
    fn allows_blank(&self) -> bool {
        let is_text = matches!(
            self.column.class,
            FieldClass::Char | FieldClass::Text | FieldClass::Email | FieldClass::Url | FieldClass::Slug
        );
        self.extra.allow_blank.unwrap_or(self.column.blank && is_text) && !self.is_read_only
    }

    /// The minimum and maximum number of characters.
    fn lengths(&self) -> (Option<usize>, Option<usize>) {
        if self.is_read_only {
            return (None, None);
        }
        let own = self.column.validators.iter().find_map(|validator| match validator {
            Validator::MinLength(length) => Some(*length),
            _ => None,
        });
        // URLField and EmailField have a maximum by default.
        (self.extra.min_length.or(own), self.extra.max_length.or(self.column.max_length))
    }

    /// The minimum and maximum: the field's own, or the column's range.
    fn bounds(&self, range: Option<(i64, i64)>) -> (Option<i64>, Option<i64>) {
        if self.is_read_only {
            return (None, None);
        }
        let validators = self.column.validators;
        let min = validators.iter().find_map(|validator| match validator {
            Validator::MinValue(limit) => Some(*limit),
            _ => None,
        });
        let max = validators.iter().find_map(|validator| match validator {
            Validator::MaxValue(limit) => Some(*limit),
            _ => None,
        });
        (
            self.extra.min_value.or(min).or(range.map(|(min, _)| min)),
            self.extra.max_value.or(max).or(range.map(|(_, max)| max)),
        )
    }

    /// Sets what all kinds of fields have.
    fn finish<K: Kind + 'static>(&self, mut field: Field<K>) -> Arc<dyn BaseField> {
        let (column, extra) = (self.column, self.extra);
        if self.is_read_only {
            field = field.read_only();
            // Only for the unique-together checks.
            if let Some(unique) = extra.unique {
                field = unique.default_of(field);
            }
        } else {
            field = self.input(field);
        }
        if extra.write_only {
            field = field.write_only();
        }
        if extra.allow_null.unwrap_or(column.null) {
            field = field.allow_null();
        }
        if let Some(label) = extra.label.clone().or_else(|| self.label()) {
            field = field.label(label);
        }
        let own_text = || column.help_text.map(|text| column.lazy_text(text));
        if let Some(text) = extra.help_text.clone().or_else(own_text) {
            field = field.help_text(text);
        }
        for (code, message) in &extra.error_messages {
            field = field.error_message(code, message.clone());
        }
        Arc::new(field)
    }

    /// Sets what a field that accepts input has.
    fn input<K: Kind + 'static>(&self, mut field: Field<K>) -> Field<K> {
        let (column, extra) = (self.column, self.extra);
        let is_optional = column.has_default() || column.blank || column.null;
        match (extra.required, &extra.default, extra.unique) {
            (_, Some(default), _) => field = field.default(default.clone()),
            (_, None, Some(unique @ (Unique::Default(_) | Unique::Now { .. }))) => {
                field = unique.default_of(field);
            }
            (Some(required), None, _) => field = field.required(required),
            (None, None, Some(Unique::Required)) => field = field.required(true),
            (None, None, None) if is_optional => field = field.required(false),
            (None, None, None) => {}
        }
        for validator in column.validators {
            if let Validator::Regex(pattern, message) = validator {
                field = field.regex_validator(Pattern::new(*pattern), regex_message(column, message));
            }
        }
        if column.unique {
            field = unique(field, self.meta, column);
        }
        field
    }

    /// The column's own name, if it is not what the serializer would make of the field's name (`needs_label`).
    fn label(&self) -> Option<LazyText> {
        // Django makes the key `id` itself, with the name `ID`.
        let is_made = self.column.class == FieldClass::Auto && self.column.name == "id";
        let verbose = self.column.verbose_name.or(is_made.then_some("ID"))?;
        let label = self.column.lazy_text(verbose).capfirst();
        // A translation may be another word than the name.
        (self.column.translated || label.text() != default_label(self.name)).then_some(label)
    }
}

/// The message of a `RegexValidator`. Its default is Django's own, and marked there.
fn regex_message(column: &Column, message: &'static str) -> LazyText {
    if message == "Enter a valid value." { gettext_lazy(message) } else { column.lazy_text(message) }
}

/// `field_name.replace('_', ' ').capitalize()`.
fn default_label(name: &str) -> String {
    capfirst(&name.replace('_', " ").to_lowercase())
}
