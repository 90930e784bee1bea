//! Fields that read and write the object itself (`source="*"`).
//!
//! tests/django/model_sources.py has the same views and rows, and writes the answers.

use diesel::prelude::*;

use super::app::*;
use super::*;
use crate::fields::{CharField, IntegerField};
use crate::generics::{GenericAPIView, ListCreateAPIView, RetrieveUpdateAPIView};
use crate::schemas::SchemaGenerator;
use crate::serializers::Serializer;
use crate::settings::APISettings;
use vitamin_framework::models::Annotation;
use vitamin_framework::urls::UrlConf;

diesel::alias!(desk_thing as part: Part);

const PART_COUNT: Annotation<Thing, i64> = Annotation::new("part_count");

fn names() -> ModelSerializer<Thing> {
    ModelSerializer::new(["name", "kind", "note", "big", "tags"]).component_name("Names")
}

fn measures() -> Serializer {
    Serializer::new()
        .component_name("Measures")
        .field("width", IntegerField::new().source("size").min_value(1))
        .field("grade", IntegerField::new().source("rank").required(false))
        .field("parts", IntegerField::new().source("part_count").read_only())
        .source("*")
}

/// `12.50|False`.
fn terms_of(thing: &Object<Thing>, _: &Request) -> String {
    let price = thing.price.as_ref().map_or("None".to_owned(), |price| price.with_scale(2).to_plain_string());
    format!("{price}|{}", if thing.is_on { "True" } else { "False" })
}

fn read_terms(value: Value) -> Result<Dict, APIException> {
    let Some((price, is_on)) = value.as_str().and_then(|text| text.split_once('|')) else {
        return Err(APIException::validation_error("Write two values."));
    };
    let price = match price.parse::<u32>() {
        Ok(price) => Value::from(format!("{price}.00")),
        Err(_) => Value::Null,
    };
    Ok(Dict::from_iter([("price".to_owned(), price), ("is_on".to_owned(), Value::from(is_on == "True"))]))
}

fn whole() -> ModelSerializer<Thing> {
    ModelSerializer::new(["id", "shelf", "names", "measures", "terms", "summary"])
        .component_name("Whole")
        .field("names", Nested::whole(names()).writable())
        .field("measures", measures())
        .field("terms", WholeField::new(CharField::new().required(false), terms_of).input(read_terms))
        .field("summary", Nested::whole(names()))
        .validate_field("terms", |values, _| match values {
            Value::Dict(values) if values.get("price") == Some(&Value::from("13.00")) => {
                Err(APIException::validation_error("Not 13."))
            }
            _ => Ok(()),
        })
        .validate(|values, _| match values.get("name").and_then(Value::as_str) {
            Some("Bad") => {
                let names: Vec<&str> = values.keys().map(String::as_str).collect();
                Err(APIException::validation_error(names.join(", ")))
            }
            _ => Ok(()),
        })
}

fn annotated(view: GenericAPIView<Thing>) -> GenericAPIView<Thing> {
    view.authentication_classes(crate::classes![]).queryset(|_, things| {
        let parts = part.filter(part.field(desk_thing::parent_id).eq(desk_thing::id.nullable()));
        things.annotate(PART_COUNT, parts.count().single_value())
    })
}

fn urlpatterns() -> Vec<Pattern> {
    vec![
        path("wholes/", annotated(ListCreateAPIView::new("Wholes", whole()))),
        path("wholes/<int:pk>/", annotated(RetrieveUpdateAPIView::new("OneWhole", whole()))),
    ]
}

#[actix_web::test]
async fn fields_of_the_whole_object_are_those_of_django_rest_framework() {
    let mut lines = include_str!("sources.jsonl").lines();
    let components: Json = serde_json::from_str(lines.next().unwrap()).unwrap();
    let settings = APISettings::default();
    let generated = SchemaGenerator::new(&settings).get_schema(&UrlConf::new(urlpatterns()));
    assert_eq!(
        serde_json::to_string_pretty(&generated.document["components"]["schemas"]).unwrap(),
        serde_json::to_string_pretty(&components).unwrap()
    );
    let cases: Vec<Json> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    for project in TestProject::on_each(urlpatterns) {
        seed(&project);
        let text = |case: &Json, index: usize| case[index].as_str().unwrap().to_owned();
        let requests = cases.iter().map(|case| {
            let request = TestRequest::default().method(text(case, 0).parse().unwrap()).uri(&text(case, 1));
            let request = request.insert_header(("content-type", text(case, 2)));
            request.insert_header(("accept", "application/json")).set_payload(text(case, 3))
        });
        let mut differ = Vec::new();
        for (case, response) in cases.iter().zip(project.send(requests.collect()).await) {
            if (json!(response.status), response.body.as_str())
                != (case[4].clone(), case[5].as_str().unwrap())
            {
                differ.push(format!("{case}\n  {} {}", response.status, response.body));
            }
        }
        assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
    }
}

#[test]
fn mistakes_are_named() {
    let mistake = |serializer: ModelSerializer<Thing>| serializer.check().unwrap_err();
    let field = CharField::new().source("*");
    assert_eq!(
        mistake(ModelSerializer::new(["all"]).field("all", field)),
        "`all` shows the whole object: make it a WholeField"
    );
    let unknown = Serializer::new().field("wide", IntegerField::new()).source("*");
    assert_eq!(
        mistake(ModelSerializer::new(["all"]).field("all", unknown)),
        "Thing has no field `wide`: make `wide` read-only, for an annotation, or write-only"
    );
}
