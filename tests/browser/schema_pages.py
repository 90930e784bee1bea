"""The pages of the OpenAPI document."""
import json

# Swagger UI's own markup breaks rules of axe-core; the reference is the page without them.
SWAGGER_UI = ["#swagger-ui"]


def open_operation(page, operation):
    """Opens an operation for a request, and returns it."""
    found = page.locator(f"#operations-api-{operation}")
    found.locator(".opblock-summary-control").click()
    found.get_by_role("button", name="Try it out").click()
    return found


def execute(operation, status):
    """Sends the request, and returns the answer's body."""
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    answer.locator(".response-col_status", has_text=str(status)).wait_for()
    return answer.locator("pre.microlight, .highlight-code pre").first.inner_text()


def outside_links(page):
    return page.evaluate("[...document.querySelectorAll('a[href]')].map((link) => link.href).filter((url) => !url.startsWith(location.origin))")


def test_swagger_ui_with_a_token(page, watcher, tracker):
    sent = []
    page.on("request", lambda request: sent.append(request.headers))
    page.goto(f"{tracker.url}/schema/docs/", wait_until="commit")
    assert page.get_by_role("heading", name="Tracker", level=1).is_visible()
    page.locator("#operations-api-api_me_retrieve").wait_for()
    watcher.check(page, "Swagger UI", SWAGGER_UI)
    me = open_operation(page, "api_me_retrieve")
    assert "Authentication credentials were not provided." in execute(me, 401)
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_text("The browser sends this cookie by itself.").wait_for()
    token = dialog.locator(".auth-container", has_text="tokenAuth")
    # The key alone: the page adds the word before it.
    token.locator("input").fill(tracker.token)
    token.get_by_role("button", name="Apply credentials").click()
    token.get_by_role("button", name="Close").click()
    assert json.loads(execute(me, 200))["username"] == "ana"
    assert f"Authorization: Token {tracker.token}" in me.locator(".curl").inner_text()
    made = open_operation(page, "api_labels_create")
    made.locator("textarea").fill(json.dumps({"name": "Swagger", "slug": "swagger", "color": "#123456"}))
    assert json.loads(execute(made, 201))["slug"] == "swagger"
    assert outside_links(page) == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0], "the token was stored"
    watcher.check(page, "Swagger UI with a token", SWAGGER_UI)


def test_swagger_ui_with_a_session(page, watcher, tracker):
    page.goto(f"{tracker.url}/schema/docs/", wait_until="commit")
    assert page.get_by_role("button", name="Log out").is_visible()
    page.locator("#operations-api-api_labels_create").wait_for()
    made = open_operation(page, "api_labels_create")
    made.locator("textarea").fill(json.dumps({"name": "Session", "slug": "session", "color": "#123456"}))
    assert json.loads(execute(made, 201))["slug"] == "session"
    # A login in another tab renews the cookie, which counts instead of the page's own token.
    other = page.context.cookies()
    renewed = [{**cookie, "value": "b" * 32} for cookie in other if cookie["name"] == "csrftoken"]
    assert renewed, "no CSRF cookie"
    page.context.add_cookies(renewed)
    made.locator("textarea").fill(json.dumps({"name": "Renewed", "slug": "renewed", "color": "#123456"}))
    assert json.loads(execute(made, 201))["slug"] == "renewed"
    page.context.add_cookies([cookie for cookie in other if cookie["name"] == "csrftoken"])
    watcher.check(page, "Swagger UI with a session", SWAGGER_UI)


def test_reference(page, watcher, tracker):
    page.goto(f"{tracker.url}/schema/reference/")
    watcher.check(page, "reference")
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="GET /api/issues/", exact=True).click()
    assert page.url.endswith("#operation-api_issues_list"), page.url
    entry = page.locator("#operation-api_issues_list")
    entry.get_by_role("link", name="PaginatedIssueList").click()
    assert page.locator("#schema-PaginatedIssueList").is_visible()
    assert outside_links(page) == []
    watcher.check(page, "reference of a schema")
