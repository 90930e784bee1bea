//! URLs of named patterns, and absolute URLs (`rest_framework/reverse.py`). The view's versioning class takes part: a
//! request for version 1 gets URLs of version 1.
//!
//! ```
//! use vitamin_rest_framework::exceptions::APIException;
//! use vitamin_rest_framework::request::Request;
//! use vitamin_rest_framework::response::Response;
//!
//! async fn get(request: Request) -> Result<Response, APIException> {
//!     // https://example.com/v1/users/7/
//!     let user = request.reverse("user-detail", &[("pk", &7)])?;
//!     let logo = request.build_absolute_uri("/static/logo.svg")?;
//!     Ok(Response::new([user, logo]))
//! }
//! ```

use actix_web::web::Data as AppData;

use super::exceptions::APIException;
use super::fields::OutputSettings;
use super::request::Request;
use super::utils::urls::replace_query_param;
use vitamin_framework::http;
use vitamin_framework::middleware::Site;
use vitamin_framework::urls::{NoReverseMatch, Parameters};

impl From<NoReverseMatch> for APIException {
    /// 500: a mistake in the project.
    fn from(error: NoReverseMatch) -> Self {
        Self::server_error(error)
    }
}

impl Request {
    /// Returns the absolute URL of a named pattern with these parameters.
    ///
    /// The versioning class may change the name (`NamespaceVersioning`), the parameters (`URLPathVersioning`) or the
    /// query (`QueryParameterVersioning`). A name that it finds no pattern for is looked up unchanged. The query
    /// parameter `format` is carried over.
    ///
    /// # Errors
    /// No pattern has this name and these parameters. `?` in a handler makes it a 500.
    pub fn reverse(&self, name: &str, parameters: Parameters<'_>) -> Result<String, NoReverseMatch> {
        let versioned = match &self.view().reverse {
            Some(reverse) => reverse(self, name, parameters),
            None => self.reverse_unversioned(name, parameters),
        };
        let url = versioned.or_else(|_| self.reverse_unversioned(name, parameters))?;
        let Some(format) = self.view().url_format_override else { return Ok(url) };
        if self.query_string().is_empty() {
            return Ok(url);
        }
        match self.query_param::<String>(format) {
            Ok(Some(value)) => Ok(replace_query_param(&url, format, &value)),
            _ => Ok(url),
        }
    }

    /// [`reverse`](Self::reverse) without the versioning class and the query, for a versioning class of one's own.
    ///
    /// # Errors
    /// No pattern has this name and these parameters.
    pub fn reverse_unversioned(
        &self,
        name: &str,
        parameters: Parameters<'_>,
    ) -> Result<String, NoReverseMatch> {
        let site = self.site().ok_or_else(|| NoReverseMatch::new("The request belongs to no project."))?;
        let path = site.resolver.reverse(name, parameters)?;
        Ok(http::build_absolute_uri(self.http(), &site.settings, Some(&path)))
    }

