//! The fields of relations (rest_framework/relations.py): an object is written as its key, a column or a URL.

use std::marker::PhantomData;
use std::sync::Arc;

use diesel::Column as DieselColumn;

use super::entry::{Entry, SerializerField, Target};
use super::find::{Among, Naming, Rows};
use super::hyperlinked::Link;
use super::output::{OutputField, Representation, null};
use super::related::Related;
use super::to_many::ToMany;
use crate::exceptions::APIException;
use crate::fields::{BaseField, Field, Options, write_items};
use crate::request::RequestInfo;
use vitamin_framework::models::{ForeignKey, Model, Object, Path, Plan, QuerySet, ValueRef};
use vitamin_framework::translation::LazyText;

/// A related field in the making: its relation, how its objects are named, and its options.
pub struct RelatedField<R, U, N = ByColumn> {
    relation: R,
    pub(super) among: Among<U>,
    options: Options,
    allow_empty: bool,
    html_cutoff: Option<usize>,
    naming: PhantomData<fn() -> N>,
}

/// Objects are named by a column.
pub enum ByColumn {}

/// Objects are named by their URLs.
pub enum ByUrl {}

/// Builder methods that all related fields have.
impl<R, U: Model, N> RelatedField<R, U, N> {
    pub(super) fn of(relation: R, naming: Naming<U>) -> Self {
        let rows = Arc::new(|_: Option<&RequestInfo>| U::objects()) as Rows<U>;
        let among = Among { rows, naming, display: None };
        Self {
            relation,
            among,
            options: Options::default(),
            allow_empty: true,
            html_cutoff: None,
            naming: PhantomData,
        }
    }

    /// The objects that a client may name. By default all.
    #[must_use]
    pub fn queryset(
        mut self,
        rows: impl Fn(Option<&RequestInfo>) -> QuerySet<U> + Send + Sync + 'static,
    ) -> Self {
        self.among.rows = Arc::new(rows);
        self
    }

    /// What the forms of the browsable API show of an object (`display_value`). By default what names it.
    #[must_use]
    pub fn display_value(mut self, display: impl Fn(&Object<U>) -> String + Send + Sync + 'static) -> Self {
        self.among.display = Some(Arc::new(display));
        self
    }

    /// Ignores input for the field.
    #[must_use]
    pub fn read_only(self) -> Self {
        self.with(Field::read_only)
    }

    /// Excludes the field from responses.
    #[must_use]
    pub fn write_only(self) -> Self {
        self.with(Field::write_only)
    }

    /// Whether the field is required.
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        self.with(|field| field.required(required))
    }

    /// Accepts null.
    #[must_use]
    pub fn allow_null(self) -> Self {
        self.with(Field::allow_null)
    }

    /// Whether a list may be empty.
    #[must_use]
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// The most objects that a form offers, by default 50. With more of them, the field is an input for what names an object.
    #[must_use]
    pub const fn html_cutoff(mut self, objects: usize) -> Self {
        self.html_cutoff = Some(objects);
        self
    }

    /// The human-readable name.
    #[must_use]
    pub fn label(self, label: &'static str) -> Self {
        self.with(|field| field.label(label))
    }

    /// The human-readable description.
    #[must_use]
    pub fn help_text(self, text: impl Into<LazyText>) -> Self {
        self.with(|field| field.help_text(text))
    }

    /// The message of an error, by its code (`error_messages`).
    #[must_use]
    pub fn error_message(self, code: &'static str, message: impl Into<LazyText>) -> Self {
        self.with(|field| field.error_message(code, message))
    }

    /// Sets an option as on any other field.
    pub(super) fn with(mut self, set: impl FnOnce(Field<()>) -> Field<()>) -> Self {
        self.options = set(Field { options: self.options, kind: () }).options;
        self
    }

    pub(super) fn kind(&self, many: bool) -> Related {
        Related {
            column: self.among.naming.column(),
            find: Arc::new(self.among.clone()),
            meta: U::META,
            many,
            allow_empty: self.allow_empty,
            html_cutoff: self.html_cutoff,
        }
    }

    fn field(&self, many: bool) -> Arc<dyn BaseField> {
        Arc::new(Field { options: self.options.clone(), kind: self.kind(many) })
    }

    /// The relation, with the column of the related object that the output shows, or makes a URL of.
    fn name(&self) -> Result<Named<R>, String>
    where
        R: Copy,
    {
        let column = self.among.naming.lookup();
        let (index, _) =
            U::META.find(column).ok_or_else(|| format!("{} has no field `{column}`", U::META.name))?;
        Ok(Named { relation: self.relation, index, link: self.among.naming.link().cloned() })
    }
}

impl<R, U: Model> RelatedField<R, U, ByUrl> {
    /// The field whose value is in the URL, `pk` by default.
    #[must_use]
    pub fn lookup_field(self, field: &'static str) -> Self {
        self.with_link(|link| link.lookup_field = field)
    }

    /// The name of the URL's parameter, if it is not that of the field.
    #[must_use]
    pub fn lookup_url_kwarg(self, name: &'static str) -> Self {
        self.with_link(|link| link.lookup_url_kwarg = Some(name))
    }

    /// The format suffix of the URLs, if the request has one that is another.
    #[must_use]
    pub fn format(self, format: &'static str) -> Self {
        self.with_link(|link| link.format = Some(format))
    }

    fn with_link(mut self, set: impl FnOnce(&mut Link)) -> Self {
        if let Naming::Url(link) = &mut self.among.naming {
            set(link);
        }
        self
    }
}

