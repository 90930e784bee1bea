//! Forms that add and change objects.

use tracker::models::Issue;
use tracker::schema::tracker_issue;
use vitamin::models::{Changes, Model as _};
use vitamin::testing::*;

use crate::{Site, assert_has, assert_lacks, value};

database_tests!(
    an_object_is_added_and_changed,
    errors_stand_beside_their_fields,
    columns_that_are_not_shown_stay,
    a_change_by_somebody_else_is_not_overwritten_unseen,
    of_forms_at_the_same_time_one_is_stored,
    a_row_that_is_gone_leads_to_the_first_page,
    a_form_has_the_defaults_and_texts,
    many_related_objects_are_keys,
);

fn an_object_is_added_and_changed(database: &TestDatabase) {
    let site = Site::new(database);
    let (ferry, label, ana) = (site.project("Ferry"), site.label("Bug"), site.ana.id.to_string());
    let (project, label) = (ferry.id.to_string(), label.id.to_string());
    let form = |title, more: (&'static str, &'static str)| {
        [
            ("project", project.clone()),
            ("number", "4".into()),
            ("title", String::from(title)),
            ("status", "open".into()),
            ("priority", "2".into()),
            ("reporter", ana.clone()),
            ("assignee", String::new()),
            ("parent", String::new()),
            ("labels", label.clone()),
            ("due", "2027-01-15T12:30".into()),
            (more.0, more.1.into()),
        ]
    };
    let post = |path: &str, form: &[(&str, String)]| {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        site.client.post(path, pairs.as_slice())
    };
    let added = post("/admin/tracker/issue/add/", &form("One", ("_save", "Save")));
    added.assert_status(302).assert_header("location", "/admin/tracker/issue/");
    assert_has(&site.client.follow(&added), &["<li class=\"success\">The issue “#4 One” was added successfully.</li>"]);
    let issue = site.stored(1).unwrap();
    assert_eq!(
        (issue.title.as_str(), issue.priority, issue.reporter_id, issue.assignee_id),
        ("One", 2, site.ana.id, None)
    );
    assert_eq!(issue.due.unwrap().to_string(), "2027-01-15 12:30:00");
    assert_eq!(Issue::LABELS.get(&issue).unwrap().len(), 1);

    let path = "/admin/tracker/issue/1/change/";
    let page = site.client.get(path);
    assert_has(
        &page,
        &[
            "value=\"One\"",
            "value=\"2027-01-15T12:30:00\"",
            "<option value=\"1\" selected>Bug</option>",
            "<p class=\"object\">#4 One</p>",
        ],
    );
    let changed = post(path, &form("Two", ("_continue", "1")));
    changed.assert_header("location", path);
    assert_has(
        &site.client.follow(&changed),
        &["The issue “#4 Two” was changed successfully. You may edit it again below."],
    );
    let another = post(path, &form("Two", ("_addanother", "1")));
    another.assert_header("location", "/admin/tracker/issue/add/");
    assert_has(&site.client.follow(&another), &["was changed successfully. You may add another issue below."]);
    let second = [form("Three", ("_addanother", "1")).as_slice(), &[("number", "5".to_owned())]].concat();
    post("/admin/tracker/issue/add/", &second).assert_header("location", "/admin/tracker/issue/add/");
    assert_eq!(
        log(&site),
        [
            (1, "[{\"added\": {}}]"),
            (2, "[{\"changed\": {\"fields\": [\"Title\"]}}]"),
            (2, "[]"),
            (1, "[{\"added\": {}}]")
        ]
        .map(|(flag, text)| (flag, text.to_owned()))
    );
}

/// The log: flags and messages.
fn log(site: &Site) -> Vec<(i16, String)> {
    use vitamin::admin::log_entry::LogEntry;
    let entries = LogEntry::objects().order_by(["id"]).load(&mut site.server.connection()).unwrap();
    entries.iter().map(|entry| (entry.action_flag, entry.change_message.clone())).collect()
}

