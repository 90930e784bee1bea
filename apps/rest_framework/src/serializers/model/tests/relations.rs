//! Fields of relations as text and as URLs, and bodies of forms.
//!
//! tests/django/model_relations.py has the same serializers and URLs, and writes the answers.

use std::fmt;

use diesel::ExpressionMethods as _;
use vitamin_parsing::form::parse_form;

use super::app::*;
use super::*;
use crate::data::Value;
use crate::fields::{
    BooleanField, DictField, FileField, HStoreField, IntegerField, JSONField, ListField, MultipleChoiceField,
};
use crate::python::codecs::Charset;

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shelf {}", self.name)
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.name, self.size)
    }
}

fn strings() -> ModelSerializer<Thing> {
    ModelSerializer::new(["shelf", "parent", "parts", "tags"])
        .field("shelf", StringRelatedField::new(Thing::SHELF))
        .field(
            "parent",
            StringRelatedField::by(Thing::PARENT, |parent| format!("{} × {}", parent.name, parent.size)),
        )
        .field("parts", StringRelatedField::many(Thing::PARTS))
        .field("tags", StringRelatedField::many_by(Thing::TAGS, |tag| format!("#{}", tag.slug)))
}

fn links() -> ModelSerializer<Thing> {
    ModelSerializer::new(["url", "shelf", "parent", "name", "size", "tags", "parts"])
        .field(
            "shelf",
            HyperlinkedRelatedField::new(Thing::SHELF, "code")
                .lookup_field("code")
                .queryset(|_| Shelf::objects().filter(desk_shelf::name.ne("Low"))),
        )
        .field(
            "parent",
            HyperlinkedRelatedField::new(Thing::PARENT, "thing-detail").allow_null().required(false),
        )
        .field(
            "tags",
            HyperlinkedRelatedField::many(Thing::TAGS, "slug")
                .lookup_field("slug")
                .lookup_url_kwarg("name")
                .required(false),
        )
        .field("parts", HyperlinkedRelatedField::many(Thing::PARTS, "thing-detail").read_only())
}

fn hyper() -> ModelSerializer<Thing> {
    HyperlinkedModelSerializer::new(["url", "shelf", "parent", "name", "size", "tags"])
        .extra("parent", Extra::new().label("Above"))
}

pub(super) fn made() -> ModelSerializer<Thing> {
    ModelSerializer::new(["shelf", "name", "size", "tags"])
}

fn made_only() -> ModelSerializer<Thing> {
    made().extra("tags", Extra::new().required(true).allow_empty(false).help_text("Its tags."))
}

fn parts() -> ModelSerializer<Thing> {
    ModelSerializer::new(["shelf", "name", "size", "parts"])
        .field("parts", PrimaryKeyRelatedField::many(Thing::PARTS))
}

fn holds() -> ModelSerializer<Shelf> {
    ModelSerializer::new(["name", "things"])
        .field("things", SlugRelatedField::many(Shelf::THINGS, desk_thing::size))
}

fn boxed() -> ModelSerializer<Thing> {
    let plain = ModelSerializer::new(["name", "code"]);
    ModelSerializer::new(["name", "size", "is_on", "shelf"])
        .field("shelf", Nested::one(Thing::SHELF, plain).writable())
        .validators([])
        .create(|save| {
            let Some(Value::Dict(shelf)) = save.take("shelf") else { return save.create() };
            let code = shelf.get("code").map_or("-", |code| code.as_str().unwrap_or("None"));
            save.set(desk_thing::note, format!("{} {code}", shelf["name"].as_str().unwrap()));
            save.set(desk_thing::shelf_id, Uuid::from_u128(1));
            save.create()
        })
        .update(|save| {
            if let Some(Value::Dict(shelf)) = save.take("shelf") {
                let name = shelf.get("name").and_then(Value::as_str).unwrap_or("-");
                save.set(desk_thing::note, name.to_owned());
            }
            save.update()
        })
}

