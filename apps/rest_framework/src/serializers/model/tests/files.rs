//! Columns with the names of files: what Django REST framework answers for a model's FileField. The app stores the files.

use super::app::*;
use super::*;
use crate::fields::FileField;
use crate::generics::{GenericAPIView, RetrieveUpdateAPIView};
use crate::settings::APISettings;
use vitamin_framework::conf::Env;

fn view() -> GenericAPIView<Thing> {
    let serializer = ModelSerializer::<Thing>::new(["id", "note"])
        .field("note", FileField::new().max_length(20))
        .update(|save| {
            if let Some(Value::File(file)) = save.take("note") {
                save.set(desk_thing::note, format!("notes/{}", file.name));
            }
            save.update()
        });
    RetrieveUpdateAPIView::new("Thing", serializer).authentication_classes(crate::classes![])
}

fn urlpatterns() -> Vec<Pattern> {
    vec![path("things/<int:pk>/", view())]
}

fn upload(file: &str, text: &str) -> TestRequest {
    let part =
        format!("--x\r\ncontent-disposition: form-data; name=\"note\"{file}\r\n\r\n{text}\r\n--x--\r\n");
    TestRequest::put()
        .uri("/things/2/")
        .insert_header(("content-type", "multipart/form-data; boundary=x"))
        .set_payload(part)
}

const CDN: &str = "https://cdn.example/m/";

fn settings_of(media_url: &'static str) -> APISettings {
    APISettings { media_url: media_url.into(), ..APISettings::default() }
}

#[actix_web::test]
async fn files_are_absolute_urls() {
    files_are_below(APISettings::default, "http://localhost/").await;
    files_are_below(|| settings_of("/media/"), "http://localhost/media/").await;
    files_are_below(|| settings_of(CDN), CDN).await;
}

#[test]
fn the_url_is_a_setting() {
    let read = |env: Env| APISettings::from_env(&env).unwrap().media_url;
    assert_eq!(read(Env::from_iter([("MEDIA_URL", "/media/")])), "/media/");
    assert_eq!(read(Env::from_iter([("A", "b")])), "");
}

async fn files_are_below(settings: fn() -> APISettings, base: &str) {
    for project in TestProject::on_each_with(settings, urlpatterns) {
        seed(&project);
        let stored = format!(r#"{{"id":2,"note":"{base}notes/a%20b.txt"}}"#);
        for (request, status, body) in [
            (TestRequest::get().uri("/things/2/"), 200, r#"{"id":2,"note":null}"#),
            (upload("; filename=\"a b.txt\"", "x"), 200, stored.as_str()),
            (TestRequest::get().uri("/things/2/"), 200, stored.as_str()),
            (upload("; filename=\"a.txt\"", ""), 400, r#"{"note":["The submitted file is empty."]}"#),
            (
                upload("; filename=\"a.txt.of.a.long.name\"", "x"),
                200,
                &format!(r#"{{"id":2,"note":"{base}notes/a.txt.of.a.long.name"}}"#),
            ),
            (
                upload("; filename=\"a.txt.of.a.longer.name\"", "x"),
                400,
                r#"{"note":["Ensure this filename has at most 20 characters (it has 22)."]}"#,
            ),
            (
                upload("", "x"),
                400,
                r#"{"note":["The submitted data was not a file. Check the encoding type on the form."]}"#,
            ),
            (
                TestRequest::put().uri("/things/2/").set_json(json!({})),
                400,
                r#"{"note":["No file was submitted."]}"#,
            ),
            (
                TestRequest::put().uri("/things/2/").set_json(json!({"note": null})),
                400,
                r#"{"note":["This field may not be null."]}"#,
            ),
            (
                TestRequest::patch().uri("/things/2/").set_json(json!({})),
                200,
                &format!(r#"{{"id":2,"note":"{base}notes/a.txt.of.a.long.name"}}"#),
            ),
        ] {
            let response = project.send_one(request).await;
            assert_eq!((response.status, response.body.as_str()), (status, body), "{base}");
        }
    }
}