/// An object as its primary key. `PrimaryKeyRelatedField::new(Issue::PROJECT)`
pub struct PrimaryKeyRelatedField;

/// An object as one of its columns. `SlugRelatedField::new(Issue::ASSIGNEE, auth_user::username)`
pub struct SlugRelatedField;

/// An object as its absolute URL. `HyperlinkedRelatedField::new(Issue::PROJECT, "project-detail")`
pub struct HyperlinkedRelatedField;

#[expect(clippy::new_ret_no_self, reason = "the relation decides the type")]
impl PrimaryKeyRelatedField {
    /// The object of a foreign key.
    #[must_use]
    pub fn new<T: Model, U: Model>(key: ForeignKey<T, U>) -> RelatedField<ForeignKey<T, U>, U> {
        RelatedField::of(key, Naming::PrimaryKey)
    }

    /// The objects of a relation to many.
    #[must_use]
    pub fn many<R: ToMany>(relation: R) -> RelatedField<R, R::To> {
        RelatedField::of(relation, Naming::PrimaryKey)
    }
}

#[expect(clippy::new_ret_no_self, reason = "the relation decides the type")]
impl SlugRelatedField {
    /// The object of a foreign key.
    #[must_use]
    pub fn new<T: Model, U: Model, C: DieselColumn<Table = U::Table>>(
        key: ForeignKey<T, U>,
        column: C,
    ) -> RelatedField<ForeignKey<T, U>, U> {
        RelatedField::of(key, Naming::Slug(C::NAME, Path::from(column)))
    }

    /// The objects of a relation to many.
    #[must_use]
    pub fn many<R: ToMany, C: DieselColumn<Table = <R::To as Model>::Table>>(
        relation: R,
        column: C,
    ) -> RelatedField<R, R::To> {
        RelatedField::of(relation, Naming::Slug(C::NAME, Path::from(column)))
    }
}

#[expect(clippy::new_ret_no_self, reason = "the relation decides the type")]
impl HyperlinkedRelatedField {
    /// The object of a foreign key, by the view of this name.
    #[must_use]
    pub fn new<T: Model, U: Model>(
        key: ForeignKey<T, U>,
        view_name: &'static str,
    ) -> RelatedField<ForeignKey<T, U>, U, ByUrl> {
        RelatedField::of(key, Naming::Url(Link::new(view_name)))
    }

    /// The objects of a relation to many.
    #[must_use]
    pub fn many<R: ToMany>(relation: R, view_name: &'static str) -> RelatedField<R, R::To, ByUrl> {
        RelatedField::of(relation, Naming::Url(Link::new(view_name)))
    }
}

/// The column of an object that a relation leads to, or a URL with it.
struct Named<R> {
    relation: R,
    index: usize,
    link: Option<Link>,
}

impl<R> Named<R> {
    fn write_value(
        &self,
        value: ValueRef<'_>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), APIException> {
        match &self.link {
            Some(link) => link.write(value, context, out),
            None => Ok(crate::fields::write_native(value, &context.output, out)?),
        }
    }
}

/// A foreign key.
struct Key<T, U> {
    named: Named<ForeignKey<T, U>>,
    /// Its own column, if that is what names the other object: it need not be loaded then.
    own_column: Option<usize>,
}

impl<T: Model, U: Model> OutputField<T> for Key<T, U> {
    fn write(
        &self,
        object: &Object<T>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        let value = match self.own_column {
            Some(index) => Some(object.value(index)).filter(|value| !value.is_null()),
            None => self.named.relation.value(object, self.named.index)?,
        };
        match value {
            Some(value) => self.named.write_value(value, context, out)?,
            None => null(out),
        }
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<T>) {
        if self.own_column.is_none() {
            plan.add_value(self.named.relation, self.named.index);
        }
    }
}

impl<R: ToMany> OutputField<R::From> for Named<R> {
    fn write(
        &self,
        object: &Object<R::From>,
        context: &Representation<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, APIException> {
        let values = self.relation.values(object, self.index)?;
        write_items(values, out, |value, out| self.write_value(value, context, out))?;
        Ok(true)
    }

    fn plan(&self, plan: &mut Plan<R::From>) {
        self.relation.add_value(plan, self.index);
    }
}

impl<T: Model, U: Model, N> SerializerField<T> for RelatedField<ForeignKey<T, U>, U, N> {
    fn entry(self, _: &'static str) -> Result<Entry<T>, String> {
        let (field, key) = (self.field(false), self.relation);
        let (column, _) = T::META
            .find(key.name())
            .ok_or_else(|| format!("{} has no field `{}`", T::META.name, key.name()))?;
        let named = self.name()?;
        let own_column = (named.index == U::META.primary_key).then_some(column);
        let output = Arc::new(Key { named, own_column }) as Arc<dyn OutputField<T>>;
        Ok(Entry {
            output: Some(output).filter(|_| !field.options().is_write_only()),
            field,
            target: Target::Column(column),
            source: key.name().to_owned(),
            shape: None,
        })
    }
}

impl<R: ToMany, N> SerializerField<R::From> for RelatedField<R, R::To, N> {
    fn entry(self, _: &'static str) -> Result<Entry<R::From>, String> {
        let (field, relation) = (self.field(true), self.relation);
        let output = Arc::new(self.name()?) as Arc<dyn OutputField<R::From>>;
        Ok(Entry {
            output: Some(output).filter(|_| !field.options().is_write_only()),
            field,
            target: Target::Many(
                Arc::new(move |connection, object, keys| relation.set(connection, object, keys)),
                <R::To as Model>::META.primary_key().kind,
            ),
            source: relation.name().to_owned(),
            shape: None,
        })
    }
}
