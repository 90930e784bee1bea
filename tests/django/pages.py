#!/usr/bin/env python3
"""Writes what Django REST framework's pagination classes answer to apps/rest_framework/src/pagination/fixtures.

    pages.py apps/rest_framework/src/pagination/fixtures

Run it with the reference's Python.
"""
import json
import random
import sys
from base64 import b64encode
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import django
from django.conf import settings

settings.configure(
    USE_TZ=True, TIME_ZONE="UTC", ALLOWED_HOSTS=["*"], INSTALLED_APPS=["rest_framework"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

from django.db import connection, models  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from rest_framework.exceptions import APIException  # noqa: E402
from rest_framework.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination  # noqa: E402
from rest_framework.request import Request  # noqa: E402


class Row(models.Model):
    place = models.IntegerField()

    class Meta:
        app_label = "pages"


FOLDER = Path(sys.argv[1])


def request(query):
    return Request(RequestFactory().get("/list/" + (f"?{query}" if query else "")))


def save(name, lines):
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (FOLDER / name).write_text(text)


def answer(paginator, rows, query):
    """The rows, next and previous; or the detail of an error; or null if the list is not paginated."""
    asked = request(query)
    url = asked.build_absolute_uri()
    try:
        page = paginator.paginate_queryset(rows, asked)
    except APIException as error:
        return [url, {"status": error.status_code, "detail": error.detail}]
    if page is None:
        return [url, None]
    body = paginator.get_paginated_response([getattr(row, "id", row) for row in page]).data
    return [url, body]


NUMBERS = ["1", "2", "3", "4", "0", "-1", "1.0", "%D9%A1", "%D9%A2", "last", "Last", "", "x", "%201%20", "1_0", "0x1", "+1",
           "1e1", "01", "%EF%BC%92", "%1c1", "1%1f", "99999999999999999999", "-99999999999999999999", "9223372036854775807",
           "9223372036854775808", "5_000", "--1", "1%00", "null", "true", "%C2%B2", "1%0a", "1&{0}=2", "2&{0}=", "{{}}"]
EXTRA = ["", "&z=1&a=%20x&b", "&q=%C3%A4+%2B&empty=", "&%26=%3D&a=2&a=1", "&x=%FF&y=~%27()*!"]


def page_numbers():
    kinds = [{"page_size": 3}, {"page_size": 3, "page_size_query_param": "page_size", "max_page_size": 4},
             {"page_size": None, "page_size_query_param": "n"}, {"page_size": 2, "page_query_param": "p", "last_page_strings": ("end", "last")}]
    for options in kinds:
        for count in (0, 1, 3, 7, 10):
            name = options.get("page_query_param", "page")
            size = options.get("page_size_query_param", "page_size")
            queries = [""] + [f"{name}={number.format(name)}" for number in NUMBERS]
            queries += [f"{name}=2{extra}" for extra in EXTRA] + [f"a=1&{name}=3&b=2", f"{name}=end", f"{size}=2"]
            if "page_size_query_param" in options:
                queries += [f"{size}={number.format(size)}" for number in NUMBERS]
                queries += [f"{size}={number.format(size)}&{name}=2" for number in NUMBERS[:12]]
            for query in queries if count in (0, 7) else queries[:12]:
                paginator = type("Pages", (PageNumberPagination,), options)()
                yield [options, count, query, *answer(paginator, list(range(count)), query)]


def limits():
    kinds = [{"default_limit": 3}, {"default_limit": 5, "max_limit": 4}, {"default_limit": None},
             {"default_limit": 2, "limit_query_param": "l", "offset_query_param": "o"}, {"default_limit": 2, "limit_query_param": ""}]
    for options in kinds:
        limit, offset = options.get("limit_query_param", "limit"), options.get("offset_query_param", "offset")
        for count in (0, 1, 7):
            queries = [""] + [f"{offset}={number.format(offset)}" for number in NUMBERS]
            if limit:
                queries += [f"{limit}={number.format(limit)}" for number in NUMBERS]
                queries += [f"{limit}={a}&{offset}={b}" for a in (1, 2, 3, 10, 0, "x") for b in (0, 1, 2, 3, 5, 6, 7, 8, -5, "1" * 30)]
            queries += [f"{offset}=2{extra}" for extra in EXTRA]
            for query in queries if count == 7 else queries[:8]:
                paginator = type("Limited", (LimitOffsetPagination,), options)()
                yield [options, count, query, *answer(paginator, list(range(count)), query)]


def reset(places):
    Row.objects.all().delete()
    Row.objects.bulk_create(Row(id=number + 1, place=place) for number, place in enumerate(places))


def cursors():
    """Cursors that no link contains."""
    places = [1, 1, 2, 3, 3, 3, 3, 5, 8, 9]
    texts = ["", "o=1", "o=2&p=3", "r=1", "r=1&p=3", "r=1&o=1&p=3", "p=3", "p=2&p=9", "o=-1", "o=x", "r=x", "r=0", "r=-1", "o=2000",
             "r=", "o=", "o=%D9%A1", "x=1", "o=1&o=2", "r=0&r=1", "&&p=3", "p=9", "r=1&p=1", "o=1_0", "o=99999999999999999999",
             "p=+3", "p=%203"]
    encoded = [b64encode(text.encode()).decode() for text in texts]
    encoded += ["x", "bz0x!", "bz0", "bz0x=", "bz0xx", "%C3%A9", "bz0xJnA9/w==", "====", "bz0%20x", "/w==", "cD0z&cursor=cj0x", "cD0z&cursor="]
    for size in (2, 3):
        for ordering in (["place", "id"], ["-place", "-id"]):
            reset(places)
            for cursor in encoded:
                query = "cursor=" + cursor.replace("+", "%2B") + "&z=1"
                options = {"page_size": size, "ordering": ordering}
                paginator = type("Cursors", (CursorPagination,), options)()
                yield [options, places, query, *answer(paginator, Row.objects.all(), query)]


def walks():
    """Random walks along the links, with rows that are added meanwhile: the first steps ask for the first page."""
    chance = random.Random(14)
    for number in range(60):
        options = {"page_size": chance.choice([1, 2, 3, 4]), "ordering": chance.choice([["place", "id"], ["-place", "-id"]])}
        spread = chance.choice([1, 2, 4, 30])
        places = [chance.randint(1, spread) for _ in range(chance.randint(0, 12))]
        reset(places)
        steps, query, body = [], "", None
        for step in range(14):
            move = chance.choice(["next", "next", "previous", "add"] if number % 2 else ["next", "next", "previous"])
            if move == "add":
                place = chance.randint(1, spread)
                Row.objects.create(id=Row.objects.count() + 1, place=place)
                steps.append(["add", place])
                continue
            link = body and body[move]
            query = link.partition("?")[2] if link else ""
            paginator = type("Cursors", (CursorPagination,), options)()
            _, body = answer(paginator, Row.objects.all(), query)
            steps.append([query, body])
        yield [options, places, steps]


def positions():
    minus = timezone.utc
    for kind, given, value in [
        ("null", None, None), ("bool", True, True), ("bool", False, False),
        *(("integer", number, number) for number in (0, -7, 2**63 - 1)),
        *(("float", number, number) for number in (0.0, -0.0, 1.5, 1e16, 1e22, 1e-5, 0.0001, 123456789.125)),
        *(("text", text, text) for text in ("", "ä b&c=d", "None")),
        *(("date", str(day), day) for day in (date(2025, 3, 1), date(1, 1, 1), date(9999, 12, 31))),
        *(("time", clock.isoformat(), clock) for clock in (time(1, 2), time(23, 59, 59, 5), time(1, 2, 3, 120000))),
        *(("datetime", moment.isoformat(), moment.replace(tzinfo=minus))
          for moment in (datetime(2025, 3, 1, 12), datetime(7, 3, 1, 12, 0, 0, 1), datetime(2025, 3, 1, 12, 30, 1, 120000))),
        *(("naive", moment.isoformat(), moment) for moment in (datetime(2025, 3, 1, 12), datetime(2025, 3, 1, 12, 30, 1, 120000))),
        *(("duration", micros, timedelta(microseconds=micros))
          for micros in (0, 1, -1, 10**6, -(10**6), 86400 * 10**6, -86400 * 10**6, 3 * 86400 * 10**6 + 5, 90061 * 10**6 + 20, -3661 * 10**6 - 7,
                         -2 * 86400 * 10**6 + 1)),
        ("uuid", "0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b", UUID("0ea1a5b8fb394d41a3b79bca1e2d4d4b")),
        *(("decimal", text, Decimal(text)) for text in ("0", "0.00", "1.50", "-1.50", "100", "0.0000001", "-0.000000125", "1E+3", "12E+3",
                                                        "0E-8", "0.000001", "123456789012345678901234567890.12")),
        *(("json", text, json.loads(text)) for text in ('{"a":[1,2.0,null,true,"x\'"]}', '"x"', "3", "[]")),
        *(("binary", list(raw), raw) for raw in (b"", b"a\0'\\\n", b"'\"", bytes(range(120, 140)))),
    ]:
        yield [kind, given, str(value)]


with connection.schema_editor() as editor:
    editor.create_model(Row)
save("page_number.jsonl", page_numbers())
save("limit_offset.jsonl", limits())
save("cursor.jsonl", cursors())
save("walks.jsonl", walks())
save("positions.jsonl", positions())
