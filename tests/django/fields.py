#!/usr/bin/env python3
"""Writes what Django REST framework's fields answer: the JSON of values, and the results of validation.

    fields.py apps/rest_framework/src/fields/fixtures

Run it with the reference's Python. The fields have the names of those in apps/rest_framework/src/fields/tests.rs.
"""
import datetime
import decimal
import json
import os
import sys
import uuid
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import django
from django.conf import settings

settings.configure(USE_TZ=True, TIME_ZONE="UTC", INSTALLED_APPS=["rest_framework"], MEDIA_URL="/media/")
django.setup()

from django.http import QueryDict  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.duration import duration_string  # noqa: E402
from rest_framework import serializers as s  # noqa: E402
from rest_framework.exceptions import _get_codes  # noqa: E402
from rest_framework.metadata import SimpleMetadata  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402

LETTERS = [(1, "One"), ("a", "A"), ("b", "B")]
GROUPS = [("Sound", [("cd", "CD"), ("lp", "LP")]), ("Film", [("dvd", "DVD"), ("cd", "Video CD")]), ("x", "Other")]
DAY = datetime.timedelta(days=1)
# Seen from the crate's folder, where its tests run.
PATHS = "src/fields/fixtures/paths"
FIELDS = {
    "any": lambda: s.ReadOnlyField(),
    "char": lambda: s.CharField(),
    "slug_unicode": lambda: s.SlugField(allow_unicode=True),
    "regex": lambda: s.RegexField(r"^#[0-9a-f]{6}$"),
    "regex_raw": lambda: s.RegexField(r"^#\d{2}\w$", trim_whitespace=False, max_length=6),
    "regex_search": lambda: s.RegexField(r"a\sb|[]x]y\Z"),
    "ip": lambda: s.IPAddressField(),
    "ip4": lambda: s.IPAddressField(protocol="ipv4"),
    "ip6": lambda: s.IPAddressField(protocol="ipv6", max_length=9),
    "bool": lambda: s.BooleanField(),
    "bool_null": lambda: s.BooleanField(allow_null=True),
    "int": lambda: s.IntegerField(),
    "big": lambda: s.BigIntegerField(min_value=-5),
    "big_text": lambda: s.BigIntegerField(coerce_to_string=True),
    "float": lambda: s.FloatField(allow_null=True),
    "decimal": lambda: s.DecimalField(max_digits=10, decimal_places=2, allow_null=True),
    "decimal_free": lambda: s.DecimalField(max_digits=None, decimal_places=None),
    "decimal_number": lambda: s.DecimalField(max_digits=10, decimal_places=2, coerce_to_string=False),
    "decimal_normal": lambda: s.DecimalField(max_digits=10, decimal_places=2, normalize_output=True),
    "decimal_limit": lambda: s.DecimalField(
        max_digits=10, decimal_places=2, max_value=decimal.Decimal("9.50"), min_value=decimal.Decimal("-1.5")),
    **{
        f"decimal_{name}": lambda name=name: s.DecimalField(
            max_digits=10, decimal_places=1, rounding=getattr(decimal, "ROUND_" + name))
        for name in ["CEILING", "DOWN", "FLOOR", "HALF_DOWN", "HALF_EVEN", "HALF_UP", "UP", "05UP"]
    },
    "uuid": lambda: s.UUIDField(),
    "uuid_hex": lambda: s.UUIDField(format="hex"),
    "uuid_int": lambda: s.UUIDField(format="int"),
    "uuid_urn": lambda: s.UUIDField(format="urn"),
    "date": lambda: s.DateField(),
    "date_formats": lambda: s.DateField(format="%A %d. %b %Y %j %U %W %V %y%%", input_formats=["%d.%m.%Y", "%d %B %y", "ISO-8601"]),
    "date_raw": lambda: s.DateField(format=None),
    "datetime": lambda: s.DateTimeField(),
    "datetime_formats": lambda: s.DateTimeField(
        format="%c | %x %X %f %p %I %-d %e %z %Z", input_formats=["%d/%m/%Y %H:%M", "%Y-%j %I %p", "%Y%m%dT%H%M%S.%f%z"]),
    "datetime_raw": lambda: s.DateTimeField(format=None),
    "datetime_zone": lambda: s.DateTimeField(default_timezone=ZoneInfo("Asia/Kolkata")),
    "time": lambda: s.TimeField(allow_null=True),
    "time_formats": lambda: s.TimeField(format="%I:%M %p %S.%f", input_formats=["%I:%M %p", "iso-8601", "%Hh"]),
    "time_raw": lambda: s.TimeField(format=None),
    "duration": lambda: s.DurationField(allow_null=True),
    "duration_iso": lambda: s.DurationField(format="iso-8601"),
    "duration_raw": lambda: s.DurationField(format=None),
    "duration_limit": lambda: s.DurationField(max_value=DAY, min_value=datetime.timedelta(seconds=-90, microseconds=5)),
    "choice": lambda: s.ChoiceField(choices=LETTERS),
    "choice_text": lambda: s.ChoiceField(choices=[("a", "A"), ("ü", "U")], allow_blank=True),
    "choice_groups": lambda: s.ChoiceField(choices=GROUPS),
    "multiple": lambda: s.MultipleChoiceField(choices=LETTERS),
    "multiple_groups": lambda: s.MultipleChoiceField(choices=GROUPS, required=False),
    "path": lambda: s.FilePathField(path=PATHS),
    "path_required": lambda: s.FilePathField(path=PATHS, match=r"[de]\.txt$", recursive=True, required=True),
    "path_folders": lambda: s.FilePathField(
        path=PATHS, recursive=True, allow_files=False, allow_folders=True, required=False, allow_blank=True),
    "path_both": lambda: s.FilePathField(path=PATHS, allow_folders=True, allow_null=True),
    "file": lambda: s.FileField(),
    "file_name": lambda: s.FileField(use_url=False),
    "list": lambda: s.ListField(child=s.DurationField(allow_null=True)),
    "list_decimal": lambda: s.ListField(child=s.DecimalField(max_digits=4, decimal_places=1), min_length=1),
    "dict": lambda: s.DictField(child=s.TimeField(allow_null=True)),
    "hstore": lambda: s.HStoreField(),
    "json": lambda: s.JSONField(),
    "json_binary": lambda: s.JSONField(binary=True),
    "hidden": lambda: s.HiddenField(default="h"),
    "read_only": lambda: s.ReadOnlyField(),
    "source": lambda: s.CharField(source="a.b.c"),
    "source_all": lambda: s.DictField(source="*"),
    "write_only": lambda: s.CharField(write_only=True),
    "initial": lambda: s.CharField(initial="i", style={"input_type": "password"}),
}

