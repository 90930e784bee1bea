"""A browser whose pages must not complain: no console errors, no violation of the policy, no request to another host, no broken
accessibility rule."""
import contextlib
import os

from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


class Watcher:
    """Collects what a page complains about."""

    def __init__(self, context, site, axe=None):
        self.site, self.axe, self.complaints = site, axe, []
        context.on("console", self.console)
        context.on("weberror", lambda error: self.complaints.append(f"an exception: {error.error}"))
        context.on("request", self.request)

    def console(self, message):
        # The browser reports each answer of 400 and more as an error of the console. The tests ask for them.
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            self.complaints.append(f"the console: {message.text}")

    def request(self, request):
        if not request.url.startswith((self.site, "data:")):
            self.complaints.append(f"a request to {request.url}")

    def check(self, page, name, exclude=()):
        """Runs the accessibility rules, but for the elements `exclude`, and fails if there was any complaint."""
        if self.axe:
            # Scripts of the tests run outside of the page's policy.
            found = page.evaluate("async ([source, exclude]) => { (0, eval)(source); const found = await axe.run({exclude}, {resultTypes: ['violations']});"
                                  " return found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html).join(' | ')); }",
                                  [self.axe, list(exclude)])
            self.complaints += [f"axe: {violation}" for violation in found]
        assert not self.complaints, f"{name}: " + "\n".join(self.complaints)


@contextlib.contextmanager
def browser():
    with sync_playwright() as playwright:
        # The tests' own server is the only one that the browser asks.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield started
        finally:
            started.close()
