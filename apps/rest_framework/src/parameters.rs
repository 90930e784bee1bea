//! Typed parameters of the path and the query string: one call each.
//!
//! ```
//! use vitamin_framework::urls::{Pattern, path};
//! use vitamin_rest_framework::exceptions::APIException;
//! use vitamin_rest_framework::request::Request;
//! use vitamin_rest_framework::response::Response;
//! use vitamin_rest_framework::views::APIView;
//!
//! async fn get(request: Request) -> Result<Response, APIException> {
//!     let pk: i64 = request.path_param("pk")?;
//!     let page = request.query_param("page")?.unwrap_or(1_u32);
//!     Ok(Response::new(format!("page {page} of {pk}")))
//! }
//!
//! fn urlpatterns() -> Vec<Pattern> {
//!     vec![path("polls/<int:pk>/", APIView::new("PollView").get(get))]
//! }
//! ```

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::data::QueryDict;
use super::error_detail::Detail;
use super::exceptions::APIException;
use super::request::Request;
use vitamin_framework::translation::gettext;

/// A value that a parameter of the path or the query string can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a path or a query string",
    label = "not a `Parameter`",
    note = "numbers, `bool`, `String` and `Uuid` can; read another type as a `String`, or implement `Parameter` for it"
)]
pub trait Parameter: Sized {
    /// Reads the decoded text.
    ///
    /// # Errors
    /// The message for the client if the text is not such a value.
    fn parse(text: &str) -> Result<Self, &'static str>;
}

impl Parameter for String {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(text.to_owned())
    }
}

impl Parameter for bool {
    /// The words of Django REST framework's `BooleanField`.
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.to_ascii_lowercase().as_str() {
            "t" | "y" | "yes" | "true" | "on" | "1" => Ok(true),
            "f" | "n" | "no" | "false" | "off" | "0" => Ok(false),
            _ => Err(gettext("Must be a valid boolean.")),
        }
    }
}

impl Parameter for Uuid {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Self::parse_str(text).map_err(|_| gettext("Must be a valid UUID."))
    }
}

