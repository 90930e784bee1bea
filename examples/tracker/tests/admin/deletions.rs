//! Deletions: what the page says is what happens.

use tracker::models::{Issue, Label, Project};
use tracker::schema::tracker_issue;
use vitamin::conf::Env;
use vitamin::models::{Changes, Model as _};
use vitamin::testing::*;

use crate::{Site, assert_has, assert_lacks};

database_tests!(
    the_page_says_what_the_deletion_takes,
    several_are_deleted_at_once,
    a_deletion_needs_the_permission_for_all_that_it_takes,
    two_deletions_at_once_take_a_row_once,
    a_large_deletion_is_not_counted_to_the_end,
    a_protected_row_prevents_a_deletion,
);

fn the_page_says_what_the_deletion_takes(database: &TestDatabase) {
    let site = Site::new(database);
    let (ferry, tides) = (site.project("Ferry"), site.project("Tides"));
    let (one, two, other) =
        (site.issue(&ferry, 1, "One"), site.issue(&ferry, 2, "Two"), site.issue(&tides, 3, "Three"));
    let labels = [site.label("Bug").id, site.label("Docs").id];
    site.set_labels(&one, &labels);
    site.set_labels(&two, &labels[..1]);
    site.set_labels(&other, &labels);
    for body in ["a", "b", "c"] {
        site.comment(&one, body);
    }
    site.comment(&other, "stays");
    // A child in the same project is deleted, and one in another stays without its parent.
    for child in [&two, &other] {
        let mut parent = Changes::<Issue>::new();
        parent.set(tracker_issue::parent_id, one.id);
        parent.update(&mut site.server.connection(), child.pk()).unwrap();
    }
    let path = format!("/admin/tracker/project/{}/delete/", ferry.id);
    let page = site.client.get(&path);
    page.assert_status(200);
    assert_has(
        &page,
        &[
            "Are you sure you want to delete the project “Ferry”?",
            "<strong>Projects: 1</strong>\n<ul><li>Ferry</li></ul>",
            "<strong>Issues: 2</strong>\n<ul><li>#1 One</li><li>#2 Two</li></ul>",
            "<strong>Comments: 3</strong>\n<ul><li>a</li><li>b</li><li>c</li></ul>",
            "<strong>Issue-label relationships: 3</strong>",
            "<strong>Parent of issues: 1</strong>\n<ul><li>#3 Three</li></ul>",
        ],
    );
    assert!(site.stored(one.id).is_some(), "a look deletes nothing");
    let deleted = site.client.post(&path, [("post", "yes")]);
    deleted.assert_status(302).assert_header("location", "/admin/tracker/project/");
    assert_has(&site.client.follow(&deleted), &["The project “Ferry” was deleted successfully."]);
    let connection = &mut site.server.connection();
    assert_eq!(Project::objects().count(connection).unwrap(), 1);
    assert_eq!(Issue::objects().count(connection).unwrap(), 1);
    assert_eq!(Label::objects().count(connection).unwrap(), 2);
    assert_eq!(site.comments(), 1);
    let kept = site.stored(other.id).unwrap();
    assert_eq!((kept.parent_id, Issue::LABELS.get(&kept).unwrap().len()), (None, 2));
}

fn several_are_deleted_at_once(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry");
    for number in 1..=3 {
        let issue = site.issue(&ferry, number, "One");
        site.comment(&issue, "a");
    }
    let form = [("action", "delete_selected"), ("_selected_action", "1"), ("_selected_action", "2")];
    let asked = site.client.post("/admin/tracker/issue/?o=1", form);
    asked.assert_status(200);
    assert_has(
        &asked,
        &[
            "Are you sure you want to delete the 2 selected issues?",
            "<strong>Comments: 2</strong>",
            "<input type=\"hidden\" name=\"_selected_action\" value=\"2\">",
            "<input type=\"hidden\" name=\"action\" value=\"delete_selected\">",
            "href=\"/admin/tracker/issue/?o=1\">No, take me back</a>",
        ],
    );
    assert_eq!(site.comments(), 3);
    let deleted = site.client.post("/admin/tracker/issue/?o=1", [form[0], form[1], form[2], ("post", "yes")]);
    deleted.assert_header("location", "/admin/tracker/issue/?o=1");
    assert_has(&site.client.follow(&deleted), &["Successfully deleted 2 issues."]);
    assert_eq!(site.comments(), 1);
    let last = site
        .client
        .post("/admin/tracker/issue/", [("action", "delete_selected"), ("_selected_action", "3"), ("post", "yes")]);
    assert_has(&site.client.follow(&last), &["Successfully deleted 1 issue."]);
}

fn a_deletion_needs_the_permission_for_all_that_it_takes(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry");
    let issue = site.issue(&ferry, 1, "One");
    let client = site.staff("dan", &["delete_issue", "view_issue"]);
    let path = "/admin/tracker/issue/1/delete/";
    assert_has(&client.get(path), &["Yes, I’m sure"]);
    site.comment(&issue, "a");
    let page = client.get(path);
    assert_has(&page, &["<h1>Cannot delete</h1>", "<li>comment</li>"]);
    assert_lacks(&page, &["Yes, I’m sure"]);
    client.post(path, [("post", "yes")]).assert_status(403);
    let form = [("action", "delete_selected"), ("_selected_action", "1"), ("post", "yes")];
    client.post("/admin/tracker/issue/", form).assert_status(403);
    assert!(site.stored(1).is_some());
    site.server.add_permission(&site.server.user("dan").unwrap(), "tracker.delete_comment");
    client.post(path, [("post", "yes")]).assert_status(302);
    assert!(site.stored(1).is_none());
}

