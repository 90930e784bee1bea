//! The state of the server over the last hour, for staff: `admin/status/`. All of it comes from the
//! [metrics](vitamin_framework::metrics), which add up the workers of this process.

mod chart;
mod numbers;
mod views;

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data as AppData;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use self::chart::{Chart, Line};
use self::numbers::{count, gauge, histogram, label_values};
use crate::request::{AdminRequest, Breadcrumb};
use vitamin_framework::app::Apps;
use vitamin_framework::metrics::{Metrics, Period, Snapshot};
use vitamin_framework::staticfiles::StaticFile;
use vitamin_rest_framework::data::Data;
use vitamin_rest_framework::exceptions::APIException;

pub(crate) const TEMPLATE: &str = "admin/status.html";
pub(crate) const STYLE: StaticFile =
    StaticFile::new("admin/status.css", include_bytes!("../../static/admin/status.css"));

const REQUESTS: &str = "vitamin_http_requests";
const DURATIONS: &str = "vitamin_http_request_duration_seconds";
const LOGINS: &str = "vitamin_logins";
const LOOKUPS: &str = "vitamin_token_lookups";
const POOL: &str = "vitamin_database_pool_connections";

/// A number with its name.
#[derive(Debug, PartialEq, Serialize)]
struct Figure {
    name: String,
    value: String,
}

/// Whether the project has the page.
pub(crate) fn is_shown(request: &AdminRequest) -> bool {
    let apps = request.app_data::<AppData<Apps>>();
    apps.and_then(|apps| apps.get("admin")).is_some_and(|admin| admin.shows_history())
}

/// The page. 404 if the project leaves it out.
pub(crate) async fn status(request: &AdminRequest, _: Data) -> Result<HttpResponse, APIException> {
    let metrics = request.app_data::<AppData<Metrics>>().filter(|_| is_shown(request));
    let periods = metrics.map(|metrics| metrics.history()).unwrap_or_default();
    let Some(last) = periods.last() else { return Err(APIException::not_found()) };
    let context = context!(
        facts => Serde(facts(&last.counted)),
        charts => Serde(charts(&periods)),
        figures => Serde(figures(&periods)),
        views => Serde(views::views(&periods)),
        status_url => request.url("status", &[])?,
    );
    let crumbs = [Breadcrumb { name: "Status".to_owned(), url: None }];
    request.page(StatusCode::OK, TEMPLATE, "Status", &crumbs, context)
}

fn figure(name: &str, value: impl ToString) -> Figure {
    Figure { name: name.to_owned(), value: value.to_string() }
}

/// Returns the version, the build and the uptime.
fn facts(now: &Snapshot) -> Vec<Figure> {
    let label = |name: &str| label_values(now, "vitamin_build", name).next().unwrap_or_default().to_owned();
    let started = gauge(now, "process_start_time_seconds", |_| true).unwrap_or_default();
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() - started;
    vec![
        figure("Version", format!("{} ({})", label("version"), label("profile"))),
        figure("Features", label("features")),
        figure("Uptime", uptime(seconds)),
    ]
}

/// `3 d 4 h`, `5 min`.
fn uptime(seconds: f64) -> String {
    let minutes = (seconds.max(0.0) / 60.0) as u64;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn charts(periods: &[Period]) -> Vec<Chart> {
    let is_server_error = |status: &str| status.starts_with('5');
    let requests = [
        Line::per_minute("Requests", |now| count(now, REQUESTS, |_| true)),
        Line::per_minute("Server errors", move |now| {
            count(now, REQUESTS, |sample| sample.label("status").is_some_and(is_server_error))
        }),
    ];
    let durations = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)].map(|(name, part)| {
        Line::value(name, move |now| {
            histogram(now, DURATIONS, |_| true).quantile(part).map(|time| time * 1e3)
        })
    });
    let outcomes = ["accepted", "refused", "throttled", "busy", "error"];
    let logins = outcomes.map(|outcome| {
        Line::per_minute(outcome, move |now| {
            count(now, LOGINS, |sample| sample.label("outcome") == Some(outcome))
        })
    });
    let queue = [
        Line::value("Waiting", |now| gauge(now, "vitamin_password_queue_waiting", |_| true)),
        Line::value("Hashing", |now| gauge(now, "vitamin_password_threads_busy", |_| true)),
    ];
    let cache = [Line::value("Found in the cache", hit_rate)];
    let pool = [
        Line::value("In use", |now| gauge(now, POOL, |sample| sample.label("state") == Some("used"))),
        Line::value("Waiting", |now| gauge(now, "vitamin_database_pool_waiting", |_| true)),
    ];
    vec![
        Chart::new("requests", "Requests", "per minute", periods, &requests),
        Chart::new("durations", "Time to answer", "ms", periods, &durations),
        Chart::new("logins", "Logins", "per minute", periods, &logins),
        Chart::new("queue", "Password queue", "logins", periods, &queue),
        Chart::new("cache", "Token cache", "%", periods, &cache),
        Chart::new("pool", "Database pool", "connections and threads", periods, &pool),
    ]
}

/// The part of the tokens that the cache had, in percent.
fn hit_rate(now: &Snapshot) -> Option<f64> {
    let all = count(now, LOOKUPS, |_| true);
    let found = count(now, LOOKUPS, |sample| sample.label("cache") == Some("hit"));
    (all > 0).then(|| found as f64 * 100.0 / all as f64)
}

/// Numbers of this moment and sums of the hour, which no chart has.
fn figures(periods: &[Period]) -> Vec<Figure> {
    let Some(Period { counted: now, .. }) = periods.last() else { return Vec::new() };
    let sum =
        |family: &str| periods.iter().map(|period| count(&period.counted, family, |_| true)).sum::<u64>();
    let now = |family: &str| gauge(now, family, |_| true).map_or_else(|| "–".to_owned(), chart::number);
    vec![
        figure(
            "Connections of clients",
            format!("{} of {}", now("vitamin_connections"), now("vitamin_connections_limit")),
        ),
        figure("Connections ended by the server, last hour", sum("vitamin_connections_ended")),
        figure("Password threads", now("vitamin_password_threads")),
        figure("Logins that may wait", now("vitamin_password_queue_limit")),
        figure("Logins without a place, last hour", sum("vitamin_password_queue_refused")),
        figure("Limit of the database pool", now("vitamin_database_pool_limit")),
        figure("No database connection in time, last hour", sum("vitamin_database_pool_timeouts")),
    ]
}

#[cfg(test)]
mod tests;
