//! The project's formats of output, and the fields' own. The expected text is Django REST framework's with the settings below.

use super::app::*;
use super::*;
use crate::fields::{BigIntegerField, DateTimeField, DecimalField, Format, OutputSettings};
use crate::generics::{GenericAPIView, RetrieveUpdateAPIView};
use crate::schemas::SchemaGenerator;
use crate::settings::APISettings;
use vitamin_framework::urls::UrlConf;

const NAMES: [&str; 9] = ["id", "price", "made", "at", "due", "big", "own", "own_price", "native"];

fn view() -> GenericAPIView<Thing> {
    let due = || DateTimeField::new().source("due").read_only();
    let serializer = ModelSerializer::<Thing>::new(NAMES)
        .field("big", BigIntegerField::new())
        .field("own", due().format("iso-8601"))
        .field("own_price", DecimalField::new(6, 2).coerce_to_string(true).source("price").read_only())
        .field("native", due().format(None));
    RetrieveUpdateAPIView::new("Thing", serializer).authentication_classes(crate::classes![])
}

fn urlpatterns() -> Vec<Pattern> {
    vec![path("things/<int:pk>/", view())]
}

fn settings() -> APISettings {
    let output = OutputSettings {
        coerce_decimal_to_string: false,
        coerce_bigint_to_string: true,
        datetime_format: "%d.%m.%Y %H:%M".into(),
        date_format: Format::Native,
        time_format: "%H.%M".into(),
    };
    APISettings { output, ..APISettings::default() }
}

#[actix_web::test]
async fn fields_without_a_format_have_the_projects() {
    for project in TestProject::on_each_with(settings, urlpatterns) {
        seed(&project);
        let written = json!({"price": "1.5", "made": "2026-11-23", "at": "20:40:50", "due": "2026-11-23T20:40:50Z", "big": 8});
        let request = TestRequest::patch().uri("/things/2/").set_json(written);
        let response = project.send_one(request).await;
        assert_eq!(
            (response.status, response.body.as_str()),
            (
                200,
                r#"{"id":"2","price":1.5,"made":"2026-11-23","at":"20.40","due":"23.11.2026 20:40","big":"8","own":"2026-11-23T20:40:50Z","own_price":"1.50","native":"2026-11-23T20:40:50Z"}"#
            )
        );
    }
}

#[test]
fn the_schema_has_the_projects_decimals() {
    let urls = UrlConf::new(urlpatterns());
    for (settings, kind) in [(APISettings::default(), "string"), (settings(), "number")] {
        let document = SchemaGenerator::new(&settings).get_schema(&urls).document;
        let properties = &document["components"]["schemas"]["Thing"]["properties"];
        assert_eq!(properties["price"]["type"], kind);
        assert_eq!(properties["own_price"]["type"], "string");
    }
}
