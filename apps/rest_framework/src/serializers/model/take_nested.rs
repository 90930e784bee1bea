//! Validated objects of nested serializers, as rows for the app's own `create` and `update`.

use std::sync::Arc;

use super::ModelSerializer;
use super::save::Save;
use crate::data::Value;
use crate::exceptions::APIException;
use vitamin_framework::models::{Changes, ForeignKey, ManyToMany, Model, Reverse};

/// A relation whose objects a nested serializer accepts.
pub trait NestedRelation<T: Model> {
    /// The model of the objects.
    type Model: Model;
    /// The rows that were sent.
    type Taken;

    /// The relation's name.
    fn name(&self) -> &'static str;

    /// The rows. `None` if none were sent.
    fn taken(rows: Option<Vec<Changes<Self::Model>>>) -> Option<Self::Taken>;
}

/// The rows of a relation to many objects, without a difference between null and nothing.
macro_rules! many {
    ($($relation:ident),*) => { $(
        impl<T: Model, U: Model> NestedRelation<T> for $relation<T, U> {
            type Model = U;
            type Taken = Vec<Changes<U>>;

            fn name(&self) -> &'static str {
                (*self).name()
            }

            fn taken(rows: Option<Vec<Changes<U>>>) -> Option<Self::Taken> {
                rows
            }
        }
    )* };
}

many!(Reverse, ManyToMany);

/// The row, or `None` for null.
impl<T: Model, U: Model> NestedRelation<T> for ForeignKey<T, U> {
    type Model = U;
    type Taken = Option<Changes<U>>;

    fn name(&self) -> &'static str {
        (*self).name()
    }

    fn taken(rows: Option<Vec<Changes<U>>>) -> Option<Self::Taken> {
        Some(rows.and_then(|rows| rows.into_iter().next()))
    }
}

impl<T: Model> Save<'_, T> {
    /// Takes the validated objects of a nested serializer, as rows to insert. `None` if the client sent none. Of a foreign
    /// key it is one row, or `Some(None)` for null.
    ///
    /// ```
    /// # use vitamin_rest_framework::prelude::*;
    /// # diesel::table! { music_artist (id) { id -> BigInt, name -> Text, } }
    /// # diesel::table! { music_tag (id) { id -> BigInt, word -> Text, } }
    /// # diesel::table! { music_album (id) { id -> BigInt, artist_id -> BigInt, title -> Text, } }
    /// # #[derive(Model)]
    /// # #[model(table = music_artist, crate = vitamin_framework)]
    /// # struct Artist {
    /// #     id: i64,
    /// #     #[model(max_length = 100)]
    /// #     name: String,
    /// # }
    /// # #[derive(Model)]
    /// # #[model(table = music_tag, crate = vitamin_framework)]
    /// # struct Tag {
    /// #     id: i64,
    /// #     #[model(max_length = 100)]
    /// #     word: String,
    /// # }
    /// # #[derive(Model)]
    /// # #[model(table = music_album, crate = vitamin_framework)]
    /// # #[model(many_to_many(tags: Tag, music_album_tags(album_id, tag_id), blank))]
    /// # struct Album {
    /// #     id: i64,
    /// #     #[model(references(Artist))]
    /// #     artist_id: i64,
    /// #     #[model(max_length = 100)]
    /// #     title: String,
    /// # }
    /// fn album_serializer() -> ModelSerializer<Album> {
    ///     ModelSerializer::new(["id", "title", "artist", "tags"])
    ///         .field("artist", Nested::one(Album::ARTIST, ModelSerializer::new(["name"])).writable())
    ///         .field("tags", Nested::through(Album::TAGS, ModelSerializer::new(["word"])).writable())
    ///         .create(|save| {
    ///             let artist = save.take_nested(Album::ARTIST)?.flatten().unwrap_or_default();
    ///             let tags = save.take_nested(Album::TAGS)?.unwrap_or_default();
    ///             let (artist, _is_new) = artist.get_or_create(save.connection())?;
    ///             save.set(music_album::artist_id, artist.id);
    ///             let album = save.create()?;
    ///             Album::TAGS.create(save.connection(), &album, tags)?;
    ///             Ok(album)
    ///         })
    /// }
    /// # album_serializer();
    /// ```
    ///
    /// # Errors
    /// 500: the serializer has no such nested one.
    pub fn take_nested<R: NestedRelation<T>>(
        &mut self,
        relation: R,
    ) -> Result<Option<R::Taken>, APIException> {
        let (name, is_postgres) = (relation.name(), self.connection().is_postgres());
        let Some(nested) = self.nested(name) else {
            return Err(APIException::server_error(format!(
                "the serializer has no nested serializer of `{name}`"
            )));
        };
        let serializer: Arc<ModelSerializer<R::Model>> =
            nested.downcast().map_err(|_| APIException::server_error("another nested serializer"))?;
        let items = match self.take(name) {
            None => return Ok(None),
            Some(Value::Null) => return Ok(R::taken(None)),
            Some(Value::List(items)) => items,
            Some(object) => vec![object],
        };
        let resolved = serializer.resolve(is_postgres)?;
        let info = self.request();
        let changes = items.into_iter().map(|item| match item {
            Value::Dict(mut values) => resolved.changes(&mut values, info),
            _ => Err(APIException::server_error("a nested serializer made no object")),
        });
        Ok(R::taken(Some(changes.collect::<Result<_, _>>()?)))
    }
}
