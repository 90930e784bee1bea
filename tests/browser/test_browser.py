"""The browsable API, the schema's pages and the admin in Debian's Chromium: `python tests/browser/test_browser.py PROGRAM AXE [NAME…]`.

PROGRAM is the built tracker, with its example `forms` beside it, AXE the file axe.min.js. With names, only the tests run whose names have one of them.
"""
import sys
import tempfile
import traceback
from pathlib import Path

from admin_round import ADMIN_TESTS, ADMIN_WITHOUT_SCRIPT
from forms import FORM_TESTS, test_files
from markup import test_text_stays_text
from schema_pages import test_reference, test_swagger_ui_with_a_session, test_swagger_ui_with_a_token
from tracker_site import PASSWORD, serve
from watch import Watcher, browser

# The weight of a view's pages in bytes, with the style sheet, the script and the icon.
LIMIT = 60_000
# Milliseconds that a browser waits.
TIMEOUT = 60_000


def log_in(started, url):
    """The cookies of a user who has logged in. A debug build's password hash takes seconds, so that it is done once."""
    context = started.new_context()
    context.set_default_timeout(TIMEOUT)
    page = context.new_page()
    page.goto(f"{url}/api/")
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Username:").fill("ana")
    page.get_by_label("Password:").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()
    cookies = context.storage_state()
    context.close()
    return cookies


def test_log_in_and_out(page, watcher, url):
    page.goto(f"{url}/api/issues/?ordering=-number")
    watcher.check(page, "refused")
    assert page.get_by_text("HTTP 401 Unauthorized").is_visible()
    assert page.get_by_role("button", name="POST").count() == 0, "an anonymous user may not POST"
    page.get_by_role("link", name="Log in").click()
    page.locator("#id_username").fill("ana")
    page.locator("#id_password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_text("Please enter a correct username and password").is_visible()
    watcher.check(page, "login with errors")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{url}/api/issues/?ordering=-number", page.url
    assert page.get_by_text("HTTP 200 OK").is_visible()
    page.get_by_role("button", name="Log out").click()
    assert page.get_by_text("HTTP 401 Unauthorized").is_visible()
    watcher.check(page, "logged out")


def test_browse(page, watcher, url):
    page.goto(f"{url}/api/")
    page.get_by_role("link", name=f"{url}/api/issues/").click()
    watcher.check(page, "list")
    page.get_by_role("link", name="Next").click()
    assert "offset=" in page.url, page.url
    page.get_by_role("link", name="Previous").click()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="Api Root").click()
    page.get_by_role("link", name=f"{url}/api/projects/").click()
    page.locator("pre.body").get_by_role("link", name="/api/projects/").first.click()
    assert page.get_by_role("heading", name="Project Instance").is_visible()
    watcher.check(page, "detail")
    page.get_by_role("button", name="OPTIONS").click()
    assert page.get_by_text('"renders"').is_visible()
    watcher.check(page, "options")


def test_search_filter_and_order(page, watcher, url):
    page.goto(f"{url}/api/issues/")
    page.get_by_text("Search and filters").click()
    page.get_by_label("Search").fill("accents")
    page.get_by_label("Min priority").fill("2")
    page.get_by_label("Order").select_option("-number")
    page.get_by_role("button", name="Apply").click()
    assert "search=accents" in page.url and "ordering=-number" in page.url, page.url
    assert page.get_by_label("Search").input_value() == "accents"
    assert page.get_by_text("Search ignores accents").first.is_visible()
    assert page.get_by_text("The export is slow").count() == 0
    watcher.check(page, "filtered list")
    page.get_by_role("link", name="Clear").click()
    assert page.url == f"{url}/api/issues/", page.url


