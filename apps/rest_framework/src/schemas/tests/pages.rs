//! The pages of the document over HTTP. tests/browser has them in a browser.

use actix_web::http::header::AUTHORIZATION;
use actix_web::test::TestRequest;
use serde_json::json;
use vitamin_framework::urls::{Pattern, include, path};

use super::super::{ExtendSchema, SpectacularSettings, spectacular_api_view, spectacular_reference_view};
use super::fields::part;
use crate::classes;
use crate::fields::CharField;
use crate::permissions::IsAuthenticated;
use crate::response::Response;
use crate::serializers::Serializer;
use crate::settings::APISettings;
use crate::testing::{ClientResponse, TestProject};
use crate::views::APIView;

const MARKUP: &str = "<script>alert(1)</script>";

fn urlpatterns() -> Vec<Pattern> {
    let answer = async || Response::new(1);
    let marked = Serializer::new()
        .component_name("Marked")
        .description(MARKUP)
        .field("name", CharField::new().help_text(MARKUP).initial(MARKUP))
        .field("<b>", CharField::new().required(false));
    let schema =
        ExtendSchema::new().description("Sends a **part**. [x](javascript:alert(1))").summary(MARKUP);
    vec![
        path("part/", APIView::new("PartView").serializer(part()).extend_schema(schema).post(answer)),
        path("marked/", APIView::new("MarkedView").serializer(marked).post(answer)),
        path("schema/", spectacular_api_view()).name("schema"),
        path("schema/reference/", spectacular_reference_view("schema")),
        #[cfg(feature = "swagger-ui")]
        path("schema/docs/", super::super::spectacular_swagger_view("schema")),
        include("api-auth/", crate::urls::urlpatterns()),
    ]
}

fn project(settings: &[(&str, &str)]) -> TestProject {
    TestProject::new(urlpatterns, settings)
}

async fn get(project: &TestProject, path: &str) -> ClientResponse {
    project.send_one(TestRequest::with_uri(path).insert_header(("accept", "text/html,*/*;q=0.8"))).await
}

#[actix_web::test]
async fn the_reference_shows_the_document_without_scripts() {
    let page = get(&project(&[]), "/schema/reference/?version=2&lang=de").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("allow"), Some("GET, HEAD, OPTIONS"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("img-src 'self';") && !policy.contains("unsafe"), "{policy}");
    for part in [
        "<h1>API <small>0.0.0 (2)</small></h1>",
        "href=\"/schema/?lang=de&amp;version=2\"",
        "<a href=\"/api-auth/login/?next=%2Fschema%2Freference%2F%3Fversion%3D2%26lang%3Dde\">Log in</a>",
        "<a href=\"#operation-part_create\"><b>POST</b> /part/</a>",
        "id=\"operation-part_create\"",
        "<p>Sends a <strong>part</strong>. <a href=\"#\">x</a></p>",
        "<p class=\"soft\">Authentication: cookieAuth, basicAuth, none</p>",
        "<a href=\"#schema-Part\">Part</a> <small>application/json, application/x-www-form-urlencoded, multipart/form-data</small>",
        "id=\"schema-Part\"",
        "<dd>Credentials in the cookie sessionid.</dd>",
        "<dd>Credentials in the header Authorization, scheme basic.</dd>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<code>&lt;b&gt;</code>",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("<script>") && !page.body.contains("javascript:"), "{}", page.body);
}

#[cfg(feature = "swagger-ui")]
#[actix_web::test]
async fn swagger_ui_comes_from_this_server() {
    let renamed = project(&[("CSRF_HEADER_NAME", "HTTP_X_MY_TOKEN"), ("CSRF_COOKIE_NAME", "mine")]);
    let page = get(&renamed, "/schema/docs/?version=2").await;
    assert_eq!((page.status, page.header("allow")), (200, Some("GET, HEAD, OPTIONS")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("script-src 'self'; img-src 'self' data:") && !policy.contains("unsafe"),
        "{policy}"
    );
    for part in [
        "data-schema-url=\"/schema/?version=2\"",
        "data-settings=\"{&quot;deepLinking&quot;:true}\"",
        "data-csrf-header=\"x-my-token\" data-csrf-cookie=\"mine\"",
        "<meta name=\"csrf-token\" content=\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("://"), "an address outside of the server: {}", page.body);
    // A page with a token is one user's own.
    assert_eq!(page.header("vary"), Some("Cookie"));
    let (_, rest) = page.body.split_once("/static/rest_framework/swagger-ui-bundle.").unwrap();
    let (hash, _) = rest.split_once('"').unwrap();
    let file = renamed
        .send_one(TestRequest::with_uri(&format!("/static/rest_framework/swagger-ui-bundle.{hash}")))
        .await;
    assert_eq!((file.status, file.header("content-encoding")), (200, None));
    assert!(file.body.contains("SwaggerUIBundle"), "the bundle is another file");
    let hidden = project(&[("CSRF_COOKIE_HTTPONLY", "true")]);
    assert!(!get(&hidden, "/schema/docs/").await.body.contains("data-csrf-cookie"));
}

#[actix_web::test]
async fn the_pages_have_the_document_s_classes() {
    fn settings() -> APISettings {
        let spectacular_settings = SpectacularSettings {
            serve_permissions: classes![IsAuthenticated],
            serve_authentication: Some(classes![crate::authentication::BasicAuthentication::new()]),
            title: "Parts".to_owned(),
            swagger_ui_settings: json!({"docExpansion": "none"}),
            ..SpectacularSettings::default()
        };
        APISettings { spectacular_settings, ..APISettings::default() }
    }

    for project in TestProject::on_each_with(settings, urlpatterns) {
        let mut paths = vec!["/schema/", "/schema/reference/"];
        if cfg!(feature = "swagger-ui") {
            paths.push("/schema/docs/");
        }
        for path in paths {
            let refused = get(&project, path).await;
            assert_eq!(
                (refused.status, refused.header("www-authenticate")),
                (401, Some("Basic realm=\"api\""))
            );
            if path != "/schema/" {
                let policy = refused.header("content-security-policy").unwrap();
                assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
                assert!(refused.body.contains(">Log in</a>"), "{path}: {}", refused.body);
                assert!(!refused.body.contains("Part"), "{path}: {}", refused.body);
            }
            let wrong = TestRequest::with_uri(path).insert_header((AUTHORIZATION, "Basic YTpi"));
            assert_eq!(project.send_one(wrong).await.status, 401);
        }
    }
}

#[actix_web::test]
async fn a_page_whose_document_has_no_url_is_an_error() {
    fn urlpatterns() -> Vec<Pattern> {
        vec![path("reference/", spectacular_reference_view("nothing"))]
    }
    let project = TestProject::new(urlpatterns, &[]);
    assert_eq!(get(&project, "/reference/").await.status, 500);
}