fn errors_stand_beside_their_fields(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry").id.to_string();
    site.issue(&site.project("Tides"), 1, "One");
    let page = site.client.post(
        "/admin/tracker/issue/add/",
        [("number", "x"), ("title", " "), ("priority", "9"), ("project", &ferry), ("body", "Kept")],
    );
    page.assert_status(200);
    assert_has(
        &page,
        &[
            "Please correct the errors below.",
            "id=\"id_number-errors\"><li>A valid integer is required.</li>",
            "id=\"id_title-errors\"><li>This field may not be blank.</li>",
            "id=\"id_priority-errors\"><li>Ensure this value is less than or equal to 5.</li>",
            "id=\"id_reporter-errors\"><li>This field is required.</li>",
            ">\nKept</textarea>",
            &format!("<option value=\"{ferry}\" selected>Ferry</option>"),
            "aria-describedby=\"id_number-errors\" aria-invalid=\"true\"",
        ],
    );
    // Those of the whole form stand above it.
    let ana = site.ana.id.to_string();
    let tides = site.stored(1).unwrap().project_id.to_string();
    let same = [("number", "1"), ("title", "a"), ("project", &*tides), ("reporter", &*ana)];
    let page = site.client.post("/admin/tracker/issue/add/", same);
    assert_has(&page, &["The fields project, number must make a unique set."]);
    assert_eq!(Issue::objects().count(&mut site.server.connection()).unwrap(), 1);
    assert!(log(&site).is_empty());
    site.client.post("/admin/tracker/issue/add/", Body::json("{\"title\": \"x\"}")).assert_status(415);
}

fn columns_that_are_not_shown_stay(database: &TestDatabase) {
    let site = Site::new(database);
    let issue = site.issue(&site.project("Ferry"), 1, "One");
    // `weight` and `at` are no fields of the form, and `created` is read-only.
    let mut hidden = Changes::<Issue>::new();
    hidden.set(tracker_issue::weight, 2.5);
    hidden.update(&mut site.server.connection(), issue.pk()).unwrap();
    let ana = site.ana.id.to_string();
    let project = issue.project_id.to_string();
    let form = [
        ("project", &*project),
        ("number", "1"),
        ("title", "Two"),
        ("reporter", &*ana),
        ("weight", "9"),
        ("at", "10:00"),
        ("created", "2001-01-01T00:00:00Z"),
        ("id", "99"),
    ];
    site.client.post("/admin/tracker/issue/1/change/", form).assert_status(302);
    let stored = site.stored(1).unwrap();
    assert_eq!((stored.title.as_str(), stored.weight, stored.at), ("Two", Some(2.5), None));
    assert_eq!(stored.created, issue.created);
    assert!(stored.updated >= issue.updated);
}

fn a_change_by_somebody_else_is_not_overwritten_unseen(database: &TestDatabase) {
    let site = Site::new(database);
    site.label("Bug");
    let path = "/admin/tracker/label/1/change/";
    let version = value(&site.client.get(path).body, "name=\"_version\" value=\"").to_owned();
    let form = |color: &'static str, version: &str| {
        let pairs = [("name", "Bug"), ("slug", "bug"), ("color", color), ("_version", version)];
        site.client.post(path, pairs)
    };
    form("#111111", &version).assert_status(302);
    let refused = form("#222222", &version);
    refused.assert_status(200);
    assert_has(&refused, &["Somebody else has changed this label since this page was made.", "value=\"#222222\""]);
    assert_has(&site.client.get(path), &["value=\"#111111\""]);
    let version = value(&refused.body, "name=\"_version\" value=\"").to_owned();
    form("#222222", &version).assert_status(302);
    assert_has(&site.client.get(path), &["value=\"#222222\""]);
}

