//! One filter: its parameter, and what is done with the value (django_filters/filters.py).

use std::borrow::Cow;
use std::sync::Arc;

use crate::exceptions::APIException;
use crate::filters::apply::Condition;
use crate::filters::model_choice::ModelChoices;
use crate::filters::{Cleaned, FilterKind, FormField};
use crate::request::Request;
use vitamin_framework::models::{Lookup, Model, Path, Q, QuerySet};
use vitamin_framework::timezone::TimeZone;

type Method<T> = Arc<dyn Fn(&Cleaned, &Request) -> Result<Q<T>, APIException> + Send + Sync>;

/// How a filter's value becomes a condition.
pub(crate) enum Apply<T> {
    /// The column is compared.
    Column(Path<T>, Condition),
    /// A closure of the app makes the condition. The column is for the OpenAPI document.
    Method(Option<Path<T>>, Method<T>),
    /// The rows are ordered by fields: each parameter, and the field's name.
    Order(Vec<(Cow<'static, str>, Cow<'static, str>)>),
}

impl<T> Clone for Apply<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Column(path, condition) => Self::Column(path.clone(), *condition),
            Self::Method(path, method) => Self::Method(path.clone(), Arc::clone(method)),
            Self::Order(names) => Self::Order(names.clone()),
        }
    }
}

/// One filter: a parameter, and what is done with its value.
pub struct Filter<T> {
    pub(crate) field: FormField,
    pub(crate) apply: Apply<T>,
    /// The objects that a client may name, of the model choice filters.
    pub(crate) choices: Option<Arc<dyn ModelChoices>>,
    excludes: bool,
    conjoined: bool,
    pub(crate) mistake: Option<String>,
}

impl<T> Clone for Filter<T> {
    fn clone(&self) -> Self {
        Self {
            field: self.field.clone(),
            apply: self.apply.clone(),
            choices: self.choices.clone(),
            excludes: self.excludes,
            conjoined: self.conjoined,
            mistake: self.mistake.clone(),
        }
    }
}

/// Sets the lookup.
macro_rules! lookups {
    ($($(#[$doc:meta])* $name:ident: $condition:expr;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(self) -> Self {
            self.with($condition)
        }
    )* };
}

impl<T> Filter<T> {
    pub(super) const fn new(field: FormField, apply: Apply<T>) -> Self {
        Self { field, apply, choices: None, excludes: false, conjoined: false, mistake: None }
    }

    lookups! {
        /// Equal, ignoring case.
        iexact: Condition::of(Lookup::IExact);
        /// Contains the value.
        contains: Condition::of(Lookup::Contains);
        /// Contains the value, ignoring case.
        icontains: Condition::of(Lookup::IContains);
        /// Starts with the value.
        startswith: Condition::of(Lookup::StartsWith);
        /// Starts with the value, ignoring case.
        istartswith: Condition::of(Lookup::IStartsWith);
        /// Ends with the value.
        endswith: Condition::of(Lookup::EndsWith);
        /// Ends with the value, ignoring case.
        iendswith: Condition::of(Lookup::IEndsWith);
        /// Greater than the value.
        gt: Condition::of(Lookup::Gt);
        /// Greater than the value, or equal.
        gte: Condition::of(Lookup::Gte);
        /// Less than the value.
        lt: Condition::of(Lookup::Lt);
        /// Less than the value, or equal.
        lte: Condition::of(Lookup::Lte);
        /// Contains a match of the value, a regular expression: PostgreSQL's or, on SQLite, Python's. 400 if it has an error,
        /// or more than 1,000 characters.
        regex: Condition::of(Lookup::Regex);
        /// Contains a match of the regular expression, ignoring case.
        iregex: Condition::of(Lookup::IRegex);
        /// Has the words of the value: full-text search of PostgreSQL, with the server's default configuration. On SQLite
        /// `manage check` reports it, and the response is 500.
        search: Condition::of(Lookup::Search);
        /// Whether the column is NULL, or there is no related row; the value is a boolean.
        isnull: Condition::IS_NULL;
        /// The column's year.
        year: Condition::YEAR;
    }

    /// Compares as a lookup's name says, such as `date__gte` (`lookup_expr`). The value is read as before.
    #[must_use]
    pub fn lookup(mut self, lookup: &'static str) -> Self {
        match Condition::named(lookup) {
            Some(condition) => self.with(condition),
            None => {
                self.mistake =
                    Some(format!("the filter `{}` has an unknown lookup `{lookup}`", self.field.name));
                self
            }
        }
    }

    /// One of several values, separated by commas (`BaseInFilter` with this kind of filter).
    #[must_use]
    pub fn is_in(mut self) -> Self {
        self.field.kind = FilterKind::In(Box::new(self.field.kind));
        self.with(Condition::of(Lookup::Exact))
    }

    /// Between two values, separated by a comma (`BaseRangeFilter` with this kind of filter).
    #[must_use]
    pub fn in_range(mut self) -> Self {
        self.field.kind = FilterKind::Between(Box::new(self.field.kind));
        self.with(Condition::of(Lookup::Exact))
    }

    /// The rows that do not meet the condition (`exclude=True`).
    #[must_use]
    pub const fn exclude(mut self) -> Self {
        self.excludes = true;
        self
    }

