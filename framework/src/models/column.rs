//! What a model knows of its columns: the options of Django's model fields (`django/db/models/fields/__init__.py`).

use vitamin_parsing::data::Value;

use super::meta::ModelMeta;
use crate::database::KeyType;
use crate::translation::{LazyText, gettext_lazy};

/// How a column's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// 16 bits.
    SmallInteger,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInteger,
    /// A 64-bit float.
    Float,
    /// `boolean`.
    Boolean,
    /// `varchar` or `text`.
    Text,
    /// `date`.
    Date,
    /// `time`.
    Time,
    /// `timestamp with time zone`; text in UTC on SQLite.
    DateTime,
    /// `interval`; microseconds on SQLite.
    Duration,
    /// `uuid`; 32 hexadecimal digits on SQLite.
    Uuid,
    /// `numeric`.
    Decimal,
    /// `jsonb`; text on SQLite.
    Json,
    /// `bytea`.
    Binary,
    /// A user's primary key: an integer, a UUID or a text.
    UserKey,
}

impl ColumnKind {
    /// How the column's values are stored, if users' keys have this type.
    #[must_use]
    pub const fn with_user_keys(self, key_type: KeyType) -> Self {
        match (self, key_type) {
            (Self::UserKey, KeyType::Integer) => Self::BigInteger,
            (Self::UserKey, KeyType::Uuid) => Self::Uuid,
            (Self::UserKey, KeyType::Text) => Self::Text,
            _ => self,
        }
    }
}

/// Django's class of a model field, as far as serializers and filters depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// AutoField, SmallAutoField, BigAutoField.
    Auto,
    /// SmallIntegerField, IntegerField, BigIntegerField.
    Integer,
    /// PositiveSmallIntegerField, PositiveIntegerField, PositiveBigIntegerField.
    PositiveInteger,
    /// FloatField.
    Float,
    /// BooleanField.
    Boolean,
    /// CharField.
    Char,
    /// TextField.
    Text,
    /// EmailField.
    Email,
    /// URLField.
    Url,
    /// SlugField.
    Slug,
    /// DateField.
    Date,
    /// TimeField.
    Time,
    /// DateTimeField.
    DateTime,
    /// DurationField.
    Duration,
    /// UUIDField.
    Uuid,
    /// DecimalField.
    Decimal,
    /// JSONField.
    Json,
    /// GenericIPAddressField.
    IpAddress,
    /// BinaryField.
    Binary,
}

impl FieldClass {
    /// The class of a column of this type: text without a maximum length is a TextField, and a primary key of integers is an
    /// AutoField.
    #[doc(hidden)]
    #[must_use]
    pub const fn of_column(self, has_length: bool, is_auto_key: bool) -> Self {
        match self {
            Self::Char if !has_length => Self::Text,
            Self::Integer if is_auto_key => Self::Auto,
            Self::Auto if !is_auto_key => Self::Integer,
            class => class,
        }
    }
}

/// A validator of a model field (`django/core/validators.py`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Validator {
    /// MinValueValidator.
    MinValue(i64),
    /// MaxValueValidator.
    MaxValue(i64),
    /// MinLengthValidator, in characters.
    MinLength(usize),
    /// RegexValidator: the expression, searched for anywhere in the text, and the message.
    Regex(&'static str, &'static str),
}

/// What happens to a row when the row that it refers to is deleted (`on_delete`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The column becomes NULL.
    SetNull,
    /// The deletion is refused.
    Protect,
    /// Left to the database.
    DoNothing,
}

/// How long a value is unique (`unique_for_date` and its like).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueFor {
    /// `unique_for_date`: a day.
    Date,
    /// `unique_for_month`: a month of any year, as in Django REST framework.
    Month,
    /// `unique_for_year`: a year.
    Year,
}

/// The target of a foreign key.
#[derive(Clone, Copy)]
pub struct Reference {
    /// The model that it refers to.
    pub to: fn() -> &'static ModelMeta,
    /// What happens when that row is deleted.
    pub on_delete: OnDelete,
}

/// A column, with the options of its model field.
pub struct Column {
    /// The model field's name: `project` for a foreign key in `project_id`.
    pub name: &'static str,
    /// The column's name.
    pub column: &'static str,
    /// How its values are stored.
    pub kind: ColumnKind,
    /// Django's class.
    pub class: FieldClass,
    /// Whether NULL is allowed.
    pub null: bool,
    /// Whether it may be left out or empty in forms and serializers.
    pub blank: bool,
    /// Whether no two rows may have the same value.
    pub unique: bool,
    /// Whether it is the primary key.
    pub primary_key: bool,
    /// Whether forms and serializers may change it.
    pub editable: bool,
    /// Set to the current time when the row is inserted (`auto_now_add`).
    pub auto_now_add: bool,
    /// Set to the current time with each save (`auto_now`).
    pub auto_now: bool,
    /// Set to the current time when the row is inserted, unless another value is given (`default=timezone.now`).
    pub default_now: bool,
    /// The date field for each day, month or year of which no two rows may have the same value (`unique_for_date`).
    pub unique_for: &'static [(UniqueFor, &'static str)],
    /// The maximum number of characters.
    pub max_length: Option<usize>,
    /// DecimalField: the maximum number of digits and the number of decimal places.
    pub digits: Option<(usize, usize)>,
    /// The value if none is given.
    pub default: Option<fn() -> Value>,
    /// The allowed values and their labels.
    pub choices: &'static [(&'static str, &'static str)],
    /// The human-readable name, if it is not derived from the name.
    pub verbose_name: Option<&'static str>,
    /// The human-readable description.
    pub help_text: Option<&'static str>,
    /// The message if the value is taken, instead of Django's (`error_messages={"unique": …}`).
    pub unique_message: Option<&'static str>,
    /// Whether the texts above, and the messages of the validators, are looked up in the catalogues
    /// ([`translation`](crate::translation)), as those that a Django model marks with `_(…)`.
    pub translated: bool,
    /// The field's own validators.
    pub validators: &'static [Validator],
    /// The model that a foreign key refers to.
    pub references: Option<Reference>,
}

impl Column {
    /// A column without options. The derive macro fills in the others.
    #[must_use]
    pub const fn new(name: &'static str, column: &'static str, kind: ColumnKind, class: FieldClass) -> Self {
        Self {
            name,
            column,
            kind,
            class,
            null: false,
            blank: false,
            unique: false,
            primary_key: false,
            editable: true,
            auto_now_add: false,
            auto_now: false,
            default_now: false,
            unique_for: &[],
            max_length: None,
            digits: None,
            default: None,
            choices: &[],
            verbose_name: None,
            help_text: None,
            unique_message: None,
            translated: false,
            validators: &[],
            references: None,
        }
    }

    /// One of the field's texts, to be translated if they are.
    #[must_use]
    pub fn lazy_text(&self, text: &'static str) -> LazyText {
        if self.translated { gettext_lazy(text) } else { text.into() }
    }

    /// Whether the field has a default.
    #[must_use]
    pub const fn has_default(&self) -> bool {
        self.default.is_some() || self.default_now
    }

    /// The choice's label for a value (`get_FOO_display`).
    #[must_use]
    pub fn display<'a>(&self, value: &'a str) -> &'a str {
        self.choices.iter().find(|(choice, _)| *choice == value).map_or(value, |(_, label)| label)
    }
}
