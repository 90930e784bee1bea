#!/usr/bin/env python3
"""Compares the middleware of both programs: CORS, redirects, hosts, user agents and security headers.

    middleware.py DATABASE_URL [REQUESTS [SEED]]

The database is empty. Each of CASES is a list of Django's settings, which both programs get. Both then answer REQUESTS requests
(default 80) that are generated from SEED, and status, headers and body must be the same. Run it with the reference's Python.
"""
import json
import random
import sys
import time

from live import Live, check

HOSTS = {"ALLOWED_HOSTS": ["127.0.0.1", ".example.com"]}
ORIGINS = {"CORS_ALLOWED_ORIGINS": ["https://app.example.com", "http://localhost:3000", "https://[::1]:8443"]}
PROXY = {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"]}
# Settings by the name of the case.
CASES = {
    "defaults": {},
    "cors": ORIGINS,
    "cors-regexes": {
        "CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://\w+\.example\.com$", r"https://x{1,2}\.other"],
        "CORS_URLS_REGEX": "^/(auth|caf\u00e9|nothing)",
    },
    "look-around": PROXY | {
        "CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://(?!evil)\w+\.example(?:\.com)?\Z", r"(?<=http://)localhost:(\d)\1?0*"],
        "CORS_URLS_REGEX": "^/(?!nothing)",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REDIRECT_EXEMPT": [r"^(?!auth)"],
        "DISALLOWED_USER_AGENTS": [r"(?i)(?<!ro)bot"],
    },
    "cors-all": {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_EXPOSE_HEADERS": ["X-Total", "link"], "CORS_PREFLIGHT_MAX_AGE": 0},
    "cors-credentials": {
        "CORS_ALLOW_ALL_ORIGINS": True,
        "CORS_ALLOW_CREDENTIALS": True,
        "CORS_ALLOW_PRIVATE_NETWORK": True,
        "CORS_ALLOW_METHODS": ["GET", "POST"],
        "CORS_ALLOW_HEADERS": ["authorization", "x-own"],
        "CORS_PREFLIGHT_MAX_AGE": 60,
    },
    "cors-null": {"CORS_ALLOWED_ORIGINS": ["null", "file://"], "CORS_ALLOW_PRIVATE_NETWORK": True},
    "cors-former": {"CORS_ORIGIN_WHITELIST": ["https://app.example.com"], "CORS_ORIGIN_REGEX_WHITELIST": ["^http://l"]},
    "cors-redirect": ORIGINS | PROXY | {"SECURE_SSL_REDIRECT": True},
    "cors-second": ORIGINS | PROXY | {"SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 60},
    "https": PROXY | {
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REDIRECT_EXEMPT": [r"^auth/$", r"^no{1,2}thing"],
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
    },
    "https-host": PROXY | {"SECURE_SSL_REDIRECT": True, "SECURE_SSL_HOST": "secure.example.com", "SECURE_HSTS_SECONDS": 1},
    "headers": {
        "SECURE_CONTENT_TYPE_NOSNIFF": False,
        "SECURE_REFERRER_POLICY": "no-referrer, strict-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "unsafe-none",
        "X_FRAME_OPTIONS": "sameorigin",
    },
    "no-headers": {"SECURE_REFERRER_POLICY": None, "SECURE_CROSS_ORIGIN_OPENER_POLICY": None, "APPEND_SLASH": False},
    "www": PROXY | {"PREPEND_WWW": True, "DISALLOWED_USER_AGENTS": ["^Bad", r"(?i)\bbot\b"]},
    "www-cors": ORIGINS | {"PREPEND_WWW": True, "USE_X_FORWARDED_HOST": True, "DISALLOWED_USER_AGENTS": ["^Bad"]},
    "script-name": PROXY | {
        "FORCE_SCRIPT_NAME": "/shop",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REDIRECT_EXEMPT": [r"^shop/(auth|no)", "^api-token-auth"],
        "CORS_ALLOW_ALL_ORIGINS": True,
        "CORS_URLS_REGEX": "^/(auth|shop)",
    },
    "script-name-www": {"FORCE_SCRIPT_NAME": "/a/b/", "PREPEND_WWW": True, "USE_X_FORWARDED_HOST": True,
                        "USE_X_FORWARDED_PORT": True},
    "debug": ORIGINS | {"DEBUG": True, "PREPEND_WWW": True},
}
# The values of a request's parts. `None`: the request does not have it. A repeated one is likelier.
METHODS = ["GET"] * 4 + ["OPTIONS"] * 4 + ["POST", "HEAD", "DELETE", "PUT", "PATCH"]
PATHS = ["/", "/auth/", "/auth", "/api-token-auth/", "/api-token-auth", "/nothing", "/nothing/", "/noothing", "/auth/?a=b&c=d%20e",
         "/auth?x=1&y=%C3%A9%2F", "/%61uth", "/a%0Ab", "/a%0A", "/caf%C3%A9", "/auth/x", "/%2Fauth", "/auth%2F", "/a+b%20c?q=~'()"]
HEADERS = {
    "Host": ["127.0.0.1"] * 5 + ["example.com", "api.example.com:8000", "www.example.com", "evil.example", "EXAMPLE.com", "a b"],
    "Origin": [None, "https://app.example.com", "https://app.example.com", "http://localhost:3000", "HTTPS://app.example.com",
               "https://APP.example.com", "https://app.example.com/", "https://app.example.com:443", "https://evil.example", "null",
               "https://[::1]:8443", "https://[::1", "https://[x]", "file://", "garbage", "", "https://xx.other.evil", "http://l",
               "https://u@app.example.com", " https://app.example.com", "https://caf\u00e9.example.com", "https://a.example.com, x"],
    "Access-Control-Request-Method": [None, "GET", "PUT", ""],
    "Access-Control-Request-Headers": [None, None, "x-own"],
    "Access-Control-Request-Private-Network": [None, None, "true", "True"],
    "X-Forwarded-Proto": [None, "https", "http", "https,http"],
    "X-Forwarded-Host": [None, None, None, "example.com", "evil.example"],
    "X-Forwarded-Port": [None, None, "8443", "80"],
    "User-Agent": [None, "curl/8", "curl/8", "BadAgent", "a Bot", "robot"],
    "Cookie": [None, None, None, "csrftoken=abc", "sessionid=x"],
}
# The transport's, or those of one program alone. Django deletes an invalid cookie, and its pages have no policy.
IGNORED = {"date", "server", "connection", "content-length", "transfer-encoding", "x-request-id", "set-cookie",
           "content-security-policy"}


def requests(chance, count):
    for _ in range(count):
        headers = {name: chance.choice(values) for name, values in HEADERS.items()}
        headers = {name: value.encode("latin-1") for name, value in headers.items() if value is not None}
        yield chance.choice(METHODS), chance.choice(PATHS), headers


def ask(server, request, is_debug):
    method, path, headers = request
    answer = server.ask(method, path, headers=headers | ({"Accept": "text/html"} if is_debug else {}))
    kept = sorted((name.lower(), value) for name, value in answer.headers.items() if name.lower() not in IGNORED)
    # The pages of errors with DEBUG have other texts. Django's shows the user, for which it reads the session.
    shows_error = is_debug and answer.status >= 400
    if shows_error:
        kept = [(name, value.removeprefix("Cookie, ") if name == "vary" else value) for name, value in kept]
    return answer.status, kept, None if shows_error else answer.body


def place_of_cors(name, settings):
    if not any(setting.startswith("CORS_") for setting in settings):
        return ""
    return "second" if name == "cors-second" else "first"


def for_vitamin(settings, place):
    """The settings as variables: Python's own texts."""
    values = {name: str(value) for name, value in settings.items()}
    # Django's own server trusts no proxy, unlike gunicorn.
    values["FORWARDED_ALLOW_IPS"] = "192.0.2.1"
    return values | ({"CORS_BEFORE_SECURITY": "False"} if place == "second" else {})


def compare(live, name, settings, chance, count):
    place = place_of_cors(name, settings)
    settings = HOSTS | settings
    is_debug = settings.get("DEBUG", False)
    of_django = {"LIVE_SETTINGS": json.dumps(settings), "LIVE_CORS": place, "DJANGO_SETTINGS_MODULE": "middleware_settings"}
    statuses, different = {}, []
    with live.django(**of_django) as django, live.vitamin(**for_vitamin(settings, place)) as vitamin:
        for request in requests(chance, count):
            expected, found = (ask(server, request, is_debug) for server in (django, vitamin))
            if expected != found:
                different.append(f"{name}: {request}\nDjango:  {expected}\nvitamin: {found}")
            statuses[expected[0]] = statuses.get(expected[0], 0) + 1
    check(not different, f"{len(different)} of {count} answers differ. The first ones:", *different[:3])
    return statuses


def main():
    url, *more = sys.argv[1:]
    count, seed = (int(value) for value in (more + ["80", "16"][len(more):])[:2])
    live = Live(url)
    live.manage("migrate", "--verbosity", "0")
    started = time.time()
    for name, settings in CASES.items():
        statuses = compare(live, name, settings, random.Random(f"{seed} {name}"), count)
        told = ", ".join(f"{number} of {status}" for status, number in sorted(statuses.items()))
        print(f"middleware: {name}: the same: {told} ({time.time() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
