//! The lists: columns, search, filters, order and pages.

use vitamin::testing::*;

use crate::{Site, assert_has, assert_lacks};

database_tests!(
    an_unreadable_search_is_a_page,
    a_list_shows_columns_as_people_read_them,
    search_filters_and_order_narrow_a_list,
    dates_narrow_a_list,
    pages_have_no_count,
    an_object_s_page_leads_back_to_the_list_as_it_was,
    a_look_up_shows_keys,
    actions_change_several_rows,
    markup_in_rows_and_parameters_is_text,
);

/// The texts of the first column's links, in order.
fn rows(page: &TestResponse) -> Vec<&str> {
    page.assert_status(200);
    let cells = page.body.split("<th scope=\"row\">").skip(1);
    cells.map(|cell| cell.split('>').nth(1).unwrap().split('<').next().unwrap()).collect()
}

fn a_list_shows_columns_as_people_read_them(database: &TestDatabase) {
    let site = Site::new(database);
    let project = site.project("Ferry");
    let issue = site.issue(&project, 7, "One");
    let page = site.client.get("/admin/tracker/issue/");
    assert_has(
        &page,
        &[
            "<h1>Select issue to change</h1>",
            "<a href=\"/admin/tracker/issue/?o=3\">Project</a>",
            &format!(
                "<th scope=\"row\"><a href=\"/admin/tracker/issue/{}/change/\">7</a></th>\n<td>One</td>\n<td>Ferry</td>\n<td>Open</td>\n<td>-</td>",
                issue.id
            ),
            "<p class=\"count\">1 issue</p>",
            "<li><a href=\"/admin/tracker/\">Tracker</a></li>",
        ],
    );
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_lacks(&page, &["<style", "style=\"", "onclick"]);
    let projects = site.client.get("/admin/tracker/project/");
    assert_has(&projects, &["<td>No</td>"]);
    assert_has(&site.client.get("/admin/tracker/comment/"), &["There are no comments."]);
}

fn search_filters_and_order_narrow_a_list(database: &TestDatabase) {
    let site = Site::new(database);
    let (ferry, tides) = (site.project("Ferry"), site.project("Tides"));
    site.issue(&ferry, 1, "Slow export");
    site.issue(&ferry, 2, "Slow search");
    site.issue(&tides, 3, "Wrong date 100% _");
    let list = |query: &str| site.client.get(&format!("/admin/tracker/issue/{query}"));
    assert_eq!(rows(&list("?q=slow")), ["1", "2"]);
    assert_eq!(rows(&list("?q=slow+search")), ["2"]);
    assert_eq!(rows(&list("?q=%25")), ["3"]);
    assert_eq!(rows(&list("?q=nothing")), [""; 0]);
    assert_has(&list("?q=nothing"), &["No issues match.", "value=\"nothing\""]);
    assert_eq!(rows(&list(&format!("?project={}", tides.id))), ["3"]);
    // Django's own links.
    assert_eq!(rows(&list(&format!("?project__id__exact={}", ferry.id))), ["1", "2"]);
    assert_eq!(rows(&list("?status__exact=closed")), [""; 0]);
    assert_eq!(rows(&list("?status=open&min_priority=3")).len(), 3);
    // A wrong value is an error, and no row.
    let wrong = list("?min_priority=x&project=7");
    assert_eq!(rows(&wrong), [""; 0]);
    assert_has(&wrong, &["Enter a number."]);
    assert_eq!(rows(&list("?o=-1")), ["3", "2", "1"]);
    assert_eq!(rows(&list("?o=2")), ["1", "2", "3"]);
    assert_eq!(rows(&list("?o=-2.1")), ["3", "2", "1"]);
    assert_has(&list("?o=-1"), &["aria-sort=\"descending\"><a href=\"/admin/tracker/issue/?o=1\">Number</a>"]);
    assert_has(&list("?o=1"), &["aria-sort=\"ascending\"><a href=\"/admin/tracker/issue/?o=-1\">Number</a>"]);
    // What is no column orders nothing, and a parameter that is none filters nothing.
    for query in ["?o=99", "?o=x.-.0", "?nothing=1", "?p=x", "?e=1"] {
        assert_eq!(rows(&list(query)).len(), 3, "{query}");
    }
    // The objects of a filter are offered by their texts.
    assert_has(&list(""), &[&format!("<option value=\"{}\">Ferry</option>", ferry.id)]);
}

