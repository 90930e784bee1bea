#!/usr/bin/env python3
"""Uses Django's admin and vitamin's by turns, on one database.

    admin.py DATABASE_URL

The database is empty. The same is done in both; then the rows of django_admin_log must be the same, and the history pages must show
them all. The program is the tracker's (TRACKER, default: target/debug/tracker). Run it with the reference's Python.
"""
import os
import re
import sys
import time
from html.parser import HTMLParser
from urllib.parse import urlencode

from live import TARGET, Live, Server, check, free_port

TRACKER = os.environ.get("TRACKER") or str(TARGET / "tracker")
FIRST, SECOND, THIRD = "correct horse battery", "another horse battery", "a third horse battery"


class AdminLive(Live):
    def for_django(self, **more):
        return super().for_django(**({"DJANGO_SETTINGS_MODULE": "admin_settings"} | more))

    def tracker(self, *arguments):
        return self.run([TRACKER, *arguments], self.for_vitamin())

    def serve(self):
        port = free_port()
        return Server("vitamin", [TRACKER, "runserver", f"127.0.0.1:{port}"], port, self.for_vitamin())


class Form(HTMLParser):
    """The fields of a page's forms, as a browser sends them."""

    def __init__(self, page):
        super().__init__()
        self.fields, self.select, self.text = {}, None, None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name, value = attributes.get("name"), attributes.get("value")
        if tag == "select" and name:
            self.select = name
            self.fields.setdefault(name, [])
        elif tag == "option" and self.select and "selected" in attributes:
            self.fields[self.select].append(value or "")
        elif tag == "textarea" and name:
            self.text = name
            self.fields[name] = [""]
        elif tag == "input" and name and attributes.get("type") not in ("submit", "file"):
            if attributes.get("type") not in ("checkbox", "radio"):
                self.fields[name] = [value or ""]
            elif "checked" in attributes:
                self.fields[name] = [value or "on"]

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = None
        elif tag == "textarea":
            self.text = None

    def handle_data(self, data):
        if self.text:
            # A page begins a textarea's text with a line break.
            self.fields[self.text] = [self.fields[self.text][0] + data.removeprefix("\n")]