/// Fields that are not the model's, of which the app makes a note.
fn extras() -> ModelSerializer<Thing> {
    const NAMES: [&str; 7] = ["picks", "words", "pairs", "tree", "items", "flag", "maybe"];
    fn note(save: &mut Save<'_, Thing>) {
        let taken = NAMES.iter().filter_map(|name| Some(((*name).to_owned(), save.take(name)?)));
        let taken: Dict = taken.collect();
        save.set(desk_thing::note, serde_json::to_string(&Value::Dict(taken)).unwrap());
    }
    let integer = IntegerField::new;
    ModelSerializer::new(["shelf", "name", "size"])
        .fields(NAMES)
        .field(
            "picks",
            MultipleChoiceField::new(["a", "b", "c"].map(|pick| (pick, pick))).write_only().required(false),
        )
        .field("words", DictField::new(integer()).write_only().required(false))
        .field("pairs", HStoreField::of_text().write_only().required(false))
        .field("tree", JSONField::new().write_only().required(false))
        .field("items", ListField::new(integer()).write_only().required(false))
        .field("flag", BooleanField::new().write_only().required(false))
        .field("maybe", BooleanField::new().write_only().required(false).allow_null())
        .create(|save| {
            note(save);
            save.create()
        })
        .update(|save| {
            note(save);
            save.update()
        })
}

/// Fields of files, of which the app makes a note.
fn files() -> ModelSerializer<Thing> {
    fn noted(value: Value) -> Json {
        match value {
            Value::File(file) => json!([file.name, file.size()]),
            Value::List(files) => files.into_iter().map(noted).collect(),
            _ => Json::Null,
        }
    }
    fn note(save: &mut Save<'_, Thing>) {
        let names = ["file", "empty", "items"];
        // Keys in this order: an object of serde_json sorts them.
        let taken: Vec<_> = names.iter().filter_map(|name| Some((*name, noted(save.take(name)?)))).collect();
        let taken = taken.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
        save.set(desk_thing::note, format!("{{{}}}", taken.collect::<Vec<_>>().join(",")));
    }
    let file = || FileField::new().write_only().required(false);
    ModelSerializer::new(["shelf", "name", "size", "file", "empty", "items"])
        .field("file", file().max_length(12))
        .field("empty", file().allow_empty_file().allow_null())
        .field("items", ListField::new(FileField::new()).max_length(2).write_only().required(false))
        .create(|save| {
            note(save);
            save.create()
        })
        .update(|save| {
            note(save);
            save.update()
        })
}

/// Runs the case of this name, if it is one of these.
pub(super) async fn run(request: &Request, case: &Json, data: Data) -> Json {
    match case[0].as_str().unwrap() {
        "relations_info" => json!({
            "strings": info(request, &strings()), "links": info(request, &links()), "hyper": info(request, &hyper()),
            "made": info(request, &made()), "made_only": info(request, &made_only()), "parts": info(request, &parts()),
            "holds": info(request, &holds()), "boxed": info(request, &boxed()), "extras": info(request, &extras()),
            "files": info(request, &files()),
        }),
        "relations_shown" => json!({
            "strings": shown(request, strings(), Thing::objects()).await,
            "links": shown(request, links(), Thing::objects()).await,
            "hyper": shown(request, hyper(), Thing::objects()).await,
            "made": shown(request, made(), Thing::objects()).await,
            "made_only": shown(request, made_only(), Thing::objects()).await,
            "parts": shown(request, parts(), Thing::objects()).await,
            "boxed": shown(request, boxed(), Thing::objects()).await,
            "extras": shown(request, extras(), Thing::objects()).await,
            "files": shown(request, files(), Thing::objects()).await,
            "holds": shown(request, holds(), Shelf::objects()).await,
        }),
        "links" => save(request, links(), case, data).await,
        "hyper" => save(request, hyper(), case, data).await,
        "made" => save(request, made(), case, data).await,
        "made_only" => save(request, made_only(), case, data).await,
        "parts" => save(request, parts(), case, data).await,
        "holds" => save(request, holds(), case, data).await,
        "extras" => save(request, extras(), case, data).await,
        "boxed" => save(request, boxed(), case, data).await,
        "files" => save(request, files(), case, data).await,
        other => panic!("{other}"),
    }
}

