"""Text that a client, a row or an address brings stays text: none of it runs, and none becomes an element or a link to a script."""
import json
from urllib.parse import quote

EVIL = "\"'><img src=x onerror=\"window.evil=1\"><script>window.evil=1</script><svg onload=\"window.evil=1\">{{7*7}}</textarea></option>"
# For names of 30 characters.
SHORT = "'\"><img src=x onerror=evil()>"
LINK = "javascript:window.evil=1"


def make_rows(tracker):
    label = tracker.call("/api/labels/", {"name": SHORT, "slug": "evil", "color": "#000000"}, tracker.token)
    project = tracker.call("/api/projects/", {
        "name": EVIL[:80], "slug": "evil", "description": EVIL + LINK, "settings": {EVIL: [EVIL, LINK, f"https://a.example/{EVIL}"]},
    }, tracker.token)
    issue = tracker.call("/api/issues/", {
        "project": project["id"], "title": EVIL[:120], "body": f"{EVIL}\n[x]({LINK})", "priority": 1, "labels": [label["slug"]],
    }, tracker.token)
    tracker.call(f"/api/issues/{issue['id']}/comments/", {"body": EVIL}, tracker.token)
    return project["id"], issue["id"]


def assert_is_text(page, name):
    found = page.evaluate("""() => ({
        evil: window.evil,
        images: [...document.querySelectorAll('img, svg[onload]')].map((one) => one.outerHTML),
        scripts: [...document.scripts].filter((one) => !one.src).map((one) => one.outerHTML),
        links: [...document.links].filter((one) => one.protocol === 'javascript:').map((one) => one.outerHTML),
        handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((own) => own.name.startsWith('on'))).map((one) => one.outerHTML),
    })""")
    found = {key: value for key, value in found.items() if value}
    assert not found, f"{name}: {found}"
    assert "49</textarea" not in page.content(), f"{name}: a template was run"


def test_text_stays_text(page, watcher, tracker):
    # The rules of accessibility are other tests' business.
    watcher.axe = None
    page.on("dialog", lambda dialog: watcher.complaints.append(f"a dialog: {dialog.message}"))
    project, issue = make_rows(tracker)
    text = quote(EVIL)
    for path in [
        f"/api/projects/{project}/", f"/api/issues/{issue}/", f"/api/issues/{issue}/comments/", "/api/labels/evil/",
        # The forms' selects show projects and labels, the controls what was asked.
        "/api/issues/?ordering=-number", f"/api/issues/?search={text}&label={text}&project={text}&{text}={text}",
        f"/api/projects/{text}/", f"/api-auth/login/?next={text}", f"/api-auth/login/?next={quote(LINK)}",
        f"/schema/reference/?version={text}&lang={text}",
    ]:
        page.goto(tracker.url + path)
        assert_is_text(page, path)
    page.goto(f"{tracker.url}/api/labels/")
    form = page.locator("section.write").first
    form.get_by_label("Name").fill(EVIL)
    form.get_by_label("Slug").fill(EVIL)
    form.get_by_role("button", name="POST").first.click()
    assert page.get_by_text("HTTP 400 Bad Request").is_visible()
    assert page.get_by_label("Slug").input_value() == EVIL
    assert_is_text(page, "a form with errors")
    page.get_by_text("Raw data").first.click()
    page.get_by_label("Content", exact=True).first.fill(json.dumps({EVIL: EVIL, "name": [EVIL]}))
    page.locator("form.raw").first.get_by_role("button", name="POST").click()
    assert page.get_by_text("HTTP 400 Bad Request").is_visible()
    assert_is_text(page, "raw data with errors")
    page.goto(f"{tracker.url}/schema/docs/?version={text}", wait_until="commit")
    read = page.locator("#operations-api-api_issues_list")
    read.locator(".opblock-summary-control").click()
    read.get_by_role("button", name="Try it out").click()
    read.get_by_role("button", name="Execute").click()
    read.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    # Swagger UI draws its own icons.
    assert page.evaluate("[window.evil, document.querySelectorAll('img, svg[onload], script:not([src])').length]") == [None, 0]
    watcher.check(page, "text of others")
