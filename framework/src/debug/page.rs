//! The debug page as HTML and as plain text.

use std::fmt::Write as _;

use actix_web::http::header::HeaderName;
use uuid::Uuid;

use super::{ErrorReport, Masker, RequestSnapshot};
use crate::pages::escape;

const ADVICE: &str =
    "You're seeing this error because DEBUG is on. Without it, this is the plain page of a 500.";

/// What a page shows.
pub(super) struct Content<'a> {
    pub(super) report: &'a ErrorReport,
    pub(super) request: &'a RequestSnapshot,
    pub(super) route: Option<&'a str>,
    pub(super) view: Option<&'a str>,
    pub(super) id: Uuid,
    pub(super) settings: &'a [(&'static str, String, String)],
    pub(super) csrf_header: &'a HeaderName,
    pub(super) masker: &'a Masker,
}

/// A heading and its lines: a name and a value.
type Section = (&'static str, Vec<(String, String)>);

impl Content<'_> {
    fn title(&self) -> String {
        self.masker.mask(&format!("Server error at {} {}", self.request.method(), self.request.path()))
    }

    /// The error and its causes, outermost first, then the place of a panic.
    fn messages(&self) -> Vec<(&'static str, String)> {
        let labels = std::iter::once("Error").chain(std::iter::repeat("Caused by"));
        let messages = labels.zip(&self.report.messages).map(|(label, text)| (label, self.masker.mask(text)));
        let location = self.report.location.iter().map(|place| ("Panicked at", self.masker.mask(place)));
        messages.chain(location).collect()
    }

    fn sections(&self) -> [Section; 3] {
        let mask = |value: &str| self.masker.mask(value);
        let line = |name: &str, value: &str| (name.to_owned(), mask(value));
        let mut request = vec![line("method", self.request.method()), line("path", self.request.path())];
        request.extend(self.request.query().map(|query| line("query", &query)));
        request.push(line("route", self.route.unwrap_or("none matches")));
        request.extend(self.view.map(|view| line("view", view)));
        request.push(line("request id", &self.id.to_string()));
        let headers = self.request.headers(self.csrf_header);
        let headers = headers.iter().map(|(name, value)| line(name, value));
        let settings =
            self.settings.iter().map(|(name, value, source)| (format!("{name} ({source})"), mask(value)));
        [("Request", request), ("Headers", headers.collect()), ("Settings", settings.collect())]
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.title());
        for (label, message) in self.messages() {
            let _ = writeln!(text, "{label}: {message}");
        }
        for (heading, lines) in self.sections() {
            let _ = write!(text, "\n{heading}\n");
            for (name, value) in lines {
                let _ = writeln!(text, "  {}", format!("{name}: {value}").trim_end());
            }
        }
        let _ = write!(text, "\n{ADVICE}\n");
        text
    }

    pub(super) fn html(&self) -> String {
        let title = escape(&self.title());
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  <title>{title}</title>\n  \
             <style>body {{ font: 15px/1.5 sans-serif; margin: 2em }} td {{ padding-right: 2em; vertical-align: top }} \
             pre, td {{ white-space: pre-wrap; overflow-wrap: anywhere }}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        );
        for (label, message) in self.messages() {
            let _ = write!(html, "<p>{label}:</p>\n<pre>{}</pre>\n", escape(&message));
        }
        for (heading, lines) in self.sections() {
            let _ = write!(html, "<h2>{heading}</h2>\n<table>\n");
            for (name, value) in lines {
                let _ = writeln!(
                    html,
                    "<tr><td>{}</td><td><code>{}</code></td></tr>",
                    escape(&name),
                    escape(&value)
                );
            }
            html.push_str("</table>\n");
        }
        let _ = write!(html, "<p>{}</p>\n</body>\n</html>\n", escape(ADVICE));
        html
    }
}
