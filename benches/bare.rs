//! What vitamin is measured against: actix-web handlers that send the same bytes and check nothing.
//!
//! `bare ADDRESS`, with the answers on standard input, one a line: path, status, body and headers (`name: value`),
//! with tabs between. One worker.

use std::error::Error;
use std::io::stdin;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

struct Answer {
    path: String,
    status: StatusCode,
    body: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// `line` is leaked, as literals in a handler would be.
    fn parse(line: &'static str) -> Result<Self, Box<dyn Error>> {
        let mut fields = line.split('\t');
        let (Some(path), Some(status), Some(body)) = (fields.next(), fields.next(), fields.next()) else {
            return Err("path, status and body are needed".into());
        };
        let headers = fields.map(|header| {
            let (name, value) = header.split_once(": ").ok_or("a header is `name: value`")?;
            Ok((HeaderName::try_from(name)?, HeaderValue::from_static(value)))
        });
        Ok(Self {
            path: path.to_owned(),
            status: status.parse()?,
            body,
            headers: headers.collect::<Result<_, Box<dyn Error>>>()?,
        })
    }

    fn respond(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.body(self.body)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("bare ADDRESS")?;
    let lines = stdin().lines().collect::<Result<Vec<_>, _>>()?;
    let answers = lines.into_iter().map(|line| Answer::parse(line.leak())).collect::<Result<Vec<_>, _>>()?;
    // actix-web clones a handler, and what it owns, for each request; a literal costs nothing there.
    let answers: &'static [Answer] = answers.leak();
    let respond = |request: HttpRequest| {
        // Instead of one route a path: routes are tried in turn, so the last would be dearer than the first.
        let answer = answers.iter().find(|answer| answer.path == request.path());
        std::future::ready(answer.map_or_else(|| HttpResponse::NotFound().finish(), Answer::respond))
    };
    let app = move || App::new().default_service(web::to(respond));
    // As vitamin's own server has it.
    let server = HttpServer::new(app).workers(1).tcp_nodelay(true).bind(address)?;
    actix_web::rt::System::new().block_on(server.run())?;
    Ok(())
}
