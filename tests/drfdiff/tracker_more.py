#!/usr/bin/env python3
"""Print more cases of tracker.jsonl's groups, for trackerdiff.py: each parameter and field with systematic values, each path with
each method, each user, and a walk that mixes reads and writes.

    tracker_more.py [--every N] [--group NAME ...] > FILE

--every N prints each N-th case; those that depend on each other stay together. The output is always the same.
"""
import argparse
import json
import urllib.parse
import uuid

USERS = ["ana", "ben", "cem", "dora", "eve", "fay", None]
PROJECTS = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"project {n}")) for n in range(24)]
HOME = PROJECTS[0]
ANAS = [PROJECTS[0], PROJECTS[3], PROJECTS[6]]
ABSENT = "00000000-0000-4000-8000-000000000000"
JSON = ["Content-Type", "application/json"]

# Cases that depend on each other are one unit.
units = []


def case(group, name, method, target, user, **rest):
    made = {"group": group, "name": name, "method": method, "target": target}
    if user:
        made["as"] = user
    return {**made, **rest}


def add(*cases):
    units.append(list(cases))


def turn(values, index):
    return values[index % len(values)]


def query(text):
    """Quoted as a browser does, except what is quoted already."""
    return urllib.parse.quote(text, safe="%=&?/:+,*'()!$@;\"\\<>{}[]|^`-_.~")


def lists(group, path, prefix, queries, users, label=""):
    """Each query by each user."""
    for index, text in enumerate(queries):
        for user in users:
            target = path + (("&" if "?" in path else "?") + query(text) if text else "")
            add(case(group, f"{label}{prefix}{index}-{user}", "GET", target.replace(" ", "%20"), user))


def pages():
    numbers = ["", "page=1", "page=2", "page=3", "page=4", "page=0", "page=-1", "page=last", "page=x", "page=", "page=1.0", "page=%201",
               "page=%D9%A1", "page=1e1", "page=99999999999999999999", "page=0x1", "page=1_0", "page=+1", "page_size=3",
               "page_size=3&page=2", "page=1&page=2", "page_size=50&page=2", "page=2&empty=&z", "page_size=0", "page_size=51",
               "page_size=1000", "page_size=-1", "page_size=x", "page_size=&page=2", "page_size=3&page=last", "page_size=1.5", "page=first",
               "page=LAST", "page_size=2&page=3&page_size=4", "page_size=7&page=2&search=project", "page=2&ordering=-name",
               "page_size=5&page=2&x=%C3%A9&y=a+b&z=%2B", "page_size=%D9%A3", "page_size=1&page=24", "page=2&format=json"]
    lists("page-number", "/api/projects/", "", numbers, ["ana", "fay"])
    lists("page-number", "/api/roles/", "roles-", numbers[1:6] + numbers[18:20], ["fay"])
    lists("page-number", "/api/users/", "users-", ["page_size=2", "page_size=2&page=2", "page_size=2&page=4", "page=last&page_size=4"], ["dora"])
    for user in USERS:
        add(case("page-number", f"user-{user}", "GET", "/api/projects/?page_size=4&page=2", user))
    limits = ["", "limit=3", "limit=3&offset=3", "offset=2", "offset=100", "limit=0", "limit=-1", "limit=20", "limit=21", "limit=20&offset=-5",
              "limit=", "limit=x", "offset=x", "offset=", "limit=1.5", "limit=%D9%A3", "limit=4&offset=4&status=open&status=closed",
              "limit=1000&offset=1", "limit=4&offset=2", "limit=4&offset=3&limit=2", "offset=20", "limit=1&offset=20", "limit=5&offset=40",
              "limit=99999999999999999999", "offset=99999999999999999999", "limit=3&offset=3&ordering=-number", "limit=%202",
              "limit=+2", "limit=2&offset=1.0", "limit=2&offset=%2B1", "limit=2&x=%C3%A9&y=a+b", "limit=1_0", "limit=2&offset=38",
              "limit=2&offset=1&offset=5", "limit=2&format=json", "page=2", "limit=19&offset=1", "limit=3&offset=1&search=done"]
    lists("limit-offset", "/api/issues/", "", limits, ["ana", "ben"])
    lists("limit-offset", "/api/issues/assigned-to-me/", "mine-", limits[:8], ["fay"])
    for user in USERS:
        add(case("limit-offset", f"user-{user}", "GET", "/api/issues/?limit=2&offset=2", user))
        add(case("limit-offset", f"mine-user-{user}", "GET", "/api/issues/assigned-to-me/?limit=3", user))


