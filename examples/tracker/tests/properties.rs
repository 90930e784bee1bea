//! Filters, search, order and pages against a plain model of the same rows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tracker::models::{Comment, Issue, Project};
use tracker::schema::{tracker_comment, tracker_issue, tracker_project};
use tracker::settings::project;
use vitamin::models::Changes;
use vitamin::testing::*;

database_tests!(lists_are_those_of_a_model, cursors_visit_each_row_once);

#[derive(Clone, Debug)]
struct Row {
    id: i64,
    number: i32,
    priority: i16,
    status: &'static str,
    title: String,
    body: String,
    assigned: bool,
}

const WORDS: [&str; 5] = ["alpha", "beta", "100%", "a_c", "Ünïcode"];

/// 40 issues of one project, and what is known of them.
fn rows(server: &TestProject, owner: &vitamin::auth::User) -> Vec<Row> {
    let database = &mut *server.project().database.get().unwrap();
    let mut new = Changes::<Project>::new();
    new.set(tracker_project::owner_id, owner.id)
        .set(tracker_project::name, "Project")
        .set(tracker_project::slug, "project");
    let project = new.insert(database).unwrap();
    let make = |n: i32| {
        let word = |shift: i32| WORDS[((n + shift) % 5) as usize];
        let mut row = Row {
            id: 0,
            number: n + 1,
            priority: i16::try_from(1 + n % 5).unwrap(),
            status: ["open", "closed", "rejected"][(n % 3) as usize],
            title: format!("{} {n}", word(0)),
            body: if n % 4 == 0 { String::new() } else { word(n / 4).to_owned() },
            assigned: n % 2 == 0,
        };
        let mut issue = Changes::<Issue>::new();
        issue
            .set(tracker_issue::project_id, project.id)
            .set(tracker_issue::number, row.number)
            .set(tracker_issue::title, row.title.as_str())
            .set(tracker_issue::body, row.body.as_str())
            .set(tracker_issue::status, row.status)
            .set(tracker_issue::priority, row.priority)
            .set(tracker_issue::reporter_id, owner.id);
        if row.assigned {
            issue.set(tracker_issue::assignee_id, owner.id);
        }
        row.id = issue.insert(database).unwrap().id;
        row
    };
    (0..40).map(make).collect()
}

/// The query parameters of a list.
#[derive(Clone, Debug)]
struct Query {
    min: Option<i16>,
    max: Option<i16>,
    statuses: Vec<&'static str>,
    unassigned: Option<bool>,
    terms: Vec<&'static str>,
    ordering: Option<&'static str>,
    limit: usize,
    offset: usize,
}

fn query() -> impl Strategy<Value = Query> {
    let priority = || proptest::option::of(0..7_i16);
    let terms = proptest::sample::subsequence(vec!["alpha", "ALPHA", "b", "100%", "a_c", "_", "1", "nope"], 0..3);
    let statuses = proptest::sample::subsequence(vec!["open", "closed", "rejected"], 0..3);
    let ordering = proptest::option::of(proptest::sample::select(vec!["number", "-number", "title"]));
    (priority(), priority(), statuses, proptest::option::of(any::<bool>()), terms, ordering, 1..25_usize, 0..45_usize)
        .prop_map(|(min, max, statuses, unassigned, terms, ordering, limit, offset)| Query {
            min,
            max,
            statuses,
            unassigned,
            terms,
            ordering,
            limit,
            offset,
        })
}

impl Query {
    fn target(&self) -> String {
        let mut pairs: Vec<(&str, String)> =
            vec![("limit", self.limit.to_string()), ("offset", self.offset.to_string())];
        pairs.extend(self.min.map(|min| ("min_priority", min.to_string())));
        pairs.extend(self.max.map(|max| ("max_priority", max.to_string())));
        pairs.extend(self.unassigned.map(|unassigned| ("unassigned", unassigned.to_string())));
        pairs.extend(self.statuses.iter().map(|status| ("status", (*status).to_owned())));
        if !self.terms.is_empty() {
            pairs.push(("search", self.terms.join(" ").replace('%', "%25")));
        }
        pairs.extend(self.ordering.map(|ordering| ("ordering", ordering.to_owned())));
        let pairs: Vec<String> =
            pairs.into_iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
        format!("/api/issues/?{}", pairs.join("&"))
    }

