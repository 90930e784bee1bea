//! Filters, search and order of lists, also on annotations and on related models.
//!
//! tests/django/model_lists.py has the same views and rows, and writes the answers.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::app::*;
use super::*;
use crate::fields::{DateTimeField, IntegerField};
use crate::filters::filter_set::*;
use crate::filters::{SearchField, fields};
use crate::generics::{GenericAPIView, ListAPIView};
use crate::pagination::CursorPagination;
use vitamin_framework::models::{Annotation, Changes, DatePart, Lookup, Q};
use vitamin_framework::timezone::TimeZone;

diesel::alias!(desk_thing as part: Part);

const PART_COUNT: Annotation<Thing, i64> = Annotation::new("part_count");
const LAST: Annotation<Thing, Option<NaiveDateTime>> = Annotation::new("last");

fn thing_filters() -> FilterSet<Thing> {
    FilterSet::new()
        .filter(number("min_parts", PART_COUNT).gte())
        .filter(number("parts", PART_COUNT))
        .filter(boolean("partless", LAST).isnull())
        .filter(iso_datetime("since", LAST).gt())
        .filter(date("last_day", LAST).lookup("date"))
        .filter(range("parts_between", PART_COUNT))
        .filter(range("size", desk_thing::size))
        .filter(date_from_to_range("made", desk_thing::made))
        .filter(number("ids", desk_thing::id).is_in())
        .filter(number("id_range", desk_thing::id).in_range())
        .filter(choice("not_kind", desk_thing::kind, KINDS).exclude())
        .filter(char("not_parent", Thing::PARENT.field(desk_thing::name)).exclude())
        .filter(char("not_tag", Thing::TAGS.field(desk_tag::slug)).exclude())
        .filter(model_multiple_choice("any_tag", Thing::TAGS, |_| {
            Tag::objects().filter(desk_tag::slug.ne("art"))
        }))
        .filter(
            model_multiple_choice("all_tags", Thing::TAGS.field(desk_tag::slug), |_| Tag::objects())
                .to_field_name("slug")
                .conjoined(),
        )
        .filter(model_multiple_choice("no_tags", Thing::TAGS, |_| Tag::objects()).exclude())
        .filter(model_choice("on_shelf", Thing::SHELF, |_| {
            Shelf::objects().filter(desk_shelf::name.ne("Low"))
        }))
        .filter(model_choice("shelf_code", Thing::SHELF, |_| Shelf::objects()).to_field_name("code"))
        .filter(model_choice("under", Thing::PARENT, |_| Thing::objects()).null())
        .filter(boolean("untagged", Thing::TAGS).isnull())
        .filter(boolean("large", desk_thing::size).method(|value, _| {
            let lookup = if value.as_bool() == Some(true) { Lookup::Gte } else { Lookup::Lt };
            Ok(Q::compare(&desk_thing::size.into(), lookup, 10))
        }))
        .filter(ordering(
            "o",
            [("name", "name", "Name"), ("part_count", "parts", "Parts"), ("shelf__name", "shelf", "Shelf")],
        ))
        .fields(
            "name",
            ["exact", "in", "iendswith", "regex", "iregex", "startswith", "istartswith", "endswith"],
        )
        .fields("name", ["contains", "icontains", "iexact"])
        .fields("size", ["icontains", "startswith", "regex"])
        .fields("due", ["date", "date__gte", "date__lt", "date__in", "date__range", "year", "year__gt"])
        .fields(
            "due",
            [
                "month",
                "day__lte",
                "week_day",
                "iso_week_day",
                "week",
                "iso_year",
                "quarter__in",
                "hour",
                "minute",
                "second",
            ],
        )
        .fields("at", ["hour", "minute__gt"])
        .fields("made", ["year__lte", "in", "isnull", "month__range", "quarter", "week_day"])
        .fields("tags", ["exact"])
        .fields("shelf", ["exact", "in"])
        .fields("shelf__name", ["exact", "istartswith"])
        .fields("parent__shelf__code", ["exact", "isnull"])
        .fields("parent", ["isnull", "exact"])
        .fields("tags__slug", ["exact", "in"])
        .fields("is_on", ["exact"])
}

fn things() -> GenericAPIView<Thing> {
    ListAPIView::new("Things", counted())
        .queryset(|_, things| annotated(things))
        .filters(thing_filters())
        .search_fields(fields![desk_thing::name, Thing::SHELF.field(desk_shelf::name)])
        .search_field(SearchField::starts_with(Thing::PARENT.field(desk_thing::name)))
        .search_field(SearchField::equals(desk_thing::note))
        .ordering_fields(fields![desk_thing::name, Thing::SHELF.field(desk_shelf::name)])
        .ordering_fields(fields![Thing::PARENT.path(Thing::SHELF.field(desk_shelf::name)), PART_COUNT, LAST])
        .ordering_fields(fields![Thing::SHELF, desk_thing::id])
}

