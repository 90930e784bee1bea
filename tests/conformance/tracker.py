#!/usr/bin/env python3
"""Prints random requests to the tracker, for tests/drfdiff/trackerdiff.py, one JSON line each.

    tracker.py [--seed N] [--count N] [--only KIND,…] > FILE

The same arguments print the same lines. Each kind is a grammar of one part of the interface; values are valid ones, those at an
edge, those of a wrong type, and random edits of valid ones:

    list        parameters of filters, searches, orders and paginations, of each list
    object      one object by key, in many spellings of the key, with suffixes and formats
    method      each path with each method
    accept      Accept headers, formats, and whether a path ends with a slash
    page        the browsable API: status and headers alone
    auth        Authorization headers
    json        writes of one object as JSON
    form        the same as a form, or as multipart
    raw         bodies that are no JSON, no form and no multipart, and odd content types
    walk        writes that depend on each other, with reads between them
    throttle    as many bulk closings as are allowed, and more

A request never asks for what a database decides: orders end with a unique column, and the names of new projects are unique.
"""
import argparse
import base64
import json
import string
import urllib.parse
import uuid

from values import (BOOLEANS, COLORS, DATES, DECIMALS, DURATIONS, EMAILS, INTEGERS, JSONS, MOMENTS, SLUGS, TIMES, URLS, WORDS, WRONG, Random)

USERS = ["ana", "ben", "cem", "dora", "eve", "fay", None]
PROJECTS = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"project {n}")) for n in range(24)]
OWNED = {"ana": PROJECTS[0::3], "ben": PROJECTS[1::3], "cem": PROJECTS[2::3]}
ABSENT = "00000000-0000-4000-8000-000000000000"
LABELS = ["bug", "feature", "groesse", "docs"]
TOKENS = {name: f"{index + 1:040x}" for index, name in enumerate(USERS[:6])}