def filters():
    wanted = [f"project={HOME}", f"project={PROJECTS[1]}", f"project={ABSENT}", "project=x", "project=", f"project={HOME.upper()}",
              f"project={HOME.replace('-', '')}", "number=1", "number=2.0", "number=x", "number=", "number=-1", "number=99999999999",
              "min_priority=3", "max_priority=2", "created_after=2025-03-01T12:10:00Z", "created_after=2025-03-01T12:20:00%2B00:00",
              "created_after=2025-03-01", "created_after=x", "unassigned=true", "unassigned=false", "unassigned=True", "unassigned=1",
              "unassigned=maybe", "unassigned=", "status=open", "status=open&status=rejected", "status=nope", "text=☃", "text=%5C",
              "text=50%25", "text='", "text=_", "text=LINE", "text=done", "label=bug", "label=nope", "label=groesse", "label=BUG", "assignee=ANA",
              "assignee=fay", "assignee=nobody", "min_priority=x", "min_priority=2&max_priority=3", "min_priority=2.5",
              "created_after=2025-02-30T00:00:00Z", "created_after=2025-03-01T12:20:00", "created_after=2025-03-01T14:20:00%2B02:00",
              "created_after=2025-03-01%2012:20", "created_after=", "created_after=2025-03-01T12:20:00.5Z", "min_priority=NaN",
              "min_priority=1e0", "min_priority=Infinity", "min_priority=%D9%A3", "min_priority=+3", "max_priority=-1", "max_priority=",
              "status=", "status=open&status=", "status=Open", "status=closed&label=bug", "label=bug&label=feature", "label=",
              "assignee=", "text=", "text=%20done%20", "text=line%20one%0Aline", "text=%2525", "text=%00", "unknown=1", "labels=1",
              "priority=3", f"project={HOME}&number=1", f"project={HOME}&status=open&ordering=-number", "number=1&number=2",
              "unassigned=true&assignee=ana", "unassigned=false&status=open&min_priority=2&max_priority=4&text=i&search=issue",
              "number=1_0", "number=%D9%A1", "min_priority=99999999999999999999", "created_after=2025-03-01T12:20:00-00:00",
              "created_after=2025-W09-6", "created_after=20250301T122000Z", "created_after=2025-03-01T24:00:00Z", "assignee=%20ana", "unassigned=0"]
    for index, text in enumerate(wanted):
        add(case("issue-filter", str(index), "GET", query(f"/api/issues/?limit=20&{text}"), turn(["ana", "ben", "cem", "fay"], index)))
    for index, text in enumerate(wanted[:20:2]):
        add(case("issue-filter", f"mine-{index}", "GET", query(f"/api/issues/assigned-to-me/?limit=20&{text}"), turn(["ana", "fay"], index)))
    wanted = ["is_public=true", "is_public=false", "is_public=x", "budget__gte=500", "budget__lt=500", "budget__gte=x", "budget__gte=", "starts=2025-03-03",
              "starts=x", "starts=", "starts__year=2025", "starts__year=2024", "starts__year=x", "name__icontains=project", "budget__gte=NaN",
              "is_public=true&budget__gte=1000", "name__icontains=%C3%84", "budget__lt=1e3", "budget__gte=500&budget__lt=1500", "is_public=",
              "is_public=True", "is_public=1", "budget=500", "budget__gt=500", "name=Project%20A0", "name__icontains=", "name__icontains=%25",
              "name__icontains=_", "name__icontains=%5C", "starts=2025-02-30", "starts=20250303", "starts=03/03/2025", "starts__year=", "starts__year=-1",
              "starts__year=2025.0", "starts__year=99999", "starts=2025-03-03&starts__year=2025", "budget__gte=-0", "budget__gte=Infinity",
              "budget__gte=12345678901234567890", "budget__gte=0.001", "budget__lt=%D9%A5%D9%A0%D9%A0", "budget__gte=5_0", "is_public=false&name__icontains=1",
              "is_public=false&is_public=true", "starts__year=0", "starts__year=9999", "starts__year=%202025", "budget__gte=%20500%20", "starts=%202025-03-03"]
    for index, text in enumerate(wanted):
        add(case("project-filter", str(index), "GET", query(f"/api/projects/?page_size=50&{text}"), turn(["ana", "ben", "fay"], index)))
    terms = ["project", "Project A0", "about", "issue 1", "ana", "ANA", "50%25", "☃", "%22unclosed", "''", "\"line one\"", "line,one", "_", "&lt;", "%22about %221%22", "%26",
             "done issue", "%5C%5C", "\\", "%EF%BF%BD", "", "%20", ",", "%00", "comment 1", "comment on 7", "\"Comment 1 on\"", "'comment 2' 11", "é", "%C3%81", "%25",
             "^issue", "=ana", "@ana", "$x", "1 2 3", "“", "A0,project", "n%C3%BA%C3%B1ez", "\"a\\\"b\"", "it's", "x" * 200]
    for index, term in enumerate(terms):
        text = query(term)
        add(case("search", f"issues-{index}", "GET", f"/api/issues/?limit=20&search={text}", "ben"))
        add(case("search", f"projects-{index}", "GET", f"/api/projects/?page_size=50&search={text}", "ana"))
    for index, term in enumerate(["b", "B", "ug", "gr%C3%B6", "GR%C3%96", "docs", "", "^b", "d,o", "b%20d", "%22d%22", "%00", "feature%20bug", "%25"]):
        add(case("search", f"labels-{index}", "GET", f"/api/labels/?search={term}", turn(["cem", "cem", "ana", None], index)))
    for index, term in enumerate(["search=project&search=about", "search=project&status=open", "search=issue&ordering=-number&limit=3", "search=done&label=bug&min_priority=2"]):
        add(case("search", f"both-{index}", "GET", f"/api/issues/?{term}", "ana"))
        add(case("search", f"both-projects-{index}", "GET", f"/api/projects/?{term}", "ana"))


