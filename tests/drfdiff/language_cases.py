"""Requests whose answers have many different messages, for languages.py."""


def case(group, name, method, target, user=None, **rest):
    made = {"group": group, "name": name, "method": method, "target": target}
    if user:
        made["as"] = user
    return {**made, **rest}


TUTORIAL = [
    case("messages", "null-login", "POST", "/api-token-auth/", json=None),
    case("messages", "list-login", "POST", "/api-token-auth/", json=[]),
    case("messages", "wrong-kinds", "POST", "/api-token-auth/", json={"username": [], "password": None}),
    case("messages", "blank-login", "POST", "/api-token-auth/", form={"username": " ", "password": ""}),
    case("messages", "nul", "POST", "/api-token-auth/", json={"username": "a\0", "password": "b"}),
    case("messages", "options", "OPTIONS", "/api-token-auth/"),
    case("messages", "unknown-path", "GET", "/nowhere/"),
    case("messages", "no-slash", "GET", "/api-token-auth"),
    case("messages", "wrong-host", "GET", "/", headers=[["Host", "example.org"]]),
    case("messages", "unicode-media-type", "POST", "/", headers=[["Content-Type", "text/{media_type}"]], body="x"),
    case("messages", "session", "GET", "/auth/", headers=[["Cookie", "sessionid={sessionid}"]]),
    case("messages", "session-without-csrf", "POST", "/", headers=[["Cookie", "sessionid={sessionid}"]], json={}),
]

ISSUE = {"project": "00000000-0000-4000-8000-000000000000", "title": "x", "priority": 9, "weight": "heavy", "estimate": "long", "due": "soon",
         "at": "noon", "assignee": "nobody", "parent": "x", "labels": "bug", "body": None}
PROJECT = {"name": "x" * 101, "slug": "a b", "homepage": "x", "budget": "12345678901.234", "starts": "2025-13-01", "settings": {}, "is_public": "maybe",
           "roles": [{"user": "nobody", "role": "king"}, None, {}]}

TRACKER = [
    case("messages", "issue", "POST", "/api/issues/", "ana", json=ISSUE),
    case("messages", "issue-other-kinds", "POST", "/api/issues/", "ana",
         json={"project": 5, "title": True, "priority": "x" * 1001, "weight": "9" * 1001, "estimate": "9" * 20 + " 0:00", "due": "2025-01-01", "at": 5,
               "assignee": {}, "parent": True, "labels": ["no", "bug"]}),
    case("messages", "issue-third-kinds", "POST", "/api/issues/", "ana",
         json={"project": "x", "title": "", "priority": 0, "parent": 10**9, "labels": [1], "body": "\0", "due": "0001-01-01T00:00:00+14:00"}),
    case("messages", "issue-empty", "POST", "/api/issues/", "ana", json={}),
    case("messages", "issue-null", "POST", "/api/issues/", "ana", json=None),
    case("messages", "issue-list", "POST", "/api/issues/", "ana", json=[1]),
    case("messages", "project", "POST", "/api/projects/", "ana", json=PROJECT),
    case("messages", "project-digits", "POST", "/api/projects/", "ana", json={"name": "x", "slug": "y" * 51, "budget": "1.234", "starts": 5, "roles": {}}),
    case("messages", "project-whole-digits", "POST", "/api/projects/", "ana", json={"name": "x", "slug": "y", "budget": "123456789", "roles": 5}),
    case("messages", "label", "POST", "/api/labels/", "dora", json={"name": "Bug", "slug": "bug", "color": "red"}),
    case("messages", "label-long", "POST", "/api/labels/", "dora", json={"name": "x" * 31, "slug": "é", "color": "#0000000"}),
    case("messages", "me", "PATCH", "/api/me/", "ana", json={"email": "x", "first_name": "x" * 151, "last_name": []}),
    case("messages", "bulk", "POST", "/api/issues/close/", "ana", json={"ids": [], "reason": "why", "note": "x" * 201}),
    case("messages", "bulk-items", "POST", "/api/issues/close/", "ben", json={"ids": [0, "x", None], "note": 5}),
    case("messages", "bulk-many", "POST", "/api/issues/close/", "cem", json={"ids": list(range(1, 30))}),
    case("messages", "bulk-no-list", "POST", "/api/issues/close/", "dora", json={"ids": 5}),
    case("messages", "filter", "GET", "/api/issues/?min_priority=x&max_priority=1e51&created_after=x&status=none&assignee=%00", "ana"),
    case("messages", "filter-model-fields", "GET", "/api/issues/?project=x&number=y", "ana"),
    case("messages", "filter-project", "GET", "/api/issues/?project=00000000-0000-4000-8000-000000000000", "ana"),
    case("messages", "search-nul", "GET", "/api/projects/?search=%00", "ana"),
    case("messages", "page", "GET", "/api/projects/?page=999", "ana"),
    case("messages", "not-found", "GET", "/api/projects/00000000-0000-4000-8000-000000000000/", "ana"),
    case("messages", "forbidden", "POST", "/api/labels/", "fay", json={"name": "x", "slug": "x"}),
    case("messages", "anonymous", "GET", "/api/issues/"),
    case("messages", "inactive", "GET", "/api/issues/", "eve"),
    case("messages", "bad-token", "GET", "/api/issues/", headers=[["Authorization", "Token a b"]]),
    case("messages", "bad-basic", "GET", "/api/issues/", headers=[["Authorization", "Basic x"]]),
    case("messages", "method", "PUT", "/api/stats/", "ana", json={}),
    case("messages", "media-type", "POST", "/api/issues/", "ana", headers=[["Content-Type", "text/plain"]], body="x"),
    case("messages", "not-acceptable", "GET", "/api/issues/", "ana", headers=[["Accept", "image/png"]]),
    case("messages", "malformed", "POST", "/api/issues/", "ana", headers=[["Content-Type", "application/json"]], body="{"),
    *[case("messages", f"options{path.replace('/', '-')}", "OPTIONS", path, "dora")
      for path in ("/api/issues/", "/api/issues/1/", "/api/projects/", "/api/labels/", "/api/users/", "/api/me/", "/api/roles/", "/api-token-auth/")],
]