class Cases:
    def __init__(self, seed):
        self.random, self.made, self.counts = Random(seed), [], {}

    def add(self, kind, method, target, user=None, **rest):
        # A longer request line is refused by the reference's HTTP server.
        target = target[:4000]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        case = {"group": kind, "name": f"{self.counts[kind]}-{method}", "method": method, "target": target}
        if user:
            case["as"] = user
        self.made.append({**case, **rest})

    def serial(self):
        return len(self.made)

    # --- Reads.

    def parameters(self, pool):
        """A query string of parameters of `pool`, which gives the values of each name."""
        random = self.random
        pairs = []
        for _ in range(random.choice([0, 1, 1, 1, 1, 2, 2, 3, 4])):
            name = random.choice(list(pool))
            values = pool[name]
            value = values(random) if callable(values) else random.of(values)
            if random.chance(0.04):
                name = random.edited(name, 1)
            elif random.chance(0.02):
                name = random.choice(["", "x", "format", "csrfmiddlewaretoken", "page", "limit", "cursor", "ordering", "search", "_method"])
            pairs.append((name, value))
        written = []
        for name, value in pairs:
            name = name if all(c in string.ascii_letters + "_" for c in name) and random.chance(0.95) else random.quoted(name)
            written.append(name + ("=" + random.quoted(value) if random.chance(0.98) else ""))
        text = random.choice(["&"] * 9 + [";", "&&"]).join(written)
        return ("?" + text if text else random.choice(["", "", "?"])) + random.choice([""] * 30 + ["&", "#x"])

    def search(self, random):
        words = ["project", "Project A0", "about", "issue 1", "ana", "ANA", "50%", "☃", "\"unclosed", "''", "\"line one\"", "line,one", "_", "\\", "“", "done issue", "comment on 7", "ß", "größe", "GRÖSSE", "núñez", "%", "'", "0", "x" * 300, "", " ", ",", "\0", "b", "d", "1"]
        text = random.choice(["", " ", ",", ", ", "  ", "\t"]).join(random.of(words) for _ in range(random.choice([1, 1, 1, 2, 3])))
        return text if not random.chance(0.1) else random.choice("\"'") + text + random.choice(["\"", "'", ""])

    def order(self, names):
        def made(random):
            parts = [random.choice(["", "-", "", "-", "--", " ", "+", "- "]) + random.of(names, 0.1) for _ in range(random.choice([0, 0, 1, 1, 2]))]
            # The last is unique, so that no database chooses.
            return random.choice([",", ",", ", ", " ,"]).join([*parts, random.choice(["", "-"]) + "created"])

        return made

    def lists(self, count):
        random = self.random
        page = {"page": [*INTEGERS, "last", "first", "LAST"], "page_size": INTEGERS}
        limit = {"limit": INTEGERS, "offset": INTEGERS}
        issues = {
            **limit, "limit": ["20", "3", "7", *INTEGERS], "project": lambda r: r.of([*PROJECTS[:9], ABSENT, PROJECTS[0].upper(), PROJECTS[1].replace("-", ""), "{" + PROJECTS[2] + "}", "urn:uuid:" + PROJECTS[3], "", "x", "1"]), "number": INTEGERS,
            "min_priority": [*INTEGERS, *DECIMALS], "max_priority": [*INTEGERS, *DECIMALS], "label": [*LABELS, "BUG", "", "nope"], "assignee": ["ana", "ANA", "fay", "eve", "", "nobody", " ana", "İ", "\0"],
            "created_after": [*MOMENTS, *DATES], "unassigned": BOOLEANS, "status": ["open", "closed", "rejected", "Open", "", "nope", "Won't do"], "text": WORDS[:30] + ["line", "50%", "done", "☃", "LINE ONE", "_"],
            "search": self.search, "ordering": self.order(["number", "priority", "due", "created", "id", "title", "nope", "status", "project", "pk", "?", ""]),
        }
        projects = {
            **page, "page_size": ["50", "7", *INTEGERS], "is_public": BOOLEANS, "budget__gte": DECIMALS, "budget__lt": DECIMALS, "starts": DATES, "starts__year": [*INTEGERS, "2025", "2024", "9999", "10000"], "name__icontains": [*WORDS[:26], "project", "A0", "PROJECT"],
            "name": WORDS, "budget": DECIMALS, "starts__year__gte": INTEGERS, "search": self.search, "ordering": self.order(["name", "created", "budget", "id", "owner", "open_issues", "slug", "nope", "owner__username"]),
        }
        users = {**page, "is_active": BOOLEANS, "is_staff": BOOLEANS, "search": lambda r: r.of(["a", "ANA", "ana@example.com", "ANA@EXAMPLE.COM", "example", "e", "", "fay,f"]), "ordering": ["username", "-username", "id", "-id", "email,id", "name", "password", "date_joined"]}
        labels = {"search": lambda r: r.of(["b", "B", "ug", "grö", "GRÖ", "docs", "", "^b", "d,o", "b d", "\0", "%"]), "ordering": ["name", "-name", "slug", "-slug", "color", "-id"], "name": ["Bug"], "page": INTEGERS}
        roles = {**page, "ordering": ["id", "-id", "user", "role,id", "-role,-id", "project,id"], "role": ["reader"], "search": ["ana", ""]}
        comments = {"cursor": self.cursor, "page_size": INTEGERS, "ordering": ["id", "-id"], "search": ["x"], "limit": INTEGERS}
        for _ in range(count):
            path, pool, names = random.choice([
                ("issues/", issues, USERS), ("issues/", issues, ["ana", "ben", "cem", "fay"]), ("issues/", issues, ["ana", "fay"]), ("issues/assigned-to-me/", issues, ["ana", "fay", "ben"]), ("projects/", projects, ["ana", "ben", "cem", "fay"]),
                ("projects/", projects, USERS), ("users/", users, ["dora", "cem", "dora", "ana"]), ("labels/", labels, USERS), ("roles/", roles, USERS), ("comments", comments, ["ana", "cem", "ben", "fay"]), ("stats/", issues, USERS)])
            path = f"issues/{random.choice([6, 12, 18, 24, 30, 36, 1])}/comments/" if path == "comments" else path
            self.add("list", random.choice(["GET"] * 9 + ["HEAD"]), f"/api/{path}{self.parameters(pool)}", random.choice(names))

    def cursor(self, random):
        text = random.of(["p=1", "p=30", "p=3", "r=1&p=30", "r=1", "r=0&p=5", "o=1&p=20", "o=1", "o=-1", "o=1001&p=30", "p=x", "p=", "o=x", "r=x&p=3", "p=3&p=9", "p=99999999999999999999", "p=-1", "p=2025-01-01", "", "x", "p=é", "p=%33", "p=1.5", "o=1.5", "p= 9", "p=\0"])
        encoded = base64.b64encode(text.encode()).decode()
        return random.of([encoded, encoded, encoded, encoded.rstrip("="), encoded.replace("+", "-"), encoded + "=", text], 0.1)

    def key(self, pool, odd):
        random = self.random
        key = random.choice(pool) if random.chance(0.6) else random.of(odd)
        return key if all(c in string.ascii_letters + string.digits + "-_" for c in key) else random.choice([random.quoted(key), urllib.parse.quote(key, safe=":;,@!$&'()*+=")])

    def object_path(self):
        random = self.random
        numbers = [*INTEGERS, "999", "1;x", "1:2", "1'", "1.json", "1.x", "x.json"]
        ids = [*PROJECTS, ABSENT, PROJECTS[0].upper(), PROJECTS[1].replace("-", ""), "{" + PROJECTS[2] + "}", "urn:uuid:" + PROJECTS[3], PROJECTS[4][:-1], PROJECTS[5] + "0", "1", "x", PROJECTS[6].replace("-", "", 1), "-" + PROJECTS[7]]
        slugs = [*LABELS, "BUG", "nope", "größe", "a.b", "bug.json", "1", "bug "]
        kind = random.randrange(9)
        issue = self.key([str(n) for n in range(1, 41)], numbers)
        if kind == 0:
            return "labels/" + self.key(LABELS, slugs), True
        if kind == 1:
            return "users/" + self.key(["1", "2", "6"], numbers), True
        if kind in (2, 3):
            return "projects/" + self.key(PROJECTS, ids) + random.choice(["", "", "/members"]), True
        if kind in (4, 5):
            return "issues/" + issue + random.choice(["", "", "/close"]), True
        if kind == 6:
            return f"issues/{issue}/comments", False
        if kind == 7:
            return "comments/" + self.key([str(n) for n in range(1, 100)], numbers), False
        return random.choice(["labels", "users", "projects", "issues", "roles", "issues/assigned-to-me", "issues/bulk-close", "me", "stats", "", "roles/1", "nope", "issues/1/nope", "issues/nope/1"]), True

    def ending(self):
        random = self.random
        end = random.choice(["/"] * 12 + ["", "", ".json", ".json", ".json/", ".api2", ".xml", ".JSON", "/.json", "//", "/x/", "/x", ".", "./", "/?", "/;x", "%2F", "%2E", "/%20", "/\\", "/.", "/..", "/../", ".json?", ".json.json"])
        formats = ["json", "", "xml", "JSON", "json%20", "Json", "csv", "a.b", "js%6fn", "%20json", "json&format=xml", "xml&format=json", "json&format="]
        return end + ("?format=" + random.choice(formats) if random.chance(0.15) else "")

    def objects(self, count):
        for _ in range(count):
            path, _ = self.object_path()
            self.add("object", self.random.choice(["GET"] * 9 + ["HEAD"]), f"/api/{path}{self.ending()}", self.random.choice(USERS))

    def methods(self, count):
        random = self.random
        names = ["GET", "HEAD", "OPTIONS", "OPTIONS", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "LINK", "PURGE", "QUERY", "FOO", "M-SEARCH", "X_Y"]
        for _ in range(count):
            path, _ = self.object_path()
            method = random.choice(names)
            if "bulk-close" in path and method == "POST":
                continue
            # Rows that others read stay.
            user = random.choice(USERS if method != "DELETE" else [None, "eve", "fay"])
            rest = {}
            if method in ("POST", "PUT", "PATCH", "DELETE") and random.chance(0.7):
                rest = {"json": random.choice([{}, [], None, 5, "x", {"x": 1}, [{}], True])}
            end = self.ending() if random.chance(0.2) else "/"
            self.add("method", method, f"/api/{path}{end}", user, **rest)

    def accepts(self, count):
        random = self.random
        types = ["*/*", "application/json", "application/*", "text/html", "text/*", "application/xml", "image/png", "text/plain", "*/json", "json", "", "application/json;indent=4", "application/json; indent=2", "application/json;version=1", "application/json; charset=utf-8",
                 "application/*;indent=3", "*/*;indent=1", "application/json;q=0", "application/json;q=0.1", "text/html;q=0.5", "application/vnd.oai.openapi+json", "application/json;indent=0", "application/json;indent=9", "application/json;indent=-1", "application/json;indent=x"]
        for _ in range(count):
            path, _ = self.object_path()
            # Two ranges of one specificity match in an order that is chance.
            found = []
            for one in random.sample(types, random.choice([1, 1, 1, 2, 3])):
                one = random.edited(one, 1) if random.chance(0.25) else one
                one = "".join(c for c in one if 32 <= ord(c) < 127)
                if "," not in one and all(self.specificity(one) != self.specificity(other) for other in found):
                    found.append(one)
            accept = random.choice([",", ", ", " ,"]).join(found)
            rest = {"page": True} if "html" in accept.lower() or "text/*" in accept else {}
            self.add("accept", random.choice(["GET", "GET", "HEAD", "OPTIONS", "DELETE"]), f"/api/{path}/", random.choice([None, "ana", "eve", "dora"][: 4 if "DELETE" not in path else 1]) if True else None, headers=[["Accept", accept]], **rest)
            if self.made[-1]["method"] == "DELETE":
                self.made[-1].pop("as", None)

    @staticmethod
    def specificity(text):
        kind, *parameters = text.split(";")
        main, _, sub = kind.strip().partition("/")
        return 0 if main == "*" else 1 if sub == "*" else 3 if any(p.strip() and not p.strip().startswith("q=") for p in parameters) else 2

    def pages(self, count):
        random = self.random
        browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
        for _ in range(count):
            path, _ = self.object_path()
            user = random.choice(USERS)
            method = random.choice(["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
            if method not in ("GET", "HEAD", "OPTIONS"):
                user = random.choice([None, "eve", "fay"])
            rest = {}
            if method in ("POST", "PUT", "PATCH"):
                rest = random.choice([{"json": random.choice([{}, [], {"x": 1}])}, {"form": {}}, {"form": {"name": ""}}, {"body": "{", "headers": [["Content-Type", "application/json"]]}, {"body": "x", "headers": [["Content-Type", "text/plain"]]}])
            if "bulk-close" in path and method == "POST":
                continue
            headers = [*rest.pop("headers", [])]
            end = "/"
            if random.chance(0.6):
                headers.append(["Accept", random.choice(["text/html", browser, "text/html;q=0.9, application/xml", "text/*"])])
            else:
                end = random.choice(["/?format=api", ".api", ".api/", "/?format=API", "/?page=9&format=api", "/?cursor=x&format=api", "/?limit=3&offset=3&format=api", "/?search=x&ordering=-created&format=api", "/?is_public=x&budget__gte=x&status=x&project=x&format=api"])
            self.add("page", method, f"/api/{path}{end}", user, page=True, headers=headers, **rest)

    def authorizations(self, count):
        random = self.random
        for number in range(count):
            token = TOKENS[random.choice(list(TOKENS))]
            basic = base64.b64encode(random.choice(["ana:", ":", "ana", "a:b:c", "é:ü", ""]).encode(random.choice(["utf-8", "latin-1"]))).decode()
            value = random.choice([f"Token {token}"] * 8 + ["Token", "Token ", f"token {token}", f"TOKEN  {token}", f"Token\t{token}", f"Token {token} x", f"Token {token[:-1]}", f"Token {token.replace('0', 'O')}", f"Bearer {token}", token, "", "Basic", "Basic x y", "Basic x", "Basic !!!!",
                                   f"Basic {base64.b64encode(b'nobody').decode()}", "Digest x", "Token é", "Token ÿ", f"Token \"{token}\""])
            # A wrong password costs a slow hash on each side.
            if number % 40 == 0:
                value = f"Basic {basic}"
            if random.chance(0.3):
                value = random.edited(value)
            value = "".join(c for c in value if 32 <= ord(c) < 256 and ord(c) != 127 or c == "\t")
            if value.lower().startswith("basic") and number % 40 and len(value) > 9:
                continue
            path, _ = self.object_path()
            self.add("auth", random.choice(["GET", "GET", "HEAD", "OPTIONS", "POST"]) if "bulk-close" not in path else "GET", f"/api/{path}/", None, headers=[["Authorization", value]])

    # --- Writes.

    def value(self, kind, unique):
        """A value of a field: valid, at an edge, edited, or of a wrong type."""
        random = self.random
        share = random.random()
        if share < 0.12:
            return random.choice(WRONG)
        table = {
            "name": lambda: random.choice([f"N {unique}", f"  N {unique} ", f"N  {unique}", f"é☃{unique}", f"{unique:0>100}", f"{unique:0>101}", unique, f"N\n{unique}", f"{unique}\0", f"<b>{unique}", "", " ", f"\u200b{unique}", f"{unique}.5"]),
            "slug": lambda: random.choice([f"s-{unique}", f"S_{unique}", unique]) if random.chance(0.5) else random.of(SLUGS), "text": lambda: random.of(WORDS), "url": lambda: random.of(URLS, 0.4), "color": lambda: random.of(COLORS), "email": lambda: random.of(EMAILS),
            "decimal": lambda: random.choice([random.of(DECIMALS), random.number(), random.number(), self.as_number(random.number()), self.as_number(random.choice(DECIMALS))]),
            "float": lambda: random.choice([random.of(DECIMALS), random.number(), self.as_number(random.number()), self.as_number(random.choice(DECIMALS)), random.uniform(-10, 10), 10 ** random.uniform(-20, 30)]),
            "integer": lambda: random.choice([random.of(INTEGERS), self.as_number(random.choice(INTEGERS)), self.as_number(random.number()), str(random.randint(0, 6)), random.randint(0, 6)]), "date": lambda: random.of(DATES, 0.4), "moment": lambda: random.of(MOMENTS, 0.4),
            "time": lambda: random.of(TIMES, 0.4), "duration": lambda: random.choice([random.of(DURATIONS, 0.4), random.number(), random.randint(-10**7, 10**7)]), "boolean": lambda: random.choice([True, False, 0, 1, random.of(BOOLEANS)]), "json": lambda: random.choice(JSONS),
            "user": lambda: random.of(["ana", "ben", "cem", "dora", "eve", "fay", "ANA", "nobody", "", " fay ", "a" * 200], 0.1), "role": lambda: random.of(["reader", "writer", "Reader", "", "x"], 0.1),
            "project": lambda: random.of([*PROJECTS[:9], ABSENT, PROJECTS[0].upper(), PROJECTS[3].replace("-", ""), "{" + PROJECTS[6] + "}", f" {PROJECTS[0]} ", "urn:uuid:" + PROJECTS[0], "", "x"], 0.1),
            "issue": lambda: random.choice([1, 8, 15, 22, 2, 3, 5, 9, "1", " 8 ", 999, 0, -1, True, 1.0, 1.5, random.of(INTEGERS), "٨"]),
            "labels": lambda: random.choice([[], ["bug"], ["bug", "feature"], ["docs", "groesse", "bug"], ["nope"], ["bug", "bug"], ["bug", "nope", "x"], "bug", [None], [5], [True], [[]], [{}], {"0": "bug"}, ["BUG"], [""], [" bug "], ["bug\0"], "", [1.5], list("bug"), [random.of(LABELS, 0.3)], ["x" * 300]]),
            "roles": self.roles, "ids": lambda: random.choice([[1], [1, 2, 3], list(range(1, 21)), list(range(1, 22)), [], [0], ["1", 2.0], [None, "x", 1.5], "x", {}, [10**30], [[1]], [True], {"0": 1}, [2**63], [1.5, -1], ["1_0"]]),
            "choice": lambda: random.choice(["done", "duplicate", "", "x", "Done"]),
        }
        return table[kind]()

    def as_number(self, text):
        """The number that `text` spells, or the text."""
        try:
            return int(text) if text.strip("+-").isdecimal() and text.isascii() else float(text)
        except ValueError:
            return text

    def roles(self):
        random = self.random

        def one():
            if random.chance(0.1):
                return random.choice(WRONG)
            role = {}
            if random.chance(0.9):
                role["user"] = self.value("user", 0)
            if random.chance(0.5):
                role["role"] = self.value("role", 0)
            if random.chance(0.05):
                role["x"] = 1
            return role

        return random.choice([[one() for _ in range(random.choice([0, 1, 1, 2, 3]))]] * 9 + [one()])

    FIELDS = {
        "labels": {"name": "text", "slug": "slug", "color": "color"},
        "projects": {"name": "name", "slug": "slug", "description": "text", "homepage": "url", "budget": "decimal", "starts": "date", "settings": "json", "is_public": "boolean", "roles": "roles"},
        "issues": {"project": "project", "title": "text", "body": "text", "priority": "integer", "weight": "float", "estimate": "duration", "due": "moment", "at": "time", "assignee": "user", "parent": "issue", "labels": "labels"},
        "comments": {"body": "text"}, "me": {"email": "email", "first_name": "text", "last_name": "text"}, "members": {"user": "user", "role": "role"},
    }
    READ_ONLY = ["id", "pk", "url", "owner", "open_issues", "mine", "created", "updated", "number", "status", "status_display", "reporter", "comments", "author", "username", "date_joined", "members", "x", ""]

    def place(self):
        """A resource, the method and target of a write to it, and its user."""
        random = self.random
        resource = random.choice(["labels", "projects", "projects", "projects", "issues", "issues", "issues", "comments", "me", "members"])
        user = random.choice({"labels": ["dora", "ben", "cem"], "comments": ["ana", "ben", "cem"], "me": ["ana", "ben", "cem", "dora", "fay"]}.get(resource, ["ana", "ana", "ben", "cem", "fay"]))
        if random.chance(0.06):
            user = random.choice(USERS)
        method = random.choice(["POST", "POST", "PATCH", "PUT"])
        if resource == "labels":
            target = "labels/" if method == "POST" else f"labels/{random.choice(LABELS[:3])}/"
        elif resource == "projects":
            target = "projects/" if method == "POST" else f"projects/{random.choice(OWNED.get(user, PROJECTS) if random.chance(0.9) else PROJECTS)}/"
        elif resource == "issues":
            target = "issues/" if method == "POST" else f"issues/{random.choice([1, 8, 15, 22, 29, 36, 4, 11, 2, 3, 9, 10])}/"
        elif resource == "comments":
            target = f"issues/{random.choice([1, 2, 3, 8, 15])}/comments/" if method == "POST" else f"comments/{random.randint(1, 60)}/"
        elif resource == "me":
            method, target = random.choice(["PATCH", "PUT"]), "me/"
        else:
            method, target = "POST", f"projects/{random.choice(OWNED.get(user, PROJECTS))}/members/"
        return resource, method, f"/api/{target}", user

    def document(self, resource, method):
        """The fields of a write: all that are needed are valid but a few."""
        random, unique = self.random, self.serial()
        fields = self.FIELDS[resource]
        whole = {
            "labels": {"name": f"L {unique}", "slug": f"l-{unique}"}, "projects": {"name": f"N {unique}", "slug": f"n-{unique}"}, "issues": {"project": random.choice(PROJECTS[:9]), "title": f"Title {unique}"},
            "comments": {"body": f"b {unique}"}, "me": {}, "members": {"user": random.choice(["ana", "ben", "cem", "dora", "fay"])},
        }[resource]
        made = dict(whole) if method != "PATCH" or random.chance(0.1) else {}
        for name in random.sample(list(fields), min(len(fields), random.choice([0, 1, 1, 1, 2, 2, 3, 5, 9]))):
            made[name] = self.value(fields[name], unique)
        if "budget" in made and random.chance(0.8):
            made.setdefault("starts", "2026-01-01")
        if random.chance(0.1) and made:
            del made[random.choice(list(made))]
        if random.chance(0.1):
            made[random.choice(self.READ_ONLY)] = random.choice(WRONG)
        return made

    def json_writes(self, count):
        for _ in range(count):
            resource, method, target, user = self.place()
            document = self.document(resource, method)
            if self.random.chance(0.03):
                document = self.random.choice([[document], *WRONG])
            self.add("json", method, target, user, json=document)

    @staticmethod
    def text(value):
        if value is None:
            return "null"
        if isinstance(value, str):
            return value
        return json.dumps(value)

    def form_writes(self, count):
        random = self.random
        for _ in range(count):
            resource, method, target, user = self.place()
            pairs = []
            for name, value in self.document(resource, method).items():
                if name == "roles" and isinstance(value, list) and random.chance(0.8):
                    for index, role in enumerate(value):
                        inner = role.items() if isinstance(role, dict) else [("", role)]
                        pairs += [(random.choice([f"roles[{index}]{key}", f"roles[{index}].{key}", f"roles[{index}][{key}]", f"roles.{index}.{key}"] if random.chance(0.2) else [f"roles[{index}]{key}"]), self.text(v)) for key, v in inner]
                elif isinstance(value, list) and random.chance(0.8):
                    if random.chance(0.85):
                        pairs += [(name, self.text(item)) for item in value]
                    else:
                        pairs += [(f"{name}[{index}]", self.text(item)) for index, item in enumerate(value)]
                else:
                    pairs.append((name, self.text(value)))
            if random.chance(0.1) and pairs:
                pairs.append((random.choice(pairs)[0], random.choice(WORDS)))
            pairs = [(k.encode("utf-8", "replace").decode(), v.encode("utf-8", "replace").decode()) for k, v in pairs]
            if random.chance(0.5):
                body, kind = urllib.parse.urlencode(pairs), random.choice(["application/x-www-form-urlencoded"] * 4 + ["application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-URLEncoded"])
                if random.chance(0.1):
                    body = random.edited(body)
            else:
                body, kind = self.multipart(pairs)
            self.add("form", method, target, user, body=body, headers=[["Content-Type", kind]])

    def multipart(self, pairs):
        random = self.random
        boundary = random.choice(["x", "----WebKitFormBoundaryABC", "'()+_,-./:=? b", "b" * 70])
        parts = []
        for name, value in pairs:
            name = name.replace("\"", "%22").replace("\r", "").replace("\n", "").replace("\0", "")
            disposition = f"Content-Disposition: form-data; name=\"{name}\""
            if random.chance(0.06):
                disposition += random.choice(["; filename=\"a.txt\"", "; filename=\"\"", "; filename*=UTF-8''a.txt", "; filename=a.txt\r\nContent-Type: text/plain", "\r\nContent-Type: text/plain; charset=utf-8", "\r\nContent-Type: text/plain; charset=latin-1", "; x=y", "\r\nX: y"])
            parts.append(f"--{boundary}\r\n{disposition}\r\n\r\n{value}\r\n")
        body = "".join(parts) + f"--{boundary}--\r\n"
        if random.chance(0.1):
            body = random.choice([body[:-2], body[: len(body) // 2], "preamble\r\n" + body, body + "epilogue", body.replace("\r\n", "\n"), random.edited(body), body.replace(f"--{boundary}--", f"--{boundary}")])
        quoted = f"\"{boundary}\"" if " " in boundary or random.chance(0.2) else boundary
        return body, f"multipart/form-data; boundary={quoted}"

    def raw_writes(self, count):
        random = self.random
        kinds = ["application/json"] * 12 + ["application/json; charset=utf-8", "application/json; charset=latin-1", "application/json;charset=x", "Application/JSON", "application/json; indent=4", "text/plain", "application/xml", "", "json", "application/*", "*/*", "application/json, text/plain",
                                             "text/json", "application/vnd.api+json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "application/json;", ";", "/", "application/"]
        for _ in range(count):
            resource, method, target, user = self.place()
            body = json.dumps(self.document(resource, method), ensure_ascii=random.chance(0.5), indent=random.choice([None, None, 1]))
            body = body.encode("utf-8", "replace").decode()
            if random.chance(0.8):
                body = random.choice([lambda: random.edited(body), lambda: body[: random.randrange(len(body) + 1)], lambda: body + random.choice(["x", " x", "{}", ",", "\0", "\n", " ", "\ufeff"]), lambda: random.choice([" ", "\n", "\ufeff", "\t", "\x0c", "\u00a0", "\0"]) + body,
                                      lambda: body.replace("\"", random.choice(["'", "“", "\\\"", ""])), lambda: random.choice(["", " ", "null", "NaN", "-Infinity", "[", "{", "\"", "\\", "tru", "01", "-", "1.", "\"\\ud800\"", "\"\\u12\"", "{\"a\"", "{\"a\":", "{\"a\":1,", "[1,", "[1,]", "{,}", "1 2"])])()
            self.add("raw", method, target, user, body=body, headers=[["Content-Type", random.choice(kinds)]])

    def throttles(self, count):
        random = self.random
        for user in ["ana", "ben", "cem", "dora", "fay", "eve", None][:count]:
            for index in range(5):
                document = {"ids": self.value("ids", 0)} if random.chance(0.9) else {}
                if random.chance(0.4):
                    document["reason"] = self.value("choice", 0)
                if random.chance(0.3):
                    document["note"] = self.value("text", 0)
                # Each user's requests follow each other at once: the answer says how many seconds to wait.
                self.add("throttle", "POST", "/api/issues/bulk-close/", user, json=document)

    def walks(self, count):
        random = self.random
        for number in range(count):
            user = random.choice(["ana", "ben", "cem"])
            p, i, j, c, serial = f"p{number}", f"i{number}", f"j{number}", f"c{number}", self.serial()
            self.add("walk", "POST", "/api/projects/", user, json={"name": f"W {serial}", "slug": f"w-{serial}", "is_public": random.chance(0.5), "roles": [{"user": random.choice(["fay", "dora"]), "role": random.choice(["reader", "writer"])}] if random.chance(0.6) else []}, save={p: "id", f"u{number}": "url"})
            self.add("walk", "POST", "/api/issues/", user, json={"project": f"{{{p}}}", "title": f"First {serial}", "labels": random.sample(LABELS, random.randint(0, 3)), "assignee": random.choice(["ana", "fay", None])}, save={i: "id"})
            self.add("walk", "POST", "/api/issues/", user, body=f"{{\"project\": \"{{{p}}}\", \"title\": \"Second {serial}\", \"parent\": {{{i}}}}}", headers=[["Content-Type", "application/json"]], save={j: "id"})
            self.add("walk", "POST", f"/api/issues/{{{i}}}/comments/", random.choice([user, "fay"]), json={"body": f"c {serial}"}, save={c: "id"})
            steps = [
                ("GET", f"/api/projects/{{{p}}}/", {}), ("GET", f"{{u{number}}}", {}), ("GET", f"/api/issues/?project={{{p}}}", {}), ("GET", f"/api/issues/{{{i}}}/", {}), ("GET", f"/api/issues/{{{j}}}/", {}), ("GET", f"/api/issues/{{{i}}}/comments/", {}), ("GET", f"/api/comments/{{{c}}}/", {}),
                ("POST", f"/api/issues/{{{i}}}/close/", {}), ("POST", f"/api/issues/{{{j}}}/close/", {}), ("PATCH", f"/api/issues/{{{i}}}/", lambda: {"json": self.document("issues", "PATCH")}), ("PATCH", f"/api/projects/{{{p}}}/", lambda: {"json": self.document("projects", "PATCH")}),
                ("PUT", f"/api/projects/{{{p}}}/", lambda: {"json": self.document("projects", "PUT")}), ("PUT", f"/api/issues/{{{j}}}/", lambda: {"json": self.document("issues", "PUT")}), ("POST", f"/api/projects/{{{p}}}/members/", lambda: {"json": self.document("members", "POST")}),
                ("GET", f"/api/projects/{{{p}}}/members/", {}), ("DELETE", f"/api/issues/{{{i}}}/", {}), ("DELETE", f"/api/issues/{{{j}}}/", {}), ("DELETE", f"/api/comments/{{{c}}}/", {}), ("PATCH", f"/api/comments/{{{c}}}/", lambda: {"json": self.document("comments", "PATCH")}),
                ("DELETE", f"/api/projects/{{{p}}}/", {}), ("GET", "/api/stats/", {}), ("OPTIONS", f"/api/projects/{{{p}}}/", {}), ("OPTIONS", f"/api/issues/{{{i}}}/", {}), ("OPTIONS", f"/api/issues/{{{i}}}/comments/", {}), ("HEAD", f"/api/projects/{{{p}}}/members/", {}),
                ("GET", "/api/roles/", {}), ("GET", "/api/issues/assigned-to-me/", {}), ("PATCH", f"/api/issues/{{{i}}}/", {"json": {"parent": f"{{{j}}}"}}), ("PATCH", f"/api/issues/{{{j}}}/", {"json": {"project": random.choice(PROJECTS[:6])}}), ("POST", f"/api/issues/{{{i}}}/comments/", {"json": {"body": "more"}}),
            ]
            for _ in range(random.randint(4, 12)):
                method, target, rest = random.choice(steps)
                self.add("walk", method, target, user if random.chance(0.75) else random.choice(USERS), **(rest() if callable(rest) else rest))


KINDS = {
    "list": (Cases.lists, 6), "object": (Cases.objects, 3), "method": (Cases.methods, 3), "accept": (Cases.accepts, 1.5), "page": (Cases.pages, 1), "auth": (Cases.authorizations, 1), "json": (Cases.json_writes, 8), "form": (Cases.form_writes, 4), "raw": (Cases.raw_writes, 3), "walk": (Cases.walks, 0.4), "throttle": (Cases.throttles, 0),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000, help="about as many requests")
    parser.add_argument("--only", help="kinds, separated by commas")
    args = parser.parse_args()
    wanted = args.only.split(",") if args.only else list(KINDS)
    shares = sum(KINDS[kind][1] * (12 if kind == "walk" else 1) for kind in wanted) or 1
    for kind in wanted:
        make, share = KINDS[kind]
        cases = Cases(f"{args.seed} {kind}")
        make(cases, 7 if kind == "throttle" else max(1, round(args.count * share / shares)))
        for case in cases.made:
            print(json.dumps(case))


if __name__ == "__main__":
    main()