fn of_forms_at_the_same_time_one_is_stored(database: &TestDatabase) {
    let site = Site::new(database);
    site.label("Bug");
    let path = "/admin/tracker/label/1/change/";
    for round in 1..=5 {
        let version = value(&site.client.get(path).body, "name=\"_version\" value=\"").to_owned();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let post = |number: i32| {
                let (site, version) = (&site, &version);
                scope.spawn(move || {
                    let color = format!("#{round}{number}0000");
                    let pairs = [("name", "Bug"), ("slug", "bug"), ("color", &color), ("_version", version)];
                    site.client.post(path, pairs).status
                })
            };
            let threads: Vec<_> = (0..6).map(post).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let stored = statuses.iter().filter(|status| **status == 302).count();
        assert_eq!(stored, 1, "{statuses:?}");
    }
}

fn a_row_that_is_gone_leads_to_the_first_page(database: &TestDatabase) {
    let site = Site::new(database);
    site.label("Bug");
    for (path, key) in [("99", "99"), ("x", "x"), ("_5F_2F", "_/"), ("99999999999999999999", "99999999999999999999")] {
        for page in ["change", "delete"] {
            let gone = site.client.get(&format!("/admin/tracker/label/{path}/{page}/"));
            gone.assert_status(302).assert_header("location", "/admin/");
            let text =
                format!("<li class=\"warning\">label with ID “{key}” doesn’t exist. Perhaps it was deleted?</li>");
            assert_has(&site.client.follow(&gone), &[&text]);
        }
    }
    // Between the form and its answer too.
    site.client.post("/admin/tracker/label/1/delete/", [("post", "yes")]).assert_status(302);
    site.client
        .post("/admin/tracker/label/1/change/", [("name", "Bug"), ("slug", "bug")])
        .assert_header("location", "/admin/");
    site.client.post("/admin/tracker/label/1/delete/", [("post", "yes")]).assert_header("location", "/admin/");
    assert_eq!(log(&site).len(), 1);
}

fn a_form_has_the_defaults_and_texts(database: &TestDatabase) {
    let site = Site::new(database);
    let add = site.client.get("/admin/tracker/issue/add/");
    assert_has(
        &add,
        &[
            "<h1>Add issue</h1>",
            "<option value=\"open\" selected>Open</option>",
            "id=\"id_priority\" name=\"priority\" value=\"3\"",
        ],
    );
    assert_lacks(&add, &["Created", "_version", "/delete/", "name=\"weight\""]);
    let ferry = site.project("Ferry");
    let page = site.client.get(&format!("/admin/tracker/project/{}/change/", ferry.id));
    assert_has(&page, &["id=\"id_created-label\">Created</span>", ">\n{}</textarea>"]);
    assert_lacks(&page, &["name=\"created\"", "name=\"id\""]);
}

fn many_related_objects_are_keys(database: &TestDatabase) {
    let site = Site::new(database);
    let issue = site.issue(&site.project("Ferry"), 1, "One");
    let labels: Vec<i64> = (1..=51).map(|number| site.label(&format!("Label {number}")).id).collect();
    site.set_labels(&issue, &labels[..2]);
    let path = "/admin/tracker/issue/1/change/";
    let page = site.client.get(path);
    assert_has(&page, &["name=\"labels\" value=\"1,2\"", ">Label 1</a>, <a", "Keys, separated by commas."]);
    let (project, ana) = (issue.project_id.to_string(), site.ana.id.to_string());
    let form = |labels: &'static str| {
        site.client.post(
            path,
            [("project", &*project), ("number", "1"), ("title", "One"), ("reporter", &*ana), ("labels", labels)],
        )
    };
    form("2, 51,").assert_status(302);
    let keys = |site: &Site| {
        Issue::LABELS.get(&site.stored(1).unwrap()).unwrap().iter().map(|label| label.id).collect::<Vec<_>>()
    };
    assert_eq!(keys(&site), [2, 51]);
    let wrong = form("2,99");
    assert_has(&wrong, &["name=\"labels\" value=\"2,99\"", "Invalid pk &quot;99&quot; - object does not exist."]);
    form("").assert_status(302);
    assert!(keys(&site).is_empty());
}