# Inputs of every kind, as JSON.
COMMON = [
    "", " ", "a", "ü-1_", "x\u0663", 5, -3, 5.5, 1e21, True, False, None, [], ["a"], {}, {"a": "b"}, "null", "\ud800", "a\0",
    10**30, "1_000", "\u0663", "00012.5", "12.5 ", "-0", "-0.0", "1e3", "NaN", "Infinity", "0x10",
]
LONG = ["x" * 1001, ["x" * 1001], {"x" * 1001: 1}, "1" * 1001, ["x" * 994], {"f": ["x" * 1001]}]
DURATIONS = [
    "01:02:03", "3 01:02:03.000004", "25:00:00", "3 days, 1:2:3", "1 day, 0:00:00", "-1 day, 23:59:59", "1 day 01:02:03",
    "2 days", "2 days ", "2 day", "2days", "-2 days -01:00:00", "-2 days +01:00:00.5", "5", "5.5", "5,5", "5.1234567",
    "5.1234567890123", "5.", ".5", "-5", "--5", "1:2", "-1:2", "1:2:3:4", "1:61:61", "1::2", ":5", "5:", "P", "PT", "P1D", "-P1D",
    "+P1DT1H1M1S", "P1.5D", "PT1.5H", "PT0.000001S", "PT0.0000005S", "PT0.0000015S", "PT0.0000025S", "PT1,5M", "P1Y", "P1W",
    "pt1h", "PT1S1M", "PT1M1H", "P1DT", "-PT1H1.1S", "P999999999D", "P1000000000D", "-P999999999D", "-P1000000000D",
    "999999999 23:59:59.999999", "999999999 24:00:00", "9" * 30, "9" * 400, "-" + "9" * 30, "0.1", "\u0661\u0662:\u0663", "1\n",
    "\n", " 1", "1 ", "1 1", "1  1", "1 -1", "-1 -1", "-1 1:0", "3 01:02:03\n", "+01:00:00", "01:00:00.1234567", "1 day,1",
    "12 days,  1", "P1.23456789D", "PT3.3333333S", "PT0.1H0.1M0.1S", "123456789012.654321", "90061.000001",
]
TIMES = [
    "10:00:00.5", "24:00", "10", "10:00", "1:2", "1:2:3", "10:00:00,5", "10:00:00.1234567", "10:00:00.1234567890123", "T10:00",
    "T1000", "1000", "100000", "100000.5", "10:00Z", "10:00+01:00", "10:00:00+25:00", "10:60", "23:59:60", "23:59:59.999999",
    "10:00 ", " 10:00", "10:00\n", "1:2\n", "\u0661:\u0662", "10:30 am", "10:30 PM", "12:00 am", "12:00 pm", "0:30 AM", "7h",
    "07H", "24h", "10:00:00.", "10:0", "1:0:0.", "000000", "00:00", "2020-01-01T10:00", "10:30PM", "10:30  pm",
]
DATES = [
    "2020-02-30", "2020-02-29", "2020-1-2", "20200102", "01.02.2020", "1.2.2020", "31.4.2020", "5 March 21", "5 march 69", "5 mar 21",
    "2020-02-29T01:02", "2020-02-29T01:02:03.5Z", "2020-02-29 01:02:03+05:30", "0001-01-01", "9999-12-31", "01/02/2020 03:04",
    "1/2/2020 3:4", "2020-060 11 PM", "2021-366 1 am", "2020-1 12 AM", "20200102T030405.5+0130", "20200102T030405.123456Z",
    "20200102T030405.1-01:30:15", "20200102T030461.1Z", "2021-03-28T02:30", "2021-10-31T02:30", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z", "1800-01-01T00:00:00Z", "2020-01-01T24:00", "29.02.1900", "1.1.0001",
]
ADDRESSES = [
    "192.0.2.1", "192.0.2.01", "192.0.2.256", " 192.0.2.1 ", "1.2.3", "2001:DB8:0:0:0:0:0:1", "::", "::1", "::ffff:192.0.2.1",
    "::FFFF:c000:201", "::192.0.2.1", "1:2:3:4:5:6:7::", "1::2::3", "fe80::1%eth0", "fe80::1%", "fe80::1%a%b", "fe80::1%a/64", " ::1", "::1 ",
    "2001:0db8:0000:0000:0000:0000:0000:00001", "0000:0000:0000:0000:0000:0000:0000:0001", "1:2:3:4:5:6:7:8:9", "12345::", "::g",
    "0:0:1:0:0:0:1:1", "1:0:2:0:3:0:4:0", "::ffff:0:0", "64:ff9b::1.2.3.4", "1.2.3.4:80", ":", ":::", "1:2:3:4:5:6:7:1.2.3.4",
]
WORDS = [
    "#00ff00", "#00FF00", "#00ff00\n", "x#00ff00", "#12a", "#12a\n", "#\u0661\u0662\u00fc", "#12-", "#12_", "#1234567", "a b",
    "a\u00a0b", "za\nbz", "]y", "]y\n", "xy", "xyz", "caf\u00e9-1", "\u4e2d", "\u00bd", "\u0915\u093f", "a-b_c", "a b", "a\n", "\u2160",
    "cd", "dvd", "lp", "x", "1", "b", "\u00fc",
]
NUMBERS = [
    "0.00", "0.005", "-0.004", "9.50", "9.51", "-1.50", "-1.51", "99999999.99", "100000000", "1E+2", "1e-2", "12.345", "1.0",
    "12345678901234567890", "-6", "-5", 1.0, 2.50, 0.1, 1e16, 1e-5, 9007199254740993, "1.", ".5", "+1", "1e400", 10**25,
]
UUIDS = ["12345678-1234-5678-1234-567812345678", "{12345678123456781234567812345678}", 1, 2**128, "urn:uuid:" + "0" * 32]
JSONS = [
    '{"a": [1, 2.5, null, "\u00fc\u2028\\n"]}', "[1", '"x"', "5", {"b": [1, {"c": None}], "a": "\u2029\u007f/<>\U0001f600"},
    ["00:00:01", None, "x"], [1.5, "2.25", "12345"], {"k": "10:00", "l": None}, {"k": "x"}, {"a": 5, "b": None, "c": ""},
    {"a": True}, ["a", "1", 1, "b", "a"], ["lp", "cd", "lp"], ["zz"], "cd",
]
FILES = [
    f"{PATHS}/{name}" for name in ["", "a.txt", "b.md", "Z.txt", "sub", "sub/d.txt", "sub/deeper", "sub/deeper/e.txt", "sub-2/f.txt"]
]
INPUTS = {
    "path": FILES,
    "duration": DURATIONS, "list": DURATIONS[:6] + JSONS, "time": TIMES, "dict": JSONS, "date": DATES, "datetime": DATES,
    "ip": ADDRESSES, "ip4": ADDRESSES, "ip6": ADDRESSES, "regex": WORDS, "slug": WORDS, "choice": WORDS + JSONS,
    "multiple": JSONS, "decimal": NUMBERS, "decimal_free": NUMBERS + LONG, "big": NUMBERS + LONG[:3],
    "float": NUMBERS + LONG[:3], "int": NUMBERS, "uuid": UUIDS, "json": JSONS,
    "hstore": JSONS, "source": JSONS,
}
FORMS = [
    [], [("f", "")], [("f", " ")], [("f", "a")], [("f", "5")], [("f", "01:02:03")], [("f", "1"), ("f", "a")], [("f[0]", "1")],
    [("f.a", "10:00")], [("f", "null")], [("f", '{"a": 1}')], [("f[0]a", "1")], [("f", "::1")],
]
ZONES = [("UTC", True), ("Europe/Berlin", True), ("America/St_Johns", True), ("Europe/Berlin", False)]
MOMENTS = [
    "2026-11-23T20:40:50", "2026-11-23T20:40:50.123456", "2026-06-23T23:40:50.000001", "2021-03-28T00:59:59.999999",
    "2021-03-28T01:00:00", "2021-10-31T00:30:00", "2021-10-31T01:30:00", "1800-01-01T00:00:00", "0999-12-31T12:00:00",
    "9999-12-30T00:00:00.100000",
]
MICROS = [
    0, 1, 4, -1, 1_000_000, -1_000_000, 3_723_000_004, 86_400_000_000, -86_400_000_000, 262_923_000_004, -86_399_999_999,
    86_399_999_999_999_999_999, -86_399_999_913_600_000_000, 9_007_199_254_740_993,
]
DECIMALS = [
    "0", "0.00", "1", "1.50", "-1.5", "12345678.90", "99999999.99", "123456789.1", "0.005", "0.015", "0.025", "-0.005", "-0.004",
    "1.25", "1.35", "-1.25", "-1.35", "1.04", "1.06", "-1.04", "5.01", "-5.01", "9.99", "99.95", "1E+2", "1E-7", "0.0000001",
    "100.00", "120", "1234567890123456789012345678901234567890.5", "0.05", "0.049", "-0.051",
]