    /// All of the values, instead of any (`conjoined=True` of a multiple choice).
    #[must_use]
    pub const fn conjoined(mut self) -> Self {
        self.conjoined = true;
        self
    }

    /// A closure makes the condition from the value and the request (`method=`).
    ///
    /// ```
    /// # use vitamin_rest_framework::prelude::*;
    /// # diesel::table! { polls_poll (id) { id -> BigInt, owner_id -> vitamin_framework::database::UserKey, closed -> Bool, } }
    /// # #[derive(Model)]
    /// # #[model(table = polls_poll, crate = vitamin_framework)]
    /// # struct Poll {
    /// #     id: i64,
    /// #     #[model(references(PublicUser))]
    /// #     owner_id: UserId,
    /// #     #[model(default = false)]
    /// #     closed: bool,
    /// # }
    /// use diesel::prelude::*;
    /// use vitamin_rest_framework::filters::filter_set::*;
    ///
    /// fn poll_filters() -> FilterSet<Poll> {
    ///     FilterSet::new().filter(boolean("mine", polls_poll::owner_id).method(|mine, request| {
    ///         let is_owner = Q::new(polls_poll::owner_id.eq(request.authenticated()?.id));
    ///         Ok(if mine.as_bool() == Some(true) { is_owner } else { !is_owner })
    ///     }))
    /// }
    /// # poll_filters();
    /// ```
    #[must_use]
    pub fn method(
        mut self,
        condition: impl Fn(&Cleaned, &Request) -> Result<Q<T>, APIException> + Send + Sync + 'static,
    ) -> Self {
        let path = match self.apply {
            Apply::Column(path, _) | Apply::Method(Some(path), _) => Some(path),
            Apply::Method(None, _) | Apply::Order(_) => None,
        };
        self.apply = Apply::Method(path, Arc::new(condition));
        self
    }

    /// Objects are named by this field of theirs, instead of their primary key (`to_field_name` of the model choices).
    #[must_use]
    pub fn to_field_name(mut self, field: &'static str) -> Self {
        let named = self.choices.as_ref().and_then(|choices| choices.named_by(field));
        match named {
            Some(named) => self.choices = Some(named),
            None => {
                self.mistake = Some(format!("the filter `{}` has no objects with `{field}`", self.field.name))
            }
        }
        self
    }

    /// Has `null` stand for no object (`null_label` of the model choices).
    #[must_use]
    pub fn null(mut self) -> Self {
        match &mut self.field.kind {
            FilterKind::ModelChoice { null } | FilterKind::ModelMultipleChoice { null } => *null = true,
            FilterKind::Choice(choices) | FilterKind::MultipleChoice(choices) => {
                *choices = std::mem::take(choices).null();
            }
            _ => self.mistake = Some(format!("the filter `{}` is no choice", self.field.name)),
        }
        self
    }

    /// The parameter must be there.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.field = self.field.required();
        self
    }

    fn with(mut self, condition: Condition) -> Self {
        if let Apply::Column(_, own) = &mut self.apply {
            *own = condition;
        }
        self
    }
}

impl<T: Model> Filter<T> {
    /// The regular expression of a value, if this filter takes one.
    pub(crate) fn pattern<'v>(&self, value: &'v Cleaned) -> Option<&'v str> {
        match &self.apply {
            Apply::Column(_, condition) if condition.is_pattern() => value.as_str(),
            _ => None,
        }
    }

    /// Whether only PostgreSQL can do this.
    pub(crate) const fn needs_postgres(&self) -> bool {
        matches!(&self.apply, Apply::Column(_, condition) if condition.needs_postgres())
    }

    /// Filters or orders rows by a value.
    ///
    /// # Errors
    /// Those of the app's own closure.
    pub(crate) fn filter(
        &self,
        rows: QuerySet<T>,
        value: &Cleaned,
        request: &Request,
        zone: &TimeZone,
    ) -> Result<QuerySet<T>, APIException> {
        let condition = match &self.apply {
            Apply::Order(names) => return Ok(ordered(rows, names, value)),
            Apply::Method(_, method) => return Ok(rows.filter_q(method(value, request)?)),
            Apply::Column(path, condition) => match value {
                Cleaned::List(values) if self.conjoined && !self.excludes => {
                    Q::all(values.iter().map(|value| condition.q(path, value, zone)))
                }
                value => condition.q(path, value, zone),
            },
        };
        Ok(rows.filter_q(if self.excludes { !condition } else { condition }))
    }
}

fn ordered<T: Model>(
    rows: QuerySet<T>,
    names: &[(Cow<'static, str>, Cow<'static, str>)],
    value: &Cleaned,
) -> QuerySet<T> {
    let Cleaned::List(values) = value else { return rows };
    let term = |value: &Cleaned| {
        let text = value.as_str()?;
        let (sign, parameter) = text.strip_prefix('-').map_or(("", text), |parameter| ("-", parameter));
        let (_, field) = names.iter().find(|(known, _)| known == parameter)?;
        Some(format!("{sign}{field}"))
    };
    let terms: Vec<String> = values.iter().filter_map(term).collect();
    if terms.is_empty() { rows } else { rows.order_by(terms) }
}
