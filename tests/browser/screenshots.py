"""Pictures of every kind of page, light and dark, wide and narrow: `python tests/browser/screenshots.py PROGRAM FOLDER`.

PROGRAM is the built tracker, with its example `forms` beside it.
"""
import sys
import tempfile
from pathlib import Path

from test_browser import TIMEOUT, log_in
from tracker_site import serve
from watch import browser

PAGES = {
    "root": "/api/",
    "list": "/api/issues/?search=login",
    "detail": "/api/labels/bug/",
    "form": "/api/projects/",
    "reference": "/schema/reference/",
}
ADMIN = {
    "admin-index": "/admin/",
    "admin-list": "/admin/tracker/issue/?q=page&o=-1",
    "admin-add": "/admin/tracker/issue/add/",
    "admin-form": "/admin/tracker/issue/1/change/",
    "admin-delete": "/admin/tracker/issue/1/delete/",
    "admin-add-user": "/admin/auth/user/add/",
    "admin-user": "/admin/auth/user/1/change/",
    "admin-password": "/admin/auth/user/1/password/",
    "admin-history": "/admin/auth/user/1/history/",
    "admin-tokens": "/admin/authtoken/tokenproxy/",
    "admin-add-token": "/admin/authtoken/tokenproxy/add/",
    "admin-status": "/admin/status/",
    "admin-not-found": "/admin/tracker/nothing/",
}
SIZES = {"wide": (1280, 800), "narrow": (390, 800)}


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, serve(program, data) as tracker, \
            tracker.beside(Path(program).parent / "examples" / "forms") as forms, browser() as started:
        cookies = log_in(started, tracker.url)
        for scheme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                context = started.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
                context.set_default_timeout(TIMEOUT)
                page = context.new_page()

                def shoot(name, full=True):
                    page.screenshot(path=folder / f"{name}-{scheme}-{size}.png", full_page=full)

                page.goto(f"{tracker.url}/api-auth/login/")
                page.get_by_role("button", name="Log in").click()
                shoot("login")
                page.goto(f"{tracker.url}/api/me/")
                shoot("refused")
                context.add_cookies(cookies["cookies"])
                for name, path in {**PAGES, **ADMIN}.items():
                    page.goto(tracker.url + path)
                    shoot(name)
                if (scheme, size) == ("light", "wide"):
                    page.goto(f"{tracker.url}/api/issues/?limit=5")
                    # The picture of docs/browsable-api.md.
                    page.screenshot(path=folder / "browsable-api.png")
                page.goto(f"{tracker.url}/api/labels/")
                page.locator("section.write").get_by_role("button", name="POST").first.click()
                shoot("errors")
                page.goto(f"{forms}/forms/")
                shoot("lists-and-files")
                page.get_by_label("Tags").fill('["much too long a tag"]')
                page.get_by_label("Notes").set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Notes"})
                page.locator("section.write").get_by_role("button", name="PUT").first.click()
                shoot("lists-and-files-errors")
                page.goto(f"{tracker.url}/admin/tracker/issue/?_popup=1")
                shoot("admin-look-up")
                page.goto(f"{tracker.url}/admin/tracker/label/add/")
                page.get_by_role("button", name="Save", exact=True).click()
                shoot("admin-errors")
                page.goto(f"{tracker.url}/schema/docs/", wait_until="commit")
                page.locator(".opblock").first.wait_for()
                shoot("swagger-ui", full=False)
                page.goto(f"{tracker.url}/api/labels/bug/")
                page.get_by_text("DELETE", exact=True).click()
                shoot("delete", full=False)
                context.close()


if __name__ == "__main__":
    main()