def orders():
    # Ends with a unique column where a database might choose among equals.
    issues = ["number,created", "-number,created", "created", "-created", "priority,created", "-priority,-created", "due,created", "-due,created", "nope", "-nope",
              "", ",", "created,nope", "nope,-created", "%20created", "-%20created", "--created", "created,created", "id", "-id", "title", "project,number",
              "created&ordering=-created", "CREATED", "+created", "?", "pk", "created%20", "%2Dcreated", "-created,number", "priority,number,created", "status"]
    for index, text in enumerate(issues):
        add(case("ordering", f"issues-{index}", "GET", f"/api/issues/?limit=20&ordering={text}", turn(["ana", "ben", "cem"], index)))
    projects = ["name", "-name", "created", "-created", "budget,created", "-budget,-created", "budget,name", "name,created", "-created,name", "nope", "id", "owner", "-id", "",
                "%20name", "name%20", ",name", "name,,created", "created,-nope", "open_issues", "slug", "owner__username", "NAME", "--name", "created&ordering=name"]
    for index, text in enumerate(projects):
        add(case("ordering", f"projects-{index}", "GET", f"/api/projects/?page_size=50&ordering={text}", turn(["ben", "ana"], index)))
    for index, text in enumerate(["name", "-name", "slug", "color", "-id", "nope"]):
        add(case("ordering", f"labels-{index}", "GET", f"/api/labels/?ordering={text}", "ana"))
        add(case("ordering", f"users-{index}", "GET", f"/api/users/?ordering={turn(['username', '-username', 'id', 'email', 'name', '-id'], index)}", "dora"))


def objects():
    for index in (0, 1, 2, 3, 4, 5, 8, 23):
        for user in USERS:
            add(case("retrieve", f"project-{index}-{user}", "GET", f"/api/projects/{PROJECTS[index]}/", user))
    for index in (1, 2, 3, 5, 8, 10, 13, 18, 20, 28, 37):
        for user in (["ana", "fay", "cem", None] if index < 10 else ["ben", "dora"]):
            add(case("retrieve", f"issue-{index}-{user}", "GET", f"/api/issues/{index}/", user))
    for slug in ("bug", "groesse", "docs"):
        for user in ("ana", "eve", None):
            add(case("retrieve", f"label-{slug}-{user}", "GET", f"/api/labels/{slug}/", user))
    for index in (1, 2, 5):
        for user in ("dora", "cem", "ana", None):
            add(case("retrieve", f"user-{index}-{user}", "GET", f"/api/users/{index}/", user))
    for index in (1, 7, 30):
        for user in ("ana", "ben", "dora", None):
            add(case("retrieve", f"comment-{index}-{user}", "GET", f"/api/comments/{index}/", user))
    for index in (0, 1, 2, 5):
        for user in ("ana", "ben", "fay"):
            add(case("retrieve", f"members-{index}-{user}", "GET", f"/api/projects/{PROJECTS[index]}/members/", user))
    urls = ["issues/0/", "issues/999/", "issues/x/", "issues/01/", "issues/1.0/", "issues/1", "issues/-1/", "issues/1/x/", "issues//", "issues/1.json", "issues/1.json/",
            "issues/1.xml", "issues.json", "issues.json?limit=2", "issues.api2", "issues/%31/", "issues/1%20/", "issues/99999999999999999999/", f"projects/{HOME.upper()}/",
            f"projects/{HOME.replace('-', '')}/", "projects/x/", f"projects/{ABSENT}/", f"projects/{HOME}", f"projects/{HOME}.json", "comments/01/", "comments/999/",
            "comments/x/", "comments/1", "comments/-1/", "issues/01/comments/", "issues/999/comments/", "issues/x/comments/", "issues/1/comments", "labels/BUG/", "labels/nope/",
            "labels/a%20b/", "labels/a.b/", "labels/bug.json", "labels.json", "labels/gr%C3%B6/", "users/0/", "users/x/", "users/99/", "users/1.json", ".json", "", "x/", "me", "me.json",
            "stats.json", "stats", "roles.json", "roles/1/", "roles/", "issues/assigned-to-me", "issues/assigned-to-me.json", "issues/assigned-to-me/x/", "issues/bulk-close",
            "issues/1/close", "issues/1/close.json", f"projects/{HOME}/members", f"projects/{HOME}/members.json", "projects//", "../api/", "./", "%2e/", "issues/?format=json",
            "issues/1/?format=xml", "labels/?format=json", "labels/?format=", "?format=json", "issues/9223372036854775807/", "issues/9223372036854775808/",
            "comments/9223372036854775808/", "issues/%D9%A1/", "issues/1;x/", "issues/1/?x", "issues/1//"]
    for index, path in enumerate(urls):
        add(case("urls", str(index), "GET", f"/api/{path}", turn(["ana", "ana", "dora"], index)))
    for index, path in enumerate(["/", "/api", "/api-token-auth", "/api-token-auth/", "/apix/", "//api/", "/api/issues/1/", "/API/"]):
        add(case("urls", f"root-{index}", "GET", path, "ana"))


PATHS = ["", "labels/", "labels/bug/", "users/", "users/1/", "projects/", f"projects/{HOME}/", f"projects/{HOME}/members/", "issues/", "issues/1/", "issues/1/close/",
         "issues/assigned-to-me/", "issues/bulk-close/", "issues/1/comments/", "comments/1/", "me/", "stats/", "roles/"]


