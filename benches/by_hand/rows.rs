//! Rows, and the JSON that is written of them.

use diesel::Queryable;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::Window;
use crate::values::{Float, Key, Moment, Span, Time};

/// The user of a token.
#[derive(Queryable)]
pub struct User {
    pub person: Person,
    pub is_active: bool,
}

#[derive(Queryable)]
pub struct Person {
    pub id: i32,
    username: String,
    first_name: String,
    last_name: String,
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut person = serializer.serialize_struct("Person", 3)?;
        person.serialize_field("id", &self.id)?;
        person.serialize_field("username", &self.username)?;
        let name = match (self.first_name.is_empty(), self.last_name.is_empty()) {
            (_, true) => self.first_name.trim(),
            (true, false) => self.last_name.trim(),
            (false, false) => {
                let both = [self.first_name.as_str(), self.last_name.as_str()].join(" ");
                person.serialize_field("name", both.trim())?;
                return person.end();
            }
        };
        person.serialize_field("name", name)?;
        person.end()
    }
}

#[derive(Queryable, Serialize)]
pub struct Label {
    id: i64,
    name: String,
    slug: String,
    color: String,
}

#[derive(Queryable, Serialize)]
pub struct Comment {
    pub id: i64,
    pub author: Person,
    pub body: String,
    pub created: Moment,
}

#[derive(Queryable)]
pub struct Issue {
    pub id: i64,
    project: Key,
    number: i32,
    title: String,
    body: String,
    status: String,
    priority: i16,
    weight: Option<f64>,
    estimate: Option<Span>,
    due: Option<Moment>,
    at: Option<Time>,
    reporter: String,
    assignee: Option<String>,
    parent: Option<i64>,
    created: Moment,
    updated: Moment,
}

#[derive(Queryable)]
pub struct Detail {
    issue: Issue,
    assignee: Option<Person>,
    project_name: String,
}

/// The slug of a label, and the issue that has it.
pub type Slug = (i64, String);

/// Writes the fields that a list and a detail have in common.
fn write_issue<S: SerializeStruct>(
    fields: &mut S,
    issue: &Issue,
    with_weight: bool,
    labels: &impl Serialize,
) -> Result<(), S::Error> {
    fields.serialize_field("id", &issue.id)?;
    fields.serialize_field("project", &issue.project)?;
    fields.serialize_field("number", &issue.number)?;
    fields.serialize_field("title", &issue.title)?;
    fields.serialize_field("body", &issue.body)?;
    fields.serialize_field("status", &issue.status)?;
    let display = match issue.status.as_str() {
        "open" => "Open",
        "closed" => "Closed",
        "rejected" => "Won't do",
        other => other,
    };
    fields.serialize_field("status_display", display)?;
    fields.serialize_field("priority", &issue.priority)?;
    if with_weight {
        fields.serialize_field("weight", &issue.weight.map(Float))?;
    }
    fields.serialize_field("estimate", &issue.estimate)?;
    fields.serialize_field("due", &issue.due)?;
    fields.serialize_field("at", &issue.at)?;
    fields.serialize_field("reporter", &issue.reporter)?;
    fields.serialize_field("assignee", &issue.assignee)?;
    fields.serialize_field("parent", &issue.parent)?;
    fields.serialize_field("labels", labels)?;
    fields.serialize_field("created", &issue.created)?;
    fields.serialize_field("updated", &issue.updated)
}

/// The labels' slugs.
struct Slugs<'a>(&'a [Slug]);

impl Serialize for Slugs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(_, slug)| slug))
    }
}

struct SlugsOf<'a>(&'a [Label]);

impl Serialize for SlugsOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|label| &label.slug))
    }
}

struct ListedIssue<'a>(&'a Issue, &'a [Slug]);

impl Serialize for ListedIssue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Issue", 18)?;
        write_issue(&mut fields, self.0, true, &Slugs(self.1))?;
        fields.end()
    }
}

struct Results<'a>(&'a [Issue], &'a [Slug]);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rest = self.1;
        serializer.collect_seq(self.0.iter().map(|issue| {
            let mine = rest.iter().take_while(|(id, _)| *id == issue.id).count();
            let (mine, others) = rest.split_at(mine);
            rest = others;
            ListedIssue(issue, mine)
        }))
    }
}

#[derive(Serialize)]
struct Page<'a> {
    count: i64,
    next: Option<String>,
    previous: Option<String>,
    results: Results<'a>,
}

/// Returns a page as JSON. `slugs` are in the order of the issues.
pub fn page(
    host: &str,
    window: Window,
    count: i64,
    issues: &[Issue],
    slugs: &[Slug],
) -> serde_json::Result<Vec<u8>> {
    let Window { limit, offset } = window;
    let url = |offset| format!("http://{host}/api/issues/?limit={limit}&offset={offset}");
    let previous = match offset - limit {
        _ if offset == 0 => None,
        before if before > 0 => Some(url(before)),
        _ => Some(format!("http://{host}/api/issues/?limit={limit}")),
    };
    let next = (offset + limit < count).then(|| url(offset + limit));
    let mut json = Vec::with_capacity(8192);
    serde_json::to_writer(&mut json, &Page { count, next, previous, results: Results(issues, slugs) })?;
    Ok(json)
}

struct Detailed<'a> {
    detail: &'a Detail,
    labels: &'a [Label],
    comments: &'a [Comment],
}

impl Serialize for Detailed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Detail { issue, assignee, project_name } = self.detail;
        let mut fields = serializer.serialize_struct("Detail", 22)?;
        write_issue(&mut fields, issue, issue.weight.is_some(), &SlugsOf(self.labels))?;
        fields.serialize_field("assignee_detail", assignee)?;
        fields.serialize_field("label_details", self.labels)?;
        fields.serialize_field("comments", self.comments)?;
        fields.serialize_field("project_name", project_name)?;
        fields.end()
    }
}

/// Returns an issue as JSON.
pub fn detail(detail: &Detail, labels: &[Label], comments: &[Comment]) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(2048);
    serde_json::to_writer(&mut json, &Detailed { detail, labels, comments })?;
    Ok(json)
}