    /// The ids of all matching rows, in order.
    fn matches(&self, rows: &[Row]) -> Vec<i64> {
        let contains = |text: &str, term: &str| text.to_lowercase().contains(&term.to_lowercase());
        let mut found: Vec<&Row> = rows
            .iter()
            .filter(|row| self.min.is_none_or(|min| row.priority >= min))
            .filter(|row| self.max.is_none_or(|max| row.priority <= max))
            .filter(|row| self.statuses.is_empty() || self.statuses.contains(&row.status))
            .filter(|row| self.unassigned.is_none_or(|unassigned| row.assigned != unassigned))
            .filter(|row| self.terms.iter().all(|term| contains(&row.title, term) || contains(&row.body, term)))
            .collect();
        // `title` is no ordering field: the default is by id.
        match self.ordering {
            Some("number") => found.sort_by_key(|row| row.number),
            Some("-number") => found.sort_by_key(|row| -row.number),
            _ => found.sort_by_key(|row| row.id),
        }
        found.into_iter().map(|row| row.id).collect()
    }
}

fn ids(body: &serde_json::Value) -> Vec<i64> {
    body["results"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn lists_are_those_of_a_model(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let ana = server.create_user("ana", "aaaa");
    let rows = rows(&server, &ana);
    let client = server.token(&ana);
    let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
    let run = runner.run(&query(), |query| {
        let response = client.get(&query.target());
        response.assert_status(200);
        let body: serde_json::Value = serde_json::from_slice(response.bytes()).unwrap();
        let all = query.matches(&rows);
        prop_assert_eq!(body["count"].as_u64(), Some(all.len() as u64), "{}", query.target());
        let limit = query.limit.min(20);
        let page: Vec<i64> = all.iter().copied().skip(query.offset).take(limit).collect();
        prop_assert_eq!(ids(&body), page, "{}", query.target());
        prop_assert_eq!(body["next"].is_null(), query.offset + limit >= all.len(), "{}", query.target());
        prop_assert_eq!(body["previous"].is_null(), query.offset == 0, "{}", query.target());
        Ok(())
    });
    run.unwrap();
}

fn cursors_visit_each_row_once(database: &TestDatabase) {
    let server = TestProject::new(database, project);
    let ana = server.create_user("ana", "aaaa");
    let issue = rows(&server, &ana)[0].id;
    let client = server.token(&ana);
    let path = format!("/api/issues/{issue}/comments/");
    let add = |count: usize| {
        let database = &mut *server.project().database.get().unwrap();
        let mut added: Vec<i64> = Vec::new();
        for n in 0..count {
            let mut comment = Changes::<Comment>::new();
            comment
                .set(tracker_comment::issue_id, issue)
                .set(tracker_comment::author_id, ana.id)
                .set(tracker_comment::body, format!("Comment {n}"));
            added.push(comment.insert(database).unwrap().id);
        }
        added
    };
    let page = |target: &str| {
        let response = client.get(target);
        response.assert_status(200);
        let body: serde_json::Value = serde_json::from_slice(response.bytes()).unwrap();
        let link = |name: &str| {
            let url = body[name].as_str()?;
            url.find("/api/").map(|start| url[start..].to_owned())
        };
        (ids(&body), link("next"), link("previous"))
    };
    let mut known = Vec::new();
    for count in [0, 1, 3, 4, 9] {
        known.extend(add(count));
        let newest: Vec<i64> = known.iter().rev().copied().collect();
        let (mut seen, mut next, mut last) = (Vec::new(), Some(path.clone()), path.clone());
        while let Some(target) = next {
            let (ids, following, _) = page(&target);
            assert!(ids.len() <= 4);
            seen.extend(ids);
            (last, next) = (target, following);
        }
        assert_eq!(seen, newest);
        let (mut back, mut previous) = (Vec::new(), Some(last));
        while let Some(target) = previous {
            let (ids, _, before) = page(&target);
            back = ids.into_iter().chain(back).collect();
            previous = before;
        }
        assert_eq!(back, newest);
    }
    // New rows come before the first page: those behind a cursor stay as they are.
    let (_, next, _) = page(&path);
    let behind = page(next.as_ref().unwrap()).0;
    add(5);
    assert_eq!(page(&next.unwrap()).0, behind);
}