    /// Returns the absolute URL of a path, or of a URL relative to the request's path. `None` is the request's own URL
    /// with its query.
    ///
    /// Scheme and host are those that the client used, also behind a proxy that the settings trust.
    ///
    /// # Errors
    /// 500: the view runs without a project.
    pub fn build_absolute_uri<'a>(
        &self,
        location: impl Into<Option<&'a str>>,
    ) -> Result<String, APIException> {
        let site =
            self.site().ok_or_else(|| APIException::server_error("there is no project in the app data"))?;
        Ok(http::build_absolute_uri(self.http(), &site.settings, location.into()))
    }

    /// The path that the client used (Django's `request.path`): with `FORCE_SCRIPT_NAME` more than actix-web's `path`.
    #[must_use]
    pub fn get_path(&self) -> String {
        self.site().map_or_else(|| self.path().to_owned(), |site| http::get_path(self.http(), &site.settings))
    }

    /// The path and the query that the client used.
    #[must_use]
    pub fn get_full_path(&self) -> String {
        match self.site() {
            Some(site) => http::get_full_path(self.http(), &site.settings),
            None => self.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        }
    }

    /// The project's formats of output.
    pub(crate) fn output_settings(&self) -> &OutputSettings {
        &self.view().output
    }

    /// The absolute URL of an uploaded file, by its escaped path (`FileSystemStorage.url`).
    pub(crate) fn file_url(&self, path: &str) -> String {
        let media_url = &*self.view().media_url;
        let below = if ["/", "http://", "https://"].iter().any(|start| media_url.starts_with(start)) {
            media_url.to_owned()
        } else {
            let script_name = self.site().map(|site| site.settings.script_name.as_str());
            format!("{}/{media_url}", script_name.unwrap_or_default())
        };
        let url = format!("{}/{path}", below.trim_end_matches('/'));
        self.build_absolute_uri(&*url).unwrap_or(url)
    }

    fn site(&self) -> Option<&Site> {
        self.http().app_data::<AppData<Site>>().map(AppData::get_ref)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;
    use serde::Deserialize;

    use super::super::response::Response;
    use super::super::testing::TestProject;
    use super::super::versioning::*;
    use super::super::views::APIView;
    use super::*;
    use vitamin_framework::urls::{Pattern, include, path};

    async fn urls(request: Request) -> Response {
        let cases: [(&str, Parameters<'_>); 4] =
            [("list", &[]), ("detail", &[("pk", &7)]), ("plain", &[]), ("list", &[("format", &"json")])];
        Response::new(cases.map(|(name, parameters)| request.reverse(name, parameters).ok()))
    }

    fn view() -> APIView {
        APIView::new("View").get(urls)
    }

    fn items(view: impl Fn() -> APIView) -> Vec<Pattern> {
        vec![
            path("items/", view()).name("list"),
            path("items.<slug:format>", view()).name("list"),
            path("items/<int:pk>/", view()).name("detail"),
        ]
    }

    fn with(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
        patterns.push(path("plain/", view()).name("plain"));
        patterns
    }

    fn namespaced() -> Vec<Pattern> {
        let own = || items(|| view().versioning_class(NamespaceVersioning::default()));
        let versions = ["v1", "v2"].map(|version| include(&format!("{version}/"), own()).namespace(version));
        with(versions.into_iter().chain([include("", own())]).collect())
    }

    fn in_the_path() -> Vec<Pattern> {
        let own = || items(|| view().versioning_class(URLPathVersioning::default()));
        with(vec![include("<slug:version>/", own()), include("", own())])
    }

    /// The URLconf, the URI, Host, Accept, and the URLs in Django REST framework's response.
    #[derive(Deserialize)]
    struct Case(String, String, String, Option<String>, Vec<Option<String>>);

    #[actix_web::test]
    async fn versions_take_part_as_in_django_rest_framework() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/reverse.json")).unwrap();
        assert_eq!(cases.len(), 19);
        type UrlPatterns = fn() -> Vec<Pattern>;
        let urlconfs: [(&str, UrlPatterns); 6] = [
            ("none", || with(items(view))),
            ("accept", || with(items(|| view().versioning_class(AcceptHeaderVersioning::default())))),
            ("host", || with(items(|| view().versioning_class(HostNameVersioning::default())))),
            ("query", || with(items(|| view().versioning_class(QueryParameterVersioning::default())))),
            ("path", in_the_path),
            ("namespace", namespaced),
        ];
        for (name, urlpatterns) in urlconfs {
            let project = TestProject::new(urlpatterns, &[("ALLOWED_HOSTS", "*")]);
            for Case(_, uri, host, accept, urls) in cases.iter().filter(|case| case.0 == name) {
                let mut request = TestRequest::get().uri(uri);
                if let Some(accept) = accept {
                    request = request.insert_header((ACCEPT, accept.as_str()));
                }
                let response = project.send_to(host, request).await;
                let got: Vec<Option<String>> = serde_json::from_str(&response.body).unwrap();
                assert_eq!(&got, urls, "{name}: {uri}");
            }
        }
    }

    #[actix_web::test]
    async fn a_location_becomes_absolute() {
        async fn own(request: Request) -> Result<Response, APIException> {
            let unknown = request.reverse("nobody's", &[]).unwrap_err().to_string();
            Ok(Response::new([
                request.build_absolute_uri(None)?,
                request.build_absolute_uri("/x/")?,
                request.build_absolute_uri("../y")?,
                unknown,
            ]))
        }
        let project = TestProject::new(|| vec![path("a/b/", APIView::new("View").get(own))], &[]);
        let response = project.send_one(TestRequest::get().uri("/a/b/?c=d")).await;
        let urls: Vec<String> = serde_json::from_str(&response.body).unwrap();
        assert_eq!(urls[..3], ["http://localhost/a/b/?c=d", "http://localhost/x/", "http://localhost/a/y"]);
        assert!(urls[3].contains("is not a valid view function or pattern name"));
        async fn fails(request: Request) -> Result<Response, APIException> {
            Ok(Response::new(request.reverse("nobody's", &[])?))
        }
        let project = TestProject::new(|| vec![path("", APIView::new("View").get(fails))], &[]);
        assert_eq!(project.send_one(TestRequest::get().uri("/")).await.status, 500);
    }
}