def methods():
    bodies = [{"x": 1}, [], {}, None, 5, "x", [1], {"": ""}]
    for at, path in enumerate(PATHS):
        for index, method in enumerate(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]):
            # A request to bulk-close counts for its user's throttle, and a deletion takes rows from the cases below.
            users = [None, "eve"] if "bulk" in path else [None, "eve", "fay", "ben"] if method == "DELETE" else USERS
            for second in (0, 3) if method in ("OPTIONS", "POST", "PATCH") else (0,):
                user = turn(users, at * 3 + index + second)
                rest = {} if method in ("GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "PROPFIND") else {"json": turn(bodies, at + index + second)}
                add(case("methods", f"{method}/api/{path}{second or ''}", method, f"/api/{path}", user, **rest))
    accepts = ["*/*", "application/json", "application/*;indent=4", "text/html;q=0.5, application/json", "application/xml", "", "application/json;indent=2", "text/plain, */*;q=0.1",
               "application/json; charset=utf-8", "image/png", "json", "application/json;q=0", "application/json, application/json;indent=1"]
    for at, path in enumerate(PATHS):
        for turned in range(3):
            accept = turn(accepts, at * 3 + turned)
            user = None if "bulk" in path else turn(["ana", "dora", "ben", None], at + turned)
            add(case("accept", f"{turned}-/api/{path}", "GET", f"/api/{path}", user, headers=[["Accept", accept]]))


EACH = {
    "name": [None, "", " ", "a", "  padded  ", "two  spaces", 5, 1.5, True, [], {}, "é" * 100, "é" * 101, "x\ny", "\u0000", "<b>&", "\u200b", "☃", -0.0, 10**30],
    "slug": [None, "", "a b", "a_b-C9", "ünïcode", " pad ", 7, "x" * 50, "x" * 51, "project-1", "project-0", True, [], "-", "a.b", "a\n"],
    "description": [None, "", " ", "  x  ", 12, "line\r\ntwo", [], {}, True, "x" * 3000, "“q” & <t>", "\u0000", 1e100],
    "homepage": [None, "", "x", "http://", "http://a.b", "https://example.com/?a=1&b=2#c", "ftp://a.bc", "http://localhost:8000/", "http://[::1]/", "http://a.bc/" + "x" * 189,
                 "http://a.bc/" + "x" * 188, "//example.com", "HTTP://EXAMPLE.COM", 5, True, [], "http://exämple.com/é", "javascript:alert(1)", "http://a.bc/ x", " http://a.bc ",
                 "http://-a.bc/", "http://1.2.3.4:99999/", "http://user:pass@a.bc/"],
    "budget": [None, "", "x", 1, 1.1, "1.10", "1.999", "12345678.99", "123456789.0", 0, "-5", "1e2", "NaN", "0.00", "٣", "Infinity", True, "00012.5", " 7 ", "1_000", 1e-10, 12345678.5,
               [], {}, "1e-2", "-0", "99999999.99", "+3.5", "1,5", "0x10", ".5", "5.", 10**12, "1E+5", "123456780e-1", "1.100", "x" * 1001],
    "starts": [None, "", "2026-02-30", "2026-02-03", "2026-2-3", "2026-02-03T00:00:00Z", "20260203", 20260203, "03/02/2026", True, [], "0001-01-01", "9999-12-31", "x", "2026-02-03 ",
               "2026-W05-2", "2024-02-29", "2025-02-29", "٢٠٢٦-٠٢-٠٣", 1.5, {}],
    "settings": [None, "", {}, [], "text", True, 1.0, {"b": 1, "a": [None, {"c": "é☃"}]}, 1e21, 10**30, {"": ""}, [[], {}], "{\"a\": 1}", -0.0, 0.1, {"n": {"n": {"n": 1}}}, "\u0000", 1e-7, False],
    "is_public": [None, True, False, "true", "false", "True", "FALSE", 1, 0, "1", "0", "yes", "no", "on", "off", "t", "", "x", 2, [], {}, "null", 1.0, "Y"],
    "roles": [None, [], {}, "x", [{}], [{"user": "ben"}], [{"user": "ben", "role": "x"}], [{"user": "ben", "role": "writer"}, {"user": "fay"}], [{"user": "nobody"}], [{"user": "ben"}, {"user": "BEN"}],
              [{"user": None}], [{"user": ""}], [{"user": 2}], [{"user": True}], [5], [{"role": "reader"}], [{"user": "ben", "role": None}], [{"user": "ben", "role": ""}], [None],
              [{"user": "cem", "x": 1}], [{"user": []}], {"user": "ben"}, [[{"user": "ben"}]], [{"user": "fay", "role": "reader"}, {"role": "x"}]],
}


def projects():
    for field, values in EACH.items():
        for index, value in enumerate(values):
            user = turn(["ana", "ben", "fay"], index)
            body = {"name": f"N {field} {index}", "slug": f"s-{field[:3]}-{index}", field: value}
            if field == "budget":
                body["starts"] = "2026-01-01"
            add(case("project-create", f"{field}-{index}", "POST", "/api/projects/", user, json=body))
            add(case("project-patch", f"{field}-{index}", "PATCH", f"/api/projects/{turn(ANAS, index)}/", "ana", json={field: value}))
    for index, (field, value) in enumerate({"mine": False, "open_issues": 7, "owner": 2, "id": ABSENT, "url": "x", "created": "2020-01-01T00:00:00Z", "updated": None, "members": [1], "x": 1}.items()):
        add(case("project-create", f"{field}-0", "POST", "/api/projects/", turn(["fay", "ana"], index), json={"name": f"N {field} 0", "slug": f"s-{field[:3]}-0", field: value}))
        add(case("project-patch", f"{field}-0", "PATCH", f"/api/projects/{HOME}/", "ana", json={field: value}))
    whole = [{}, {"name": "y"}, {"slug": "y"}, {"name": "", "slug": ""}, {"name": "Alpha", "slug": "alpha", "roles": []},
             {"name": "", "slug": "", "budget": "x", "starts": "x", "homepage": "x", "is_public": "x", "roles": "x", "settings": None},
             {"name": "B", "slug": "b", "budget": "5"}, {"name": "B", "slug": "b", "budget": "5", "starts": None}, {"name": "B  B", "slug": "b b", "budget": "x"}, [], "x", None, 5, [{}],
             {"name": "Full", "slug": "full", "description": "d", "homepage": "https://example.com/", "budget": "10", "starts": "2026-01-01", "settings": {"a": 1}, "is_public": True,
              "roles": [{"user": "ben"}, {"user": "fay", "role": "writer"}]}, {"name": "C", "slug": "c", "budget": 5, "starts": ""}]
    for index, body in enumerate(whole):
        new = {**body, "name": f"{body['name']} new"} if isinstance(body, dict) and body.get("name") else body
        add(case("project-create", f"body-{index}", "POST", "/api/projects/", turn(["ana", "fay", "ben"], index), json=new))
        add(case("project-put", f"own-{index}", "PUT", f"/api/projects/{ANAS[2]}/", "ana", json=body))
        add(case("project-put", f"other-{index}", "PUT", f"/api/projects/{PROJECTS[1]}/", turn(["ana", "fay", None, "dora"], index), json=body))
    for index, (text, kind) in enumerate([("{", "application/json"), ("", "application/json"), ("{\"name\": NaN}", "application/json"), ("name=x&slug=raw", "application/x-www-form-urlencoded"),
                                          ("x", "text/plain"), ("<a/>", "application/xml"), ("{\"name\": \"twice\", \"name\": \"last\", \"slug\": \"last\"}", "application/json; charset=utf-8"), ("[1,]", "application/json"),
                                          ("{} x", "application/json"), ("\"\\ud800\"", "application/json")]):
        add(case("project-create", f"raw-{index}", "POST", "/api/projects/", "ana", body=text, headers=[["Content-Type", kind]]))
        add(case("project-patch", f"raw-{index}", "PATCH", f"/api/projects/{ANAS[1]}/", "ana", body=text.replace("raw", "raw2").replace("\"last\"}", "\"last2\"}"), headers=[["Content-Type", kind]]))
    forms = [{"name": "Form", "slug": "form"}, {"name": "Form", "slug": "form-1", "is_public": "on", "budget": "3.5", "starts": "2026-01-01", "settings": "{\"a\": [1]}"}, {"name": "", "slug": ""},
             {"name": "Form", "slug": "form-2", "roles[0]user": "ben", "roles[0]role": "writer"}, {"name": "Form", "slug": "form-3", "roles": "x"}, {"name": "Form", "slug": "form-4", "budget": "", "starts": "", "homepage": ""},
             {"name": ["a", "b"], "slug": "form-5"}, {}, {"name": "Form", "slug": "form-6", "settings": "{"}, {"name": "Form", "slug": "form-7", "is_public": "", "description": ""}, {"x": "y"},
             {"name": "Form", "slug": "form-8", "roles[0]user": "ben", "roles[1]user": "nobody", "roles[2]role": "x"}, {"name": "Form ☃+&=", "slug": "form-9"}]
    for index, form in enumerate(forms):
        new = {**form, "name": f"{form['name']} new {index}"} if isinstance(form.get("name"), str) and form["name"] else form
        add(case("project-form", str(index), "POST", "/api/projects/", turn(["ana", "fay"], index), form=new))
        add(case("project-form", f"patch-{index}", "PATCH", f"/api/projects/{turn(ANAS, index)}/", "ana", form=form))
        if index % 2 == 0:
            add(case("project-form", f"put-{index}", "PUT", f"/api/projects/{turn(ANAS, index)}/", "ana", form=form))
    # Lists are in the order of names, and rows of one name in that of their random keys.
    for index, project in enumerate(ANAS):
        add(case("project-patch", f"unique-name-{index}", "PATCH", f"/api/projects/{project}/", "ana", json={"name": f"Project of ana {index}"}))
    members = [{"user": "fay"}, {"user": "fay", "role": "reader"}, {"user": "nobody"}, {}, {"user": "cem", "role": "x"}, {"user": "cem", "role": "writer"}, {"user": "eve"}, [], {"user": "ana"}, {"role": "writer"}]
    for index, body in enumerate(members):
        add(case("project-patch", f"add-member-{index}", "POST", f"/api/projects/{turn(ANAS, index // 2)}/members/", turn(["ana", "ana", "ben"], index), json=body))
    add(case("project-patch", "add-member-form", "POST", f"/api/projects/{HOME}/members/", "ana", form={"user": "dora", "role": "reader"}))
    for index, body in enumerate([{"budget": "7"}, {"name": "of another"}, {"slug": "project-0"}, {}]):
        for user in USERS[1:]:
            add(case("project-patch", f"other-{index}-{user}", "PATCH", f"/api/projects/{HOME}/", user, json=body))


ISSUE = {
    "project": [None, "", HOME, PROJECTS[1], PROJECTS[2], ABSENT, "x", 5, True, {}, [], HOME.upper(), HOME.replace("-", ""), f" {HOME} ", 1.5, PROJECTS[3]],
    "title": [None, "", "ab", "abc", "  ab  ", 123, 12, True, [], {}, "x" * 120, "x" * 121, "Issue 0: 50% ☃", "é☃x", "a\nb", "\u0000abc", "issue 0: 50% ☃", 1.25],
    "body": [None, "", " ", "x\r\ny", 5, [], {}, True, "x" * 5000, "  pad  ", "\t", "<i>"],
    "priority": [None, 1, 5, 0, 6, "3", "x", 2.0, 2.5, True, "", [], "3.0", " 4 ", "٣", 10**30, -1, "1e0", {}, "0x1", "+2", 99999, "x" * 1001],
    "weight": [None, 0, 1, -2.5, "2.5", "x", "", "NaN", "1e3", True, [], 1e21, 0.1, 1e-7, "Infinity", 10**30, 1e16, 123456789.123456789, "٣.5", " 1 ", "1_0", {}, 5e-324, 1e308, "-0", -0.0],
    "estimate": [None, "", "x", "01:02:03", "1 00:00:00", "3 01:02:03.000004", "-1 00:00:00", "PT1H", "P1DT2H", "30", 30, 5.5, True, "25:00:00", "1:2", [], "P3D", "-00:30", "999999999 00:00:00",
                 "1000000000 00:00:00", "-P1D", "00:00:00.1234567", "1 day, 2:03:04", "P1Y", "PT0.000001S", {}, "3 days", -60, "-1 23:59:59.999999", "10675199 00:00:00"],
    "due": [None, "", "x", "2026-05-01", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00+02:00", "2026-05-01T10:00:00.123456Z", "2026-05-01T10:00", "2026-02-30T10:00:00Z", 5, True, "2026-05-01 10:00:00",
            "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", [], "2026-05-01T24:00:00Z", "2026-05-01T10:00:00.1234567Z", "20260501T100000Z", "2026-05-01T10:00:00-00:00", "0001-01-01T00:00:00+05:00",
            "2026-05-01T10:00:00z", "2026-05-01t10:00:00Z", {}, "2026-05-01T10:00:00+0200", "2026-W18-5T10:00:00Z"],
    "at": [None, "", "10:00", "10:00:00", "10:00:00.5", "24:00", "x", 10, "10:00:00Z", "1:2:3", "10", "10:00:00+02:00", [], True, "23:59:59.999999", "00:00", "10:00:00.1234567", "T10:00", "2026-05-01T10:00:00", {}, "100000"],
    "assignee": [None, "", "ana", "fay", "eve", "nobody", 5, [], True, "ANA", {}, "ben", " fay ", 1.5, "a" * 200],
    "parent": [None, "", 1, 8, 2, 999, "1", "x", True, [], {}, 1.0, 1.5, 10**30, 0, -1, "٨", " 8 "],
    "labels": [None, [], ["bug"], ["bug", "feature"], ["nope"], "bug", ["bug", "bug"], [None], {}, [5], [True], [[]], "", 5, ["docs", "nope", "x"], ["BUG"], [{}], ["groesse", "bug"], {"0": "bug"}],
}


def issues():
    for field, values in ISSUE.items():
        for index, value in enumerate(values):
            user = turn(["fay", "ana", "ana"], index) if field != "project" else turn(["ana", "fay", "ben"], index)
            body = {"project": HOME, "title": f"New {field} {index}", field: value}
            add(case("issue-create", f"{field}-{index}", "POST", "/api/issues/", user, json=body))
            add(case("issue-patch", f"{field}-{index}", "PATCH", f"/api/issues/{1 if field != 'project' else 22}/", "ana", json={field: value}))
    for index, (field, value) in enumerate({"reporter": "ben", "number": 99, "status": "closed", "status_display": "x", "id": 1, "created": None, "comments": [], "x": 1}.items()):
        add(case("issue-create", f"{field}-0", "POST", "/api/issues/", turn(["ana", "fay"], index), json={"project": HOME, "title": f"New {field} 0", field: value}))
        add(case("issue-patch", f"{field}-0", "PATCH", "/api/issues/1/", "ana", json={field: value}))
    whole = [{}, {"title": "Only a title"}, {"project": HOME, "title": "abc", "labels": ["bug"], "assignee": "fay", "priority": 1, "due": "2026-01-01T00:00:00Z", "estimate": "1 00:00:00",
                                                  "weight": 0.30000000000000004}, {"project": HOME}, {"project": PROJECTS[2], "title": "Not mine"}, {"project": "x", "title": "", "priority": "x", "labels": "x", "parent": "x"},
             {"project": HOME, "title": "With a parent", "parent": 1}, {"project": HOME, "title": "Parent elsewhere", "parent": 2}, [], "x", None, {"project": HOME, "title": "Issue 7: 50% done"},
             {"project": HOME, "title": "Full body", "body": "b", "priority": 5, "weight": 1, "at": "10:00", "labels": [], "assignee": None, "parent": None, "due": None, "estimate": None}]
    for index, body in enumerate(whole):
        add(case("issue-create", f"body-{index}'", "POST", "/api/issues/", turn(["ana", "fay", None, "eve"], index), json=body))
        add(case("issue-put", f"body-{index}", "PUT", "/api/issues/8/", "ana", json=body))
        add(case("issue-put", f"reader-{index}", "PUT", "/api/issues/2/", turn(["fay", "cem", "ben", None], index), json=body))
    forms = [{"project": HOME, "title": "Form issue", "labels": ["bug", "feature"]}, {"project": HOME, "title": "Form issue 2", "assignee": "", "weight": "", "due": ""}, {}, {"title": "Form"},
             {"project": HOME, "title": "Form issue 3", "labels": ""}, {"project": HOME, "title": "Form issue 4", "priority": "2", "estimate": "01:00:00", "at": "10:00", "parent": "1"}]
    for index, form in enumerate(forms):
        add(case("issue-create", f"form-{index}", "POST", "/api/issues/", "ana", form=form))
        add(case("issue-patch", f"form-{index}", "PATCH", "/api/issues/15/", "ana", form=form))
        add(case("issue-put", f"form-{index}", "PUT", "/api/issues/29/", "ana", form=form))
    for number in (2, 3, 4, 5, 9):
        for user in USERS:
            rest = {} if number % 2 else {"json": {"x": 1}}
            add(case("issue-close", f"{number}-{user}", "POST", f"/api/issues/{number}/close/", user, **rest))
    for index, (number, user) in enumerate([(1, "ana"), (36, "ben"), (36, None), (36, "ana"), (36, "ana"), (999, "ana"), (35, "dora"), (35, "cem")]):
        add(case("issue-close", f"delete-{index}", "DELETE", f"/api/issues/{number}/", user))
    # Each user's requests follow each other at once: the answer tells the seconds to wait.
    bodies = [{"ids": [1, 4, 7], "note": ""}, {"ids": [2]}, {}, {"ids": []}, {"ids": [0]}, {"ids": [10**30]}, {"ids": ["1", 2.0]}, {"ids": "x"}, {"ids": [1], "reason": "x"}, {"ids": list(range(1, 22))},
              {"ids": [3, 6], "reason": "duplicate", "note": "n" * 200}, {"ids": [1], "note": "n" * 201}, {"ids": [None, "x", True, 1.5]}, {"ids": {}}, {"ids": [5], "note": None}, {"ids": [1, 1], "reason": ""},
              {"ids": list(range(1, 21)), "reason": "done"}, []]
    for at, user in enumerate(["ana", "ben", "cem", "dora", "fay"]):
        add(*[case("bulk-throttle", f"{user}-{index}", "POST", "/api/issues/bulk-close/", user, json=turn(bodies, at * 3 + index)) for index in range(5)])
    for user in ("eve", None):
        add(case("bulk-throttle", f"{user}-0", "POST", "/api/issues/bulk-close/", user, json=bodies[0]))


def rest():
    for number in (6, 12, 18, 24, 30, 37):
        for user in ("ana", "cem", "ben") if number < 20 else ("cem", "fay"):
            path = f"/api/issues/{number}/comments/"
            add(case("cursor", f"{number}-{user}-first", "GET", path, user, save={"next": "next"}),
                case("cursor", f"{number}-{user}-next", "GET", "{next}", user, save={"prev": "previous", "next": "next"}),
                case("cursor", f"{number}-{user}-third", "GET", "{next}", user), case("cursor", f"{number}-{user}-back", "GET", "{prev}", user))
    for index, text in enumerate(["cursor=", "cursor=x", "cursor=cD0z", "cursor=cj0xJnA9Mw%3D%3D", "cursor=bz0x", "cursor=bz0tMQ==", "cursor=bz0xMDAx", "cursor=cD14", "cursor=%C3%A9", "page_size=2", "cursor=cD0z&x=1",
                                  "cursor=cD0tMQ%3D%3D", "cursor=bz0xJnA9Mw", "cursor=cj0w", "cursor=cD0y&cursor=cD0z", "ordering=id", "search=1"]):
        add(case("cursor", f"odd-{index}", "GET", f"/api/issues/{18 if index % 2 else 6}/comments/?{text}", "ana"))
    for number in (1, 2, 3, 36):
        for user in USERS:
            add(case("cursor", f"short-{number}-{user}", "GET", f"/api/issues/{number}/comments/", user))
    for index, value in enumerate([None, "", " ", "x", 5, "x" * 2000, "x" * 2001, [], "é☃", True, {}, "  pad  ", "a\r\nb", "\u0000"]):
        user = turn(["fay", "ana", "ben"], index)
        add(case("comment", f"create-{index}", "POST", "/api/issues/2/comments/", user, json={"body": value}))
        add(case("comment", f"patch-{index}", "PATCH", f"/api/comments/{index + 1}/", turn(["ana", "ben"], index), json={"body": value}))
    for index, body in enumerate([{}, {"x": 1}, {"body": "put", "author": 3, "issue": 5, "id": 1}, [], {"body": "y"}]):
        add(case("comment", f"put-{index}", "PUT", "/api/comments/6/", turn(["ana", "ben", "cem"], index), json=body))
        add(case("comment", f"body-{index}", "POST", "/api/issues/8/comments/", turn(["ana", "fay"], index), json=body))
    for index, (number, user) in enumerate([(20, "fay"), (20, None), (20, "ana"), (21, "ben"), (22, "cem"), (22, "cem"), (999, "ana")]):
        add(case("comment", f"delete-{index}", "DELETE", f"/api/comments/{number}/", user))
    add(case("comment", "form", "POST", "/api/issues/2/comments/", "ana", form={"body": "from a form"}))
    for number, user in ((999, "ana"), (3, "ana"), (2, None), (4, "dora")):
        add(case("comment", f"on-{number}-{user}", "POST", f"/api/issues/{number}/comments/", user, json={"body": "c"}))
    for user in USERS:
        add(case("label", f"{user}-create", "POST", "/api/labels/", user, json={"name": f"L {user}", "slug": f"l-{user}", "color": "#123456"}),
            case("label", f"{user}-patch", "PATCH", "/api/labels/docs/", user, json={"color": "#abcdef"}), case("label", f"{user}-rename", "PATCH", "/api/labels/docs/", user, json={"slug": "docs"}),
            case("label", f"{user}-delete", "DELETE", f"/api/labels/l-{user}/", user), case("label", f"{user}-list", "GET", "/api/labels/", user))
    labels = [{}, {"name": "Bug", "slug": "bug"}, {"name": "bug", "slug": "bug"}, {"name": "x" * 31, "slug": "x" * 31, "color": "x"}, {"name": "X", "slug": "x", "color": "#ABCDEF"}, {"name": "X", "slug": "x", "color": "#abcdef\n"},
              {"name": "X1", "slug": "x1", "color": None}, {"name": "X2", "slug": "x2", "color": ""}, {"name": None, "slug": None}, {"name": "X3", "slug": "x 3"}, {"name": "X4", "slug": "x4", "id": 99},
              {"name": "x" * 30, "slug": "x" * 30, "color": "#000001"}, {"name": 5, "slug": 6, "color": 7}, [], {"name": "GRÖSSE", "slug": "GROESSE"}, {"name": " Bug ", "slug": " bug "}, {"name": "docs", "slug": "docs"}]
    for index, body in enumerate(labels):
        add(case("label", f"body-{index}", "POST", "/api/labels/", turn(["dora", "dora", "ben"], index), json=body))
        add(case("label", f"put-{index}", "PUT", "/api/labels/groesse/", turn(["dora", "ben"], index), json=body))
    add(case("label", "form", "POST", "/api/labels/", "ben", form={"name": "From a form", "slug": "from-a-form", "color": "#00aa00"}))
    add(case("label", "delete", "DELETE", "/api/labels/from-a-form/", "cem"))
    for user in USERS:
        for index, text in enumerate(["", "search=an", "search=ana@example.com", "is_staff=true", "is_active=false&page_size=2", "is_staff=x", "search=ANA@EXAMPLE.COM"]):
            add(case("users", f"{user}-{index}", "GET", "/api/users/" + (f"?{text}" if text else ""), user))
        add(case("me", f"get-{user}", "GET", "/api/me/", user))
        for index, body in enumerate([{"first_name": "New"}, {"email": "new@example.com", "username": "other"}, {"first_name": "x" * 151}, {"last_name": ""}, {"email": "x"}, {}, {"email": None, "date_joined": None}, {"email": "", "first_name": 5}]):
            if user != "eve" or index < 2:
                add(case("me", f"patch-{user}-{index}", turn(["PATCH", "PATCH", "PUT"], index), "/api/me/", user, json=body))
        add(case("stats", str(user), "GET", "/api/stats/", user))
        for text in ("", "?page_size=2", "?page_size=1&page=2"):
            add(case("roles", f"{user}{text}", "GET", f"/api/roles/{text}", user))
    add(case("me", "form", "PATCH", "/api/me/", "fay", form={"first_name": "Fay", "email": "fay@example.org"}))


def walk(length):
    """Earlier cases again, in another order, by other users, on what the others left behind."""
    plain = [unit[0] for unit in units if len(unit) == 1 and "bulk" not in unit[0]["target"]]
    for index in range(length):
        found = dict(turn(plain, index * 611 + 17))
        found.update(group="walk", name=f"{index}-{found['group']}-{found['name']}")
        user = turn(["ana", "ben", "fay", "cem", "ana", "dora", "fay", "ben", "ana", None, "cem", "eve"], index * 5 + index // 12)
        # Those of superusers and owners would soon leave nothing to walk on.
        if found["method"] == "DELETE" and index % 3:
            user = None
        for body in ("json", "form"):
            sent = found.get(body)
            # See unique-name above.
            if isinstance(sent, dict) and isinstance(sent.get("name"), str) and sent["name"].strip():
                found[body] = {**sent, "name": f"{sent['name']} {index}"}
        found.pop("as", None)
        add({**found, "as": user} if user else found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--group", nargs="+")
    args = parser.parse_args()
    for part in (pages, filters, orders, objects, methods, projects, issues, rest):
        part()
    walk(240)
    kept = [unit for unit in units if not args.group or unit[0]["group"] in args.group]
    for unit in kept[:: args.every]:
        for one in unit:
            print(json.dumps(one))


if __name__ == "__main__":
    main()
