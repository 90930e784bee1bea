//! Serializers, filters, lookups and paginations of models.

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime};
use uuid::Uuid;
use vitamin_framework::models::{Json, Model, Q};
use vitamin_framework::urls::{Pattern, include, path};

use super::super::{ExtendSchema, SpectacularSettings};
use super::check;
use super::fields::{COLORS, part};
use crate::filters::FilterSet;
use crate::filters::filter_set::{boolean, char, choice, date, method, multiple_choice, number};
use crate::generics::ListCreateAPIView;
use crate::pagination::{CursorPagination, LimitOffsetPagination, PageNumberPagination};
use crate::response::Response;
use crate::routers::DefaultRouter;
use crate::serializers::{
    Extra, HyperlinkedIdentityField, HyperlinkedModelSerializer, HyperlinkedRelatedField, ModelSerializer,
    Nested, RelatedColumn, SlugRelatedField, StringRelatedField,
};
use crate::viewsets::{Action, ModelViewSet, ReadOnlyModelViewSet};

diesel::table! {
    library_shelf (id) {
        id -> vitamin_framework::models::sql_types::UuidKey,
        name -> Text,
    }
}

diesel::table! {
    library_tag (id) {
        id -> BigInt,
        slug -> Text,
    }
}

diesel::table! {
    library_book (id) {
        id -> BigInt,
        shelf_id -> vitamin_framework::models::sql_types::UuidKey,
        sequel_id -> Nullable<BigInt>,
        title -> Text,
        kind -> Text,
        pages -> Integer,
        stars -> Nullable<Integer>,
        price -> Nullable<Numeric>,
        weight -> Double,
        link -> Text,
        printed -> Nullable<Date>,
        read -> Timestamp,
        lent -> Bool,
        extra -> vitamin_framework::models::sql_types::JsonType,
    }
}

#[derive(Model)]
#[diesel(table_name = library_shelf)]
#[model(crate = vitamin_framework)]
struct Shelf {
    #[model(primary_key, default = Uuid::new_v4(), not_editable)]
    id: Uuid,
    #[model(max_length = 20, help_text = "What is written on it.")]
    name: String,
}

#[derive(Model)]
#[diesel(table_name = library_tag)]
#[model(crate = vitamin_framework)]
struct Tag {
    id: i64,
    #[model(slug, max_length = 30, unique)]
    slug: String,
}

#[derive(Model)]
#[diesel(table_name = library_book)]
#[model(crate = vitamin_framework)]
#[model(many_to_many(tags: Tag, library_book_tags(book_id, tag_id), blank))]
struct Book {
    id: i64,
    #[model(references(Shelf))]
    shelf_id: Uuid,
    #[model(references(Book), on_delete = set_null, blank)]
    sequel_id: Option<i64>,
    #[model(max_length = 80, verbose_name = "main title", regex(r"^\S", "Enter a valid value."))]
    title: String,
    #[model(max_length = 5, choices = &COLORS, blank, help_text = "Its kind.")]
    kind: String,
    #[model(positive)]
    pages: i32,
    #[model(blank)]
    stars: Option<i32>,
    #[model(max_digits = 6, decimal_places = 2)]
    price: Option<BigDecimal>,
    #[model(default = 1.0)]
    weight: f64,
    #[model(url, max_length = 200, blank)]
    link: String,
    #[model(blank)]
    printed: Option<NaiveDate>,
    #[model(auto_now)]
    read: NaiveDateTime,
    #[model(default = false)]
    lent: bool,
    #[model(default = Json::default())]
    extra: Json,
}

fn shelf_serializer() -> ModelSerializer<Shelf> {
    ModelSerializer::new(["id", "name"])
}

fn book_serializer() -> ModelSerializer<Book> {
    ModelSerializer::new([
        "id",
        "url",
        "shelf",
        "shelf_detail",
        "shelf_name",
        "sequel",
        "title",
        "kind",
        "pages",
        "stars",
        "price",
        "weight",
        "link",
        "printed",
        "read",
        "lent",
        "extra",
        "tags",
        "count",
        "names",
        "maybe",
    ])
    .description("A book on a shelf.")
    .field("url", HyperlinkedIdentityField::new("book-detail"))
    .field("shelf_detail", Nested::one(Book::SHELF, shelf_serializer()))
    .field("shelf_name", RelatedColumn::new(Book::SHELF, library_shelf::name))
    .field(
        "tags",
        SlugRelatedField::many(Book::TAGS, library_tag::slug).required(false).help_text("Its tags."),
    )
    .method("count", |_, _| 1_i32)
    .method("names", |_, _| Vec::<String>::new())
    .method("maybe", |_, _| None::<f64>)
    .read_only_fields(["lent"])
    .extra("weight", Extra::new().min_value(1).default(2))
    .extra("pages", Extra::new().write_only())
}

