//! The static files of the apps, compiled in (`django/contrib/staticfiles`, with the names of its `ManifestStaticFilesStorage`).
//!
//! A file's URL holds a hash of its content, so that browsers keep it for ever.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::iter;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, Encoding, Header, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use futures_util::stream::{self, Stream};
use sha2::{Digest, Sha256};

use super::conf::{Env, ImproperlyConfigured, Setting};
use super::http::ScriptName;
use super::middleware::FORCE_SCRIPT_NAME;

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
    is_gzip: bool,
}

impl StaticFile {
    /// The file `name`, a path that begins with the app's label: `polls/polls.css`. Its ending gives the media type.
    #[must_use]
    pub const fn new(name: &'static str, content: &'static [u8]) -> Self {
        Self { name, content, is_gzip: false }
    }

    /// The file `name`, whose content is compressed by gzip (RFC 1952), for large files. Clients get it as it is, or
    /// decompressed if they do not accept gzip.
    #[must_use]
    pub const fn gzip(name: &'static str, content: &'static [u8]) -> Self {
        Self { name, content, is_gzip: true }
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
        // The checksum and the size at the end of a compressed file stand for its content: to read all of it when the server
        // starts would bring it into memory.
        match self.content.last_chunk::<8>().filter(|_| self.is_gzip) {
            Some(end) => hex(end),
            None => hex(Sha256::digest(self.content).iter().take(6)),
        }
    }
}

fn hex<'b>(bytes: impl IntoIterator<Item = &'b u8>) -> String {
    bytes.into_iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A file with what requests for it need.
#[derive(Debug)]
struct Served {
    file: StaticFile,
    url: String,
    /// The path of a request for it.
    path: String,
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
        let script_name = env.parse(FORCE_SCRIPT_NAME, ScriptName::default())?;
        Ok(Self::below(&script_name, &static_url(env)?, files))
    }

    /// The files, below a URL that has a slash at both ends.
    pub fn new(static_url: &str, files: impl IntoIterator<Item = StaticFile>) -> Self {
        Self::below(&ScriptName::default(), static_url, files)
    }

    /// The files of a site that clients find below `script_name`: so do the URLs begin, but not the paths of requests.
    fn below(
        script_name: &ScriptName,
        static_url: &str,
        files: impl IntoIterator<Item = StaticFile>,
    ) -> Self {
        let static_path = script_name.strip(static_url).unwrap_or(static_url);
        let served = files.into_iter().map(|file| {
            let hash = file.hash();
            let (stem, extension) = file.name.rsplit_once('.').unwrap_or((file.name, ""));
            let path = format!("{static_path}{stem}.{hash}.{extension}");
            // Weak for a file that is sent in two ways, whose bytes differ.
            let weak = if file.is_gzip { "W/" } else { "" };
            let etag = HeaderValue::try_from(format!("{weak}\"{hash}\""));
            // Hexadecimal digits are a header's value.
            let url = format!("{script_name}{path}");
            Served { file, url, path, etag: etag.unwrap_or(HeaderValue::from_static("\"\"")) }
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
            let resource = web::resource(&*served.path);
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
    let StaticFile { content, is_gzip, .. } = served.file;
    if is_gzip {
        response.insert_header((VARY, HeaderValue::from_static("Accept-Encoding")));
    }
    if is_known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(served.file.media_type())));
    if is_gzip && !accepts_gzip(request) {
        return response.body(decompressed(content));
    }
    if is_gzip {
        response.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
    }
    response.body(content)
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    let accepted = AcceptEncoding::parse(request).ok().filter(|accepted| !accepted.is_empty());
    let gzip = [Encoding::gzip(), Encoding::identity()];
    accepted.and_then(|accepted| accepted.negotiate(gzip.iter())) == Some(Encoding::gzip())
}

/// The content of a compressed file. It is decompressed piece by piece, so that slow clients cost little memory.
fn decompressed(gzip: &'static [u8]) -> SizedStream<impl Stream<Item = io::Result<Bytes>>> {
    const PIECE: usize = 16 * 1024;

    let size = gzip.last_chunk().map_or(0, |size| u32::from_le_bytes(*size));
    let mut decoder = GzDecoder::new(gzip);
    let pieces = iter::from_fn(move || {
        let mut piece = Vec::with_capacity(PIECE);
        match decoder.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            Ok(_) => Some(Ok(piece.into())),
            Err(error) => Some(Err(error)),
        }
    });
    SizedStream::new(size.into(), stream::iter(pieces))
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
    async fn clients_find_files_below_the_script_name() {
        use actix_web::test::{TestRequest, call_service, init_service};

        for static_url in ["/static/", "/shop/static/"] {
            let env = Env::from_iter([("FORCE_SCRIPT_NAME", "/shop/"), ("STATIC_URL", static_url)]);
            let files = StaticFiles::from_env(&env, [StaticFile::new("polls/polls.css", b"a")]).unwrap();
            let url = files.url("polls/polls.css").unwrap();
            assert_eq!(url, "/shop/static/polls/polls.ca978112ca1b.css");
            let app = init_service(actix_web::App::new().configure(|config| files.configure(config))).await;
            // The proxy removes the name.
            let uri = url.strip_prefix("/shop").unwrap();
            assert_eq!(call_service(&app, TestRequest::with_uri(uri).to_request()).await.status(), 200);
        }
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

    #[actix_web::test]
    async fn a_compressed_file_is_sent_as_the_client_takes_it() {
        use actix_web::test::{TestRequest, call_service, init_service, read_body};
        use flate2::write::GzEncoder;
        use std::io::Write;

        let content: Vec<u8> = (0..100_000u32).map(|number| (number % 251) as u8).collect();
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&content).unwrap();
        let gzip: &'static [u8] = encoder.finish().unwrap().leak();
        let files = StaticFiles::new("/static/", [StaticFile::gzip("polls/polls.js", gzip)]);
        let app = init_service(actix_web::App::new().configure(|config| files.configure(config))).await;
        let uri = files.url("polls/polls.js").unwrap();
        let mut etags = Vec::new();
        for (accepted, encoding) in
            [("gzip, deflate, br", Some("gzip")), ("gzip;q=0", None), ("br", None), ("", None)]
        {
            let mut request = TestRequest::with_uri(uri);
            if !accepted.is_empty() {
                request = request.insert_header(("accept-encoding", accepted));
            }
            let response = call_service(&app, request.to_request()).await;
            let header =
                |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header("content-encoding").as_deref(), encoding, "{accepted}");
            assert_eq!(header("vary").as_deref(), Some("Accept-Encoding"));
            etags.push(header("etag").unwrap());
            let body = read_body(response).await;
            assert!(body == if encoding.is_some() { gzip } else { &*content }, "{accepted}");
        }
        etags.dedup();
        assert!(etags.len() == 1 && etags[0].starts_with("W/\""), "{etags:?}");
        let again = TestRequest::with_uri(uri).insert_header((IF_NONE_MATCH, etags.remove(0)));
        assert_eq!(call_service(&app, again.to_request()).await.status(), 304);
    }
}
