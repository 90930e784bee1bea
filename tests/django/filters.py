#!/usr/bin/env python3
"""Writes what Django REST framework's and django-filter's filters read from query strings to
apps/rest_framework/src/filters/fixtures.

    filters.py apps/rest_framework/src/filters/fixtures

Run it with the reference's Python.
"""
import json
import sys
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import django
from django.conf import settings

ZONE = sys.argv[2] if len(sys.argv) > 2 else "UTC"
settings.configure(USE_TZ=True, TIME_ZONE=ZONE, INSTALLED_APPS=["rest_framework", "django_filters"],
                   DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()

import django_filters as plain  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django_filters import rest_framework as rest  # noqa: E402
from django_filters.utils import translate_validation  # noqa: E402
from rest_framework.exceptions import ValidationError  # noqa: E402
from rest_framework.filters import OrderingFilter, SearchFilter  # noqa: E402

FOLDER = Path(sys.argv[1])


class Target(models.Model):
    class Meta:
        app_label = "pages"


class Model(models.Model):
    auto = models.AutoField(primary_key=True)
    bool = models.BooleanField()
    char = models.CharField(max_length=10)
    chosen = models.CharField(max_length=10, choices=[("a", "A")])
    text = models.TextField()
    slug = models.SlugField()
    date = models.DateField()
    datetime = models.DateTimeField()
    time = models.TimeField()
    duration = models.DurationField()
    decimal = models.DecimalField(max_digits=5, decimal_places=2)
    integer = models.IntegerField()
    big = models.BigIntegerField()
    float = models.FloatField()
    uuid = models.UUIDField()
    ip = models.GenericIPAddressField()
    json = models.JSONField()
    binary = models.BinaryField()
    file = models.FileField()
    foreign = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="+")
    many = models.ManyToManyField(Target, related_name="+")

    class Meta:
        app_label = "pages"


def save(name, lines):
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (FOLDER / name).write_text(text)