/// Whether two answers are the same but for the order of keys, which PostgreSQL changes in JSON columns.
fn is_nearly_same(expected: &Json, answer: &Json) -> bool {
    let parsed = |answer: &Json| {
        let mut answer = answer.clone();
        for key in ["row", "data"] {
            if let Some(text) = answer.get(key).and_then(Json::as_str) {
                answer[key] = serde_json::from_str(text).unwrap();
            }
        }
        answer
    };
    expected == answer || parsed(expected) == parsed(answer)
}

fn same_on(project: &TestProject) -> fn(&Json, &Json) -> bool {
    if project.test_database().is_sqlite() { Json::eq } else { is_nearly_same }
}

/// The views are those of the URLs only.
fn urlpatterns() -> Vec<Pattern> {
    let named = |route, name| path(route, APIView::new("Run").post(super::run)).name(name);
    vec![
        path("run/", APIView::new("Run").post(super::run)),
        named("tags/<int:pk>/", "tag-detail"),
        named("slugs/<str:name>/", "slug"),
        named("things/<pk>/", "thing-detail"),
        named("shelves/<pk>/", "shelf-detail"),
        named("codes/<slug:code>/", "code"),
        path("unnamed/<int:pk>/", APIView::new("Run").post(super::run)),
    ]
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[actix_web::test]
async fn relations_are_those_of_django_rest_framework() {
    let text = include_str!("relations.jsonl");
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        // The range of a positive integer.
        let cases = match project.test_database().is_sqlite() {
            true => lines(text),
            false => lines(&text.replace("9223372036854775807", "2147483647")),
        };
        compare(&project, &cases, "application/json", same_on(&project)).await;
    }
}

#[actix_web::test]
async fn forms_are_those_of_django_rest_framework() {
    let cases = lines(include_str!("forms.jsonl"));
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        compare(&project, &cases, "application/x-www-form-urlencoded", same_on(&project)).await;
    }
}

/// A multipart body of parts, as `multipart_data` of the script makes it: the name, the content, and of a file its name.
fn multipart(parts: &[Vec<String>]) -> String {
    let mut body = String::new();
    for part in parts {
        let filename = part.get(2).map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let kind = if part.len() > 2 { "Content-Type: text/plain\r\n" } else { "" };
        body += &format!(
            "--part\r\nContent-Disposition: form-data; name=\"{}\"{filename}\r\n{kind}\r\n{}\r\n",
            part[0], part[1]
        );
    }
    body + "--part--\r\n"
}

#[actix_web::test]
async fn multipart_bodies_are_those_of_django_rest_framework() {
    let with_body = |mut case: Json, parts: &[Vec<String>]| {
        case["case"][3] = multipart(parts).into();
        case
    };
    // Without files the answers are those of forms: a part of them is enough.
    let forms = lines(include_str!("forms.jsonl")).into_iter().step_by(9).map(|case| {
        let form =
            parse_form(case["case"][3].as_str().unwrap().as_bytes(), Charset::default(), None).unwrap();
        let parts: Vec<_> = form.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect();
        with_body(case, &parts)
    });
    let files = lines(include_str!("multipart.jsonl")).into_iter().map(|case| {
        let parts: Vec<Vec<String>> = serde_json::from_str(case["case"][3].as_str().unwrap()).unwrap();
        with_body(case, &parts)
    });
    let cases: Vec<Json> = forms.chain(files).collect();
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        compare(&project, &cases, "multipart/form-data; boundary=part", same_on(&project)).await;
    }
}
