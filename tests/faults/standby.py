"""A hot standby, and a role that may only SELECT: everything that reads is served, writes are answered 503, and after the promotion
of the standby all is served without a restart.

usage: standby.py

TRACKER is the tracker's program (default: target/debug/tracker). The standby is a real one: a server in recovery, whose WAL comes from
nowhere.
"""
import http.client
import os
import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from kill import PASSWORD, TARGET, Postgres, Program, check, wait_for

TRACKER = os.environ.get("TRACKER") or str(TARGET / "tracker")
READS = ["/api/", "/api/labels/", "/api/labels/first/", "/api/projects/?search=p&ordering=name", "/api/issues/?limit=1", "/api/users/",
         "/api/me/", "/api/stats/", "/schema/"]
PAGES = [*READS[:6], "/admin/", "/admin/tracker/label/", "/admin/tracker/label/?q=f", "/admin/tracker/label/1/change/",
         "/admin/tracker/label/1/history/", "/admin/tracker/label/1/delete/", "/admin/auth/user/1/change/", "/admin/auth/group/"]
LABEL = '{"name": "x", "slug": "x"}'
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """A browser's cookies, and a token."""

    def __init__(self, program):
        self.program, self.cookies = program, {}

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.text = response.read().decode()
            return response
        finally:
            connection.close()

    def browse(self, method, path, fields=None):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}) if fields is not None else None
        response = self.ask(method, path, body, Cookie=cookie, Accept="text/html", **(FORM if body else {}))
        for name, value in re.findall(r"(\w+)=([^;]*)", "\n".join(response.headers.get_all("Set-Cookie") or [])):
            self.cookies[name] = value
        return response

    def with_token(self, method, path, key, body=None):
        return self.ask(method, path, body, Authorization=f"Token {key}", **JSON)


def reads_are_served(client, key):
    statuses = {path: client.with_token("GET", path, key).status for path in READS}
    check(set(statuses.values()) == {200}, statuses)
    statuses = {path: client.browse("GET", path).status for path in PAGES}
    check(set(statuses.values()) == {200}, statuses)
    check(client.with_token("GET", "/api/me/", "0" * 40).status == 401, "a token that does not exist")
    # The token exists, and the hash is current: the login only reads.
    login = client.ask("POST", "/api-token-auth/", '{"username": "ana", "password": "%s"}' % PASSWORD, **JSON)
    check((login.status, key in login.text) == (200, True), login.status, login.text)


def writes(client, key):
    yield client.with_token("POST", "/api/labels/", key, LABEL)
    yield client.with_token("PATCH", "/api/labels/first/", key, '{"name": "y"}')
    yield client.with_token("DELETE", "/api/labels/first/", key)
    yield client.browse("POST", "/api-auth/login/", {"username": "ana", "password": PASSWORD})
    yield client.browse("POST", "/admin/tracker/label/1/change/", {"name": "y", "slug": "y"})
    # Of a user without a token.
    yield client.ask("POST", "/api-token-auth/", '{"username": "bob", "password": "%s"}' % PASSWORD, **JSON)


def nothing_is_written(client, key):
    for response in writes(client, key):
        check((response.status, response.getheader("Retry-After")) == (503, "1"), response.status, response.text)


def served(folder, url, cache, cookies):
    """A server on this database, and a client with the cookies of a login on the primary."""
    program = Program(folder, url, TRACKER)
    program.env |= {"TOKEN_CACHE": cache, "LOGIN_THROTTLE": "false"}
    program.start()
    client = Client(program)
    client.cookies |= cookies
    return program, client


def log_of(folder):
    return (folder / "log").read_text()


def prepare(folder, url):
    """On the primary: users, a token, a label, and a session."""
    program = Program(folder, url, TRACKER)
    program.manage("migrate")
    for name in ("ana", "bob"):
        program.manage("createsuperuser", "--noinput", "--username", name, "--email", "a@b.cc", DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    key = re.match(r"Generated token (\w+)", program.manage("drf_create_token", "ana"))[1]
    program.manage("install_token_triggers")
    program.start()
    try:
        client = Client(program)
        check(client.with_token("POST", "/api/labels/", key, '{"name": "first", "slug": "first"}').status == 201, "a label")
        client.browse("GET", "/api-auth/login/")
        check(client.browse("POST", "/api-auth/login/", {"username": "ana", "password": PASSWORD}).status == 302, "the login")
    finally:
        program.kill()
    return key, client.cookies


def a_role_that_only_selects(folder, postgres, key, cookies):
    postgres.run("CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    url = postgres.url.replace("postgres@", "reader@")
    for cache in ("exact", "bounded"):
        program, client = served(folder, url, cache, cookies)
        try:
            reads_are_served(client, key)
            nothing_is_written(client, key)
            # LISTEN needs no privilege.
            check("TOKEN_CACHE=bounded is not in force" not in log_of(folder), log_of(folder))
        finally:
            program.kill()


def a_standby(folder, postgres, key, cookies):
    postgres.stop()
    signal = postgres.data / "standby.signal"
    signal.touch()
    if postgres.user:
        os.chown(signal, postgres.user["user"], postgres.user["group"])
    postgres.start()
    check(postgres.run("SELECT pg_is_in_recovery()").stdout.strip() == "t", "it is no standby")
    program, client = served(folder, postgres.url, "exact", cookies)
    other, bounded = served(folder, postgres.url, "bounded", cookies)
    try:
        for one in (client, bounded):
            reads_are_served(one, key)
            nothing_is_written(one, key)
        # Its tokens are looked up one by one.
        check("cannot execute LISTEN during recovery" in log_of(folder), log_of(folder))
        postgres.run("SELECT pg_promote()")
        # The cookies of the login are still those of the primary.
        for one in (client, bounded):
            wait_for("write", lambda: True if one.with_token("PATCH", "/api/labels/first/", key, '{"name": "y"}').status == 200 else None)
            reads_are_served(one, key)
        postgres.run(f"DELETE FROM authtoken_token WHERE key = '{key}'")
        time.sleep(0.2)
        for one in (client, bounded):
            check(one.with_token("GET", "/api/me/", key).status == 401, "a revoked token")
    finally:
        program.kill()
        other.kill()


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        folder, of_server = Path(scratch) / "program", Path(scratch) / "pg"
        folder.mkdir()
        of_server.mkdir()
        postgres = Postgres(of_server)
        try:
            key, cookies = prepare(folder, postgres.url)
            for step in (a_role_that_only_selects, a_standby):
                started = time.time()
                step(folder, postgres, key, cookies)
                check("Answered 500" not in log_of(folder), log_of(folder))
                print(f"standby: {step.__name__}: fine ({time.time() - started:.1f} s)", flush=True)
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