def shown(value):
    """A cleaned value, so that the twin can print the same."""
    match value:
        case None | [] | "":
            return None
        case bool() | str():
            return value
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"datetime": value.astimezone(timezone.utc).replace(tzinfo=None).isoformat()}
        case date() | time():
            return {type(value).__name__: value.isoformat()}
        case timedelta():
            return {"micros": str(value // timedelta(microseconds=1))}
        case UUID():
            return {"uuid": str(value)}
        case slice():
            return {"range": [shown(value.start), shown(value.stop)]}
        case list():
            return [shown(item) if item != "" else "" for item in value]
    raise TypeError(value)


LETTERS = [("a", "A"), ("b", "B"), (1, "One"), ("Group", [("c", "C"), ("d", "D")])]
NULLABLE = {"choices": LETTERS, "null_label": "none"}


def csv(base, filter_class):
    return type("Csv", (base, filter_class), {})


KINDS = {
    "char": lambda: rest.CharFilter(),
    "char_required": lambda: rest.CharFilter(required=True),
    "boolean": lambda: rest.BooleanFilter(),
    "null_boolean": lambda: plain.BooleanFilter(),
    "choice": lambda: rest.ChoiceFilter(choices=LETTERS),
    "choice_null": lambda: rest.ChoiceFilter(**NULLABLE),
    "multiple": lambda: rest.MultipleChoiceFilter(choices=LETTERS),
    "multiple_null": lambda: rest.MultipleChoiceFilter(**NULLABLE),
    "multiple_required": lambda: rest.MultipleChoiceFilter(choices=LETTERS, required=True),
    "number": lambda: rest.NumberFilter(),
    "number_required": lambda: rest.NumberFilter(required=True),
    "date": lambda: rest.DateFilter(),
    "time": lambda: rest.TimeFilter(),
    "datetime": lambda: rest.DateTimeFilter(),
    "iso_datetime": lambda: rest.IsoDateTimeFilter(),
    "duration": lambda: rest.DurationFilter(),
    "uuid": lambda: rest.UUIDFilter(),
    "range": lambda: rest.RangeFilter(),
    "range_required": lambda: rest.RangeFilter(required=True),
    "date_range": lambda: rest.DateFromToRangeFilter(),
    "datetime_range": lambda: rest.DateTimeFromToRangeFilter(),
    "iso_datetime_range": lambda: rest.IsoDateTimeFromToRangeFilter(),
    "time_range": lambda: rest.TimeRangeFilter(),
    "period": lambda: rest.DateRangeFilter(),
    "char_in": lambda: csv(rest.BaseInFilter, rest.CharFilter)(),
    "number_in": lambda: csv(rest.BaseInFilter, rest.NumberFilter)(),
    "number_in_required": lambda: csv(rest.BaseInFilter, rest.NumberFilter)(required=True),
    "choice_in": lambda: csv(rest.BaseInFilter, rest.ChoiceFilter)(choices=LETTERS),
    "uuid_in": lambda: csv(rest.BaseInFilter, rest.UUIDFilter)(),
    "date_in": lambda: csv(rest.BaseInFilter, rest.DateFilter)(),
    "number_between": lambda: csv(rest.BaseRangeFilter, rest.NumberFilter)(),
    "date_between": lambda: csv(rest.BaseRangeFilter, rest.DateFilter)(),
    "char_between": lambda: csv(rest.BaseRangeFilter, rest.CharFilter)(),
}
ANY = ["", " ", "x", "\0", "a\0", "0", "1", "null", "None", "%", "\U0001f600", "a" * 300, "%(value)s", "{x}"]
TEXTS = ANY + [" x ", "\u00a0x\u2003", "\x1cx", "'", '"', "x,y", "<&>"]
BOOLEANS = ANY + ["true", "True", "TRUE", "tRuE", "false", "False", "FALSE", "2", "3", "t", "yes", "on", " true", "true ", "maybe", "01"]
CHOICES = ANY + ["a", "A", " a", "c", "Group", "d,c", "1.0"]
NUMBERS = ANY + ["-1", "1.5", " 2 ", "+3", "1e3", "1E-3", "-1e+2", "NaN", "nan", "-nan", "sNaN", "NaN12", "Infinity", "-inf", "infinityx", "1_000", "_1", "1__0",
                 "\u0661\u0662", "1,5", "1.", ".5", ".", "-", "0x10", "1e50", "1.0000000000000001e50", "100000000000000007629769841091887003294964970946560",
                 "100000000000000007629769841091887003294964970946561", "9" * 50, "9" * 51, "-" + "9" * 80, "1e400", "-1e400", "1e-400", "-0", "0e5", "--1", "1 2",
                 "1e", "1e9999999999999999999", "-1e9999999999999999999", "1e-9999999999999999999", "\x1c1", "1\n", "\uff15", "12345678901234567890.123456789"]
DATES = ANY + ["2025-03-01", "2025-3-1", " 2025-03-01 ", "2025-02-29", "2024-02-29", "2025-13-01", "03/01/2025", "3/1/2025", "03/01/25", "03/01/68", "03/01/69",
               "Mar 1 2025", "mar 01, 2025", "MAR  1  2025", "1 Mar 2025", "1 mar, 2025", "March 1 2025", "march 1, 2025", "1 March 2025", "01 March, 2025",
               "1March 2025", "Mar 1,2025", "2025-03-01T00:00:00", "20250301", "2025-W09-6", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "25-03-01",
               "\u0662\u0660\u0662\u0665-03-01", "2025-0\u0663-01", "2025-\u0660\u0663-01", "2025-03-1\u0661", "2025/03/01", "2025-03-32", "2025-03-1x", "Sept 1 2025", "may 1 2025",
               "Mar 1 25", "2025-03-01\n", "2025- 3-01", "2025-03- 1", "Mar\u00a01\u20032025", "today"]
TIMES = ANY + ["12:30", "12:30:15", "12:30:15.5", "12:30:15.123456", "12:30:15.1234567", "1:2:3", "24:00", "23:60", "23:59:60", "23:59:61", "23:59:62", " 12:30 ",
               "12:30Z", "12", "12.30", "12:30:15,5", "12:30:", "\u0661\u0662:30", "1\u0662:30", "12:30:15.\u0661", "00:00", "3:4", "12:30 PM"]
MOMENTS = ANY + DATES[14:] + ["2025-03-01T12:20:00+00:00", "2025-03-01T12:20:00 00:00", "2025-03-01T12:20:00Z", "2025-03-01 12:20", "2025-03-01 12:20:30.5", "2025-02-30T00:00:00Z",
                              "2025-03-01T12:20:00.1234567Z", "2025-03-01T12:20:00+05:30", "2025-03-01T12", "2025-03-01T12:20:00z", "2025-03-01T12:20:00-23:59", "2025-03-01T12:20:00+24:00",
                              "20250301T122000Z", "2025-03-01 12:20:60", "03/01/2025 12:20", "03/01/25 12:20:30", "03/01/2025 12:20:30.25", "3/1/2025 1:2:3", " 2025-03-01T12:20:00Z ",
                              "2025-03-01  12:20", "2025-03-01T12:20:00 Z", "2025-03-01x12:20", "1740831600", "2025-03-30 02:30", "2025-10-26 02:30", "2025-10-26T02:30:00+01:00",
                              "2025-03-30", "2025-06-01T00:00:00", "Mar 1 2025 12:20", "2025-03-01T24:00:00", "2025-03-01 12:20:30.1234567"]
DURATIONS = ANY + ["5", "90", "-90", "1:30", "01:30:00", "-01:30:00", "1 01:30:00", "-1 01:30:00", "1 day, 01:30:00", "3 days, 0:00:01.5", "3 days", "1 day", "2 days 04:05:06",
                   "2 days -04:05:06", "2 days04:05:06", "-2 days +04:05:06.5", "P1D", "PT1H30M", "-P1DT1H", "P1.5D", "PT0.5S", "P1,5D", "P", "PT", "+P1D", "P1W", "P1Y", "1h", "1.5", "1,5", "1.1234567", "99999999999 00:00:00",
                   "999999999 23:59:59.999999", "1000000000 00:00:00", "-999999999 00:00:00", "-999999999 -00:00:01", "P999999999999D", "9" * 320, "PT" + "9" * 320 + "S", "\u0661:00", " 5", "5 ", "5\n", "1:2:3:4", "0:99", "99:99:99", "1:", ":1", "5 5",
                   "PT1.0000005S", "PT1.0000015S", "PT0.00000049S", "P0.1DT0.1H0.1M0.1S", "1 day 1:00:00", "10 days 0:00", "1 days, 5"]
UUIDS = ANY + ["0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b", "0EA1A5B8FB394D41A3B79BCA1E2D4D4B", "{0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b}", "urn:uuid:0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b",
               " 0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b ", "0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4", "0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4g", "0e-a1a5b8fb394d41a3b79bca1e2d4d4b", "0x" + "1" * 30,
               "1_" * 15 + "11", "\u0661" * 32]
VALUES = {
    "char": TEXTS, "char_required": TEXTS, "boolean": BOOLEANS, "null_boolean": BOOLEANS, "choice": CHOICES, "choice_null": CHOICES, "multiple": CHOICES,
    "multiple_null": CHOICES, "multiple_required": CHOICES, "number": NUMBERS, "number_required": NUMBERS, "date": DATES, "time": TIMES, "datetime": MOMENTS,
    "iso_datetime": MOMENTS, "duration": DURATIONS, "uuid": UUIDS, "period": ANY + ["today", "yesterday", "week", "month", "year", "Today", "day"],
    "char_in": TEXTS + [",", "a,b", " a , b ", "a,,b", "a,\0", "b,b"], "number_in": NUMBERS + [",", "1,2", "1, 2 ", "1,,2", "1,x", "x,NaN", "1,1e51"],
    "number_in_required": ["", ",", "1"], "choice_in": CHOICES + ["a,b", "a,x", "a,,b", ","],
    "uuid_in": UUIDS + ["0ea1a5b8-fb39-4d41-a3b7-9bca1e2d4d4b,0ea1a5b8fb394d41a3b79bca1e2d4d4b", "x,"],
    "date_in": ["2025-01-01,2025-01-02", "2025-01-01,", "Mar 1, 2025", ""],
    "number_between": ["", ",", "1", "1,2", "1,2,3", "1,", ",2", "x,2", "1,x", "2,1", " 1 , 2 "], "date_between": ["2025-01-01,2025-02-01", "x,y", ",", "2025-01-01"],
    "char_between": ["a,b", "a", "a,", ",", "a,b,c"],
}
PARTS = ["", " ", "1", "x", "NaN", "nan", "inf", "Infinity", "-inf", "y", "1e60", "2025-03-01", "2025-03-30 02:30", "12:30", "2025-03-01T12:20:00Z", None]


def queries(kind):
    if kind in VALUES:
        pairs = [[("f", value)] for value in VALUES[kind]]
        values = VALUES[kind]
        pairs += [[], [("f", values[1]), ("f", values[-1])], [("f", values[-1]), ("f", "")], [("g", "1")]]
        if kind.startswith("multiple"):
            pairs += [[("f", a), ("f", b)] for a in ("a", "null", "", "x") for b in ("a", "b", "null", "", "x\0")]
        return pairs
    names = ("f_after", "f_before") if "date" in kind or "time" in kind else ("f_min", "f_max")
    pairs = [[(name, value) for name, value in zip(names, (low, high)) if value is not None] for low in PARTS for high in PARTS]
    return pairs + [[("f", "1")], [("f_min", "1")], [("f_after", "2025-03-01")]]


def form(filters, query):
    filterset = type("Filters", (rest.FilterSet,), dict(filters))(QueryDict(query), queryset=Model.objects.all())
    if filterset.is_valid():
        return {name: shown(value) for name, value in filterset.form.cleaned_data.items()}
    error = translate_validation(filterset.errors)
    return {"errors": error.detail, "codes": error.get_codes()}


def cleaned():
    for kind, make in KINDS.items():
        for pairs in queries(kind):
            query = "&".join(f"{name}={quote(value)}" for name, value in pairs)
            try:
                answer = form({"f": make()}, query)
            except (TypeError, AttributeError, OverflowError) as error:
                if not isinstance(error, OverflowError):
                    raise
                continue  # a 500
            yield [kind, query, answer["f"] if "f" in answer else answer]


def several():
    """Errors of several filters, in the order of their declaration."""
    filters = {"b": plain.NumberFilter(), "a": plain.IsoDateTimeFilter(), "c": plain.MultipleChoiceFilter(choices=LETTERS), "d": plain.CharFilter()}
    for query in ("d=%00&a=x&b=x&c=x", "c=x&b=NaN", "a=2025-01-01&b=1", "", "c=a&c=x&d=1"):
        yield [query, form(filters, query)]


def zones():
    """Times without an offset, in a time zone with summer time."""
    for kind in ("datetime", "iso_datetime", "date_range", "datetime_range", "iso_datetime_range"):
        for text in ("2025-03-30 02:30", "2025-10-26 02:30", "2025-10-26T02:30:00+01:00", "2025-07-01 12:00", "2025-03-30", "2025-10-26", "0001-01-01", "9999-12-31", "2025-03-30T02:30:00.25"):
            query = ("f_after=" if "range" in kind else "f=") + quote(text)
            try:
                answer = form({"f": KINDS[kind]()}, query)
            except OverflowError:
                continue  # a 500
            yield [kind, query, answer["f"] if "f" in answer else answer]


SEARCHES = ["", " ", "a", "a b", "a,b", " a , b ", '"a b"', "'a b'", '"a b" c', '"unclosed', "unclosed'", "''", '""', '"', "'", '",', ',"', ",", ",,", "a,,b", '"a,b"', '"a b",c',
            'x"a b"y', 'x"a b"y"c d', "\\", '"a\\"b"', "'a\\'b'", '"a\\\\b"', '"a\\', '"a\\"', "\0", "a\0b", "&lt;", "\ufffd", "a\u00a0b", "a\x1cb", "a\u2003b", "\n", '"a\nb"', '"a\\\nb"', "\"a\"'b c'", "'a\"b'c",
            'a" , "b', '"a" "b"', "it's", "it's a dog's", '=a', "^a", "%_", "a'b\"c d'e\"f", "\u00e4\u00f6 \u00fc", '"\'"', "'\"'", '"",""', "a\tb\vc", "x'y z", "' '", ", a", '"a"b"', '"a b"c d"e"', "\\'a b\\'"]


def searches():
    for text in SEARCHES + ['"' * n for n in range(2, 7)]:
        request = type("Request", (), {"query_params": QueryDict("search=x&search=" + quote(text))})()
        try:
            yield [text, SearchFilter().get_search_terms(request)]
        except ValidationError as error:
            yield [text, {"errors": error.detail}]


def orderings():
    view = type("View", (), {"ordering_fields": ["name", "created", "-odd", ""], "ordering": "id"})()
    for text in ["", "name", "-name", " name", " -name ", "- name", "--name", "+name", "nope", "name,created", "created,-name", "name,name", "name,-name", "name,nope,created", ",", "name,", ",name", "-", "--odd",
                 "-odd", "NAME", "name;created", "name created", "name\0", "name,,created", "\u00a0name\u2003", "pk", "id", "-id", "?", "name__x"]:
        request = type("Request", (), {"query_params": QueryDict("ordering=x&ordering=" + quote(text))})()
        chosen = OrderingFilter().get_ordering(request, Model.objects.all(), view)
        yield [text, None if chosen == ("id",) else chosen]


def lookups():
    """The filter of each field and lookup: its name, and the base of a list."""
    names = ["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex", "gt", "gte", "lt", "lte", "in", "range", "isnull", "year",
             "month", "day", "week_day", "quarter", "iso_year", "week", "hour", "minute", "second", "date", "time", "year__gte", "date__gt", "date__range", "year__in", "date__year", "hour__lt", "time__lt", "year__isnull", "date__isnull"]
    for base, filterset in (("rest", rest.FilterSet), ("plain", plain.FilterSet)):
        for field in [*Model._meta.fields, *Model._meta.many_to_many]:
            for lookup in names:
                try:
                    made = filterset.filter_for_field(field, field.name, lookup)
                except Exception:
                    continue  # no such lookup, or no filter
                kinds = [type(made).__name__]
                if issubclass(type(made), rest.BaseCSVFilter):
                    kinds = [parent.__name__ for parent in reversed(type(made).__bases__)]
                yield [base, field.name, lookup, *kinds]


with connection.schema_editor() as editor:
    editor.create_model(Target)
if ZONE == "UTC":
    save("cleaned.jsonl", cleaned())
    save("several.jsonl", several())
    save("searches.jsonl", searches())
    save("orderings.jsonl", orderings())
    save("lookups.jsonl", lookups())
else:
    save("zones.jsonl", zones())