fn dates_narrow_a_list(database: &TestDatabase) {
    use diesel::connection::SimpleConnection as _;

    let settings = [("TIME_ZONE", "America/New_York")];
    let site = Site::of(TestProject::with_settings(database, tracker::settings::project, &settings));
    let project = site.project("Ferry");
    let times = [(1, "2025-11-29 12:00:00"), (2, "2026-01-01 04:59:59"), (3, "2026-01-01 05:00:00")];
    for (number, created) in times {
        let id = site.issue(&project, number, "One").id;
        let change = format!("UPDATE tracker_issue SET created = '{created}' WHERE id = {id}");
        site.server.connection().batch_execute(&change).unwrap();
    }
    let list = |query: &str| site.client.get(&format!("/admin/tracker/issue/{query}"));
    let all = list("?q=one");
    assert_eq!(rows(&all), ["1", "2", "3"]);
    let year = "<a href=\"/admin/tracker/issue/?q=one&amp;created__year=2025\">2025</a>";
    assert_has(&all, &["<nav class=\"dates\" aria-label=\"Dates\">", year]);
    // The days of the project's time zone.
    let old = list("?created__year=2025");
    assert_eq!(rows(&old), ["1", "2"]);
    assert_has(&old, &[">‹ All dates</a>", "aria-current=\"true\">2025</strong>", ">November</a>", ">December</a>"]);
    assert_lacks(&old, &[">October</a>", ">2026</a>"]);
    let day = list("?created__year=2025&created__month=12&created__day=31");
    assert_eq!(rows(&day), ["2"]);
    assert_has(&day, &[">‹ December 2025</a>", ">December 31, 2025</strong>"]);
    assert_has(&day, &["<input type=\"hidden\" name=\"created__day\" value=\"31\">"]);
    assert_eq!(rows(&list("?created__year=2026&created__month=1")), ["3"]);
    assert_eq!(rows(&list("?created__year=x")), ["1", "2", "3"]);
}

fn pages_have_no_count(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry");
    for number in 1..=205 {
        site.issue(&ferry, number, "One");
    }
    let page = |query: &str| site.client.get(&format!("/admin/tracker/issue/{query}"));
    let first = page("?o=1");
    assert_eq!((rows(&first).len(), rows(&first)[0]), (100, "1"));
    assert_has(
        &first,
        &[
            "<span class=\"off\">Previous</span>\n<span>1–100</span><a href=\"/admin/tracker/issue/?o=1&amp;p=2\" rel=\"next\">Next</a>",
        ],
    );
    let last = page("?o=1&p=3");
    assert_eq!(rows(&last), ["201", "202", "203", "204", "205"]);
    assert_has(&last, &["<span>201–205</span><span class=\"off\">Next</span>", "?o=1&amp;p=2\" rel=\"prev\""]);
    assert_eq!(rows(&page("?p=4")), [""; 0]);
    // So far, and no farther: the database would have to read all rows before them.
    let far = page("?p=999999999");
    assert_has(&far, &["?p=99\" rel=\"prev\""]);
    assert_eq!(rows(&page("?p=-1")).len(), 100);
}