fn linked_serializer() -> ModelSerializer<Book> {
    HyperlinkedModelSerializer::new([
        "url",
        "shelf",
        "sequel",
        "tags",
        "shelf_text",
        "tag_texts",
        "shelf_link",
        "tag_links",
    ])
    .component_name("LinkedBook")
    .field("shelf_text", StringRelatedField::by(Book::SHELF, |shelf| shelf.name.clone()))
    .field("tag_texts", StringRelatedField::many_by(Book::TAGS, |tag| tag.slug.clone()))
    .field("shelf_link", HyperlinkedRelatedField::new(Book::SHELF, "shelf-detail").read_only())
    .field("tag_links", HyperlinkedRelatedField::many(Book::TAGS, "tag-detail").read_only())
}

fn keyed_serializer() -> ModelSerializer<Book> {
    ModelSerializer::new(["url", "title", "tags"]).component_name("KeyedBook")
}

fn book_filters() -> FilterSet<Book> {
    FilterSet::new()
        .filter(number("min_stars", library_book::stars).gte())
        .filter(number("heavier", library_book::weight).gt().required())
        .filter(number("cheap", library_book::price).lt())
        .filter(char("shelf_name", Book::SHELF.field(library_shelf::name)))
        .filter(boolean("lent", library_book::lent))
        .filter(date("printed_after", library_book::printed).gt())
        .filter(multiple_choice("kinds", library_book::kind, &COLORS))
        .filter(choice("one", library_book::kind, &COLORS))
        .filter(method("text", |_| Q::never()))
        .fields("shelf", ["exact"])
        .fields("kind", ["exact"])
        .fields("pages", ["exact", "in", "range"])
        .fields("printed", ["year"])
}

fn urlpatterns() -> Vec<Pattern> {
    let answer = async || Response::new(1);
    let books = ModelViewSet::new("Books", book_serializer())
        .pagination(PageNumberPagination::new(10).page_size_query_param("size"))
        .filters(book_filters())
        .search_fields(crate::filters::fields![library_book::title])
        .ordering_fields(crate::filters::fields![library_book::title])
        .action(Action::detail("lend").description("Lends it.").serializer(part()).post(answer))
        .action(Action::list("top").get(answer));
    let shelves = ModelViewSet::new("Shelves", shelf_serializer())
        .description("The shelves.")
        .actions(&["list", "create", "retrieve"])
        .extend_schema_view("list", ExtendSchema::new().summary("All shelves"))
        .extend_schema_view("create", ExtendSchema::new().tags(["made"]));
    let tags = ReadOnlyModelViewSet::new("Tags", ModelSerializer::<Tag>::new(["slug"]))
        .lookup_field("slug")
        .lookup_url_kwarg("word")
        .pagination(LimitOffsetPagination::new(5));
    let linked = ModelViewSet::new("LinkedBooks", linked_serializer());
    let bulk =
        ExtendSchema::new().request(keyed_serializer().many()).response(201, keyed_serializer().many());
    let keyed = ModelViewSet::new("KeyedBooks", keyed_serializer())
        .action(Action::list("bulk").extend_schema(bulk).post(answer));
    let router = DefaultRouter::new()
        .register("books", books)
        .register("shelves", shelves)
        .register("tags", tags)
        .register_as("linked", linked, "linked")
        .register_as("keyed", keyed, "keyed");
    let shelf_books =
        ListCreateAPIView::new("ShelfBooks", book_serializer()).pagination(CursorPagination::new(4));
    vec![include("api/", router.urls()), path("api/shelves/<shelf_pk>/books/", shelf_books)]
}

#[test]
fn models_are_described() {
    check("models", urlpatterns(), SpectacularSettings::default());
}

#[test]
fn requests_of_models_may_have_components_of_their_own() {
    let settings = SpectacularSettings { component_split_request: true, ..SpectacularSettings::default() };
    check("models_split", urlpatterns(), settings);
}
