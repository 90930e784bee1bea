//! The app: its tables, models and serializers.

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use diesel::prelude::*;
use uuid::Uuid;

use super::super::*;
use crate::fields::CharField;
use vitamin_framework::models::{self, Models};

diesel::table! {
    desk_shelf (id) {
        id -> vitamin_framework::models::sql_types::UuidKey,
        name -> Text,
        code -> Nullable<Text>,
    }
}

diesel::table! {
    desk_tag (id) {
        id -> BigInt,
        slug -> Text,
    }
}

diesel::table! {
    desk_thing (id) {
        id -> BigInt,
        shelf_id -> vitamin_framework::models::sql_types::UuidKey,
        parent_id -> Nullable<BigInt>,
        name -> Text,
        kind -> Text,
        size -> Integer,
        note -> Text,
        big -> Nullable<BigInt>,
        price -> Nullable<Numeric>,
        made -> Nullable<Date>,
        at -> Nullable<Time>,
        due -> Nullable<Timestamp>,
        took -> Nullable<vitamin_framework::models::sql_types::Duration>,
        data -> vitamin_framework::models::sql_types::JsonType,
        is_on -> Bool,
        rank -> SmallInt,
    }
}

diesel::table! {
    desk_sheet (id) {
        id -> BigInt,
        email -> Text,
        site -> Nullable<Text>,
        ip -> Nullable<Text>,
        ratio -> Nullable<Double>,
        extra -> Nullable<vitamin_framework::models::sql_types::JsonType>,
        mark -> Nullable<vitamin_framework::models::sql_types::UuidKey>,
    }
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_shelf, ordering("name"))]
pub(super) struct Shelf {
    #[model(default = Uuid::new_v4(), not_editable)]
    id: Uuid,
    #[model(max_length = 20, unique)]
    pub(super) name: String,
    #[model(slug, blank, unique)]
    code: Option<String>,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_tag, ordering("slug"))]
pub(super) struct Tag {
    id: i64,
    #[model(slug, max_length = 30, unique, verbose_name = "short name", help_text = "Letters.")]
    pub(super) slug: String,
}

pub(super) const KINDS: &[(&str, &str)] = &[("a", "Apple"), ("b", "Pear")];

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_thing, ordering("id"))]
#[model(unique_together("shelf", "name"), unique_together("kind", "size"), unique_together("big", "rank"))]
#[model(many_to_many(tags: Tag, desk_thing_tags(thing_id, tag_id), blank))]
pub(super) struct Thing {
    id: i64,
    #[model(references(Shelf), related_name = things)]
    shelf_id: Uuid,
    #[model(references(Thing), related_name = parts, on_delete = set_null)]
    parent_id: Option<i64>,
    #[model(max_length = 20, regex = "^[^!]*$")]
    pub(super) name: String,
    #[model(max_length = 5, choices = KINDS, default = "a")]
    kind: String,
    #[model(positive, default = 1)]
    pub(super) size: i32,
    #[model(blank, default = "")]
    note: String,
    #[model(unique)]
    big: Option<i64>,
    #[model(max_digits = 6, decimal_places = 2, max_value = 5000)]
    pub(super) price: Option<BigDecimal>,
    made: Option<NaiveDate>,
    at: Option<NaiveTime>,
    due: Option<NaiveDateTime>,
    took: Option<TimeDelta>,
    #[model(default = models::Json::default(), blank)]
    data: models::Json,
    #[model(default = false)]
    pub(super) is_on: bool,
    #[model(default = 3, min_value = 1, max_value = 5)]
    rank: i16,
}

#[derive(Model)]
#[model(crate = vitamin_framework, table = desk_sheet, ordering("id"))]
pub(super) struct Sheet {
    id: i64,
    #[model(email, blank)]
    email: String,
    #[model(url, blank)]
    site: Option<String>,
    #[model(ip_address, blank, verbose_name = "IP address")]
    ip: Option<String>,
    ratio: Option<f64>,
    #[model(blank)]
    extra: Option<models::Json>,
    mark: Option<Uuid>,
}

pub(super) const ALL: [&str; 16] = [
    "id", "shelf", "parent", "name", "kind", "size", "note", "big", "price", "made", "at", "due", "took",
    "data", "is_on", "rank",
];

pub(super) fn sheet() -> ModelSerializer<Sheet> {
    ModelSerializer::new(["id", "email", "site", "ip", "ratio", "extra", "mark"])
}

pub(super) fn all() -> ModelSerializer<Thing> {
    ModelSerializer::new(ALL)
}