def values():
    """Values of columns: a tag, the value's text, and the value."""
    for text in ["", "a", "ü\u2028\u2029\n\t\"\\/<>&\x7f\x00\U0001f600", "null", "yes", "False", "1", "a/b ü#.txt", "/x"]:
        yield ["text", text], text
    for number in [0, 1, -1, 5, 2**31, -(2**63), 2**63 - 1]:
        yield ["int", str(number)], number
    numbers = [0.0, -0.0, 1.0, 1.5, -2.25, 0.1, 1e15, 1e16, 1e21, 1e22, 1.5e300, 1e-4, 1e-5, 1.25e-7, 5e-324, 123456789.123456789]
    for number in [*numbers, float("nan"), float("inf")]:
        yield ["float", repr(number)], number
    for flag in [True, False]:
        yield ["bool", str(flag)], flag
    for text in ["2026-11-23", "0999-01-02", "2021-01-03", "2024-12-30", "2000-12-31"]:
        yield ["date", text], datetime.date.fromisoformat(text)
    for text in ["00:00:00", "20:40:50", "09:05:01.000001", "12:00:00", "23:59:59.999999"]:
        yield ["time", text], datetime.time.fromisoformat(text)
    for text in MOMENTS:
        yield ["datetime", text], datetime.datetime.fromisoformat(text)
    for micros in MICROS:
        yield ["duration", str(micros)], datetime.timedelta(microseconds=micros)
    for text in DECIMALS:
        yield ["decimal", text], decimal.Decimal(text)
    for text in ["12345678-1234-5678-1234-567812345678", "00000000-0000-0000-0000-000000000001"]:
        yield ["uuid", text], uuid.UUID(text)
    for value in [[], {}, [1, "a", None, "a"], ["a", 1, "1", "b"], {"b": {"z": 1, "a": [2.5, True]}, "a": "ü"}, [[]], 10**30]:
        yield ["json", json.dumps(value)], value
    for value in [b"", b"abc", b"\xc3\xbc", b"\xff'\n"]:
        yield ["binary", value.hex()], value
    yield ["null", ""], None