fn counted() -> ModelSerializer<Thing> {
    ModelSerializer::new(["id", "part_count", "last"])
        .field("part_count", IntegerField::new().read_only())
        .field("last", DateTimeField::new().read_only())
}

fn annotated(things: QuerySet<Thing>) -> QuerySet<Thing> {
    let parts = || part.filter(part.field(desk_thing::parent_id).eq(desk_thing::id.nullable()));
    things
        .annotate(PART_COUNT, parts().count().single_value())
        .annotate(LAST, parts().select(diesel::dsl::max(part.field(desk_thing::due))).single_value())
}

fn searched() -> GenericAPIView<Thing> {
    ListAPIView::new("Searched", counted())
        .queryset(|_, things| annotated(things))
        .search_field(SearchField::regex(desk_thing::name))
        .search_field(SearchField::regex(Thing::PARENT.field(desk_thing::name)))
        .search_field(SearchField::lookup(desk_thing::note, Lookup::StartsWith))
        .search_field(SearchField::lookup(Thing::TAGS.field(desk_tag::slug), Lookup::EndsWith))
}

fn urlpatterns() -> Vec<Pattern> {
    let plain = ListAPIView::new("Plain", ModelSerializer::<Thing>::new(["id"])).filterset_fields([
        "shelf__name",
        "tags",
        "parent__name",
        "tags__slug",
        "kind",
    ]);
    vec![
        path("things/", things()),
        path("searched/", searched()),
        path(
            "paged/",
            things()
                .ordering(["-part_count", "id"])
                .pagination(CursorPagination::new(2).ordering(&["-part_count"])),
        ),
        path("ordered/", things().ordering(["-part_count", "shelf", "-id"])),
        path("plain/", plain),
    ]
}

/// Things 4 to 12: on both shelves, some within others.
fn more_rows(connection: &mut DbConnection) {
    for n in 4..13_i64 {
        let shelf = Uuid::from_u128(if n % 2 == 0 { 2 } else { 1 });
        let parent =
            if n > 5 { [None, Some(1), Some(4), Some(5)][usize::try_from(n).unwrap() % 4] } else { None };
        let due: Option<NaiveDateTime> = (n % 5 != 0).then(|| {
            let hour = if n % 2 == 0 { 0 } else { 23 };
            format!("{}-{:02}-{n:02}T{hour:02}:30:00", 2024 + n % 3, 1 + n % 12).parse().unwrap()
        });
        let made: Option<NaiveDate> =
            (n % 4 != 0).then(|| format!("202{}-0{}-11", n % 7, 1 + n % 9).parse().unwrap());
        let mut thing = Changes::<Thing>::new();
        thing
            .set(desk_thing::id, n)
            .set(desk_thing::shelf_id, shelf)
            .set(desk_thing::name, format!("{} {n}", if n % 3 == 0 { "Jar" } else { "Box" }))
            .set(desk_thing::kind, if n % 2 == 0 { "a" } else { "b" })
            .set(desk_thing::size, n * 2)
            .set(desk_thing::parent_id, parent)
            .set(desk_thing::due, due)
            .set(desk_thing::made, made)
            .set(desk_thing::note, if n == 7 { "old" } else { "" })
            .set(desk_thing::is_on, n % 2 == 0);
        let thing = thing.insert(connection).unwrap();
        // By their slugs: art, iron, wood.
        let tags = [3_i64, 2, 1].map(models::DbValue::from);
        Thing::TAGS.set(connection, thing.pk(), &tags[..usize::try_from(n).unwrap() % 4]).unwrap();
    }
}

#[actix_web::test]
async fn lists_are_filtered_and_ordered_as_in_django() {
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        project.on_database(more_rows);
        let cases: Vec<Json> =
            include_str!("lists.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let requests = cases.iter().map(|case| TestRequest::get().uri(case[0].as_str().unwrap()));
        let mut differ = Vec::new();
        for (case, response) in cases.iter().zip(project.send(requests.collect()).await) {
            if (json!(response.status), response.body.as_str())
                != (case[1].clone(), case[2].as_str().unwrap())
            {
                differ.push(format!("{case}\n  {} {}", response.status, response.body));
            }
        }
        assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
    }
}

fn unreadable() -> Vec<Pattern> {
    let view = |name| ListAPIView::new(name, ModelSerializer::<Thing>::new(["id"]));
    vec![
        path("filtered/", view("Filtered").filterset_fields(["name__regex", "note__iregex"])),
        path("searched/", view("Searched").search_field(SearchField::regex(desk_thing::name))),
        path(
            "words/",
            view("Words")
                .search_field(SearchField::full_text(desk_thing::note))
                .search_field(SearchField::full_text(Thing::SHELF.field(desk_shelf::name)))
                .filters(FilterSet::new().filter(char("about", desk_thing::note).search())),
        ),
    ]
}

