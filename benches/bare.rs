//! The baseline for vitamin's measurements: an actix-web handler that sends the same bytes and checks nothing.
//!
//! `bare ADDRESS [WORKERS]` reads the response from standard input: path, status, body and headers (`name: value`), separated by
//! tabs. It serves one path, because actix-web tries its routes one after the other, with one worker by default.

use std::error::Error;
use std::io::stdin;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};

struct Answer {
    path: String,
    status: StatusCode,
    body: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// `line` is leaked, like the literals in a handler.
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
    let address = std::env::args().nth(1).ok_or("bare ADDRESS [WORKERS]")?;
    let workers = std::env::args().nth(2).map_or(Ok(1), |workers| workers.parse())?;
    let line = stdin().lines().next().ok_or("the answer is missing")??;
    // actix-web clones a handler with its data for each request; cloning a literal costs nothing.
    let answer: &'static Answer = Box::leak(Box::new(Answer::parse(line.leak())?));
    let respond = move || std::future::ready(answer.respond());
    let app = move || App::new().route(&answer.path, web::get().to(respond));
    // Same as in vitamin's own server.
    let server = HttpServer::new(app).workers(workers).tcp_nodelay(true).bind(address)?;
    actix_web::rt::System::new().block_on(server.run())?;
    Ok(())
}