fn an_object_s_page_leads_back_to_the_list_as_it_was(database: &TestDatabase) {
    let site = Site::new(database);
    site.label("Bug");
    let list = site.client.get("/admin/tracker/label/?q=bug&o=-2");
    let kept = "?_changelist_filters=q%3Dbug%26o%3D-2";
    let change = format!("/admin/tracker/label/1/change/{kept}");
    assert_has(&list, &[&format!("href=\"{change}\""), &format!("href=\"/admin/tracker/label/add/{kept}\"")]);
    let page = site.client.get(&change);
    assert_has(
        &page,
        &[
            &format!("href=\"/admin/tracker/label/1/delete/{kept}\""),
            "href=\"/admin/tracker/label/?q=bug&amp;o=-2\">Labels</a>",
        ],
    );
    let form = [("name", "Bug"), ("slug", "bug"), ("color", "#ffffff")];
    let saved = site.client.post(&change, form);
    saved.assert_header("location", "/admin/tracker/label/?q=bug&o=-2");
    let again = site.client.post(&change, [form[0], form[1], form[2], ("_continue", "1")]);
    again.assert_header("location", &change);
    // It leads to the list, wherever the parameter says.
    let elsewhere =
        site.client.post("/admin/tracker/label/1/change/?_changelist_filters=%0D%0Ax%3Ahttps://evil.example", form);
    elsewhere
        .assert_status(302)
        .assert_header("location", "/admin/tracker/label/?%0D%0Ax%3Ahttps%3A%2F%2Fevil.example=");
}

fn a_look_up_shows_keys(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry");
    site.issue(&ferry, 1, "One");
    let page = site.client.get("/admin/tracker/project/?_popup=1");
    assert_has(
        &page,
        &[&format!("data-key=\"{0}\">{0}</a>", ferry.id), "name=\"_popup\" value=\"1\"", "<h1>Select project</h1>"],
    );
    assert_lacks(&page, &["_selected_action", "Add project"]);
    // Few rows are offered, and many are not.
    let form = site.client.get("/admin/tracker/issue/1/change/");
    assert_has(
        &form,
        &[
            &format!("<option value=\"{}\" selected>Ferry</option>", ferry.id),
            "<input type=\"text\" id=\"id_parent\" name=\"parent\" value=\"\"",
        ],
    );
    for number in 1..=50 {
        site.project(&format!("Project {number}"));
    }
    let form = site.client.get("/admin/tracker/issue/1/change/");
    assert_has(
        &form,
        &[
            &format!("id=\"id_project\" name=\"project\" value=\"{}\"", ferry.id),
            "href=\"/admin/tracker/project/?_popup=1\"",
            &format!("<p class=\"help\"><a href=\"/admin/tracker/project/{}/change/\">Ferry</a></p>", ferry.id),
        ],
    );
    assert_lacks(&form, &[">Project 1<"]);
}

fn actions_change_several_rows(database: &TestDatabase) {
    let site = Site::new(database);
    let ferry = site.project("Ferry");
    for number in 1..=3 {
        site.issue(&ferry, number, "One");
    }
    let run = |data: &[(&str, &str)]| site.client.post("/admin/tracker/issue/?o=1", data);
    let closed =
        run(&[("action", "close"), ("_selected_action", "1"), ("_selected_action", "3"), ("_selected_action", "x")]);
    closed.assert_header("location", "/admin/tracker/issue/?o=1");
    assert_has(&site.client.follow(&closed), &["<li class=\"success\">2 issues were closed.</li>"]);
    let status = |id| site.stored(id).unwrap().status.clone();
    assert_eq!([status(1), status(2), status(3)], ["closed", "open", "closed"]);
    let none = site.client.follow(&run(&[("action", ""), ("_selected_action", "1")]));
    assert_has(&none, &["<li class=\"warning\">No action selected.</li>"]);
    let nothing = site.client.follow(&run(&[("action", "close")]));
    assert_has(&nothing, &["Items must be selected in order to perform actions on them. No items have been changed."]);
    run(&[("action", "no_such"), ("_selected_action", "1")]).assert_status(404);
    // The message is shown once.
    let page = site.client.follow(&closed);
    let forgotten = page
        .headers_named("set-cookie")
        .into_iter()
        .any(|cookie| cookie.starts_with("messages=\"\"; expires=Thu, 01 Jan 1970"));
    assert!(forgotten, "{:?}", page.headers_named("set-cookie"));
    let forged = site
        .client
        .request("GET", "/admin/")
        .header("cookie", "messages=W1siX19qc29uX21lc3NhZ2UiLDAsMjUsIngiXV0:1xY7E9:x")
        .send();
    assert_lacks(&forged, &["class=\"messages\""]);
}

