//! `Meta.extra_kwargs`: options of a field that is made for a column or a relation.

use crate::data::Value;
use vitamin_framework::models::ColumnKind;
use vitamin_framework::translation::LazyText;

/// Options of a field that is made for a column. They win over the column's own.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, title -> Text, closed -> Bool, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(references(PublicUser))]
/// #     owner_id: UserId,
/// #     #[model(max_length = 100)]
/// #     title: String,
/// #     #[model(default = false)]
/// #     closed: bool,
/// # }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(references(Poll), related_name = votes)]
/// #     poll_id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// fn poll_serializer() -> ModelSerializer<Poll> {
///     ModelSerializer::new(["id", "owner", "title", "closed"])
///         .extra("title", Extra::new().min_length(3).error_message("min_length", "Say more."))
///         .field("owner", RelatedColumn::new(Poll::OWNER, auth_user::username))
///         .read_only_fields(["closed"])
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Extra {
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) required: Option<bool>,
    pub(super) default: Option<Value>,
    /// The default that a unique-together check needs, unless `required` or `default` is set.
    pub(super) unique: Option<Unique>,
    pub(super) allow_null: Option<bool>,
    pub(super) allow_blank: Option<bool>,
    pub(super) trim_whitespace: Option<bool>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) min_value: Option<i64>,
    pub(super) max_value: Option<i64>,
    pub(super) label: Option<LazyText>,
    pub(super) help_text: Option<LazyText>,
    pub(super) allow_empty: Option<bool>,
    pub(super) view_name: Option<&'static str>,
    pub(super) lookup_field: Option<&'static str>,
    pub(super) error_messages: Vec<(&'static str, LazyText)>,
}

/// What a field must have for a unique-together check (`get_uniqueness_extra_kwargs`).
#[derive(Clone, Copy, Debug)]
pub(super) enum Unique {
    /// The client must send it.
    Required,
    /// It has a default.
    Default(fn() -> Value),
    /// The current time is its default; of a new object only, or also of one that is updated.
    Now { kind: ColumnKind, create_only: bool },
}

/// One setter an option.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $value:expr;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $value;
            self
        }
    )* };
}

impl Extra {
    /// No options.
    #[must_use]
    pub fn new() -> Self {
        <Self as Default>::default()
    }

    /// Ignores input for the field.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Excludes the field from responses.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    setters! {
        /// Whether the field is required.
        required: bool => Some(required);
        /// The value of a missing field.
        default: impl Into<Value> => Some(default.into());
        /// Whether null is a value.
        allow_null: bool => Some(allow_null);
        /// Whether empty text is a value.
        allow_blank: bool => Some(allow_blank);
        /// Whether leading and trailing white space is removed.
        trim_whitespace: bool => Some(trim_whitespace);
        /// The minimum number of characters.
        min_length: usize => Some(min_length);
        /// The maximum number of characters.
        max_length: usize => Some(max_length);
        /// The minimum of a number.
        min_value: i64 => Some(min_value);
        /// The maximum of a number.
        max_value: i64 => Some(max_value);
        /// Whether the list of a many-to-many relation may be empty.
        allow_empty: bool => Some(allow_empty);
        /// The view of the URLs of `url`, or of a relation of a
        /// [`HyperlinkedModelSerializer`](super::HyperlinkedModelSerializer).
        view_name: &'static str => Some(view_name);
        /// The field whose value is in these URLs, `pk` by default.
        lookup_field: &'static str => Some(lookup_field);
        /// The human-readable name.
        label: impl Into<LazyText> => Some(label.into());
        /// The human-readable description.
        help_text: impl Into<LazyText> => Some(help_text.into());
    }

    /// Replaces the message of the field's errors with this code, such as `required`.
    #[must_use]
    pub fn error_message(mut self, code: &'static str, message: impl Into<LazyText>) -> Self {
        self.error_messages.push((code, message.into()));
        self
    }
}