# The types that a field is given values of. Other values are mistakes, which Python reports in many ways.
TYPES = {
    "any": None, "read_only": None, "char": {"text", "int", "float", "bool", "date", "time", "datetime", "duration", "decimal",
                                             "uuid", "json", "binary", "null"},
    "bool": {"text", "int", "float", "bool", "decimal", "duration", "binary", "null"}, "int": {"int", "float", "bool", "null"},
    "big": {"int", "bool", "null"}, "float": {"int", "float", "bool", "decimal", "null"}, "decimal": {"decimal", "int", "null"},
    "uuid": {"uuid", "null"}, "date": {"date", "null"}, "datetime": {"datetime", "null"}, "time": {"time", "null"},
    "duration": {"duration", "null"}, "choice": {"text", "int", "bool", "null"}, "multiple": set(), "json": {"text", "int", "float",
    "json", "bool", "null"}, "ip": {"text"}, "regex": {"text"}, "slug": {"text"}, "hstore": set(), "list": set(), "dict": set(),
    "source": set(), "file": set(), "hidden": set(), "write": set(), "initial": set(), "path": {"text"}, "ip4": set(), "ip6": set(),
}


def of_kind(table, name):
    """The entry of a field's kind, such as `decimal` for `decimal_UP`."""
    return table.get(name, table.get(name.split("_")[0], []))


