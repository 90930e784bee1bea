//! The browsable API over HTTP: what a browser gets, without one. tests/browser has the tests in a browser.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may panic, and clippy.toml does not cover their helper functions"
)]

mod login;

use serde_json::json;
use tracker::settings::project;
use vitamin::auth::User;
use vitamin::testing::*;

database_tests!(
    a_page_shows_the_answer_as_a_program_gets_it,
    a_list_has_controls_and_pages,
    nobody_sees_what_would_be_refused,
    errors_stand_beside_their_fields,
    a_form_can_mean_another_method,
    only_the_page_s_own_forms_mean_another_method,
    a_form_keeps_what_it_does_not_list,
    text_never_becomes_markup,
);

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

fn page(client: &Client, path: &str) -> TestResponse {
    client.request("GET", path).header("accept", HTML).send()
}

/// A superuser with a project.
fn site(database: &TestDatabase) -> (TestProject, User, Client) {
    let server = TestProject::new(database, project);
    let ana = server.create_superuser("ana", "secret");
    let client = server.session(&ana);
    (server, ana, client)
}

/// The value of the first attribute that starts so.
fn value<'b>(body: &'b str, start: &str) -> &'b str {
    let (_, rest) = body.split_once(start).unwrap_or_else(|| panic!("no {start} in {body}"));
    rest.split('"').next().unwrap()
}

/// The cookie of this name that the response sets.
fn cookie(response: &TestResponse, name: &str) -> Option<String> {
    let start = format!("{name}=");
    let cookies = response.headers_named("set-cookie");
    let found = cookies.iter().find_map(|cookie| cookie.strip_prefix(&start));
    found.map(|rest| rest.split(';').next().unwrap().to_owned())
}

fn a_page_shows_the_answer_as_a_program_gets_it(database: &TestDatabase) {
    let (server, _, client) = site(database);
    let response = page(&client, "/api/labels/");
    response.assert_status(200).assert_header("content-type", "text/html; charset=utf-8");
    assert_eq!(response.header("vary"), "Accept, Cookie");
    assert_eq!(response.header("allow"), "GET, POST, HEAD, OPTIONS");
    let policy = response.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for part in [
        "<h1>Label List</h1>",
        "HTTP 200 OK</strong>\n<b>Allow:</b> GET, POST, HEAD, OPTIONS\n<b>Content-Type:</b> application/json\n<b>Vary:</b> Accept, Cookie\n</pre>",
        "<pre class=\"body\">[]</pre>",
        "<li><a href=\"/api/\">Api Root</a></li>",
        "<li><a href=\"/api/labels/\" aria-current=\"page\">Label List</a></li>",
        "href=\"/api/labels/?format=json\"",
        "<label for=\"post-name\">Name <span",
        "maxlength=\"30\"",
        ">ana</span>",
    ] {
        assert!(response.body.contains(part), "{part}: {}", response.body);
    }
    assert!(!response.body.contains("<style") && !response.body.contains("style=\""));
    // The files that it names are there, for ever.
    for start in ["<link rel=\"stylesheet\" href=\"", "<script src=\"", "<link rel=\"icon\" href=\""] {
        let url = value(&response.body, start);
        let file = server.anonymous().get(url);
        file.assert_status(200).assert_header("cache-control", "public, max-age=31536000, immutable");
        let known = server.anonymous().request("GET", url).header("if-none-match", file.header("etag")).send();
        known.assert_status(304).assert_body("");
    }
    // The same by its format, and in the root.
    assert!(client.get("/api/?format=api").body.contains("/api/labels/?format=api\" rel=\"nofollow noreferrer\">"));
    assert!(page(&client, "/api/stats/").body.contains("<p>How many issues there are of each status.</p>"));
}