/// Django answers these with 500.
#[actix_web::test]
async fn unreadable_patterns_are_errors_of_the_client() {
    for project in TestProject::on_each(unreadable) {
        seed(&project);
        let long = "a".repeat(1001);
        for (query, body) in [
            ("filtered/?name__regex=(", r#"{"name__regex":["Enter a valid value."]}"#),
            (
                "filtered/?name__regex=a(b&note__iregex=[",
                r#"{"name__regex":["Enter a valid value."],"note__iregex":["Enter a valid value."]}"#,
            ),
            (&format!("filtered/?name__regex={long}"), r#"{"name__regex":["Enter a valid value."]}"#),
            ("filtered/?name__regex=((a{255}){255}){255}", r#"{"name__regex":["Enter a valid value."]}"#),
            ("searched/?search=cup+(", r#"["Enter a valid value."]"#),
            ("searched/?search=[a", r#"["Enter a valid value."]"#),
        ] {
            let query = format!("/{}", query.replace('[', "%5B").replace('{', "%7B").replace('}', "%7D"));
            let response = &project.send(vec![TestRequest::get().uri(&query)]).await[0];
            assert_eq!((response.status, response.body.as_str()), (400, body), "{query}");
        }
        // The connection is still usable.
        let response = &project.send(vec![TestRequest::get().uri("/filtered/?name__regex=^C")]).await[0];
        assert_eq!((response.status, response.body.as_str()), (200, r#"[{"id":1},{"id":3}]"#));
    }
}

#[actix_web::test]
async fn full_text_search_is_postgres_own() {
    for project in TestProject::on_each(unreadable) {
        seed(&project);
        project.execute("UPDATE desk_thing SET note = 'The boats were sailing' WHERE id = 2");
        let views = vitamin_framework::urls::UrlConf::new(unreadable());
        assert_eq!(
            views.unsupported_on_sqlite().collect::<Vec<_>>(),
            [
                "Words: the filter `about` needs PostgreSQL: it is a full-text search",
                "Words: the search field `@note` needs PostgreSQL: it is a full-text search",
                "Words: the search field `@shelf__name` needs PostgreSQL: it is a full-text search",
            ]
        );
        // `plainto_tsquery`: stems, no operators, and a stop word alone finds nothing.
        for (query, ids) in [
            ("search=sail", "[{\"id\":2}]"),
            ("search=\"boat sails\"", "[{\"id\":2}]"),
            ("search=boat+high", "[{\"id\":2}]"),
            ("search=boat+low", "[]"),
            ("search=!%26", "[]"),
            ("about=boats+sail", "[{\"id\":2}]"),
            ("about=the", "[]"),
            ("search=high", "[{\"id\":1},{\"id\":2}]"),
        ] {
            let uri = format!("/words/?{}", query.replace('"', "%22").replace(' ', "+"));
            let response = &project.send(vec![TestRequest::get().uri(&uri)]).await[0];
            if project.test_database().is_sqlite() {
                assert_eq!(response.status, 500, "{query}");
            } else {
                assert_eq!((response.status, response.body.as_str()), (200, ids), "{query}");
            }
        }
    }
}

#[test]
fn parts_of_moments_are_those_of_the_time_zone() {
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        project.on_database(|connection| {
            let mut thing = Changes::<Thing>::new();
            thing
                .set(desk_thing::shelf_id, Uuid::from_u128(1))
                .set(desk_thing::name, "Late")
                .set(desk_thing::size, 90);
            let due: NaiveDateTime = "2026-06-30T22:15:59.5".parse().unwrap();
            thing.set(desk_thing::due, due).insert(connection).unwrap();
            for (zone, parts) in [
                ("UTC", [2026, 2026, 2, 6, 27, 3, 2, 30, 22, 15, 59]),
                ("Europe/Berlin", [2026, 2026, 3, 7, 27, 4, 3, 1, 0, 15, 59]),
                ("Asia/Kathmandu", [2026, 2026, 3, 7, 27, 4, 3, 1, 4, 0, 59]),
            ] {
                let zone = TimeZone::new(zone, true).unwrap();
                let names = [
                    "year",
                    "iso_year",
                    "quarter",
                    "month",
                    "week",
                    "week_day",
                    "iso_week_day",
                    "day",
                    "hour",
                    "minute",
                    "second",
                ];
                for (name, number) in names.into_iter().zip(parts) {
                    let date_part = DatePart::named(name).unwrap();
                    let is_part = |number| {
                        let condition =
                            Q::part(&desk_thing::due.into(), date_part, Lookup::Exact, number, &zone);
                        Thing::objects().filter(desk_thing::name.eq("Late")).filter_q(condition)
                    };
                    assert!(is_part(number).exists(connection).unwrap(), "{} {name}", zone.name());
                    assert!(!is_part(number + 1).exists(connection).unwrap(), "{} {name}", zone.name());
                }
            }
        });
    }
}