fn two_deletions_at_once_take_a_row_once(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry");
    for number in 1..=8 {
        let issue = site.issue(&ferry, number, "One");
        site.comment(&issue, "a");
    }
    std::thread::scope(|scope| {
        let delete = |id: usize| {
            let client = site.client.clone();
            scope.spawn(move || {
                client.post(&format!("/admin/tracker/issue/{}/delete/", id % 8 + 1), [("post", "yes")]).status
            })
        };
        let answers: Vec<_> = (0..16).map(delete).collect();
        for answer in answers {
            assert_eq!(answer.join().unwrap(), 302);
        }
    });
    assert_eq!(Issue::objects().count(&mut site.server.connection()).unwrap(), 0);
    assert_eq!(site.comments(), 0);
}

fn a_large_deletion_is_not_counted_to_the_end(database: &TestDatabase) {
    let site = Site::new(database);
    let issue = site.issue(&site.project("Ferry"), 1, "One");
    for _ in 0..1001 {
        site.comment(&issue, "a");
    }
    let page = site.client.get("/admin/tracker/issue/1/delete/");
    assert_has(&page, &["<strong>Comments: more than 1000</strong>", "<li>…</li>"]);
    site.client.post("/admin/tracker/issue/1/delete/", [("post", "yes")]).assert_status(302);
    assert_eq!(site.comments(), 0);
}

mod pins {
    //! An app whose rows keep labels from being deleted.

    use tracker::models::Label;
    use vitamin::admin::{self, Admin, AdminSite, ModelAdmin};
    use vitamin::app::App;
    use vitamin::models::ModelMeta;
    use vitamin::rest_framework::prelude::*;
    use vitamin::urls::{Pattern, include};

    diesel::table! {
        pins_pin (id) { id -> BigInt, label_id -> BigInt, }
    }

    #[derive(Model)]
    #[model(table = pins_pin)]
    pub struct Pin {
        pub id: i64,
        #[model(references(Label), on_delete = protect)]
        pub label_id: i64,
    }

    pub struct Pins;

    impl App for Pins {
        fn label(&self) -> &'static str {
            "pins"
        }

        fn models(&self) -> Vec<&'static ModelMeta> {
            vec![Pin::META]
        }
    }

    pub fn site() -> AdminSite {
        tracker::admin::site().register(ModelAdmin::<Pin>::all_fields())
    }

    pub fn urlpatterns() -> Vec<Pattern> {
        vec![include("admin/", admin::urls::urlpatterns())]
    }

    pub fn apps(env: &vitamin::conf::Env) -> Vec<Box<dyn App>> {
        vec![Box::new(Admin::from_env(env, site()).unwrap()), Box::new(Pins)]
    }
}

fn a_protected_row_prevents_a_deletion(database: &TestDatabase) {
    use diesel::connection::SimpleConnection as _;

    let site = Site::of(crate::support::serve(database, pins::urlpatterns, || {
        pins::apps(&Env::from_iter([("USE_TZ", "true")]))
    }));
    let labels = [site.label("Bug").id, site.label("Docs").id];
    let rows = format!(
        "CREATE TABLE pins_pin (id bigint PRIMARY KEY, label_id bigint NOT NULL); INSERT INTO pins_pin VALUES (1, {});",
        labels[0]
    );
    site.server.connection().batch_execute(&rows).unwrap();
    let path = format!("/admin/tracker/label/{}/delete/", labels[0]);
    let page = site.client.get(&path);
    assert_has(
        &page,
        &[
            "<h1>Cannot delete</h1>",
            "These objects prevent the deletion",
            "<strong>Pins: 1</strong>\n<ul><li>Pin object (1)</li></ul>",
        ],
    );
    assert_lacks(&page, &["Yes, I’m sure"]);
    let refused = site.client.post(&path, [("post", "yes")]);
    refused.assert_status(200);
    assert_has(&refused, &["Other objects prevent the deletion."]);
    let both = [("action", "delete_selected"), ("_selected_action", "1"), ("_selected_action", "2"), ("post", "yes")];
    assert_has(&site.client.post("/admin/tracker/label/", both), &["Other objects prevent the deletion."]);
    assert_eq!(Label::objects().count(&mut site.server.connection()).unwrap(), 2);
    let other = format!("/admin/tracker/label/{}/delete/", labels[1]);
    site.client.post(&other, [("post", "yes")]).assert_status(302);
    // A row that is there only to prevent it is deleted by itself.
    site.client.post("/admin/pins/pin/1/delete/", [("post", "yes")]).assert_status(302);
    site.client.post(&path, [("post", "yes")]).assert_status(302);
    assert_eq!(Label::objects().count(&mut site.server.connection()).unwrap(), 0);
}
