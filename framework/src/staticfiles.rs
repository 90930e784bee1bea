//! The static files of the apps, compiled in (`django/contrib/staticfiles`, with the names of its `ManifestStaticFilesStorage`).
//!
//! A file's URL holds a hash of its content, so that browsers keep it for ever.

use std::fmt::Write as _;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use super::conf::{Env, ImproperlyConfigured, Setting};

/// The settings that this module reads.
pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "STATIC_URL",
    "Where the style sheets and scripts of the apps' pages are served. The browsable API's are below `rest_framework/` of \
     this path.",
)
.default(DEFAULT_URL)];

const DEFAULT_URL: &str = "/static/";

/// A file that an app serves: a style sheet, a script, a picture.
///
/// ```
/// use vitamin_framework::staticfiles::StaticFile;
///
/// const FILES: &[StaticFile] = &[StaticFile::new("polls/polls.css", b"h1 { color: teal }")];
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StaticFile {
    name: &'static str,
    content: &'static [u8],
}

impl StaticFile {
    /// The file `name`, a path that begins with the app's label: `polls/polls.css`. Its ending gives the media type.
    #[must_use]
    pub const fn new(name: &'static str, content: &'static [u8]) -> Self {
        Self { name, content }
    }

    fn media_type(self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("html") => "text/html; charset=utf-8",
            Some("json") => "application/json",
            _ => "application/octet-stream",
        }
    }

    fn hash(self) -> String {
        let hash = Sha256::digest(self.content);
        hash.iter().take(6).fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// A file with what requests for it need.
#[derive(Debug)]
struct Served {
    file: StaticFile,
    url: String,
    etag: HeaderValue,
}

/// The static files of a project. Clones share them.
#[derive(Clone, Debug)]
pub struct StaticFiles(Arc<[Served]>);

impl StaticFiles {
    /// The files, below the URL of the setting `STATIC_URL`.
    ///
    /// # Errors
    /// `STATIC_URL` is not a path.
    pub fn from_env(
        env: &Env,
        files: impl IntoIterator<Item = StaticFile>,
    ) -> Result<Self, ImproperlyConfigured> {
        Ok(Self::new(&static_url(env)?, files))
    }

    /// The files, below a URL that has a slash at both ends.
    pub fn new(static_url: &str, files: impl IntoIterator<Item = StaticFile>) -> Self {
        let served = files.into_iter().map(|file| {
            let hash = file.hash();
            let (stem, extension) = file.name.rsplit_once('.').unwrap_or((file.name, ""));
            let url = format!("{static_url}{stem}.{hash}.{extension}");
            let etag = HeaderValue::try_from(format!("\"{hash}\""));
            // Hexadecimal digits are a header's value.
            Served { file, url, etag: etag.unwrap_or(HeaderValue::from_static("\"\"")) }
        });
        Self(served.collect())
    }

    /// The URL of a file, a path of this server.
    #[must_use]
    pub fn url(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|served| served.file.name == name).map(|served| &*served.url)
    }

    /// Serves the files.
    pub(super) fn configure(&self, config: &mut ServiceConfig) {
        for (index, served) in self.0.iter().enumerate() {
            let files = self.clone();
            let respond = move |request: HttpRequest| {
                let files = files.clone();
                async move { files.0.get(index).map(|served| respond(&request, served)) }
            };
            let resource = web::resource(&*served.url);
            config.service(resource.route(web::get().to(respond.clone())).route(web::head().to(respond)));
        }
    }
}

fn respond(request: &HttpRequest, served: &Served) -> HttpResponse {
    let is_known = request.headers().get_all(IF_NONE_MATCH).any(|value| {
        let etag = served.etag.as_bytes();
        value.as_bytes().windows(etag.len()).any(|part| part == etag)
    });
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, served.etag.clone()));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")));
    if is_known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(served.file.media_type())));
    response.body(served.file.content)
}

/// `STATIC_URL`, with a slash at both ends.
fn static_url(env: &Env) -> Result<String, ImproperlyConfigured> {
    let Some(url) = env.text("STATIC_URL") else { return Ok(DEFAULT_URL.to_owned()) };
    let url = match url.trim_matches('/') {
        "" => "/".to_owned(),
        path => format!("/{path}/"),
    };
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if !url.chars().all(is_path) || url.contains("//") {
        return Err(ImproperlyConfigured::new(format!(
            "STATIC_URL: '{url}' is not a path of this server: letters, digits, '-', '_', '.', '~' and single slashes."
        )));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_static_url_is_a_path() {
        let read = |url| static_url(&Env::from_iter([("STATIC_URL", url)]));
        for (url, expected) in [("static/", "/static/"), ("/a/b", "/a/b/"), ("/", "/"), ("//a", "/a/")] {
            assert_eq!(read(url).unwrap(), expected);
        }
        for url in ["https://cdn.example/", "/a//b/", "/a b/", "/<x>/", "/{x}/"] {
            assert!(read(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_url_changes_with_the_content() {
        let url = |content| {
            let files = StaticFiles::new("/static/", [StaticFile::new("polls/polls.css", content)]);
            files.url("polls/polls.css").unwrap().to_owned()
        };
        assert_eq!(url(b"a"), "/static/polls/polls.ca978112ca1b.css");
        assert_ne!(url(b"a"), url(b"b"));
    }

    #[actix_web::test]
    async fn a_file_that_the_browser_has_is_not_sent_again() {
        use actix_web::test::{TestRequest, call_service, init_service, read_body};

        let files = StaticFiles::new("/static/", [StaticFile::new("polls/polls.css", b"a")]);
        let app = init_service(actix_web::App::new().configure(|config| files.configure(config))).await;
        let uri = files.url("polls/polls.css").unwrap();
        let response = call_service(&app, TestRequest::with_uri(uri).to_request()).await;
        assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), "text/css; charset=utf-8");
        let etag = response.headers().get(ETAG).unwrap().clone();
        assert_eq!(read_body(response).await, "a");
        let again = TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, etag));
        assert_eq!(call_service(&app, again.to_request()).await.status(), 304);
    }
}
