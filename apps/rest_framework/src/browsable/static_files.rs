//! The style sheet and the script of the pages, compiled in. Their names hold a hash of their content, so that browsers keep
//! them for ever.

use std::fmt::Write as _;

use actix_web::http::header::{CACHE_CONTROL, ContentType, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../static/rest_framework/browsable.css");
const SCRIPT: &str = include_str!("../../static/rest_framework/browsable.js");

/// A file with its URL.
#[derive(Clone, Copy)]
struct File {
    stem: &'static str,
    extension: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const ICON: &str = include_str!("../../static/rest_framework/icon.svg");

const FILES: [File; 3] = [
    File { stem: "browsable", extension: "css", media_type: "text/css; charset=utf-8", content: STYLE },
    File {
        stem: "browsable",
        extension: "js",
        media_type: "text/javascript; charset=utf-8",
        content: SCRIPT,
    },
    File { stem: "icon", extension: "svg", media_type: "image/svg+xml", content: ICON },
];

impl File {
    fn hash(self) -> String {
        let hash = Sha256::digest(self.content.as_bytes());
        hash.iter().take(6).fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn url(self, static_url: &str) -> String {
        format!("{static_url}rest_framework/{}.{}.{}", self.stem, self.hash(), self.extension)
    }
}

/// The URLs of the style sheet, the script and the icon.
pub(super) fn urls(static_url: &str) -> [String; 3] {
    FILES.map(|file| file.url(static_url))
}

/// Serves the files.
pub(super) fn configure(static_url: &str, config: &mut ServiceConfig) {
    for file in FILES {
        let etag = format!("\"{}\"", file.hash());
        let answer = move |request: HttpRequest| {
            let etag = etag.clone();
            async move { answer(&request, file, &etag) }
        };
        let resource = web::resource(file.url(static_url));
        config.service(resource.route(web::get().to(answer.clone())).route(web::head().to(answer)));
    }
}

fn answer(request: &HttpRequest, file: File, etag: &str) -> HttpResponse {
    let is_known = request
        .headers()
        .get_all(IF_NONE_MATCH)
        .any(|value| value.to_str().is_ok_and(|text| text.contains(etag)));
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((ETAG, etag));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")));
    if is_known {
        return response.finish();
    }
    match file.media_type.parse() {
        Ok(media_type) => response.content_type(ContentType(media_type)).body(file.content),
        Err(_) => response.body(file.content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With 40 KB for the page, a view's pages weigh less than 60 KB.
    #[test]
    fn the_files_are_small_and_name_no_other_host() {
        assert!(STYLE.len() + SCRIPT.len() < 20_000, "{} + {}", STYLE.len(), SCRIPT.len());
        for content in [STYLE, SCRIPT] {
            assert!(
                !content.contains("//cdn") && !content.contains("http"),
                "an address outside of the server"
            );
        }
    }
}
