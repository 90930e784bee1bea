#!/usr/bin/env python3
"""Prints comparison cases for the reference server and this project's server, one JSON line each. See README.md.

The systematic cases come first, in a fixed order: one dimension varies, the others stay the same. Then come `--count`
random walks, in which every dimension varies; `--seed` selects them. The same arguments print the same lines.
"""
import argparse
import base64
import gzip
import json
import random

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTI = "multipart/form-data; boundary=B"
ROOT, AUTH, OBTAIN = "/", "/auth/", "/api-token-auth/"
VIEWS = [ROOT, AUTH, OBTAIN]
TOKEN = ["Authorization", "Token {token}"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
ODD_METHODS = ["CONNECT", "get", "Post", "oPTIONS", "G", "GE",
               "FOO_BAR", "FOO1", "LONGLONGLONGLONGLONGLONG", "G?T", "G(T", "HTTP/1.1"]
HASHERS = ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"]


def basic(pair, encoding="utf-8"):
    return "Basic " + base64.b64encode(pair.encode(encoding)).decode()


# --- Accept. No two equally specific ranges match one renderer: Python's choice between them differs from run to run.
ACCEPTS = {
    "any": "*/*", "json": "application/json", "html": "text/html", "xml": "application/xml", "empty": "", "blank": "  ",
    "app-any": "application/*", "text-any": "text/*", "any-json": "*/json", "q-low": "text/html;q=0.1, application/json",
    "q-json-low": "application/json;q=0.1, text/html", "q-zero": "application/json;q=0", "q-bad": "application/json;q=x",
    "q-space": "application/json ; q=0.5", "q-any": "*/*;q=0.8", "q-html-any": "text/html;q=0.9, */*;q=0.1",
    "browser": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "xml-any": "application/xml, */*", "xml-html": "application/xml, text/html", "csv-xml": "text/csv, application/xml",
    "upper": "APPLICATION/JSON", "mixed-case": "Application/Json", "tab": "application/json\t", "semi": "application/json;",
    "semi-space": "application/json; ", "semi-only": ";", "comma-only": ",", "commas": ",,application/json,,",
    "commas-blank": " , ,", "slash": "/", "slash-start": "/json", "slash-end": "application/", "word": "json",
    "word-html": "html, text/html", "star": "*", "star-json": "*, application/json", "three": "application/json/x",
    "three-any": "a/b/c, */*", "space-inside": "application / json", "html-xhtml": "application/xhtml+xml",
    "indent-0": "application/json; indent=0", "indent-1": "application/json; indent=1", "indent-4": "application/json; indent=4",
    "indent-8": "application/json;indent=8", "indent-9": "application/json; indent=9", "indent-neg": "application/json; indent=-1",
    "indent-plus": "application/json; indent=+2", "indent-under": "application/json; indent=1_0",
    "indent-word": "application/json; indent=x", "indent-float": "application/json; indent=2.5",
    "indent-empty": "application/json; indent=", "indent-none": "application/json; indent",
    "indent-quoted": 'application/json; indent="3"', "indent-single": "application/json; indent='3'",
    "indent-spaces": "application/json; indent = 3 ", "indent-upper": "application/json; INDENT=3",
    "indent-twice": "application/json; indent=2; indent=3", "indent-big": "application/json; indent=99999999999999999999",
    "indent-q": "application/json; q=0.5; indent=2", "indent-q-after": "application/json; indent=2; q=0.5",
    "indent-any": "*/*; indent=4", "indent-app-any": "application/*; indent=4", "indent-any-q": "*/*; indent=4; q=0.2",
    "indent-html": "text/html; indent=4", "indent-charset": "application/json; indent=4; charset=utf-8",
    "indent-utf8-digit": "application/json; indent=\u00b2", "indent-rfc2231": "application/json; indent*=utf-8''4",
    "indent-two-ranges": "application/json; indent=4, text/html", "indent-less-specific": "application/json; indent=2, application/json",
    "charset": "application/json; charset=utf-8", "charset-html": "text/html; charset=utf-8", "version": "application/json; version=1.0",
    "quoted-comma": 'application/json; a="b,c"', "quoted-open": 'application/json; a="b', "quoted-semi": 'application/json; a="b;c"',
    "quote-only": '"', "non-ascii": "application/json; a=\u00e9", "non-ascii-type": "applicati\u00f6n/json", "high": "\u00ff/\u00ff",
    "json-suffix": "application/vnd.api+json", "plus-json": "application/+json", "html-param": "text/html; level=1",
    "long-range": "application/" + "x" * 300, "long-then-json": "application/" + "x" * 300 + ", application/json",
    "range-256": "application/json;" + "x" * 239, "range-257": "application/json;" + "x" * 240,
    "tokens-64": ", ".join(f"a/x{i}" for i in range(63)) + ", application/json",
    "tokens-65": ", ".join(f"a/x{i}" for i in range(64)) + ", application/json",
    "long-list": "a/b," * 2000 + "application/json", "paren": "application/json (comment)", "eq": "application/json; =4", "equals": "=",
    "star-param": "*/*; x", "wild-sub": "application/j*", "wild-main": "app*/json", "param-no-semi": "application/json indent=4",
}
ACCEPT_PAIRS = {
    "two": ["application/xml", "application/json"], "two-html": ["text/html", "application/xml"], "two-empty": ["", "application/json"],
    "two-both-empty": ["", ""], "two-none": ["text/csv", "application/xml"], "two-indent": ["application/json; indent=2", "text/html"],
    "three": ["text/csv", "text/plain", "*/*"], "two-quoted": ['application/json; a="b', 'c"'],
}

# --- Authorization.
TOKENS = {
    "good": "Token {token}", "lower": "token {token}", "upper": "TOKEN {token}", "mixed": "tOkEn {token}", "inactive": "Token {inactive}",
    "unknown": "Token " + "0" * 40, "bare": "Token", "bare-space": "Token ", "bare-tab": "Token\t", "words": "Token a b", "words-3": "Token a b c",
    "two-spaces": "Token  {token}", "lead-space": " Token {token}", "trail-space": "Token {token} ", "tab": "Token\t{token}",
    "tabs": "Token\t\t{token}\t", "tab-space": "Token \t {token}", "word-space": "Token {token} x", "key-upper": "Token {token}X",
    "short": "Token a", "long": "Token " + "a" * 300, "very-long": "Token " + "a" * 5000, "quoted": 'Token "{token}"', "comma": "Token {token},",
    "equals": "Token token={token}", "colon": "Token: {token}", "colon-glued": "Token:{token}", "no-space": "Token{token}", "key-only": "{token}",
    "bearer": "Bearer {token}", "digest": 'Digest username="Pepe"', "empty": "", "blank": "   ", "number": "1", "comma-scheme": "Token,{token}",
    "latin1": "Token caf\u00e9", "high": "Token \u00ff\u00fe", "utf8": "Token " + "caf\u00e9".encode().decode("latin-1"),
    "utf8-astral": "Token " + "\U0001f600".encode().decode("latin-1"), "utf8-key": "Token {token}" + "\u00e9".encode().decode("latin-1"),
    "latin1-scheme": "T\u00f6ken {token}", "nbsp": "Token\u00a0{token}", "nel": "Token\u0085{token}", "latin1-words": "Token \u00e9 \u00e9",
    "utf8-truncated": "Token a\u00c3", "utf8-surrogate": "Token \u00ed\u00a0\u0080", "utf8-overlong": "Token \u00c0\u00af",
    "nbsp-trail": "Token {token}\u00a0", "percent": "Token %61", "quote-sql": "Token ' OR 1=1", "sql-one": "Token 'OR'1'='1",
}
BASICS = {
    "bare": "Basic", "bare-space": "Basic ", "words": "Basic a b", "lower": "basic", "no-base64": "Basic !!!!", "one": "Basic a", "two": "Basic aa",
    "three": "Basic aaa", "four": "Basic YWFh", "pad-only": "Basic ====", "pad-early": "Basic YQ==YQ==", "no-colon": basic("Pepe"), "nothing": basic(" "),
    "latin1-bytes": "Basic \u00e9\u00e9\u00e9\u00e9", "bad-utf8-no-colon": "Basic " + base64.b64encode(b"\xff\xfe\xfd").decode(), "url-alphabet": "Basic _-__",
    "bytes-utf8": "Basic w6nDqQ", "comma": "Basic YTpi,YTpi", "other-token": "Basic {token}", "tab": "Basic\tYQ==", "no-colon-5": basic("user%3Apass"),
    "inner-newline": "Basic YW\u0085Fh", "pad-wrong": "Basic YWI", "pad-extra": "Basic YWFh=", "junk-inside": "Basic Y!W@F#h",
}
BASIC_LOGINS = {
    "ok": basic("Pepe:aaaa"), "wrong": basic("Pepe:bbbb"), "unknown": basic("Nobody:aaaa"), "inactive": basic("gone:aaaa"), "empty-both": basic(":"),
    "empty-user": basic(":aaaa"), "empty-password": basic("Pepe:"), "colons": basic("Pepe:aa:aa"), "case": basic("pepe:aaaa"), "space": basic(" Pepe:aaaa"),
    "lower": basic("Pepe:aaaa").replace("Basic", "basic"), "upper": basic("Pepe:aaaa").replace("Basic", "BASIC"), "tab": basic("Pepe:aaaa").replace(" ", "\t"),
    "two-spaces": basic("Pepe:aaaa").replace(" ", "  "), "unpadded": "Basic UGVwZTphYWE", "junk": "Basic UGVw!ZTphYWFh", "early-pad": "Basic UGVwZTphYWFh====",
    "utf8": basic("walterwhit\u00e9:p\u00e4ssw\u00f6rd"), "latin1": basic("walterwhit\u00e9:p\u00e4ssw\u00f6rd", "latin-1"), "padded": basic("spaces:  padded  "),
    "nul": basic("Pe\0pe:aaaa"), "nul-password": basic("Pepe:aa\0aa"), "nopass": basic("nopass:"), "newline": basic("Pepe:aaaa\n"),
}
AUTH_PAIRS = {
    "token-twice": ["Token {token}", "Token {token}"], "token-empty": ["Token {token}", ""], "empty-token": ["", "Token {token}"],
    "token-basic": ["Token {token}", "Basic YQ=="], "basic-token": ["Basic YQ==", "Token {token}"], "two-unknown": ["Bearer a", "Bearer b"],
}

# --- Host. The client sends only this one.
HOSTS = {
    "localhost": "localhost", "upper": "LOCALHOST", "mixed": "LocalHost", "port": "localhost:8000", "port-0": "localhost:0", "port-big": "localhost:99999999",
    "port-empty": "localhost:", "port-word": "localhost:http", "port-neg": "localhost:-1", "two-ports": "localhost:1:2", "dot": "localhost.",
    "dot-port": "localhost.:80", "dots": "localhost..", "dot-first": ".localhost", "dot-only": ".", "ip": "127.0.0.1", "ip-port": "127.0.0.1:80",
    "ip-dot": "127.0.0.1.", "ip-other": "127.0.0.2", "testserver": "testserver", "ipv6": "[::1]", "ipv6-port": "[::1]:80", "ipv6-other": "[::2]",
    "ipv6-long": "[0:0:0:0:0:0:0:1]", "ipv6-open": "[::1", "ipv6-bare": "::1", "ipv6-dot": "[::1].", "ipv6-word": "[localhost]", "ipv6-upper": "[::FFFF]",
    "ipv6-empty": "[]", "evil": "evil.example", "evil-sub": "localhost.evil.example", "sub": "a.localhost", "evil-port": "evil.example:80",
    "at": "user@localhost", "slash": "localhost/x", "question": "localhost?x", "hash": "localhost#x", "back": "localhost\\x", "space": "local host",
    "under": "local_host", "comma": "localhost,evil.example", "quote": 'localhost"', "latin1": "loc\u00e4lhost", "percent": "localhost%20", "star": "*",
    "scheme": "http://localhost", "empty": "", "lead-space": "  localhost", "trail-space": "localhost  ", "semi": "localhost;x", "long": "a" * 300,
    "punycode": "xn--lochost-5wa", "null-word": "null", "zero": "0.0.0.0", "int": "2130706433", "angle": "<localhost>", "brace": "{localhost}",
}

# --- Paths. They are a dimension of their own, because Django checks in this order: router, slash, host, view.
PATHS = [
    "/auth", "/api-token-auth", "/.json", "/.json/", "/.api", "/.api/", "/.xml", "/.xml/", "/.JSON", "/.JSON/", "/.json.json", "/.html", "/.", "/..",
    "/./", "/../", "/auth.json", "/auth.json/", "/auth.api", "/auth.api/", "/auth.xml", "/auth.xml/", "/auth.JSON", "/auth.Json/", "/auth.json.json",
    "/auth.json.json/", "/auth.json/json", "/auth.json//", "/auth..json", "/auth.", "/auth./", "/auth.j-son", "/auth.json1", "/auth.1", "/auth.json%20",
    "/auth/.json", "/auth/.json/", "/auth/json", "/auth/json/", "/auth//", "/auth/./", "/auth/../auth/", "/./auth/", "/../auth/", "/api-token-auth.json",
    "/api-token-auth.json/", "/api-token-auth/.json", "/api-token-auth//", "/api-token-auth/x", "/api-token-auth.api", "//", "///", "//auth/", "//auth",
    "//auth.json", "//evil.example/", "//evil.example", "/%2fauth/", "/%2Fauth", "/%2f%2fauth", "/%61uth/", "/%61uth", "/%41UTH/", "/auth%2f", "/auth%2F/", "/auth%2ejson",
    "/auth%2Ejson/", "/%2ejson", "/auth.%6a%73%6f%6e", "/auth.json%2f", "/auth.json%0a", "/auth/%0a", "/auth%0a", "/%0a", "/auth%0d%0aX:y", "/auth%0d%0aX:y/",
    "/auth%00", "/auth/%00", "/%00", "/auth%20", "/auth%20/", "/auth+/", "/%20auth/", "/a%c3%bcth/", "/%c3%a4", "/%ff", "/%ff/", "/%C3", "/auth%ff/",
    "/%e2%80%a8", "/auth.js%c3%b6n", "/auth.%c4%b1", "/%", "/%/", "/%2", "/%zz", "/%zz/", "/auth%", "/auth%/", "/auth/%", "/%25", "/%2561uth/", "/AUTH/", "/Auth", "/API-TOKEN-AUTH/",
    "/auth;x", "/auth;x/", "/auth/;x", "/auth,/", "/auth:80/", "/auth@x/", "/auth'/", "/auth(/", "/auth*/", "/auth=/", "/auth&/", "/auth~/", "/auth$/", "/$", "/^auth/",
    "/nothing", "/nothing/", "/auth/nothing", "/auth/nothing/", "/favicon.ico", "/static/", "/static/x.css", "/index.html", "/" + "a" * 2000,
    "/auth\\", "/auth/\\", "/\\auth/", "/\"quoted\"", "/{auth}/", "/auth|/", "/[auth]/", "/auth^/",
]
RAW_TARGETS = ["*", "http://localhost/", "http://localhost/auth/", "http://localhost/auth", "http://evil.example/auth/", "https://localhost/auth/", "http://localhost",
               "http://localhost?x", "auth/", "auth", "?format=xml", "", "/auth/#x", "/#", "/auth#x", "/\u00e4/", "/auth/?x=<>", "/<script>", "/auth/?x=`", "/`", "/auth/?\u00e4", "/auth?\u00e4=\u00ff", "/a\u0085b"]
QUERIES = [
    "", "format=json", "format=api", "format=xml", "format=JSON", "format=html", "format=", "format", "format=&format=", "format=json&format=xml",
    "format=xml&format=json", "format=xml&format=", "format=json&format=", "format=json&format=api", "Format=xml", "FORMAT=xml", "%66ormat=xml", "format%3Dxml", "format=%6Ason",
    "format=%78ml", "format=+json", "format=json+", "format=json%20", "format=js%00on", "format=%00", "format=json%ff", "format=%ff", "format=%", "format=%zz", "format=json%0a",
    "format=json;x=1", "a=b;format=xml", "format[]=xml", "&", "&&format=xml", "&format=xml&", "=", "=xml", "format==json", "x=1", "x=%C3%A9", "x=a+b%20c", "x=1&x=2", "x='\"", "?",
    "??format=xml", "/", "next=//evil.example", "a=%0d%0aX:y", "format=json.", "format=.json", "format=application/json", "format=json,xml", "format=j%C3%B6", "%ff=1", "%C3%A4=1",
    "csrf_token=x", "page=2&format=json", "x=[1]{2}|^\\", "format=json?format=xml", "a&" * 999 + "format=xml", "a&" * 1000 + "format=xml", "&" * 1000 + "format=xml", "&" * 999 + "format=xml",
]
SUFFIXED = ["/.json", "/.api", "/auth.json", "/auth.api/", "/auth.xml"]


def form_bodies(user):
    """Form bodies whose answer needs no password check: (name, content type, body)."""
    both = f"{user}=&password="
    return [
        ("form-empty", FORM, b""), ("form-blank", FORM, both), ("form-user", FORM, f"{user}=Pepe"), ("form-password", FORM, "password=aaaa"),
        ("form-other", FORM, "x=1"), ("form-amp", FORM, "&&&"), ("form-no-equals", FORM, f"{user}&password"), ("form-semi", FORM, f"{user}=Pepe;password=aaaa"),
        ("form-blank-last", FORM, f"{user}=Pepe&password=aaaa&{user}="), ("form-plus-blank", FORM, f"{user}=+++&password="),
        ("form-upper-names", FORM, f"{user.upper()}=Pepe&PASSWORD=aaaa"), ("form-brackets", FORM, f"{user}[]=Pepe&password[]=aaaa"),
        ("form-space-name", FORM, f"{user}+=Pepe&+password=aaaa"), ("form-tabs", FORM, f"{user}=%09%0A&password=%20"), ("form-nbsp", FORM, f"{user}=%C2%A0&password="),
        ("form-percent", FORM, f"{user}=%&password="), ("form-percent-zz", FORM, f"{user}=%zz"), ("form-raw-high", FORM, f"{user}=".encode() + b"\xff\xfe"),
        ("form-is-json", FORM, b"{}"), ("form-is-json-2", FORM, f'{{"{user}": "Pepe", "password": "aaaa"}}'), ("form-newline", FORM, "\r\n"), ("form-nul", FORM, b"\x00"),
        ("form-1000", FORM, "&".join(f"f{i}=1" for i in range(1000))), ("form-1001", FORM, "&".join(f"f{i}=1" for i in range(1001))), ("form-1001-amp", FORM, "&" * 1001 + "x=1"),
        ("form-charset-utf8", FORM + "; charset=utf-8", both), ("form-charset-latin1", FORM + "; charset=iso-8859-1", both), ("form-charset-unknown", FORM + "; charset=nope", both),
        ("form-charset-utf16", FORM + "; charset=utf-16", both), ("form-charset-empty", FORM + "; charset=", both), ("form-charset-quoted", FORM + '; charset="utf-8"', both),
        ("form-charset-utf16-even", FORM + "; charset=utf-16", both + "&"), ("form-charset-utf32", FORM + "; charset=utf-32", both + "&"), ("form-charset-sig", FORM + "; charset=utf-8-sig", f"{user}=%E9&password="), ("form-charset-base64", FORM + "; charset=base64", both), ("form-charset-rot13", FORM + "; charset=rot13", both), ("form-charset-upper", FORM + "; charset=UTF-8", both),
        ("form-charset-idna", FORM + "; charset=idna", both), ("form-charset-ascii", FORM + "; charset=ascii", f"{user}=%C3%A9&password="), ("form-charset-utf7", FORM + "; charset=utf-7", both),
        ("form-upper", FORM.upper(), both), ("form-params", FORM + "; a=b", both), ("form-semi-type", FORM + ";", both), ("form-space-type", FORM + " ", both),
    ]


def json_bodies(user):
    """JSON bodies whose answer needs no password check."""
    def with_user(value):
        return f'{{"{user}": {value}, "password": ""}}'
    bodies = {
        "empty": "", "space": " ", "newline": "\n", "dict": "{}", "list": "[]", "list-1": "[1]", "string": '"a"', "empty-string": '""', "int": "1", "zero": "0", "minus-zero": "-0", "float": "1.5",
        "true": "true", "false": "false", "null": "null", "list-dict": "[{}]", "blank": with_user('""'), "only-user": f'{{"{user}": "Pepe"}}', "only-password": '{"password": "aaaa"}',
        "user-null": f'{{"{user}": null, "password": "a"}}', "password-null": f'{{"{user}": "Pepe", "password": null}}', "both-null": f'{{"{user}": null, "password": null}}',
        "user-true": f'{{"{user}": true, "password": "a"}}', "user-list": f'{{"{user}": [], "password": "a"}}', "user-dict": f'{{"{user}": {{}}, "password": "a"}}',
        "password-false": f'{{"{user}": "Pepe", "password": false}}', "password-list": f'{{"{user}": "Pepe", "password": ["aaaa"]}}', "password-dict": f'{{"{user}": "Pepe", "password": {{"a": 1}}}}',
        "user-int": with_user("1"), "user-float": with_user("1.0"), "user-int-big": with_user("1" * 100), "user-digits": with_user("1" * 5000), "user-e": with_user("1e999"), "user-minus-e": with_user("-1e999"),
        "user-nul": with_user('"a\\u0000b"'), "user-surrogate": with_user('"\\ud800"'), "user-low-surrogate": with_user('"a\\udc00b"'), "user-pair": with_user('"\\ud83d\\ude00"'),
        "user-pair-reversed": with_user('"\\ude00\\ud83d"'), "user-surrogates": with_user('"\\ud800\\ud801 \\udfff"'), "user-surrogate-nul": with_user('"\\u0000\\ud800"'), "user-blank": with_user('"  "'),
        "user-white": with_user('"\\t\\n\\r\\u00a0\\u2003\\u3000"'), "user-zwsp": f'{{"{user}": "\\u200b", "password": null}}', "user-separators": with_user('"\\u001c\\u001f\\u0085\\u2028"'),
        "password-nul": f'{{"{user}": "Pepe", "password": "\\u0000"}}', "password-surrogate": f'{{"{user}": "", "password": "\\udfff"}}', "password-blank": f'{{"{user}": "", "password": "   "}}',
        "nul-both": f'{{"{user}": "\\u0000", "password": "\\u0000"}}', "duplicate": f'{{"{user}": "Pepe", "{user}": ""}}', "duplicate-null": f'{{"{user}": "Pepe", "password": "a", "password": null}}',
        "unknown-key": '{"\\ud800": 1}', "empty-key": '{"": 1}', "escaped-key": f'{{"\\u00{ord(user[0]):02x}{user[1:]}": ""}}', "nested": '{"a": {"b": [{"c": null}]}}', "extra": '{"x": 1e5, "y": -0.0}',
        "nan": "NaN", "nan-in": with_user("NaN"), "inf": "Infinity", "minus-inf": "[-Infinity]", "minus-nan": "-NaN", "float-inf": "1e999", "long-int": "1" * 4300, "too-long-int": "1" * 4301, "too-long-neg": "-" + "1" * 4301,
        "too-long-float": "1" * 5000 + ".0", "long-zeros": "[" + "1" * 4999 + "]", "bad-open": "{", "bad-open-list": "[", "bad-key": "{a: 1}", "bad-single": "{'a': 1}", "bad-int-key": "{1: 2}", "bad-comma": '{"a": 1,}',
        "bad-comma-2": '{"a": 1, , }', "bad-comma-first": "{,}", "bad-list-comma": "[1,]", "bad-list-comma-2": "[1,,2]", "bad-list-first": "[,1]", "bad-colon": '{"a" 1}', "bad-colon-end": '{"a"', "bad-value": '{"a":}',
        "bad-value-end": '{"a":', "bad-delimiter": '{"a": 1 "b": 2}', "bad-delimiter-end": '{"a": 1', "bad-list-delimiter": "[1 2]", "bad-list-end": "[1", "bad-list-end-comma": "[1,", "bad-dict-end-comma": '{"a": 1,',
        "bad-dict-end-space": '{"a": 1,  ', "bad-mismatch": "[1}", "bad-mismatch-2": '{"a": 1]', "bad-extra": "{} x", "bad-extra-2": "{}{}", "bad-extra-3": "1 2", "bad-extra-4": "[]\n]", "bad-word": "nul", "bad-word-2": "truex",
        "bad-word-3": "True", "bad-word-4": "undefined", "bad-word-5": "nan", "bad-letter": "x", "bad-minus": "-", "bad-plus": "+1", "bad-dot": ".5", "bad-dot-end": "1.", "bad-zeros": "01", "bad-hex": "0x10", "bad-exp": "1e", "bad-exp-2": "1e+",
        "bad-string": '"abc', "bad-string-2": '{"a": "b', "bad-string-key": '{"a', "bad-escape": '"\\x"', "bad-escape-2": '"a\\', "bad-escape-3": '{"a": "\\\'"}', "bad-u": '"\\u12"', "bad-u-2": '"\\uZZZZ"', "bad-u-3": '"\\u"', "bad-u-4": '"\\u 123"',
        "bad-u-5": '"\\u+123"', "bad-u-6": '"\\ud800\\u12"', "bad-u-7": '"\\u0x12"', "bad-u-8": '"\\u12_3"', "bad-u-end": '"\\u123', "bad-control": '"a\nb"', "bad-control-2": '"a\tb"', "bad-control-3": '{"a\x01": 1}', "bad-del": '"\x7f"',
        "bad-lines": '{\n "a": 1,\n "b" 2\n}', "bad-crlf": '{\r\n"a": 1,\r\n x}', "bad-cr": '[1,\r x]', "bad-wide": '["\u00e9\U0001f600", x]', "bad-comment": "// x\n{}", "bad-comment-2": "/* */ {}", "bad-vt": "\x0b1", "bad-ff": "\x0c{}",
        "bad-nbsp": "\u00a0{}", "bad-nbsp-after": "{}\u00a0", "bad-ls": "\u2028[]", "bad-nul": "\x00", "bad-nul-after": "{}\x00", "bad-bom": "\ufeff{}", "bad-bom-2": "\ufeff\ufeff{}", "bad-bom-inside": "{\ufeff}", "bad-bom-only": "\ufeff",
        "bad-backtick": "`", "bad-form": f"{user}=Pepe&password=aaaa", "bad-xml": "<a/>", "white": " \t\r\n{} \t\r\n", "depth-500": "[" * 500 + "]" * 500, "depth-5000": "[" * 5000 + "]" * 5000, "depth-open": "[" * 5000,
        "depth-dict": '{"a":' * 5000 + "1" + "}" * 5000, "depth-100": '{"a":' * 100 + "1" + "}" * 100, "astral": with_user('"\U0001f600\u0301"'), "html": with_user('"<script>&\u2028"'), "number-key-text": '{"1": 2}', "array-words": '["a", true, null]',
        "user-long": f'{{"{user}": "{"a" * 3000}", "password": null}}', "user-escapes": with_user('"\\/\\b\\f\\"\\\\"'),
    }
    out = [("json-" + name, JSON, body) for name, body in bodies.items()]
    raw = {
        "utf8-bad": b'"\xff"', "utf8-truncated": b'{"a": "\xc3', "utf8-truncated-2": b'"\xe2\x82', "utf8-continuation": b'"\x80"', "utf8-overlong": b'"\xc0\xaf"', "utf8-surrogate": b'"\xed\xa0\x80"', "utf8-five": b'"\xf8\x88\x80\x80\x80"',
        "utf8-mixed": b'{"a": "\xe2\x28\xa1"}', "utf8-late": b'{"a": "' + b"x" * 200 + b'\xff"}', "utf16le": "{}".encode("utf-16-le"), "utf16": "{}".encode("utf-16"), "utf32": "{}".encode("utf-32"), "latin1": '{"a": "\u00e9"}'.encode("latin-1"), "gzip": gzip.compress(b"{}", mtime=0),
    }
    out += [("json-" + name, JSON, body) for name, body in raw.items()]
    text = f'{{"{user}": "\u00e9", "password": ""}}'
    for charset in ["utf-8", "UTF-8", "utf8", '"utf-8"', "'utf-8'", "utf-8-sig", "iso-8859-1", "latin-1", "ascii", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp1252", "koi8-r", "shift_jis", "nope", "", "  ", "base64", "hex", "rot13", "idna",
                    "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-8; a=b", "utf\u00e98"]:
        out.append((f"json-charset-{charset}", f"{JSON}; charset={charset}", text))
        out.append((f"json-charset-{charset}-bad", f"{JSON}; charset={charset}", b"\xff\xfe{"))
    for charset, codec in [("utf-16", "utf-16"), ("utf-16-be", "utf-16-be"), ("iso-8859-1", "latin-1"), ("utf-32", "utf-32"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16-le")]:
        out.append((f"json-{charset}-as-{codec}", f"{JSON}; charset={charset}", text.encode(codec)))
    return out


def part(name, value, extra="", disposition=None):
    head = disposition if disposition is not None else f'form-data; name="{name}"'
    return f"--B\r\nContent-Disposition: {head}\r\n{extra}\r\n".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"


END = b"--B--\r\n"


def multipart_bodies(user):
    """Multipart bodies whose answer needs no password check."""
    plain = part(user, "") + part("password", "") + END
    only = part("x", "1") + END
    file = "Content-Type: text/plain\r\n"
    out = [("multi-" + name, MULTI, body) for name, body in {
        "blank": plain, "user": part(user, "Pepe") + END, "password": part("password", "aaaa") + END, "empty": b"", "end-only": END, "end-no-crlf": b"--B--", "no-end": part(user, "") + part("password", ""), "cut": plain[:30], "cut-2": plain[:-8],
        "junk": b"junk", "preamble": b"preamble\r\n" + plain, "epilogue": plain + b"epilogue", "lf": plain.replace(b"\r\n", b"\n"), "cr": plain.replace(b"\r\n", b"\r"), "duplicate": part(user, "Pepe") + part(user, "") + END, "no-name": part("", "x", disposition="form-data") + END,
        "empty-name": part("", "x") + END, "no-disposition": b"--B\r\n\r\nx\r\n" + END, "attachment": part("", "x", disposition=f'attachment; name="{user}"') + END, "unquoted": part("", "", disposition=f"form-data; name={user}") + END, "single": part("", "", disposition=f"form-data; name='{user}'") + END,
        "upper-head": plain.replace(b"Content-Disposition", b"CONTENT-DISPOSITION"), "other-boundary": plain.replace(b"--B", b"--C"), "longer-boundary": plain.replace(b"--B", b"--BB"), "nul": part(user, b"\x00") + END, "high": part(user, b"\xff\xfe") + END, "utf8": part(user, "\u00e9") + END,
        "charset-part": part(user, b"\xe9", "Content-Type: text/plain; charset=iso-8859-1\r\n") + END, "bad-charset-part": part(user, "", "Content-Type: text/plain; charset=nope\r\n") + END, "file-user": part("", "data", file, f'form-data; name="{user}"; filename="a.txt"') + part("password", "a") + END,
        "file-password": part(user, "Pepe") + part("", "data", file, 'form-data; name="password"; filename="a.txt"') + END, "file-other": part("", "data", file, 'form-data; name="f"; filename="a.txt"') + END, "file-no-name": part("", "data", file, 'form-data; name="f"; filename=""') + END,
        "file-both": part("", "data", file, f'form-data; name="{user}"; filename="a.txt"') + part("", "data", file, 'form-data; name="password"; filename="b.txt"') + END, "file-empty": part("", "", file, f'form-data; name="{user}"; filename="a.txt"') + END,
        "file-path": part("", "data", file, f'form-data; name="{user}"; filename="../../a.txt"') + END, "file-back": part("", "data", file, f'form-data; name="{user}"; filename="C:\\\\a.txt"') + END, "file-star": part("", "data", file, f"form-data; name=\"{user}\"; filename*=UTF-8''a%20b.txt") + END,
        "file-space": part("", "data", file, f'form-data; name="{user}"; filename=" "') + END, "skipped-long": part("", "x" * 70000, file, 'form-data; name="f"; filename=".."') + part(user, "") + END, "no-name-long": part("", "x" * 70000, disposition="form-data") + part(user, "") + END,
        "file-dots": part("", "data", file, f'form-data; name="{user}"; filename=".."') + END, "file-and-field": part(user, "") + part("", "data", file, f'form-data; name="{user}"; filename="a.txt"') + END, "base64": part(user, "", "Content-Transfer-Encoding: base64\r\n") + END,
        "base64-bad": part(user, "!!!", "Content-Transfer-Encoding: base64\r\n") + END, "base64-nul": part(user, "AAAA", "Content-Transfer-Encoding: base64\r\n") + END, "qp": part(user, "=20", "Content-Transfer-Encoding: quoted-printable\r\n") + END, "8bit": part(user, "", "Content-Transfer-Encoding: 8bit\r\n") + END,
        "base64-file-bad": part("", "!!!", file + "Content-Transfer-Encoding: base64\r\n", f'form-data; name="{user}"; filename="a"') + END, "base64-file-1": part("", "A", file + "Content-Transfer-Encoding: base64\r\n", f'form-data; name="{user}"; filename="a"') + END,
        "head-long": part(user, "", "X: " + "x" * 1100 + "\r\n") + END, "head-no-colon": part(user, "", "nonsense\r\n") + END, "head-fold": part("", "", disposition=f'form-data;\r\n name="{user}"') + END, "no-blank": b'--B\r\nContent-Disposition: form-data; name="x"\r\n' + END, "spaces": b"--B  \r\n" + plain[5:],
        "value-newlines": part(user, "\r\n\r\n") + END, "value-boundary": part(user, "--B") + END, "1000": b"".join(part(f"f{i}", "1") for i in range(1000)) + END, "1001": b"".join(part(f"f{i}", "1") for i in range(1001)) + END,
        "files-100": b"".join(part("", "1", file, f'form-data; name="f{i}"; filename="a"') for i in range(100)) + END, "files-101": b"".join(part("", "1", file, f'form-data; name="f{i}"; filename="a"') for i in range(101)) + END,
    }.items()]
    types = {
        "no-boundary": "multipart/form-data", "semi": "multipart/form-data;", "boundary-empty": "multipart/form-data; boundary=", "boundary-bare": "multipart/form-data; boundary", "boundary-quoted": 'multipart/form-data; boundary="B"', "boundary-single": "multipart/form-data; boundary='B'",
        "boundary-space": "multipart/form-data; boundary= B ", "boundary-open": 'multipart/form-data; boundary="B', "boundary-two": "multipart/form-data; boundary=C; boundary=B", "boundary-upper": "multipart/form-data; BOUNDARY=B", "boundary-odd": "multipart/form-data; boundary=B\u00e9",
        "boundary-slash": "multipart/form-data; boundary=B/:?", "boundary-long": "multipart/form-data; boundary=" + "B" * 71, "boundary-70": "multipart/form-data; boundary=" + "B" * 70, "boundary-201": "multipart/form-data; boundary=" + "B" * 201, "boundary-rfc2231": "multipart/form-data; boundary*=utf-8''B",
        "boundary-rfc2231-bad": "multipart/form-data; boundary*=nope''B", "boundary-comma": "multipart/form-data, boundary=B", "boundary-trailing-space": 'multipart/form-data; boundary="B "', "boundary-inner-space": 'multipart/form-data; boundary="B B"', "upper": "MULTIPART/FORM-DATA; boundary=B",
        "mixed": "multipart/mixed; boundary=B", "any": "multipart/*; boundary=B", "charset": MULTI + "; charset=utf-8", "charset-latin1": MULTI + "; charset=iso-8859-1", "charset-unknown": MULTI + "; charset=nope", "charset-utf16": MULTI + "; charset=utf-16", "charset-base64": MULTI + "; charset=base64",
    }
    out += [("multi-type-" + name, kind, plain) for name, kind in types.items()]
    return out + [(f"multi-type-{name}-empty", kind, b"") for name, kind in types.items()] + [("multi-other-fields", MULTI, only)]


def typed_bodies(user):
    """Other content types, with and without a body."""
    types = [
        "application/xml", "text/plain", "text/plain; charset=utf-8", "text/html", "application/octet-stream", "image/png", "application/vnd.api+json", "application/json-patch+json", "*/*", "application/*", "*/json", "application/", "/json", "/", "json", "application", "", " ", ";", ",", "a/b/c",
        "application/json/x", "application/json, text/plain", "text/plain, application/json", "application/json,application/json", "application/jsonx", "xapplication/json", "application /json", "application/ json", "application/json ", "application/json;", "application/json; ", "application/json;;", "application/json; a",
        "application/json; a=b", 'application/json; a="b;c"', 'application/json; a="b', "application/json;charset", "application/json; charset=utf-8; charset=latin-1", "APPLICATION/JSON", "Application/Json", "application/json; indent=4", "application/json; q=0.5", "text/plain; a=\"b\\\"c\"", "text/pl\u00e4in", "\u00ff\u00fe", "text/plain\u0085",
        "application/json\u00a0", "text/plain'<script>", 'te"xt/plain', "x" * 256, "x/" + "y" * 254, "x/" + "y" * 255, "application/json;" + "x" * 239, "application/json;" + "x" * 240, "text/json", "application/x-www-form-urlencoded, application/json", "application/x-json", "application/x-www-form-urlencoded+json",
    ]
    return [(f"type-{kind}", kind, b"{}") for kind in types] + [(f"type-{kind}-empty", kind, b"") for kind in types]


def login_bodies(user, right):
    """Bodies that need one password check each."""
    def pair(name, password):
        return json.dumps({user: name, "password": password})
    out = [
        ("ok-form", FORM, f"{user}=Pepe&password=aaaa"), ("ok-json", JSON, pair("Pepe", "aaaa")), ("ok-multi", MULTI, part(user, "Pepe") + part("password", "aaaa") + END), ("wrong-form", FORM, f"{user}=Pepe&password=bbbb"), ("unknown", JSON, pair("Nobody", "aaaa")), ("inactive", JSON, pair("gone", "aaaa")),
        ("user-case", JSON, pair("pepe", "aaaa")), ("user-spaces", JSON, pair("  Pepe\t\n", "aaaa")), ("user-nbsp", JSON, pair("\u00a0Pepe\u2003", "aaaa")), ("password-spaces", JSON, pair("Pepe", " aaaa ")), ("padded-ok", JSON, pair("spaces", "  padded  ")), ("padded-form", FORM, f"{user}=spaces&password=++padded++"),
        ("padded-trimmed", JSON, pair("spaces", "padded")), ("padded-multi", MULTI, part(user, "spaces") + part("password", "  padded  ") + END), ("nonascii", JSON, pair("walterwhit\u00e9", "p\u00e4ssw\u00f6rd")), ("nonascii-form", FORM, f"{user}=walterwhit%C3%A9&password=p%C3%A4ssw%C3%B6rd"),
        ("nonascii-nfd", JSON, pair("walterwhite\u0301", "p\u00e4ssw\u00f6rd")), ("nonascii-latin1", FORM, f"{user}=walterwhit%E9&password=p%E4ssw%F6rd"), ("nonascii-charset", JSON + "; charset=iso-8859-1", f'{{"{user}": "walterwhit\u00e9", "password": "p\u00e4ssw\u00f6rd"}}'.encode("latin-1")),
        ("nonascii-utf16", JSON + "; charset=utf-16", f'{{"{user}": "walterwhit\u00e9", "password": "p\u00e4ssw\u00f6rd"}}'.encode("utf-16")), ("nonascii-multi", MULTI, part(user, "walterwhit\u00e9") + part("password", "p\u00e4ssw\u00f6rd") + END), ("nopass", JSON, pair("nopass", "")), ("nopass-bang", JSON, pair("nopass", "!")),
        ("number-user", JSON, f'{{"{user}": 1, "password": "aaaa"}}'), ("number-password", JSON, f'{{"{user}": "Pepe", "password": 1}}'), ("numbers", JSON, f'{{"{user}": 1.50, "password": -1e3}}'), ("empty-strings", JSON, pair("", "")), ("nul-user", JSON, pair("Pe\0pe", "a")), ("nul-password", JSON, pair("Pepe", "aa\0aa")),
        ("surrogate-user", JSON, pair("\ud800", "a")), ("surrogate-password", JSON, pair("Pepe", "\udfff")), ("duplicate-last", FORM, f"{user}=x&{user}=Pepe&password=bbbb&password=aaaa"), ("duplicate-json", JSON, f'{{"{user}": "x", "{user}": "Pepe", "password": "aaaa"}}'),
        ("duplicate-multi", MULTI, part(user, "x") + part(user, "Pepe") + part("password", "aaaa") + END), ("extra-fields", JSON, f'{{"{user}": "Pepe", "password": "aaaa", "token": "x", "next": [1]}}'), ("long-user", JSON, pair("a" * 151, "a")), ("long-password", JSON, pair("Pepe", "a" * 5000)), ("astral", JSON, pair("\U0001f600", "\U0001f600")),
        ("form-plus", FORM, f"{user}=u_scrypt&password=correct+horse"), ("form-percent", FORM, f"%{ord(user[0]):x}{user[1:]}=%50epe&password=%61aaa"), ("form-bad-percent", FORM, f"{user}=Pepe&password=aaaa%"), ("form-high", FORM, f"{user}=Pepe&password=".encode() + b"\xff"), ("form-semi", FORM, f"{user}=Pepe;x&password=aaaa;"),
        ("base64-multi", MULTI, part(user, "UGVwZQ==", "Content-Transfer-Encoding: base64\r\n") + part("password", "aaaa") + END), ("multi-lf", MULTI, (part(user, "Pepe") + part("password", "aaaa") + END).replace(b"\r\n", b"\n")), ("multi-no-end", MULTI, part(user, "Pepe") + part("password", "aaaa")),
        ("multi-nonascii-name", 'multipart/form-data; boundary="B"; charset=iso-8859-1', part(user, "walterwhit\u00e9".encode("latin-1")) + part("password", "p\u00e4ssw\u00f6rd".encode("latin-1")) + END),
    ]
    return out if right else [case for case in out if not case[0].startswith("ok")]


def field_of(target):
    return "username" if "api-token" in target else "user"


class Cases:
    """The cases to print. Names are unique in a group."""

    def __init__(self):
        self.lines, self.names = [], set()

    def add(self, group, name, method, target, headers=(), body=b""):
        shown, number = name, 1
        while (group, shown) in self.names:
            number += 1
            shown = f"{name} #{number}"
        self.names.add((group, shown))
        body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        line = {"group": group, "name": shown, "method": method, "target": target, "headers": [list(pair) for pair in headers]}
        if body:
            try:
                line["body"] = body.decode()
            except UnicodeDecodeError:
                line["body_hex"] = body.hex()
        self.lines.append(line)

    def twice(self, group, name, target, headers=()):
        """A GET and its HEAD."""
        self.add(group, name, "GET", target, headers)
        self.add(group, "HEAD " + name, "HEAD", target, headers)


def methods(cases):
    for view in VIEWS + ["/nothing/", "/auth", "/auth.json", "/.api"]:
        for method in METHODS + ["PROPFIND", "MKCOL", "FOO", "M-SEARCH", "LINK", "PURGE"]:
            for who, headers in [("anonymous", []), ("token", [TOKEN]), ("bad", [["Authorization", "Token x"]])]:
                cases.add("methods", f"{method} {view} {who}", method, view, headers)
        for method in ODD_METHODS:
            cases.add("server", f"{method} {view}", method, view)
        for method in ["OPTIONS", "PUT", "DELETE", "TRACE"]:
            for who, value in [("basic-broken", "Basic a b"), ("basic-no-colon", basic("Pepe"))]:
                cases.add("methods", f"{method} {view} {who}", method, view, [["Authorization", value]])
        for kind in ["text/html", "application/xml", "application/json; indent=2"]:
            for method in ["OPTIONS", "DELETE", "PUT", "HEAD"]:
                cases.add("methods", f"{method} {view} {kind}", method, view, [["Accept", kind], TOKEN])
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH"]:
            cases.add("methods", f"{method} {view} body", method, view, [TOKEN, ["Content-Type", JSON]], "{")
        for override in ["PUT", "DELETE", "x"]:
            cases.add("methods", f"override {override} {view}", "POST", view, [["X-HTTP-Method-Override", override], ["Content-Type", FORM]], f"_method={override}")


def urls(cases):
    for path in PATHS:
        cases.twice("urls", path[:60], path, [TOKEN])
        cases.add("urls", "anonymous " + path[:60], "GET", path)
    for path in ["/auth", "/api-token-auth", "/nothing", "//auth", "/auth.json", "/.api", "/auth%0a", "/%61uth"]:
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]:
            cases.add("urls", f"{method} {path}", method, path, [["Content-Type", JSON]], "{}" if method in ("POST", "PUT", "PATCH") else "")
    for target in RAW_TARGETS:
        for method in ["GET", "HEAD", "OPTIONS"]:
            cases.add("server", f"target {method} {target}", method, target)
    for query in QUERIES:
        for path in [ROOT, AUTH, OBTAIN, "/auth", "/auth.json", "/nothing"]:
            cases.add("urls", f"query {path}?{query[:50]}", "GET", f"{path}?{query}", [TOKEN])
        cases.add("urls", f"HEAD query /?{query[:50]}", "HEAD", f"/?{query}")
    for path in SUFFIXED:
        for query in ["format=json", "format=api", "format=xml", "format=", "x"]:
            cases.add("urls", f"suffix and query {path} {query}", "GET", f"{path}?{query}", [TOKEN])
        for name in ["html", "json", "xml", "any", "empty", "indent-4", "q-zero"]:
            cases.add("urls", f"suffix and accept {path} {name}", "GET", path, [TOKEN, ["Accept", ACCEPTS[name]]])
    for query in ["format=json", "format=api", "format=xml"]:
        for name in ["html", "json", "xml", "any", "empty", "indent-any"]:
            for view in VIEWS:
                cases.add("negotiation", f"{view}?{query} {name}", "GET", f"{view}?{query}", [["Accept", ACCEPTS[name]]])


def negotiation(cases):
    for name, value in ACCEPTS.items():
        for view in VIEWS:
            cases.twice("negotiation", f"{view} {name}", view, [["Accept", value]])
        cases.add("negotiation", f"token {name}", "GET", AUTH, [TOKEN, ["Accept", value]])
        cases.add("negotiation", f"OPTIONS {name}", "OPTIONS", ROOT, [["Accept", value]])
        cases.add("negotiation", f"400 {name}", "POST", OBTAIN, [["Accept", value], ["Content-Type", JSON]], "{")
    for name, values in ACCEPT_PAIRS.items():
        for view in VIEWS:
            cases.twice("negotiation", f"{view} {name}", view, [["Accept", value] for value in values])


def authorization(cases):
    for name, value in TOKENS.items():
        cases.twice("token-header", f"/auth/ {name}", AUTH, [["Authorization", value]])
        cases.add("token-header", f"/ {name}", "GET", ROOT, [["Authorization", value]])
        cases.add("token-header", f"OPTIONS {name}", "OPTIONS", AUTH, [["Authorization", value]])
        cases.add("token-header", f"obtain {name}", "POST", OBTAIN, [["Authorization", value], ["Content-Type", JSON]], "{}")
    for name, value in BASICS.items():
        for view in VIEWS:
            cases.twice("basic", f"{view} {name}", view, [["Authorization", value]])
        cases.add("basic", f"OPTIONS {name}", "OPTIONS", ROOT, [["Authorization", value]])
        cases.add("basic", f"obtain {name}", "POST", OBTAIN, [["Authorization", value], ["Content-Type", JSON]], "{}")
    for name, values in AUTH_PAIRS.items():
        for view in VIEWS:
            cases.twice("token-header", f"{view} {name}", view, [["Authorization", value] for value in values])


def logins(cases):
    for name, value in BASIC_LOGINS.items():
        cases.add("basic", f"login {name}", "GET", ROOT, [["Authorization", value]])
        if name in ("ok", "wrong", "inactive"):
            cases.add("basic", f"login HEAD {name}", "HEAD", ROOT, [["Authorization", value]])
            cases.add("basic", f"login DELETE {name}", "DELETE", ROOT, [["Authorization", value]])
            cases.add("basic", f"login OPTIONS {name}", "OPTIONS", OBTAIN, [["Authorization", value]])
            cases.add("basic", f"login auth {name}", "GET", AUTH, [["Authorization", value]])
            cases.add("basic", f"login html {name}", "GET", ROOT, [["Authorization", value], ["Accept", "text/html"]])
    for group, view in [("tutorial", ROOT), ("obtain-auth-token", OBTAIN)]:
        for name, kind, body in login_bodies(field_of(view), True):
            cases.add(group, f"login {name}", "POST", view, [["Content-Type", kind]], body)
        for accept in ["text/html", "application/json; indent=4", "application/xml"]:
            cases.add(group, f"login accept {accept}", "POST", view, [["Content-Type", FORM], ["Accept", accept]], f"{field_of(view)}=Pepe&password=aaaa")
        for name in HASHERS:
            for right in ["correct+horse", "correct horse2", "", "aaaa"]:
                cases.add("hashers", f"{view} {name} {right}", "POST", view, [["Content-Type", FORM]], f"{field_of(view)}=u_{name}&password={right.replace(' ', '+')}")
    for name in HASHERS:
        cases.add("hashers", f"again {name}", "POST", ROOT, [["Content-Type", FORM]], f"user=u_{name}&password=correct+horse")
        cases.add("hashers", f"basic {name}", "GET", ROOT, [["Authorization", basic(f"u_{name}:correct horse")]])


def bodies(cases):
    for group, view in [("parsers", ROOT), ("obtain-auth-token", OBTAIN)]:
        user = field_of(view)
        for name, kind, body in form_bodies(user) + json_bodies(user) + multipart_bodies(user) + typed_bodies(user):
            cases.add(group, f"{name[:60]}", "POST", view, [["Content-Type", kind]], body)
        for name, body in [("none", b""), ("form", b"a=b"), ("json", b"{}")]:
            cases.add(group, f"no type {name}", "POST", view, [], body)
        for name, kind in [("form", FORM), ("json", JSON), ("multi", MULTI), ("text", "text/plain"), ("none", None)]:
            typed = [["Content-Type", kind]] if kind else []
            cases.add(group, f"chunked {name}", "POST", view, typed + [["Transfer-Encoding", "chunked"]], b"2\r\n{}\r\n0\r\n\r\n")
            cases.add(group, f"chunked empty {name}", "POST", view, typed + [["Transfer-Encoding", "chunked"]], b"0\r\n\r\n")
            cases.add(group, f"short {name}", "POST", view, typed + [["Content-Length", "3"]], b'{"a": 1}')
            cases.add(group, f"zero {name}", "POST", view, typed + [["Content-Length", "0"]], b"")
            cases.add("server", f"expect {view} {name}", "POST", view, typed + [["Expect", "200-ok"]], b"{}")
        cases.add("server", f"two types {view}", "POST", view, [["Content-Type", JSON], ["Content-Type", FORM]], b"{}")
        cases.add("server", f"two same types {view}", "POST", view, [["Content-Type", JSON], ["Content-Type", JSON]], b"{}")
        cases.add("server", f"two types empty {view}", "POST", view, [["Content-Type", ""], ["Content-Type", JSON]], b"{}")
        cases.add(group, "encoded", "POST", view, [["Content-Type", JSON], ["Content-Encoding", "gzip"]], gzip.compress(b"{}", mtime=0))
        for size in (2621440, 2621441):
            cases.add(group, f"form of {size} bytes", "POST", view, [["Content-Type", FORM]], b"x=" + b"a" * (size - 2))
            cases.add(group, f"json of {size} bytes", "POST", view, [["Content-Type", JSON]], b"[" + b" " * (size - 2) + b"]")
            cases.add(group, f"field of {size} bytes", "POST", view, [["Content-Type", MULTI]], part("x", b"a" * size) + END)
            cases.add(group, f"file of {size} bytes", "POST", view, [["Content-Type", MULTI]], part("", b"a" * size, "", 'form-data; name="f"; filename="a"') + END)
    for view in [AUTH, ROOT, OBTAIN]:
        for method in ["POST", "PUT", "PATCH", "DELETE", "GET", "OPTIONS"]:
            for name, kind, body in [("broken", JSON, "{"), ("text", "text/plain", "x"), ("multi", "multipart/form-data", "x"), ("charset", JSON + "; charset=nope", "{}")]:
                if (view, method) not in [(ROOT, "POST"), (OBTAIN, "POST")]:
                    cases.add("parsers", f"{method} {view} {name}", method, view, [TOKEN, ["Content-Type", kind]], body)


def hosts(cases):
    for name, host in HOSTS.items():
        for target in [ROOT, "/auth", AUTH, "/nothing/", "/nothing"]:
            cases.twice("hosts", f"{target} {name}", target, [["Host", host]])
        cases.add("hosts", f"POST {name}", "POST", "/auth?x=1", [["Host", host]])
        cases.add("hosts", f"OPTIONS {name}", "OPTIONS", OBTAIN, [["Host", host]])
    for name in ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "Forwarded", "X-Forwarded-For", "Front-End-Https", "X-Forwarded-Ssl", "X-Real-Ip", "X-Script-Name", "Script-Name"]:
        for value in ["evil.example", "https", "443", "host=evil.example;proto=https", "on", "/x"]:
            cases.add("hosts", f"{name} {value}", "GET", "/auth", [[name, value]])
    cases.add("server", "hosts", "GET", ROOT, [["Host", "localhost"], ["Host", "evil.example"]])
    cases.add("server", "hosts, evil first", "GET", ROOT, [["Host", "evil.example"], ["Host", "localhost"]])
    cases.add("server", "hosts, the same", "GET", ROOT, [["Host", "localhost"], ["Host", "localhost"]])


COOKIES = {
    "good": "sessionid={sessionid}", "unknown": "sessionid=" + "a" * 32, "empty": "sessionid=", "short": "sessionid=abc", "bad": "sessionid=../../etc", "none": "", "other": "a=b", "upper": "SESSIONID={sessionid}", "quoted": 'sessionid="{sessionid}"', "space": "sessionid= {sessionid} ", "first": "a=b; sessionid={sessionid}",
    "no-space": "a=b;sessionid={sessionid};c", "twice-good-last": "sessionid=x; sessionid={sessionid}", "twice-good-first": "sessionid={sessionid}; sessionid=x", "comma": "a=b, sessionid={sessionid}", "garbage": ";;=;sessionid={sessionid};=x", "latin1": "a=\u00e9; sessionid={sessionid}", "path": "$Version=1; sessionid={sessionid}; $Path=/",
    "nul": "sessionid=%00", "long": "sessionid=" + "a" * 300, "bare": "sessionid", "percent": "sessionid=%7Bsessionid%7D", "open-quote": 'a="x; sessionid={sessionid}"', "suffix": "sessionid={sessionid}x", "non-utf8": "sessionid=\u00ff",
}
SECRET = "abcdefghijklmnopqrstuvwxyzABCDEF"
OTHER_SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def masked(secret, mask):
    pairs = zip((ALPHABET.index(c) for c in secret), (ALPHABET.index(c) for c in mask))
    return mask + "".join(ALPHABET[(a + b) % len(ALPHABET)] for a, b in pairs)


MASKED = masked(SECRET, OTHER_SECRET)
CSRFS = [  # (name, csrftoken cookie, X-CSRFToken, csrfmiddlewaretoken)
    ("nothing", None, None, None), ("cookie", SECRET, None, None), ("ok", SECRET, SECRET, None), ("masked", SECRET, MASKED, None), ("masked-cookie", MASKED, SECRET, None), ("both-masked", MASKED, MASKED, None), ("wrong", SECRET, OTHER_SECRET, None), ("wrong-masked", SECRET, masked(OTHER_SECRET, SECRET), None),
    ("short", SECRET, "abc", None), ("empty", SECRET, "", None), ("characters", SECRET, "!" * 32, None), ("characters-64", SECRET, "-" * 64, None), ("cookie-short", "abc", "abc", None), ("cookie-empty", "", "", None), ("cookie-characters", "!" * 32, SECRET, None), ("form", SECRET, None, SECRET), ("form-masked", SECRET, None, MASKED),
    ("form-wrong", SECRET, SECRET, OTHER_SECRET), ("form-short", SECRET, SECRET, "abc"), ("form-empty", SECRET, SECRET, ""), ("header-only", None, SECRET, None), ("latin1", SECRET, "\u00e9" * 32, None), ("case", SECRET, SECRET.upper(), None), ("length-33", SECRET, SECRET + "a", None),
]
ORIGINS = {"same": "http://localhost", "port": "http://localhost:80", "https": "https://localhost", "evil": "http://evil.example", "null": "null", "empty": "", "malformed": "http://[", "upper": "HTTP://LOCALHOST", "slash": "http://localhost/", "word": "x", "latin1": "http://\u00e9"}


def sessions(cases):
    for name, cookie in COOKIES.items():
        headers = [["Cookie", cookie]]
        for view in VIEWS:
            cases.twice("sessions", f"{view} {name}", view, headers)
        cases.add("sessions", f"POST {name}", "POST", ROOT, headers + [["Content-Type", JSON]], "{}")
        cases.add("sessions", f"PUT {name}", "PUT", ROOT, headers + [["Content-Type", JSON]], "{}")
        cases.add("sessions", f"CSRF {name}", "DELETE", ROOT, [["Cookie", f"{cookie}; csrftoken={SECRET}"], ["X-CSRFToken", SECRET]])
        for who, value in [("token", "Token {token}"), ("basic-broken", "Basic a b"), ("bearer", "Bearer x")]:
            cases.add("sessions", f"{who} {name}", "GET", ROOT, headers + [["Authorization", value]])
            cases.add("sessions", f"{who} auth {name}", "GET", AUTH, headers + [["Authorization", value]])
    good = "sessionid={sessionid}"
    for name, secret, _, _ in CSRFS:
        for host in ["evil.example", "localhost:x"]:
            cases.twice("sessions", f"host {host} csrf {name}", AUTH, [["Host", host], ["Cookie", f"csrftoken={secret or ''}"]])
        cases.add("sessions", f"slash csrf {name}", "POST", "/auth", [["Cookie", f"csrftoken={secret or ''}"]])
    for name, secret, header, field in CSRFS:
        cookie = [["Cookie", good if secret is None else f"{good}; csrftoken={secret}"]]
        tokens = [] if header is None else [["X-CSRFToken", header]]
        for view in VIEWS:
            for method in METHODS:
                form = "x=1" if field is None else f"csrfmiddlewaretoken={field}"
                body = [["Content-Type", FORM]] if method in ("POST", "PUT", "PATCH", "DELETE") else []
                cases.add("sessions", f"csrf {method} {view} {name}", method, view, cookie + tokens + body, form if body else "")
        if field is not None:
            multi = part("csrfmiddlewaretoken", field) + END
            cases.add("sessions", f"csrf multipart {name}", "POST", ROOT, cookie + tokens + [["Content-Type", MULTI]], multi)
            cases.add("sessions", f"csrf json {name}", "POST", ROOT, cookie + tokens + [["Content-Type", JSON]], json.dumps({"csrfmiddlewaretoken": field}))
        for kind, body in [(JSON, "{"), ("text/plain", "x"), ("multipart/form-data", "x"), (MULTI, "junk"), (FORM + "; charset=latin-1", "x=1"), (JSON + "; charset=nope", "{}"), (FORM, "&".join(f"f{i}=" for i in range(1001)))]:
            cases.add("sessions", f"csrf {kind} {name}", "POST", ROOT, cookie + tokens + [["Content-Type", kind]], body)
        cases.add("sessions", f"csrf twice {name}", "POST", ROOT, [["Cookie", good], ["Cookie", f"csrftoken={secret or ''}"]] + tokens + [["Content-Type", JSON]], "{}")
    pair = [["Cookie", f"{good}; csrftoken={SECRET}"], ["X-CSRFToken", SECRET]]
    for name, origin in ORIGINS.items():
        for view in [ROOT, OBTAIN]:
            cases.add("sessions", f"origin {view} {name}", "POST", view, pair + [["Origin", origin], ["Content-Type", JSON]], "{}")
            cases.add("sessions", f"origin GET {view} {name}", "GET", view, pair + [["Origin", origin]])
        cases.add("sessions", f"origin no token {name}", "DELETE", ROOT, [["Cookie", good], ["Origin", origin]])
        cases.add("sessions", f"origin anonymous {name}", "DELETE", ROOT, [["Origin", origin]])
        cases.add("sessions", f"referer {name}", "PUT", ROOT, pair + [["Referer", origin]])
        cases.add("sessions", f"origin port {name}", "PUT", ROOT, pair + [["Origin", origin], ["Host", "localhost:80"]])
        cases.add("sessions", f"origin twice {name}", "PUT", ROOT, pair + [["Origin", "http://localhost"], ["Origin", origin]])
    for name in ["html", "json", "xml", "indent-4", "browser"]:
        for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE"]:
            for view in VIEWS:
                cases.add("sessions", f"accept {method} {view} {name}", method, view, [["Cookie", good], ["Accept", ACCEPTS[name]]])
    for path in ["/auth", "/.json", "/.api", "/auth.json", "/nothing/", "/.xml", "/?format=api", "/?format=xml"]:
        cases.twice("sessions", f"path {path}", path, [["Cookie", good]])
        cases.add("sessions", f"path POST {path}", "POST", path, [["Cookie", good], ["Content-Type", JSON]], "{}")
    cases.twice("sessions", "cookies in two headers", ROOT, [["Cookie", "a=b"], ["Cookie", good]])
    cases.add("sessions", "POST two headers", "POST", ROOT, [["Cookie", "a=b"], ["Cookie", good]])


def server(cases):
    """Requests that the HTTP server decides, not Django."""
    for name, headers in {
        "under_score": [["X_Under", "1"]], "authorization_under": [["Authori_zation", "x"]], "name space": [["X Y", "1"]], "name paren": [["X(Y", "1"]], "name empty": [["", "1"]], "name latin1": [["X\u00e9", "1"]], "value nul": [["X", "a\0b"]], "value cr": [["X", "a\rb"]], "value tab": [["X", "\ta\t"]],
        "value control": [["X", "a\x01b"]], "value del": [["X", "a\x7fb"]], "length word": [["Content-Length", "x"]], "length plus": [["Content-Length", "+0"]], "length minus": [["Content-Length", "-1"]], "length twice": [["Content-Length", "0"], ["Content-Length", "0"]],
        "length twice other": [["Content-Length", "0"], ["Content-Length", "1"]], "length empty": [["Content-Length", ""]], "length list": [["Content-Length", "0, 0"]], "te identity": [["Transfer-Encoding", "identity"]], "te odd": [["Transfer-Encoding", "x"]], "te both": [["Transfer-Encoding", "chunked"], ["Content-Length", "0"]],
        "te gzip": [["Transfer-Encoding", "gzip, chunked"]], "upgrade": [["Upgrade", "websocket"], ["Connection", "Upgrade"]], "many": [[f"X-{i}", "1"] for i in range(90)], "many-99": [[f"X-{i}", "1"] for i in range(98)], "too many": [[f"X-{i}", "1"] for i in range(120)], "large": [["X", "a" * 8100]], "too large": [["X", "a" * 9000]],
        "range": [["Range", "bytes=0-1"]], "if-none-match": [["If-None-Match", "*"]], "if-modified": [["If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT"]], "if-match": [["If-Match", '"x"']], "encoding": [["Accept-Encoding", "gzip, br"]], "language": [["Accept-Language", "es"]], "language-bad": [["Accept-Language", "x" * 600]],
        "charset": [["Accept-Charset", "utf-16"]], "accept of 8400": [["Accept", "a/b," * 2100 + "application/json"]], "expect": [["Expect", "100-continue"]], "agent": [["User-Agent", "\u00e9"]],
    }.items():
        for method in ["GET", "POST"]:
            cases.add("server", f"{method} {name}", method, ROOT, headers)
    for target in ["/" + "a" * 3000, "/" + "a" * 5000, "/?" + "a" * 3000, "/?" + "a" * 5000, "/?" + "&".join(f"f{i}=1" for i in range(1001))]:
        cases.add("server", f"target of {len(target)}", "GET", target)
    for kind, body in [("size bad", b"x\r\n"), ("extension", b"2;a=b\r\n{}\r\n0\r\n\r\n"), ("trailer", b"2\r\n{}\r\n0\r\nX: y\r\n\r\n"), ("upper", b"A\r\n          \r\n0\r\n\r\n")]:
        cases.add("server", f"chunk {kind}", "POST", OBTAIN, [["Content-Type", JSON], ["Transfer-Encoding", "chunked"]], body)


class Walks:
    """Random cases. Every dimension is chosen independently."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.cheap = {user: form_bodies(user) + json_bodies(user) + multipart_bodies(user) + typed_bodies(user) for user in ("user", "username")}
        self.dear = {user: login_bodies(user, True) for user in ("user", "username")}
        paths = VIEWS * 20 + ["/.json", "/.api", "/auth.json", "/auth.api", "/auth.json/", "/.xml", "/auth", "/api-token-auth"] * 5 + PATHS
        self.paths = [path for path in paths if "\\" not in path]
        self.cheap_auth = list(TOKENS.values()) + list(BASICS.values()) + ["Token {token}"] * 60
        self.hosts = [host for host in HOSTS.values()]

    def chance(self, share):
        return self.dice.random() < share

    def header_case(self, name):
        return self.dice.choice([name] * 8 + [name.lower(), name.upper()])

    def broken(self, body):
        """Changes a few bytes of a body, to send what the lists above do not contain."""
        body = bytearray(body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body)
        if len(body) > 5000:
            return bytes(body)
        for _ in range(self.dice.randrange(1, 4)):
            at = self.dice.randrange(len(body) + 1)
            odd = self.dice.choice([b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u", b"=", b"&", b"%", b"+", b"\x00", b"\xff", b"\xc3\xa9", b"\r\n", b"\n", b"-", b"0", b"e", b" ", b"--B", b";", b"null"])
            change = self.dice.randrange(3)
            if change == 0:
                body[at:at] = odd
            elif change == 1:
                del body[at:at + self.dice.randrange(1, 5)]
            else:
                body[at:at + 1] = odd
        return bytes(body)

    def step(self, cases, number):
        dice = self.dice
        path = dice.choice(self.paths)
        target = path
        if self.chance(0.15):
            target += "?" + dice.choice([query for query in QUERIES if len(query) < 100])
        method = dice.choice(["GET"] * 6 + ["POST"] * 8 + ["HEAD"] * 3 + METHODS + ["PROPFIND"])
        headers, body = [], b""
        if self.chance(0.5):
            for _ in range(dice.choice([1] * 9 + [2])):
                headers.append([self.header_case("Accept"), self.accept()])
                if self.chance(0.9):
                    break
        if self.chance(0.5):
            login = self.chance(0.01)
            value = dice.choice(list(BASIC_LOGINS.values())) if login else dice.choice(self.cheap_auth)
            headers.append([self.header_case("Authorization"), value])
            if self.chance(0.03):
                headers.append(["Authorization", dice.choice(self.cheap_auth)])
        if self.chance(0.15):
            cookie = dice.choice(list(COOKIES.values()) + ["sessionid={sessionid}"] * 25)
            _, secret, header, _ = dice.choice(CSRFS)
            if secret is not None:
                cookie += f"; csrftoken={secret}"
            headers.append(["Cookie", cookie])
            if header is not None:
                headers.append([self.header_case("X-CSRFToken"), header])
            if self.chance(0.2):
                headers.append(["Origin", dice.choice(list(ORIGINS.values()))])
        if self.chance(0.08):
            headers.append(["Host", dice.choice(self.hosts)])
        if method in ("POST", "PUT", "PATCH") or self.chance(0.05):
            user = field_of(path)
            if self.chance(0.015):
                name, kind, body = dice.choice(self.dear[user])
            else:
                name, kind, body = dice.choice(self.cheap[user])
                if body and self.chance(0.25):
                    body = self.broken(body)
            if self.chance(0.05):
                kind = dice.choice(self.cheap[user])[1]
            if not self.chance(0.03):
                headers.append([self.header_case("Content-Type"), kind])
            if body and self.chance(0.02):
                chunk = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
                body = f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n0\r\n\r\n"
                headers.append(["Transfer-Encoding", "chunked"])
        dice.shuffle(headers)
        cases.add("walk", f"{number} {method} {target[:40]}", method, target, headers, body)
        if method in ("GET", "POST") and self.chance(0.1):
            cases.add("walk", f"{number} HEAD {target[:40]}", "HEAD", target, [pair for pair in headers if pair[0].lower() not in ("content-type", "transfer-encoding")])

    def accept(self):
        """Returns a listed value, or one made of parts (never two ranges of one precedence that match one renderer)."""
        dice = self.dice
        if self.chance(0.7):
            return dice.choice([value for value in ACCEPTS.values() if len(value) < 1000])
        ranges = dice.sample(["application/json", "text/html", "*/*", "application/*", "application/xml", "text/csv", "image/*", "x"], dice.randrange(1, 4))
        if "application/*" in ranges and "*/*" in ranges:
            ranges.remove("*/*")
        parameters = ["", "", "", ";q=0.5", "; q=0", ";q=1.0", "; indent=3", ";indent=0; q=0.1", "; charset=utf-8", "; a=\"b\"", ";"]
        return dice.choice([",", ", ", " ,"]).join(kind + dice.choice(parameters) for kind in ranges)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="selects the random walks (default 1)")
    parser.add_argument("--count", type=int, default=500, help="how many random walks (default 500)")
    parser.add_argument("--only", help="print only these groups, separated by commas")
    parser.add_argument("--logins", choices=["with", "without", "alone"], default="with", help="the cases that check a password (slow)")
    args = parser.parse_args()
    cases = Cases()
    if args.logins != "alone":
        for systematic in (methods, urls, negotiation, authorization, bodies, hosts, sessions, server):
            systematic(cases)
    if args.logins != "without":
        logins(cases)
    if args.logins != "alone":
        walks = Walks(args.seed)
        for number in range(args.count):
            walks.step(cases, number)
    only = args.only and args.only.split(",")
    for line in cases.lines:
        if not only or line["group"] in only:
            print(json.dumps(line, ensure_ascii=True))


if __name__ == "__main__":
    main()
