//! The fields that are made for relations and for `url` (`build_relational_field`, `build_url_field` of
//! rest_framework/serializers.py).

use std::sync::Arc;

use super::ModelSerializer;
use super::entry::{Entry, SerializerField};
use super::extra::Extra;
use super::find::Naming;
use super::hyperlinked::{HyperlinkedIdentityField, Link};
use super::related_field::{ByUrl, RelatedField};
use super::to_many::ToMany;
use crate::fields::BaseField;
use vitamin_framework::models::{ForeignKey, ManyToMany, ManyToManyMeta, Model, ModelMeta, RelationVisitor};

/// A serializer that writes and reads relations as URLs: those that it makes, of foreign keys and many-to-many relations, are
/// [`HyperlinkedRelatedField`](super::HyperlinkedRelatedField)s of the views `<model>-detail`.
///
/// ```
/// # use vitamin_rest_framework::prelude::*;
/// # diesel::table! { polls_poll (id) { id -> BigInt, title -> Text, } }
/// # diesel::table! { polls_vote (id) { id -> BigInt, poll_id -> BigInt, choice -> Text, } }
/// # #[derive(Model)]
/// # #[model(table = polls_poll, crate = vitamin_framework)]
/// # struct Poll {
/// #     id: i64,
/// #     #[model(max_length = 100)]
/// #     title: String,
/// # }
/// # #[derive(Model)]
/// # #[model(table = polls_vote, crate = vitamin_framework)]
/// # struct Vote {
/// #     id: i64,
/// #     #[model(references(Poll))]
/// #     poll_id: i64,
/// #     #[model(max_length = 10)]
/// #     choice: String,
/// # }
/// fn vote_serializer() -> ModelSerializer<Vote> {
///     HyperlinkedModelSerializer::new(["url", "poll", "choice"])
/// }
/// ```
pub struct HyperlinkedModelSerializer;

impl HyperlinkedModelSerializer {
    /// A serializer of these fields, in this order.
    #[expect(clippy::new_ret_no_self, reason = "it is a ModelSerializer with other relations")]
    #[must_use]
    pub fn new<T: Model>(fields: impl IntoIterator<Item = &'static str>) -> ModelSerializer<T> {
        ModelSerializer { hyperlinked: true, ..ModelSerializer::new(fields) }
    }
}

/// The name of a model's detail view (`get_detail_view_name`).
fn detail_view(meta: &ModelMeta) -> String {
    format!("{}-detail", meta.model_name())
}

impl Extra {
    /// The view of a relation's URLs.
    fn link(&self, meta: &ModelMeta) -> Link {
        let view_name = self.view_name.map_or_else(|| detail_view(meta).into(), std::borrow::Cow::Borrowed);
        Link { lookup_field: self.lookup_field.unwrap_or("pk"), ..Link::new(view_name) }
    }
}

/// The field `url` that is made for the object itself.
pub(super) fn url_entry<T: Model>(extra: &Extra) -> Result<Entry<T>, String> {
    HyperlinkedIdentityField::of(extra.link(T::META)).entry("url")
}

/// The field of a many-to-many relation. `None` if there is none of this name.
pub(super) fn many_to_many_entry<T: Model>(
    name: &'static str,
    hyperlinked: bool,
    read_only: bool,
    extra: &Extra,
) -> Option<Result<Entry<T>, String>> {
    let meta = T::META.many_to_many.iter().find(|relation| relation.name == name)?;
    T::visit_relation(name, Many { meta, name, hyperlinked, read_only, extra })
}

struct Many<'a> {
    meta: &'a ManyToManyMeta,
    name: &'static str,
    hyperlinked: bool,
    read_only: bool,
    extra: &'a Extra,
}

impl Many<'_> {
    /// The options that follow from the relation and `extra_kwargs` (`get_relation_kwargs`).
    fn options<R: ToMany, N>(&self, mut field: RelatedField<R, R::To, N>) -> RelatedField<R, R::To, N> {
        let extra = self.extra;
        if self.read_only || extra.read_only {
            field = field.read_only();
        } else if let Some(required) = extra.required.or(self.meta.blank.then_some(false)) {
            field = field.required(required);
        }
        if extra.write_only {
            field = field.write_only();
        }
        if extra.allow_null == Some(true) {
            field = field.allow_null();
        }
        if let Some(label) = extra.label.clone() {
            field = field.with(|field| field.label(label));
        }
        if let Some(text) = &extra.help_text {
            field = field.help_text(text.clone());
        }
        for (code, message) in &extra.error_messages {
            field = field.with(|field| field.error_message(code, message.clone()));
        }
        field.allow_empty(extra.allow_empty.unwrap_or(self.meta.blank))
    }
}

impl<T: Model> RelationVisitor<T> for Many<'_> {
    type Output = Result<Entry<T>, String>;

    fn foreign_key<U: Model>(self, _: ForeignKey<T, U>) -> Self::Output {
        Err(format!("`{}` is a foreign key and a many-to-many relation", self.name))
    }

    fn many_to_many<U: Model>(self, relation: ManyToMany<T, U>) -> Self::Output {
        if self.hyperlinked {
            let naming = Naming::Url(self.extra.link(U::META));
            return self.options(RelatedField::<_, U, ByUrl>::of(relation, naming)).entry(self.name);
        }
        self.options(RelatedField::<_, U>::of(relation, Naming::PrimaryKey)).entry(self.name)
    }
}

/// The field of a foreign key whose objects are named by URLs. `make` gives the column's options to it.
pub(super) fn hyperlinked_entry<T: Model>(
    name: &'static str,
    source: &str,
    extra: &Extra,
    make: &dyn Fn(super::Related) -> Result<Arc<dyn BaseField>, String>,
) -> Option<Result<Entry<T>, String>> {
    T::visit_relation(source, Linked { name, extra, make })
}

struct Linked<'a> {
    name: &'static str,
    extra: &'a Extra,
    make: &'a dyn Fn(super::Related) -> Result<Arc<dyn BaseField>, String>,
}

impl<T: Model> RelationVisitor<T> for Linked<'_> {
    type Output = Result<Entry<T>, String>;

    fn foreign_key<U: Model>(self, key: ForeignKey<T, U>) -> Self::Output {
        let field = RelatedField::<_, U, ByUrl>::of(key, Naming::Url(self.extra.link(U::META)));
        let field_of_column = (self.make)(field.kind(false))?;
        let entry = field.entry(self.name)?;
        let output = entry.output.filter(|_| !field_of_column.options().is_write_only());
        Ok(Entry { field: field_of_column, output, ..entry })
    }

    fn many_to_many<U: Model>(self, _: ManyToMany<T, U>) -> Self::Output {
        Err(format!("`{}` is a foreign key and a many-to-many relation", self.name))
    }
}
