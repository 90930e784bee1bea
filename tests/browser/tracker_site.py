"""Serves examples/tracker on a temporary database with some rows, for the tests in a browser."""
import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request

PASSWORD = "correct horse battery"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Tracker:
    """The running program."""

    def __init__(self, program, folder):
        self.program, self.port = program, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": f"{folder}/tracker.sqlite3",
            "SECRET_KEY": "only-for-tests",
            "ALLOWED_HOSTS": "127.0.0.1",
            "RUST_LOG": "warn",
            "TEMPLATES_DIR": os.environ.get("TEMPLATES_DIR", f"{folder}/templates"),
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        }
        if workers := os.environ.get("WORKERS"):
            self.environment["WORKERS"] = workers

    def manage(self, *arguments):
        subprocess.run([self.program, *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def call(self, path, data, token=None):
        """Posts JSON and returns the answer's."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Token {token}"
        request = urllib.request.Request(self.url + path, json.dumps(data).encode(), headers)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def wait(self, process, port):
        for _ in range(300):
            if process.poll() is not None:
                raise SystemExit(f"the program ended with {process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.1)
        raise SystemExit("the program does not listen")

    @contextlib.contextmanager
    def beside(self, program):
        """Another program on the same database, where the same sessions count. Gives its URL."""
        port = free_port()
        process = subprocess.Popen([program, "runserver", f"127.0.0.1:{port}"], env=self.environment)
        try:
            self.wait(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)

    def seed(self):
        self.token = token = self.call("/api-token-auth/", {"username": "ana", "password": PASSWORD})["token"]
        colors = {"bug": "#b3261e", "feature": "#0b6e4c", "docs": "#1f4f96"}
        for name, color in colors.items():
            self.call("/api/labels/", {"name": name.title(), "slug": name, "color": color}, token)
        projects = [
            self.call("/api/projects/", {
                "name": name, "slug": slug, "description": text, "homepage": f"https://{slug}.example/",
                "is_public": True, "settings": {"board": {"columns": ["open", "closed"]}},
            }, token)
            for name, slug, text in [
                ("Lighthouse", "lighthouse", "The public web site."),
                ("Ferry", "ferry", "Moves data between the islands."),
                ("Tide tables", "tides", ""),
            ]
        ]
        titles = ["The login page forgets where it came from", "Dates before 1970 are off by an hour", "Write down how to restore a backup",
                  "Search ignores accents", "The export is slow with many rows", "Show who closed an issue"]
        for number in range(23):
            self.call("/api/issues/", {
                "project": projects[number % 3]["id"], "title": f"{titles[number % 6]} ({number + 1})", "body": "Steps:\n\n1. open the page\n2. wait",
                "priority": number % 5 + 1, "labels": [list(colors)[number % 3]], "weight": number / 4 if number % 2 else None,
                "due": "2027-01-15T12:00:00Z" if number % 3 == 0 else None,
            }, token)


@contextlib.contextmanager
def serve(program, folder):
    """The tracker with the superuser ana and her rows."""
    tracker = Tracker(program, folder)
    tracker.manage("migrate", "--verbosity", "0")
    tracker.manage("createsuperuser", "--noinput", "--username", "ana", "--email", "ana@example.com")
    process = tracker.process = subprocess.Popen([program, "runserver", f"127.0.0.1:{tracker.port}"], env=tracker.environment)
    try:
        tracker.wait(process, tracker.port)
        tracker.seed()
        yield tracker
    finally:
        process.terminate()
        process.wait(30)
