#!/usr/bin/env python3
"""Writes what Django projects read from configuration to framework/src/fixtures: dotenv.jsonl and
database_urls.jsonl.

    configuration.py framework/src/fixtures

Run it with a Python that has Django, python-dotenv 1.2, django-environ 0.14 and dj-database-url 3.1. A line of dotenv.jsonl is
the text of a .env file, its variables (name, value, line), and the lines that hold none; one of database_urls.jsonl is a URL
and Django's settings for it.
"""
import io
import json
import logging
import os
import random
import re
import sys
from pathlib import Path

import dj_database_url
import environ
from django.core.management.utils import get_random_secret_key
from dotenv.parser import parse_stream

NAMES = ["A", "SECRET_KEY", "B_2", "a-b", "a.b", "'Q'", "C D", "", "#E", "export F", "export\tG", "export", "É", "x:"]
EQUALS = ["=", "=", "=", "=", " =", "= ", " = ", "\t=\t", "", ": ", "=="]
PARTS = ["a", "B", "7", "My Site", "$x", "${A}", "$(x)", "$$", "\\", "\\n", "\\\\", "\\'", '\\"', "#", " #", "# ", "'", '"', "=", "{",
         "}", "[", ",", ":", "é", "\xa0", "\x0b", "\x1c", " ", "\t", "`", "!", "&", "%41", "?", "it's", '{"a": 1}', "\U0001f600"]
QUOTED = [part for part in PARTS if part not in ("'", '"', "it's", '{"a": 1}')] + ["\n", "\n\n"]
ENDS = ["\n", "\n", "\n", "\r\n", "\n\n", "\r", ""]
COMMENTS = ["", "", "", " # why", "#why", "  ", "\t#"]


def line(rng):
    kind = rng.random()
    if kind < 0.1:
        return rng.choice(["# comment", "", "  ", "\t# it's", "NAME", "words of prose", "export NAME"])
    start = rng.choice(["", "", "", " "]) + rng.choice(NAMES) + rng.choice(EQUALS)
    if kind < 0.4:
        quote = rng.choice("'\"")
        inner = "".join(rng.choice(QUOTED) for _ in range(rng.randint(0, 5)))
        return start + quote + inner + quote + rng.choice(COMMENTS)
    return start + "".join(rng.choice(PARTS) for _ in range(rng.randint(0, 5))) + rng.choice(COMMENTS)


def read(text):
    """Returns variables and skipped lines as python-dotenv finds them, or None where it reads a quote otherwise than a line."""
    text = io.StringIO(text, newline=None).read()
    variables, skipped = [], []
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        number = binding.original.line + original[: len(original) - len(original.lstrip())].count("\n")
        several = binding.error and "\n" in original.strip()
        if several or "\n" in (binding.key or "") or binding.error and re.search(r"=\s*['\"]", original):
            return None
        if binding.value is not None and binding.key is not None:
            variables.append([binding.key, binding.value, number])
        elif original.strip() and not original.strip().startswith("#"):
            skipped.append(number)
    return variables, skipped


def read_environ(text):
    """Returns the variables that django-environ finds."""
    before = dict(os.environ)
    os.environ.clear()
    try:
        environ.Env.read_env(io.StringIO(text))
        return dict(os.environ)
    finally:
        os.environ.clear()
        os.environ.update(before)


USERS = ["", "", "pepe", "p%40b", "p+b", "Pépé", "%C3%A9"]
PASSWORDS = [None, None, "s3cret", "p%40ss%2Fw%3Ard", "a+b", "a%20b", "100%", "%zz", "p@ss", "a:b", "$(x)", "${x}", "%25", "é", "=&"]
HOSTS = ["", "db", "db.example", "127.0.0.1", "[::1]", "%2Fvar%2Frun%2Fpostgresql", "db-1", "a_b"]
PORTS = ["", "", ":5432", ":6000"]
DATABASES = ["", "/", "/shop", "/a%20b", "/a+b", "/Sh%C3%B6p", "/a-b_c.d"]
PARAMETERS = ["", "sslmode=require", "application_name=my+shop", "application_name=a%26b", "connect_timeout=3", "conn_max_age=60",
              "CONN_MAX_AGE=60", "currentSchema=shop,public", "options=-c%20search_path%3Dshop", "options=-c+search_path=shop", "sslmode="]
PATHS = ["db.sqlite3", "/srv/db.sqlite3", "no-such-folder/db.sqlite3", "a%20b.sqlite3", "a+b", "%2Fsrv/db", "Sh%C3%B6p", "100%.db", "a%3Fb", "a:b"]
SCHEMES = ["postgres", "postgresql", "pgsql", "postgis", "timescale", "POSTGRES"]


def database_url(rng):
    if rng.random() < 0.2:
        return f"sqlite:///{rng.choice(PATHS)}" + rng.choice(["", "?timeout=20", "?conn_max_age=60"])
    user, password = rng.choice(USERS), rng.choice(PASSWORDS)
    user = user if password is None else f"{user}:{password}"
    place = f"{user}@" * bool(user) + rng.choice(HOSTS) + rng.choice(PORTS) + rng.choice(DATABASES)
    query = "&".join(rng.sample(PARAMETERS, rng.choice([0, 0, 1, 2])))
    return f"{rng.choice(SCHEMES)}://{place}" + f"?{query}" * bool(query)


def django_database(url):
    """Returns Django's settings without those that the session does not have, or None if the URL is refused."""
    try:
        found = dj_database_url.parse(url)
    except ValueError:
        return None
    options = {name: str(value) for name, value in found.get("OPTIONS", {}).items() if name.lower() != "conn_max_age"}
    if url.count("options=") + url.count("currentSchema=") > 1 or url.count("application_name=") > 1:
        return None  # dj-database-url drops one of them, or makes a list.
    found = {name.lower(): str(found.get(name, "")) for name in ["NAME", "USER", "PASSWORD", "HOST", "PORT"]}
    return found | {"sqlite": url.startswith("sqlite"), "options": {} if url.startswith("sqlite") else options}


def main():
    logging.disable(logging.CRITICAL)
    rng = random.Random(16)
    texts = []
    for _ in range(100):
        key = get_random_secret_key()
        text = f"SECRET_KEY={key}\n"
        # Both agree on Django's keys, which are the reason for reading so.
        assert read(text)[0] == [["SECRET_KEY", key, 1]] and read_environ(text) == {"SECRET_KEY": key}
        texts.append(text)
    while len(texts) < 2500:
        text = rng.choice(["", "", "\ufeff"]) + "".join(line(rng) + rng.choice(ENDS) for _ in range(rng.randint(1, 4)))
        if read(text) is not None:
            texts.append(text)
    lines = [json.dumps([text, *read(text)], ensure_ascii=False) for text in texts]
    (Path(sys.argv[1]) / "dotenv.jsonl").write_text("\n".join(lines) + "\n")
    urls = {}
    while len(urls) < 1000:
        url = database_url(rng)
        if django_database(url) is not None:
            urls[url] = django_database(url)
    lines = [json.dumps([url, found], ensure_ascii=False) for url, found in urls.items()]
    (Path(sys.argv[1]) / "database_urls.jsonl").write_text("\n".join(lines) + "\n")


main()