def written(name, field, value, tag, zone, use_tz):
    """The JSON of a value, or an error."""
    if tag == "datetime" and use_tz:
        value = value.replace(tzinfo=datetime.timezone.utc)
    serializer = type("One", (s.Serializer,), {"f": field()})({"f": value})
    try:
        return JSONRenderer().render(serializer.data).decode()
    except Exception:
        return None


def write(folder):
    with open(f"{folder}/written.jsonl", "w") as out:
        for zone, use_tz in ZONES:
            settings.USE_TZ = use_tz
            with timezone.override(ZoneInfo(zone)):
                for name, field in FIELDS.items():
                    types = TYPES.get(name, of_kind(TYPES, name))
                    for (tag, text), value in values():
                        # Only times depend on the zone.
                        if (types is None or tag in types) and (zone == "UTC" or tag == "datetime"):
                            case = {"field": name, "zone": zone, "use_tz": use_tz, "type": tag, "value": text}
                            case["json"] = written(name, field, value, tag, zone, use_tz)
                            print(json.dumps(case, separators=(",", ":")), file=out)
    settings.USE_TZ = True


def plain(value):
    """The values of the validated data, as this project has them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, set)):
        return [plain(item) for item in value]
    if isinstance(value, datetime.timedelta):
        return duration_string(value)
    if isinstance(value, datetime.datetime) and value.tzinfo and value.utcoffset().total_seconds() % 60:
        # RFC 3339 has no offsets with seconds.
        value = value.astimezone(datetime.timezone.utc)
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def read(folder):
    with open(f"{folder}/read.jsonl", "w") as out:
        for name, field in FIELDS.items():
            if name in ("any", "file", "file_name"):
                continue
            serializer_class = type("One", (s.Serializer,), {"f": field()})
            documents = [{}, *({"f": value} for value in [*COMMON, *of_kind(INPUTS, name)])]
            cases = [({"json": json.dumps(document)}, document) for document in documents]
            cases += [({"form": form}, QueryDict(urlencode(form))) for form in FORMS]
            for case, data in cases:
                serializer = serializer_class(data=data)
                try:
                    if serializer.is_valid():
                        result = {"data": plain(serializer.validated_data)}
                    else:
                        result = {"errors": serializer.errors, "codes": _get_codes(serializer.errors)}
                except Exception as error:
                    # A crash is a 500 there.
                    print(name, case, repr(error), file=sys.stderr)
                    continue
                if "data" in result:
                    try:
                        result["output"] = JSONRenderer().render(serializer.data).decode()
                    except Exception:
                        result["output"] = None
                # A lone surrogate cannot be sent. The number of UUID(int=True) is True.
                if "\\ud800" in json.dumps(result) or (name == "uuid_int" and data.get("f") in (True, False)):
                    continue
                print(json.dumps({"field": name, **case, **result}, separators=(",", ":")), file=out)


def info(folder):
    with open(f"{folder}/info.jsonl", "w") as out:
        for name, field in FIELDS.items():
            serializer = type("One", (s.Serializer,), {"f": field()})()
            described = SimpleMetadata().get_serializer_info(serializer)
            initial = None if name == "source_all" else json.loads(JSONRenderer().render(serializer.data))
            case = {"field": name, "info": JSONRenderer().render(described).decode(), "initial": initial}
            print(json.dumps(case, separators=(",", ":")), file=out)


folder = os.path.abspath(sys.argv[1])
os.chdir(f"{folder}/../../..")
write(folder)
read(folder)
info(folder)