macro_rules! numbers {
    ($message:literal: $($number:ty)*) => {$(
        impl Parameter for $number {
            fn parse(text: &str) -> Result<Self, &'static str> {
                text.trim().parse().map_err(|_| gettext($message))
            }
        }
    )*};
}
numbers!("A valid integer is required.": i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
numbers!("A valid number is required.": f32 f64);

/// `i64::MAX`.
const LARGEST: &str = "9223372036854775807";

impl Request {
    /// The value of a parameter of the path. A number beyond 64 bits is the largest `i64`: it finds no row, as in Django, whose
    /// converter takes any number.
    ///
    /// # Errors
    /// 404 if it is not a `T`, as if a Django converter did not match; 500 if the route has no such parameter.
    pub fn path_param<T: Parameter>(&self, name: &str) -> Result<T, APIException> {
        let raw = self.match_info().get(name).ok_or_else(|| {
            APIException::server_error(format!("the route has no parameter named \"{name}\""))
        })?;
        let text = percent_decode_str(raw).decode_utf8().map_err(|_| APIException::not_found())?;
        let is_large = text.len() > 18 && text.bytes().all(|byte| byte.is_ascii_digit());
        let found = T::parse(&text).or_else(|error| if is_large { T::parse(LARGEST) } else { Err(error) });
        found.map_err(|_| APIException::not_found())
    }

    /// The last value of a query parameter, or `None`.
    ///
    /// # Errors
    /// 400 with the error of this parameter, as of a serializer's field, if it is not a `T`; 400 for more parameters
    /// than `DATA_UPLOAD_MAX_NUMBER_FIELDS`.
    pub fn query_param<T: Parameter>(&self, name: &str) -> Result<Option<T>, APIException> {
        let found = self.query_pairs()?.into_iter().rev().find(|(field, _)| field == name);
        let invalid = |message| APIException::validation_error(Detail::field(name, message, "invalid"));
        found.map(|(_, text)| T::parse(&text).map_err(invalid)).transpose()
    }

    /// All query parameters (`request.query_params`): the last value of each by `get`, all of them by `get_list`.
    ///
    /// # Errors
    /// 400 for more parameters than `DATA_UPLOAD_MAX_NUMBER_FIELDS`.
    pub fn query_params(&self) -> Result<QueryDict, APIException> {
        Ok(self.query_pairs()?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web;
    use serde_json::json;

    use super::super::response::Response;
    use super::super::testing::TestProject;
    use super::super::views::APIView;
    use super::*;
    use vitamin_framework::urls::{Pattern, path};

    async fn number(request: Request) -> Result<Response, APIException> {
        Ok(Response::new(request.path_param::<i64>("pk")?))
    }

    async fn text(request: Request) -> Result<Response, APIException> {
        Ok(Response::new(request.path_param::<String>("name")?))
    }

    async fn query(request: Request) -> Result<Response, APIException> {
        let tags: Vec<Option<String>> = request
            .query_params()?
            .get_list("tag")
            .iter()
            .map(|tag| tag.as_str().map(str::to_owned))
            .collect();
        Ok(Response::new(json!({
            "page": request.query_param::<u32>("page")?,
            "ratio": request.query_param::<f64>("ratio")?,
            "draft": request.query_param::<bool>("draft")?,
            "id": request.query_param::<Uuid>("id")?.map(|id| id.to_string()),
            "tags": tags,
        })))
    }

    fn urlpatterns() -> Vec<Pattern> {
        vec![
            path("django/<int:pk>/", APIView::new("View").get(number)),
            path("slug/<slug:name>/", APIView::new("View").get(text)),
            path("str/<name>/", APIView::new("View").get(text)),
            path("path/<path:name>", APIView::new("View").get(text)),
            path("uuid/<uuid:name>/", APIView::new("View").get(text)),
            path("actix/{pk}/", APIView::new("View").get(number)),
            path("extractor/{pk}/", APIView::new("View").get(async |pk: web::Path<i64>| Response::new(*pk))),
            path("missing/", APIView::new("View").get(number)),
            path("query/", APIView::new("View").get(query)),
        ]
    }

    async fn responses(uris: &[(&str, u16, &str)]) {
        let project = TestProject::new(urlpatterns, &[]);
        let requests = uris.iter().map(|(uri, ..)| TestRequest::get().uri(uri)).collect();
        for ((uri, status, body), response) in uris.iter().zip(project.send(requests).await) {
            assert_eq!(response.status, *status, "{uri} {:?}", response.headers);
            assert!(
                response.body == *body || (body.starts_with('<') && response.body.contains(body)),
                "{uri}: {} {:?}",
                response.body,
                response.headers
            );
        }
    }

    const NOT_FOUND: &str = r#"{"detail":"Not found."}"#;
    /// Django's page: no pattern matches.
    const NO_PATTERN: &str = "<h1>Not Found</h1>";

    /// The status and values are Django's for the same patterns; `actix/` has no converter.
    #[actix_web::test]
    async fn a_path_that_the_converter_does_not_match_is_not_found() {
        responses(&[
            ("/django/7/", 200, "7"),
            ("/django/007/", 200, "7"),
            ("/django/x/", 404, NO_PATTERN),
            ("/django/-7/", 404, NO_PATTERN),
            // Django's number is the whole one; neither is that of a row.
            ("/django/99999999999999999999/", 200, LARGEST),
            ("/slug/a-b_c/", 200, "\"a-b_c\""),
            ("/slug/a.b/", 404, NO_PATTERN),
            ("/str/a%20b%25/", 200, "\"a b%\""),
            ("/str/%C3%A4/", 200, "\"ä\""),
            ("/str/a%2Fb/", 404, NO_PATTERN),
            ("/path/a%2Fb/c", 200, "\"a/b/c\""),
            ("/path/a%2Fb", 200, "\"a/b\""),
            ("/uuid/0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b/", 200, "\"0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b\""),
            ("/uuid/0EA1A5B8-fb39-4d41-a3b7-9bca1e2d4d4b/", 404, NO_PATTERN),
            ("/actix/7/", 200, "7"),
            ("/actix/x/", 404, NOT_FOUND),
            ("/extractor/7/", 200, "7"),
            ("/extractor/x/", 404, NOT_FOUND),
            ("/missing/", 500, "<h1>Server Error (500)</h1>"),
        ])
        .await;
    }

    #[actix_web::test]
    async fn a_query_parameter_is_typed_and_optional() {
        responses(&[
            ("/query/", 200, r#"{"page":null,"ratio":null,"draft":null,"id":null,"tags":[]}"#),
            (
                "/query/?page=1&tag=a&page=%202&draft=yes&ratio=1.5&tag=b+c&id=0ea1a5b8fb394d41a3b79bca1e2d4d4b",
                200,
                r#"{"page":2,"ratio":1.5,"draft":true,"id":"0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b","tags":["a","b c"]}"#,
            ),
            ("/query/?page=-1", 400, r#"{"page":["A valid integer is required."]}"#),
            ("/query/?page=", 400, r#"{"page":["A valid integer is required."]}"#),
            ("/query/?ratio=x", 400, r#"{"ratio":["A valid number is required."]}"#),
            ("/query/?draft=2", 400, r#"{"draft":["Must be a valid boolean."]}"#),
            ("/query/?id=2", 400, r#"{"id":["Must be a valid UUID."]}"#),
        ])
        .await;
    }
}