fn a_list_has_controls_and_pages(database: &TestDatabase) {
    let (_server, _, client) = site(database);
    for number in 1..=12 {
        let project = json!({"name": format!("Project {number}"), "slug": format!("p{number}")});
        client.post("/api/projects/", project).assert_status(201);
    }
    let list = page(&client, "/api/projects/?page=2&search=Project&ordering=-name").body;
    for part in [
        "<details class=\"filters\" open>",
        "<input type=\"search\" id=\"query-search\" name=\"search\" value=\"Project\">",
        "<option value=\"-name\" selected>Name – descending</option>",
        "<label for=\"query-budget__gte\">Budget, at least</label><input type=\"number\"",
        "aria-label=\"Page 2\" aria-current=\"page\">2</a>",
        "/api/projects/?ordering=-name&amp;search=Project\" rel=\"prev\">Previous</a>",
        "<span class=\"off\">Next</span>",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    // An object has none of them.
    let first = client.get("/api/projects/").json()["results"][0]["url"].as_str().unwrap().to_owned();
    let path = first.strip_prefix("http://testserver").unwrap();
    let detail = page(&client, path).body;
    assert!(!detail.contains("class=\"filters\"") && !detail.contains("class=\"pager\""));
    for part in [
        "<h1>Project Instance</h1>",
        "<b>&quot;slug&quot;</b>",
        "id=\"put-name\" name=\"name\" value=\"Project 1\"",
        "formaction=\"",
        ">PATCH</button>",
        "Delete <code>/api/projects/",
    ] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
}

fn nobody_sees_what_would_be_refused(database: &TestDatabase) {
    let (server, _, client) = site(database);
    let anonymous = page(&server.anonymous(), "/api/labels/");
    anonymous.assert_status(200);
    assert!(
        anonymous.body.contains("<a href=\"/api-auth/login/?next=%2Fapi%2Flabels%2F\">Log in</a>"),
        "{}",
        anonymous.body
    );
    assert!(!anonymous.body.contains(">POST<") && anonymous.body.contains(">OPTIONS</button>"));
    let refused = page(&server.anonymous(), "/api/issues/");
    refused.assert_status(401).assert_header("www-authenticate", "Token");
    assert!(refused.body.contains("<b>WWW-Authenticate:</b> Token"), "{}", refused.body);
    assert!(!refused.body.contains("<button>OPTIONS"), "{}", refused.body);
    // Another user's object may be read, not changed.
    let project = json!({"name": "Shop", "slug": "shop", "is_public": true});
    let url = client.post("/api/projects/", project).json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://testserver").unwrap();
    let bob = server.create_user("bob", "secret");
    let seen = page(&server.session(&bob), path);
    seen.assert_status(200);
    for part in [">PUT<", ">PATCH<", "Delete it"] {
        assert!(!seen.body.contains(part), "{part}: {}", seen.body);
        assert!(page(&client, path).body.contains(part), "{part}");
    }
}

fn errors_stand_beside_their_fields(database: &TestDatabase) {
    let (_server, _, client) = site(database);
    let send = |form: &str| {
        let request = client.request("POST", "/api/labels/").header("accept", HTML);
        request.body("application/x-www-form-urlencoded", form).send()
    };
    let wrong = send("name=&slug=a+b&color=red");
    wrong.assert_status(400);
    for part in [
        "id=\"post-name\" name=\"name\" value=\"\" required maxlength=\"30\" aria-describedby=\"post-name-errors\" aria-invalid=\"true\">",
        "<ul class=\"errors\" id=\"post-name-errors\"><li>This field may not be blank.</li></ul>",
        "name=\"slug\" value=\"a b\"",
        "id=\"post-slug-errors\"",
        "HTTP 400 Bad Request",
    ] {
        assert!(wrong.body.contains(part), "{part}: {}", wrong.body);
    }
    send("name=Bug&slug=bug&color=%23ff0000").assert_status(201);
}

fn a_form_can_mean_another_method(database: &TestDatabase) {
    let (_server, _, client) = site(database);
    let label = json!({"name": "Bug", "slug": "bug"});
    client.post("/api/labels/", label).assert_status(201);
    let send = |method: &str, form: &str| {
        let path = format!("/api/labels/bug/?_method={method}");
        let request = client.request("POST", &path).header("accept", HTML);
        request.body("application/x-www-form-urlencoded", form).send()
    };
    let changed = send("PUT", "name=Bugs&slug=bug&color=%23000000");
    changed.assert_status(200);
    assert!(changed.body.contains("<code><b>PUT</b> /api/labels/bug/</code>"), "{}", changed.body);
    let invalid = send("PATCH", "_content_type=application%2Fjson&_content=%7B%22color%22%3A%22red%22%7D");
    invalid.assert_status(400);
    assert!(invalid.body.contains("&quot;color&quot;: &quot;red&quot;"), "{}", invalid.body);
    send("PATCH", "_content_type=application%2Fjson&_content=%7B%22name%22%3A%22Raw%22%7D").assert_status(200);
    assert_eq!(client.get("/api/labels/bug/").json()["name"], "Raw");
    send("PATCH", "_content_type=text%2Fplain&_content=x").assert_status(415);
    let options = send("OPTIONS", "");
    options.assert_status(200);
    assert!(options.body.contains("<b>&quot;renders&quot;</b>"), "{}", options.body);
    let deleted = send("DELETE", "");
    deleted.assert_status(200).assert_header("content-type", "text/html; charset=utf-8");
    assert!(deleted.body.contains("HTTP 204 No Content"), "{}", deleted.body);
    client.get("/api/labels/bug/").assert_status(404);
    // A program's 204 has no body.
    client.post("/api/labels/", json!({"name": "Bug", "slug": "bug"})).assert_status(201);
    client.delete("/api/labels/bug/").assert_status(204).assert_body("");
}

/// Otherwise another site's form could delete with the password that a browser sends by itself, and a program's POST could
/// become something else.
fn only_the_page_s_own_forms_mean_another_method(database: &TestDatabase) {
    let (server, ana, client) = site(database);
    client.post("/api/labels/", json!({"name": "Bug", "slug": "bug"})).assert_status(201);
    let path = "/api/labels/bug/?_method=DELETE";
    let form = "application/x-www-form-urlencoded";
    let basic = server.basic("ana", "secret");
    let forged = basic.request("POST", path).header("accept", HTML).body(form, "a=b").send();
    forged.assert_status(403);
    assert!(forged.body.contains("CSRF Failed: CSRF cookie not set."), "{}", forged.body);
    let token = server.token(&server.create_token(&ana));
    token.request("POST", path).header("accept", HTML).body(form, "a=b").send().assert_status(403);
    for (accept, content_type) in [("application/json", form), ("*/*", form), (HTML, "application/json")] {
        let response = client.request("POST", path).header("accept", accept).body(content_type, "{}").send();
        response.assert_status(405);
    }
    for method in ["CONNECT", "TRACE", "delete", ""] {
        let path = format!("/api/labels/bug/?_method={method}");
        client.request("POST", &path).header("accept", HTML).body(form, "a=b").send().assert_status(405);
    }
    client.request("GET", path).header("accept", HTML).send().assert_status(200);
    client.get("/api/labels/bug/").assert_status(200);
}

/// Every text that a client, a row or a header can bring, wherever it can appear.
/// Beyond 50 objects there is no select. The form must still hold all that the object has.
fn a_form_keeps_what_it_does_not_list(database: &TestDatabase) {
    let (_server, _, client) = site(database);
    for number in 0..51 {
        let label = json!({"name": format!("L{number}"), "slug": format!("l-{number}")});
        client.post("/api/labels/", label).assert_status(201);
    }
    let project = client.post("/api/projects/", json!({"name": "Shop", "slug": "shop"})).json()["id"].clone();
    let issue = json!({"project": project, "title": "Paint it", "labels": ["l-3", "l-50"]});
    let path = format!("/api/issues/{}/", client.post("/api/issues/", issue).json()["id"]);
    let shown = page(&client, &path).body;
    let labels = "name=\"labels\" rows=\"4\" class=\"mono\" spellcheck=\"false\" aria-describedby=\"put-labels-help\">\nl-3\nl-50</textarea>\
                  <input type=\"hidden\" name=\"_lines\" value=\"labels\">";
    assert!(shown.contains(labels), "{shown}");
    let put = |labels: &str| {
        let form = format!("project={}&title=Paint+it&_lines=labels&labels={labels}", project.as_str().unwrap());
        let request = client.request("POST", &format!("{path}?_method=PUT")).header("accept", HTML);
        request.body("application/x-www-form-urlencoded", form).send()
    };
    put("l-3%0D%0Al-50%0D%0A").assert_status(200);
    assert_eq!(client.get(&path).json()["labels"], json!(["l-3", "l-50"]));
    let wrong = put("l-3%0D%0Anone");
    wrong.assert_status(400);
    assert!(wrong.body.contains("\nl-3\nnone</textarea>"), "{}", wrong.body);
    put("").assert_status(200);
    assert_eq!(client.get(&path).json()["labels"], json!([]));
    // A client's own form is what it was.
    let form = format!("project={}&title=A+new+one&_lines=labels&labels=l-3%0Al-50", project.as_str().unwrap());
    let own = client.request("POST", "/api/issues/").body("application/x-www-form-urlencoded", form).send();
    own.assert_status(400);
}

fn text_never_becomes_markup(database: &TestDatabase) {
    const EVIL: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}";
    const ENCODED: &str =
        "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%7B%7B%207*7%20%7D%7D";
    let server = TestProject::new(database, project);
    let evil = server.create_superuser("<b>Eve</b>\"'", "secret");
    let client = server.session(&evil);
    let assert_safe = |what: &str, response: &TestResponse| {
        for markup in ["<script>alert", "<img", "<b>Eve", "onerror=alert(1)>", ">49<", " 49", "\"'>"] {
            assert!(!response.body.contains(markup), "{what}: {markup} in {}", response.body);
        }
    };
    let row = json!({"name": EVIL, "slug": "evil", "description": EVIL, "homepage": "https://a.example/?\"'><script>alert(1)</script>",
        "settings": {EVIL: [EVIL, "javascript:alert(1)", "https://a.example/<script>alert(1)</script>"]}});
    let created = client.post("/api/projects/", row);
    // A homepage with such characters is no URL.
    let created = if created.status == 400 {
        client.post("/api/projects/", json!({"name": EVIL, "slug": "evil", "description": EVIL, "settings": {EVIL: [EVIL, "javascript:alert(1)", "https://a.example/<script>alert(1)</script>"]}}))
    } else {
        created
    };
    created.assert_status(201);
    let url = created.json()["url"].as_str().unwrap().to_owned();
    let detail = page(&client, url.strip_prefix("http://testserver").unwrap());
    detail.assert_status(200);
    assert_safe("the row", &detail);
    assert!(!detail.body.contains("href=\"javascript"), "{}", detail.body);
    assert!(detail.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    for path in [
        format!("/api/projects/?search={ENCODED}"),
        format!("/api/projects/?ordering={ENCODED}"),
        format!("/api/projects/?{ENCODED}={ENCODED}"),
        format!("/api/projects/?page={ENCODED}"),
        format!("/api/projects/?name__icontains={ENCODED}&budget__gte={ENCODED}"),
        format!("/api/projects/?format=api&{ENCODED}"),
        format!("/api/projects/{ENCODED}/"),
        format!("/api-auth/login/?next={ENCODED}"),
        format!("/api-auth/login/?next=/{ENCODED}"),
    ] {
        assert_safe(&path, &page(&client, &path));
    }
    let form = format!(
        "name={ENCODED}&slug={ENCODED}&description={ENCODED}&settings={ENCODED}&budget={ENCODED}&starts={ENCODED}&homepage={ENCODED}&{ENCODED}={ENCODED}"
    );
    let post = |path: &str, content_type: &str, body: &str| {
        client.request("POST", path).header("accept", HTML).body(content_type, body).send()
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let wrong = post("/api/projects/", urlencoded, &form);
    wrong.assert_status(400);
    assert_safe("the form", &wrong);
    let raw = format!("_content_type={ENCODED}&_content={ENCODED}");
    assert_safe("the raw editor", &post("/api/projects/?_method=POST", urlencoded, &raw));
    let raw = format!("_content_type=application/json&_content={ENCODED}");
    assert_safe("raw JSON", &post("/api/projects/?_method=POST", urlencoded, &raw));
    assert_safe("a media type", &post("/api/projects/", "text/<script>alert(1)</script>", "x"));
    assert_safe("JSON", &post("/api/projects/", "application/json", &json!({"name": [EVIL], EVIL: EVIL}).to_string()));
    for (name, value) in
        [("x-evil", EVIL), ("referer", EVIL), ("origin", EVIL), ("accept", "text/html;x=\"<script>alert(1)</script>\"")]
    {
        let response = client.request("GET", "/api/labels/").header("accept", HTML).header(name, value).send();
        assert_safe(name, &response);
    }
    let login = format!("username={ENCODED}&password=x&next={ENCODED}");
    assert_safe("the login", &post("/api-auth/login/", urlencoded, &login));
    let method = client.request("<IMG>", "/api/labels/").header("accept", HTML).send();
    assert!(!method.body.contains("<IMG>"), "{}", method.body);
}