def test_write(page, watcher, url):
    page.goto(f"{url}/api/labels/")
    form = page.locator("section.write").first
    form.get_by_label("Slug").fill("not a slug")
    form.get_by_label("Color").fill("red")
    form.get_by_role("button", name="POST").first.click()
    assert page.get_by_text("HTTP 400 Bad Request").is_visible()
    name = page.get_by_label("Name")
    assert name.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{name.get_attribute('aria-describedby')}").inner_text() == "This field may not be blank."
    assert page.get_by_label("Slug").input_value() == "not a slug"
    watcher.check(page, "form with errors")
    name.fill("<b>Urgent</b>")
    page.get_by_label("Slug").fill("urgent")
    page.get_by_label("Color").fill("#ff0000")
    page.locator("section.write").get_by_role("button", name="POST").first.click()
    assert page.get_by_text("HTTP 201 Created").is_visible()
    page.goto(f"{url}/api/labels/urgent/")
    assert page.locator("pre.body b", has_text="Urgent").count() == 0, "the name became markup"
    page.get_by_label("Name").fill("Very urgent")
    page.locator("section.write").get_by_role("button", name="PUT").first.click()
    assert page.get_by_text("HTTP 200 OK").is_visible() and page.get_by_text("Very urgent").first.is_visible()
    watcher.check(page, "changed")
    page.get_by_text("Raw data").click()
    raw = page.get_by_label("Content", exact=True)
    raw.fill('{"name": ')
    page.locator("form.raw").get_by_role("button", name="PATCH").click()
    assert page.get_by_text("This is not JSON").is_visible()
    raw.fill('{"name": "Raw"}')
    page.locator("form.raw").get_by_role("button", name="PATCH").click()
    assert page.get_by_text('"Raw"').first.is_visible()
    page.get_by_text("DELETE", exact=True).click()
    watcher.check(page, "asks before it deletes")
    page.get_by_role("button", name="Delete it").click()
    assert page.get_by_text("HTTP 204 No Content").is_visible()
    watcher.check(page, "deleted")
    page.goto(f"{url}/api/labels/urgent/")
    assert page.get_by_text("HTTP 404 Not Found").is_visible()
    watcher.check(page, "not found")


def test_keyboard(page, watcher, url):
    page.goto(f"{url}/api/labels/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.innerText || document.activeElement.name || document.activeElement.id"))
    assert {"OPTIONS", "POST", "name"} <= seen, seen


def test_weight(page, watcher, url):
    sizes = {}
    page.context.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    for path in ("/api/issues/?limit=20", "/api/projects/", "/api/labels/bug/"):
        sizes.clear()
        page.goto(url + path, wait_until="networkidle")
        files = sum(len(page.request.get(url + link).body()) for link in page.evaluate(
            "[...document.querySelectorAll('link[rel=stylesheet], link[rel=icon]')].map((link) => link.getAttribute('href'))"
            ".concat([...document.scripts].map((script) => script.getAttribute('src')))"))
        own = len(page.content().encode())
        print(f"{path}: {own} bytes, with its files {own + files}")
        assert own + files < LIMIT, path


TESTS = [test_log_in_and_out, test_browse, test_search_filter_and_order, test_write, test_keyboard, test_weight, *ADMIN_TESTS]
# They get the whole site.
SITE_TESTS = [test_swagger_ui_with_a_token, test_swagger_ui_with_a_session, test_reference, test_text_stays_text]
ANONYMOUS = [test_log_in_and_out, test_swagger_ui_with_a_token]
# Without the script only the raw editor's check of JSON is missing.
WITHOUT_SCRIPT = [test_log_in_and_out, test_browse, test_search_filter_and_order, test_reference, *ADMIN_WITHOUT_SCRIPT, test_files]


def main():
    program, axe = sys.argv[1], Path(sys.argv[2]).read_text()
    chosen = sys.argv[3:]
    failures = 0
    forms = Path(program).parent / "examples" / "forms"
    with tempfile.TemporaryDirectory() as folder, serve(program, folder) as tracker, tracker.beside(forms) as forms_url, browser() as started:
        cookies = log_in(started, tracker.url)
        runs = [(test, True) for test in TESTS + SITE_TESTS + FORM_TESTS] + [(test, False) for test in WITHOUT_SCRIPT]
        for test, has_script in runs:
            if chosen and not any(name in test.__name__ for name in chosen):
                continue
            own = None if test in ANONYMOUS else cookies
            context = started.new_context(java_script_enabled=has_script, storage_state=own)
            context.set_default_timeout(TIMEOUT)
            url = forms_url if test in FORM_TESTS else tracker.url
            watcher = Watcher(context, url, axe if has_script else None)
            name = test.__name__ + ("" if has_script else " without script")
            try:
                test(context.new_page(), watcher, tracker if test in SITE_TESTS else url)
                print(f"ok {name}")
            except Exception as error:  # noqa: BLE001
                failures += 1
                print(f"FAILED {name}: {str(error) or traceback.format_exc(limit=-1)}")
            context.close()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
