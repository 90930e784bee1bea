#!/usr/bin/env python3
"""Sessions that Django makes, with each SESSION_ENGINE that both programs read, and with CSRF_USE_SESSIONS.

    sessions.py DATABASE_URL

The database is empty. A user logs in to Django; then both programs must answer the same to the same requests. Run it with the
reference's Python.
"""
import json
import re
import sys
import time
from urllib.parse import urlencode

from live import Live, check

BACKENDS = "django.contrib.sessions.backends."
ENGINES = ["db", "cached_db", "signed_cookies"]


class Browser:
    """A client of Django that keeps cookies, as a browser does."""

    def __init__(self, django):
        self.django, self.cookies = django, {}

    def header(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, method, path, fields=None):
        headers = {"Cookie": self.header()} if self.cookies else {}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self.django.ask(method, path, fields and urlencode(fields), headers)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value.strip('"')
        return answer

    def token(self):
        """The CSRF token of a page."""
        page = self.ask("GET", "/api-auth/login/").body.decode()
        return re.search('name="csrfmiddlewaretoken" value="(.*?)"', page)[1]

    def log_in(self, name, password):
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": self.token(), "next": "/"}
        answer = self.ask("POST", "/api-auth/login/", fields)
        check(answer.status == 302, "Django's login:", answer)

    def log_out(self):
        answer = self.ask("POST", "/api-auth/logout/", {"csrfmiddlewaretoken": self.token()})
        check(answer.status in (200, 302), "Django's logout:", answer)


def compare(name, settings, live):
    of_django = {"LIVE_SETTINGS": json.dumps(settings), "DJANGO_SETTINGS_MODULE": "middleware_settings"}
    of_vitamin = {name: str(value) for name, value in settings.items()}
    with live.django(**of_django) as django, live.vitamin(**of_vitamin) as vitamin:

        def both(what, status, method, path, cookie, **headers):
            headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"Cookie": cookie}
            found = [server.ask(method, path, b"{}", headers | {"Content-Type": "application/json"}) for server in (django, vitamin)]
            told = [(answer.status, answer.headers["Vary"], answer.body) for answer in found]
            check(told[0] == told[1], f"{name}: {what}:\nDjango:  {told[0]}\nvitamin: {told[1]}")
            check(told[0][0] == status, f"{name}: {what}: {told[0]}")

        browser = Browser(django)
        browser.log_in("Pepe", "aaaa")
        token, cookie = browser.token(), browser.header()
        session = f"sessionid={browser.cookies['sessionid']}"
        both("no token", 403, "POST", "/", session)
        both("the token", 401, "POST", "/", cookie, X_CSRFToken=token)
        both("another token", 403, "POST", "/", cookie, X_CSRFToken="x" * 64)
        both("a short token", 403, "POST", "/", cookie, X_CSRFToken="x")
        both("a token without its cookie", 401 if settings["CSRF_USE_SESSIONS"] else 403, "POST", "/", session, X_CSRFToken=token)
        both("a page", 200, "GET", "/", cookie)
        both("no slash", 301, "GET", "/auth", cookie)
        both("no page", 404, "GET", "/nothing", "")
        for changed in (session[:-1], session + "x", session.replace("=", "=x", 1), "sessionid=a:b:c", "sessionid=x"):
            both(f"another session, {changed}", 401, "POST", "/", changed)
        browser.log_out()
        # Nothing revokes a session that is in the cookie alone.
        both("after the logout", 403 if name.startswith("signed") else 401, "POST", "/", session)
        browser = Browser(django)
        browser.log_in("Pepe", "aaaa")
        cookie = browser.header()
        both("a new login", 403, "POST", "/", cookie)
        live.users("deactivate", "Pepe")
        both("a user who is not active", 401, "POST", "/", cookie)


def main():
    live = Live(sys.argv[1])
    live.manage("migrate", "--verbosity", "0")
    live.manage("createsuperuser", "--noinput", "--username", "Pepe", "--email", "pepe@example.com", DJANGO_SUPERUSER_PASSWORD="aaaa")
    live.open_orm()
    from django.contrib.auth.models import User

    started = time.time()
    for engine in ENGINES:
        for use_sessions in (False, True):
            User.objects.update(is_active=True)
            name = engine + (" and CSRF_USE_SESSIONS" if use_sessions else "")
            compare(name, {"SESSION_ENGINE": BACKENDS + engine, "CSRF_USE_SESSIONS": use_sessions}, live)
            print(f"sessions: {name}: the same ({time.time() - started:.0f} s)", flush=True)
    for setting, value in (("SESSION_ENGINE", BACKENDS + "cache"), ("SESSION_ENGINE", BACKENDS + "file"),
                           ("SESSION_SERIALIZER", "django.contrib.sessions.serializers.PickleSerializer")):
        said = live.manage("check", fails=True, **{setting: value})
        check(said.startswith(f"{setting}: ") or f" {setting}: " in said, said)


if __name__ == "__main__":
    main()
