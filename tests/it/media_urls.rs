//! `MEDIA_URL`: the URLs of uploaded files that a serializer writes. The expected ones are those of Django REST framework 3.18 with
//! Django 5.2.

use diesel::connection::SimpleConnection as _;
use serde_json::json;
use vitamin::app::App;
use vitamin::apps;
use vitamin::auth::Auth;
use vitamin::conf::{Env, ImproperlyConfigured};
use vitamin::models::ModelMeta;
use vitamin::project::Project;
use vitamin::rest_framework::fields::ImageField;
use vitamin::rest_framework::prelude::*;
use vitamin::rest_framework::{APISettings, RestFramework};
use vitamin::urls::{Pattern, path};

use crate::support::Tutorial as _;
use vitamin::testing::*;

database_tests!(files_have_absolute_urls);

diesel::table! {
    shop_picture (id) {
        id -> BigInt,
        image -> Text,
    }
}

#[derive(Model)]
#[model(table = shop_picture, name = "Picture", ordering("id"))]
struct Picture {
    id: i64,
    #[model(max_length = 100)]
    image: String,
}

struct Shop;

impl App for Shop {
    fn label(&self) -> &'static str {
        "shop"
    }

    fn models(&self) -> Vec<&'static ModelMeta> {
        vec![Picture::META]
    }
}

fn project(env: &Env) -> Result<Project, ImproperlyConfigured> {
    let rest_framework =
        APISettings { default_permission_classes: Vec::new(), ..APISettings::from_env(env)? };
    Project::new(env, apps![Auth::from_env(env)?, RestFramework::new(rest_framework), Shop], urlpatterns)
}

fn urlpatterns() -> Vec<Pattern> {
    let serializer = ModelSerializer::<Picture>::new(["image"]).field("image", ImageField::new().read_only());
    vec![path("pictures/", ListAPIView::new("Pictures", serializer))]
}

fn files_have_absolute_urls(database: &TestDatabase) {
    let sql = "CREATE TABLE shop_picture (id integer PRIMARY KEY, image varchar(100) NOT NULL);
               INSERT INTO shop_picture VALUES (1, 'a/b c.png'), (2, ''), (3, 'ü?.png')";
    database.migrate().connection().batch_execute(sql).unwrap();
    for (media_url, script_name, below) in [
        ("", "", "http://testserver/"),
        ("/media/", "", "http://testserver/media/"),
        ("media/", "", "http://testserver/media/"),
        ("media/", "/shop", "http://testserver/shop/media/"),
        ("", "/shop", "http://testserver/shop/"),
        ("/media/", "/shop/", "http://testserver/media/"),
        ("https://cdn.example/m/", "/shop", "https://cdn.example/m/"),
    ] {
        let settings = [("MEDIA_URL", media_url), ("FORCE_SCRIPT_NAME", script_name)];
        let server = TestProject::with_settings(database, project, &settings);
        let files = ["a/b%20c.png", "%C3%BC%3F.png"].map(|file| json!({"image": format!("{below}{file}")}));
        let [first, last] = files;
        server.anonymous().get("/pictures/").assert_json(json!([first, {"image": null}, last]));
    }
}