class Browser:
    """A client that keeps cookies."""

    def __init__(self, server, name, password):
        self.server, self.cookies = server, {}
        answer = self.send("/admin/login/", {"username": [name], "password": [password], "next": ["/admin/"]})
        check(answer.status == 302, server.name, "login of", name, answer)

    def ask(self, method, path, fields=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self.server.ask(method, path, fields and urlencode(fields, doseq=True), headers)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value.strip('"')
        return answer

    def page(self, path):
        answer = self.ask("GET", path)
        check(answer.status == 200, self.server.name, path, answer)
        return answer.body.decode()

    def send(self, path, fields):
        """Sends fields with the page's CSRF token."""
        answer = self.ask("GET", path)
        token = re.search('name="csrfmiddlewaretoken" value="(.*?)"', answer.body.decode())
        check(token, self.server.name, path, answer)
        return self.ask("POST", path, fields | {"csrfmiddlewaretoken": [token[1]]})

    def save(self, path, **changed):
        """Changes the fields of a page's form, and saves it."""
        fields = Form(self.page(path)).fields | {name: [value] for name, value in changed.items()}
        fields = {name: value for name, value in fields.items() if value != [None]}
        answer = self.send(path, fields | {"_save": ["Save"]})
        check(answer.status == 302, self.server.name, path, answer, fields)

    def delete(self, path):
        check(self.send(path, {"post": ["yes"]}).status == 302, self.server.name, path)


def log(since):
    """The entries after this number of them: without id and time, and with the object's key by its rank."""
    from django.contrib.admin.models import LogEntry

    entries = list(LogEntry.objects.order_by("id")[since:])
    ranks = {}
    rows = []
    for entry in entries:
        rank = ranks.setdefault((entry.content_type_id, entry.object_id), len(ranks))
        rows.append((entry.user_id, entry.content_type.natural_key(), rank, entry.object_repr, entry.action_flag, entry.change_message))
    return rows


def is_on(server):
    """What a ticked box sends."""
    return "on" if server.name == "Django" else "true"


def work(browser):
    """Adds, changes and deletes rows, the same in either program."""
    from django.contrib.auth.models import Group, Permission, User
    from tracker.models import Issue, Label, Project

    on = is_on(browser.server)
    browser.save("/admin/tracker/label/add/", name="Ürgent", slug="urgent", color="#ff0000")
    label = f"/admin/tracker/label/{Label.objects.get().pk}"
    browser.save(f"{label}/change/", name="urgent “x” 😀", color="#00ff00")
    browser.save(f"{label}/change/")
    issue = f"/admin/tracker/issue/{Issue.objects.get().pk}"
    browser.save(f"{issue}/change/", status="closed", priority="5", labels=Label.objects.get().pk)
    browser.save(f"{issue}/change/", status="open", priority="3", labels=None)
    browser.save("/admin/auth/group/add/", name="writers")
    permission = Permission.objects.get(codename="add_issue").pk
    group = Group.objects.get()
    browser.save(f"/admin/auth/group/{group.pk}/change/", name="authors", permissions=permission)
    browser.save("/admin/auth/user/add/", username="bob", password1=FIRST, password2=FIRST)
    bob = User.objects.get(username="bob")
    check(bob.check_password(FIRST) and not bob.is_staff and bob.is_active and bob.last_login is None, vars(bob))
    user = f"/admin/auth/user/{bob.pk}"
    browser.save(f"{user}/change/", first_name="Bob", email="bob@example.com", is_staff=on, groups=group.pk, user_permissions=permission)
    browser.save(f"{user}/change/", is_staff=None, is_superuser=on)
    bob = User.objects.get(username="bob")
    check((bob.first_name, bob.is_superuser, bob.is_staff) == ("Bob", True, False), vars(bob))
    check([*bob.groups.all()] == [group] and [p.pk for p in bob.user_permissions.all()] == [permission])
    answer = browser.send(f"{user}/password/", {"password1": [SECOND], "password2": [SECOND], "set-password": ["1"]})
    check(answer.status == 302 and User.objects.get(username="bob").check_password(SECOND), answer)
    answer = browser.send(f"{user}/password/", {"usable_password": ["false"], "unset-password": ["1"]})
    check(answer.status == 302 and not User.objects.get(username="bob").has_usable_password(), answer)
    return label, group.pk, user


def undo(browser, label, group, user):
    from django.contrib.auth.models import Group, User
    from tracker.models import Label

    browser.save("/admin/tracker/label/add/", name="b", slug="b")
    keys = [str(key) for key in Label.objects.values_list("pk", flat=True)]
    selected = {"action": ["delete_selected"], "_selected_action": keys, "post": ["yes"]}
    check(browser.send("/admin/tracker/label/", selected).status == 302, "delete_selected")
    browser.delete(f"/admin/auth/group/{group}/delete/")
    browser.delete(f"{user}/delete/")
    check(not Label.objects.exists() and not Group.objects.exists() and not User.objects.filter(username="bob").exists())


def histories(browsers, *paths):
    """The sentences of both programs' entries, on both programs' pages."""
    for browser in browsers:
        label, user = (browser.page(f"{path}/history/") for path in paths)
        for sentence in ("Added.", "Changed Name and Color.", "No fields changed."):
            check(label.count(sentence) >= 1, browser.server.name, sentence, label)
        for sentence in ("Changed First name, Email address, Staff status, Groups and User permissions.",
                         "Changed Staff status and Superuser status.", "Changed password."):
            check(sentence in user, browser.server.name, sentence, user)
        check("ana" in browser.page("/admin/"), "the index")


def sessions(live, browsers):
    """A password that one program changes ends the other's sessions; users of one log in at the other."""
    from django.contrib.auth.models import User

    django, vitamin = browsers
    passwords = [FIRST, SECOND, THIRD]
    for maker, other in ((django, vitamin), (vitamin, django)):
        maker.save("/admin/auth/user/add/", username="eve", password1=FIRST, password2=FIRST)
        eve = User.objects.get(username="eve")
        other.save(f"/admin/auth/user/{eve.pk}/change/", is_staff=is_on(other.server))
        for number, changer in enumerate((django, vitamin, django)):
            both = [Browser(server, "eve", passwords[number % 3]) for server in (django.server, vitamin.server)]
            password = passwords[(number + 1) % 3]
            path = f"/admin/auth/user/{eve.pk}/password/"
            fields = {"password1": [password], "password2": [password], "set-password": ["1"]}
            check(changer.send(path, fields).status == 302, "the password of eve")
            for browser in both:
                check(browser.ask("GET", "/admin/").status == 302, browser.server.name, "does not end the session")
        # The own session goes on, in both programs.
        User.objects.filter(pk=eve.pk).update(is_superuser=True)
        own = Browser(other.server, "eve", passwords[0])
        own.send(f"/admin/auth/user/{eve.pk}/password/", {"password1": [SECOND], "password2": [SECOND], "set-password": ["1"]})
        for browser in (own, maker):
            cookies, maker.cookies = maker.cookies, own.cookies
            check(browser.ask("GET", "/admin/").status == 200, "the own session ends")
            maker.cookies = cookies
        other.delete(f"/admin/auth/user/{eve.pk}/delete/")


def tokens(browsers):
    """Entries about tokens are the same, but that ours do not have the key in them."""
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    ana = User.objects.get(username="ana")
    django, vitamin = browsers
    shown = []
    for browser, chosen in ((django, ana.pk), (vitamin, "ana")):
        answer = browser.send("/admin/authtoken/tokenproxy/add/", {"user": [str(chosen)]})
        check(answer.status == (302 if browser is django else 200), answer)
        key = Token.objects.get(user=ana).key
        check(browser is django or key.encode() in answer.body, answer)
        entry = LogEntry.objects.order_by("-id").first()
        shown.append((entry.content_type_id, entry.object_id, entry.action_flag, entry.change_message))
        check((entry.object_repr == key) == (browser is django), entry.object_repr)
        browser.delete(f"/admin/authtoken/tokenproxy/{ana.pk}/delete/")
        check(not Token.objects.exists(), "the token is still there")
    check(shown[0] == shown[1], shown)
    check(key not in vitamin.page("/admin/"), "a key is on the index")


def main():
    live, started = AdminLive(sys.argv[1]), time.time()
    live.django_manage("migrate", "--verbosity", "0")
    live.tracker("migrate", "--verbosity", "0")
    live.open_orm()
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.models import User
    from tracker.models import Issue, Project

    ana = User.objects.create_superuser("ana", "ana@example.com", FIRST)
    project = Project.objects.create(owner=ana, name="P", slug="p")
    Issue.objects.create(project=project, number=1, title="T", reporter=ana)
    with live.django() as django, live.serve() as vitamin:
        browsers = [Browser(server, "ana", FIRST) for server in (django, vitamin)]
        rows, paths = [], []
        for browser in browsers:
            since = LogEntry.objects.count()
            label, group, user = work(browser)
            histories(browsers, label, user)
            undo(browser, label, group, user)
            rows.append([row for row in log(since)])
        is_issue = [[row[1] == ("tracker", "issue") for row in side] for side in rows]
        check(is_issue[0] == is_issue[1], rows)
        # The two name an issue differently.
        same = [[row[:3] + row[4:] if row[1] == ("tracker", "issue") else row for row in side] for side in rows]
        for one, other in zip(*same, strict=True):
            check(one == other, f"\nDjango:  {one}\nvitamin: {other}")
        print(f"admin: {len(same[0])} entries of the log are the same ({time.time() - started:.0f} s)", flush=True)
        sessions(live, browsers)
        tokens(browsers)
    print(f"admin: users, sessions and tokens of both ({time.time() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
