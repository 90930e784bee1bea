//! Four requests of `examples/tracker`, written by hand on actix-web and diesel: what `benches/run.py` compares views for models
//! with.
//!
//! `by-hand ADDRESS` serves the database that `DATABASE_URL` names, with one worker. Its responses are those of the tracker, byte
//! for byte; the bench asserts it. It has no permission, filter and pagination classes, no settings and no other requests. On
//! SQLite ([`sqlite`]) the worker reads on a connection of its own, and one thread writes. On PostgreSQL (`postgres.rs`) queries
//! are pipelined. The token is looked up with each request.

#[cfg(feature = "postgres")]
mod postgres;
mod responses;
mod rows;
mod sqlite;
mod statements;
mod values;

use std::error::Error;

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde::Deserialize;

use crate::responses::{LIST, OBJECT, Refusal, json};
use crate::rows::{Comment, Label, User};

type Result<T> = std::result::Result<T, actix_web::Error>;

/// Which part of a list is shown.
#[derive(Clone, Copy)]
struct Window {
    limit: i64,
    offset: i64,
}

/// A database, on one worker. Its errors are answered with 500.
trait Store: Sized + 'static {
    /// Opens the database on a worker's thread.
    fn open(url: &str) -> std::result::Result<Self, Box<dyn Error>>;
    /// Returns the user of a token, active or not.
    async fn user(&self, key: &str) -> Result<Option<User>>;
    /// Returns a page of the issues that the user can see, as JSON.
    async fn issues(&self, user: &User, window: Window, host: &str) -> Result<Vec<u8>>;
    /// Returns an issue with its comments and labels as JSON, if the user can see it.
    async fn issue(&self, user: &User, id: i64) -> Result<Option<Vec<u8>>>;
    /// Returns all labels.
    async fn labels(&self) -> Result<Vec<Label>>;
    /// Adds a comment and returns it once it is committed, or None if the user can't see the issue.
    async fn comment(&self, user: User, issue: i64, body: String) -> Result<Option<Comment>>;
}

/// The user of the request's token, or what to answer instead.
async fn authenticated<S: Store>(
    request: &HttpRequest,
    store: &S,
) -> Result<std::result::Result<User, Refusal>> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(key) = header.and_then(|value| value.strip_prefix("Token ")) else {
        return Ok(Err(Refusal::NO_TOKEN));
    };
    Ok(match store.user(key).await? {
        Some(user) if user.is_active => Ok(user),
        Some(_) => Err(Refusal::INACTIVE),
        None => Err(Refusal::INVALID_TOKEN),
    })
}

fn window(query: &str) -> Window {
    let number = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<i64>().ok())
    };
    Window {
        limit: number("limit").filter(|limit| *limit > 0).map_or(5, |limit| limit.min(20)),
        offset: number("offset").unwrap_or(0).max(0),
    }
}

async fn issues<S: Store>(request: HttpRequest, store: web::Data<S>) -> Result<HttpResponse> {
    let user = match authenticated(&request, &**store).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(refusal.response(LIST)),
    };
    let window = window(request.query_string());
    let host = request.connection_info().host().to_owned();
    Ok(json(StatusCode::OK, LIST, store.issues(&user, window, &host).await?))
}

async fn issue<S: Store>(
    request: HttpRequest,
    id: web::Path<i64>,
    store: web::Data<S>,
) -> Result<HttpResponse> {
    let user = match authenticated(&request, &**store).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(refusal.response(OBJECT)),
    };
    Ok(match store.issue(&user, *id).await? {
        Some(body) => json(StatusCode::OK, OBJECT, body),
        None => Refusal::NO_ISSUE.response(OBJECT),
    })
}

async fn labels<S: Store>(request: HttpRequest, store: web::Data<S>) -> Result<HttpResponse> {
    if let Err(refusal) = authenticated(&request, &**store).await? {
        return Ok(refusal.response(LIST));
    }
    Ok(json(StatusCode::OK, LIST, serde_json::to_vec(&store.labels().await?)?))
}

#[derive(Deserialize)]
struct NewComment {
    body: String,
}

async fn comment<S: Store>(
    request: HttpRequest,
    issue: web::Path<i64>,
    new: web::Json<NewComment>,
    store: web::Data<S>,
) -> Result<HttpResponse> {
    let user = match authenticated(&request, &**store).await? {
        Ok(user) => user,
        Err(refusal) => return Ok(refusal.response(LIST)),
    };
    let body = new.body.trim();
    if body.is_empty() || body.chars().count() > 2000 {
        return Ok(HttpResponse::BadRequest().finish());
    }
    let Some(comment) = store.comment(user, *issue, body.to_owned()).await? else {
        return Ok(Refusal::NO_ISSUE.response(LIST));
    };
    Ok(json(StatusCode::CREATED, LIST, serde_json::to_vec(&comment)?))
}

fn serve<S: Store>(address: &str, url: String) -> std::result::Result<(), Box<dyn Error>> {
    // The error names what is wrong before the server starts.
    drop(S::open(&url)?);
    let app = move || {
        let app = App::new()
            .route("/api/issues/", web::get().to(issues::<S>))
            .route("/api/labels/", web::get().to(labels::<S>))
            .route("/api/issues/{id}/", web::get().to(issue::<S>))
            .route("/api/issues/{id}/comments/", web::post().to(comment::<S>));
        match S::open(&url) {
            Ok(store) => app.app_data(web::Data::new(store)),
            // Each request is then answered with 500.
            Err(_) => app,
        }
    };
    // Same as in vitamin's own server.
    let server = HttpServer::new(app).workers(1).tcp_nodelay(true).bind(address)?;
    actix_web::rt::System::new().block_on(server.run())?;
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("by-hand ADDRESS")?;
    let url = std::env::var("DATABASE_URL")?;
    if !url.starts_with("postgres") {
        return serve::<sqlite::Sqlite>(&address, url);
    }
    #[cfg(feature = "postgres")]
    return serve::<postgres::Postgres>(&address, url);
    #[cfg(not(feature = "postgres"))]
    Err("built without PostgreSQL".into())
}