pub(super) fn tag() -> ModelSerializer<Tag> {
    ModelSerializer::new(["id", "slug"])
}

pub(super) fn short() -> ModelSerializer<Thing> {
    ModelSerializer::new(["name", "size", "price", "rank", "note"])
        .read_only_fields(["rank"])
        .extra("name", Extra::new().min_length(2).error_message("required", "Name it."))
        .extra("note", Extra::new().default("none"))
        .extra("size", Extra::new().required(true))
        .extra("price", Extra::new().write_only())
}

pub(super) fn read_only_kind() -> ModelSerializer<Thing> {
    ModelSerializer::new(["kind", "size", "shelf", "name"]).read_only_fields(["kind"])
}

pub(super) fn related() -> ModelSerializer<Thing> {
    ModelSerializer::new([
        "shelf",
        "parent",
        "parent_name",
        "name",
        "shelf_name",
        "tags",
        "kind_name",
        "upper",
        "size",
    ])
    .field(
        "shelf",
        SlugRelatedField::new(Thing::SHELF, desk_shelf::code)
            .queryset(|_| Shelf::objects().filter(desk_shelf::name.ne("Low"))),
    )
    .field("tags", SlugRelatedField::many(Thing::TAGS, desk_tag::slug).required(false))
    .field("parent_name", RelatedColumn::new(Thing::PARENT, desk_thing::name))
    .field("shelf_name", RelatedColumn::new(Thing::SHELF, desk_shelf::name).field(CharField::new()))
    .field("kind_name", DisplayField::new(desk_thing::kind))
    .method("upper", |thing, _| thing.name.to_uppercase())
    .validators([UniqueTogetherValidator::new(["shelf", "name"]).message("Taken.")])
    .validate_field("name", |name, _| {
        match name.as_str() {
            Some("no") => return Err(APIException::validation_error("Not no.")),
            Some("plus") => *name = "plus+".into(),
            _ => {}
        }
        Ok(())
    })
    .validate(|attrs, _| match attrs.get("size") {
        Some(size) if *size == 13.into() => Err(APIException::validation_error("Unlucky.")),
        Some(size) if *size == 14.into() => Err(APIException::validation_error([("size", "Not 14.")])),
        _ => Ok(()),
    })
}

pub(super) fn keys() -> ModelSerializer<Thing> {
    ModelSerializer::new(["shelf", "tags", "name", "kind", "size"])
        .field("tags", PrimaryKeyRelatedField::many(Thing::TAGS).allow_empty(false))
}

pub(super) fn part() -> ModelSerializer<Thing> {
    ModelSerializer::new(["name", "kind", "size", "parent"])
        .field("parent", SlugRelatedField::new(Thing::PARENT, desk_thing::name).allow_null().required(false))
        .extra("kind", Extra::new().required(false))
}

pub(super) fn storing_things(serializer: ModelSerializer<Shelf>) -> ModelSerializer<Shelf> {
    serializer
        .create(|save| {
            let things = save.take_nested(Shelf::THINGS)?.unwrap_or_default();
            let shelf = save.create()?;
            Shelf::THINGS.create(save.connection(), &shelf, things)?;
            Ok(shelf)
        })
        .update(|save| {
            let things = save.take_nested(Shelf::THINGS)?;
            let shelf = save.update()?;
            if let Some(things) = things {
                Shelf::THINGS
                    .of(&shelf)
                    .delete(save.connection(), Models(&[Shelf::META, Thing::META, Tag::META]))?;
                Shelf::THINGS.create(save.connection(), &shelf, things)?;
            }
            Ok(shelf)
        })
}

pub(super) fn shelf() -> ModelSerializer<Shelf> {
    storing_things(
        ModelSerializer::new(["name", "code", "things"])
            .field("things", Nested::many(Shelf::THINGS, part()).writable().required(false)),
    )
}

pub(super) fn required() -> ModelSerializer<Shelf> {
    storing_things(
        ModelSerializer::new(["name", "things"])
            .field("things", Nested::many(Shelf::THINGS, part()).writable().allow_empty(false)),
    )
}

pub(super) fn tree() -> ModelSerializer<Thing> {
    ModelSerializer::new(["name", "parent", "shelf", "parts", "tags"])
        .field("parent", Nested::one(Thing::PARENT, short()))
        .method("shelf", |thing, _| thing.shelf_id == Uuid::from_u128(1))
        .field("parts", Nested::many(Thing::PARTS, short()))
        .field("tags", Nested::through(Thing::TAGS, tag()))
}