/// Every text that a row or a parameter can bring, wherever it can appear.
fn markup_in_rows_and_parameters_is_text(database: &TestDatabase) {
    const EVIL: &str = "\"'><script>alert(1)</script>{{ 7*7 }}";
    const ENCODED: &str = "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%7B%7B%207*7%20%7D%7D";
    let site = Site::new(database);
    let client = &site.client;
    let project = site.project(EVIL);
    let issue = site.issue(&project, 1, EVIL);
    let label = site.label(&EVIL[..20]);
    site.set_labels(&issue, &[label.id]);
    site.comment(&issue, EVIL);
    let evil = site.server.create_superuser("<b>Eve</b>", "secret");
    let assert_safe = |what: &str, response: &TestResponse| {
        assert!([200, 302, 400, 404].contains(&response.status), "{what}: {}", response.status);
        for markup in ["<script>alert", "<b>Eve", "\"'>", ">49", " 49"] {
            assert!(!response.body.contains(markup), "{what}: {markup} in {}", response.body);
        }
    };
    for path in [
        "/admin/tracker/project/".to_owned(),
        "/admin/tracker/issue/".to_owned(),
        "/admin/tracker/label/".to_owned(),
        "/admin/tracker/comment/".to_owned(),
        format!("/admin/tracker/project/{}/change/", project.id),
        format!("/admin/tracker/project/{}/delete/", project.id),
        format!("/admin/tracker/issue/{}/change/", issue.id),
        format!("/admin/tracker/label/{}/delete/", label.id),
        "/admin/tracker/comment/1/change/".to_owned(),
        format!("/admin/tracker/issue/?q={ENCODED}&o={ENCODED}&p={ENCODED}&{ENCODED}={ENCODED}"),
        format!("/admin/tracker/issue/?status={ENCODED}&min_priority={ENCODED}&label={ENCODED}&project={ENCODED}"),
        format!("/admin/tracker/issue/1/change/?_changelist_filters={ENCODED}"),
        format!("/admin/tracker/issue/{ENCODED}/change/"),
        format!("/admin/{ENCODED}/{ENCODED}/"),
        format!("/admin/login/?next={ENCODED}"),
    ] {
        assert_safe(&path, &client.get(&path));
    }
    assert_safe("the user", &site.server.session(&evil).get("/admin/"));
    let form = [
        ("title", EVIL),
        ("number", EVIL),
        ("status", EVIL),
        ("project", EVIL),
        ("labels", EVIL),
        ("due", EVIL),
        ("parent", EVIL),
    ];
    let refused = client.post("/admin/tracker/issue/1/change/", form);
    refused.assert_status(200);
    assert_safe("the form", &refused);
    let saved =
        client.post("/admin/tracker/label/1/change/", [("name", &EVIL[..20]), ("slug", "a"), ("color", "#000000")]);
    assert_safe("the message", &client.follow(&saved));
    let asked = client.post("/admin/tracker/issue/", [("action", "delete_selected"), ("_selected_action", "1")]);
    assert_has(&asked, &["Are you sure you want to delete the 1 selected issue?"]);
    assert_safe("the question", &asked);
}

fn an_unreadable_search_is_a_page(database: &TestDatabase) {
    let site = Site::new(database);
    let response = site.client.get("/admin/tracker/issue/?q=%00");
    response.assert_status(400).assert_header("content-type", "text/html; charset=utf-8");
    assert_has(&response, &["<h1>Bad request</h1>"]);
}
