#!/usr/bin/env python3
"""Prints random serializers with random input, and what Django REST framework and drf-spectacular make of them, one JSON line each.

    random_serializers.py [--seed N] [--count N] > FILE

Run it with the reference's Python. apps/rest_framework/src/serializers/tests/random.rs builds the same serializers from the
lines. Its fixture has a few; more are compared so:

    random_serializers.py --count 30 --cases 6 > apps/rest_framework/src/serializers/fixtures/random.jsonl   # the fixture
    random_serializers.py --seed 2 --count 2000 > random.jsonl
    RANDOM_SERIALIZERS=random.jsonl cargo test -p vitamin-rest-framework --lib -- serializers::tests::random

A line is {"fields", "info", "schema", "cases"}: the declaration, the answer to OPTIONS, the OpenAPI document of a view, and the
validations. The same arguments print the same lines. What crashes the reference is left out.
"""
import argparse
import datetime
import decimal
import json
import sys
from pathlib import Path
from urllib.parse import urlencode

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
settings.configure(
    USE_TZ=True, TIME_ZONE="UTC", INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "drf_spectacular"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, MEDIA_URL="/media/",
    REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}, ROOT_URLCONF=__name__, LOGGING_CONFIG=None)
django.setup()

from django.http import QueryDict  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils.duration import duration_string  # noqa: E402
from drf_spectacular.generators import SchemaGenerator  # noqa: E402
from drf_spectacular.plumbing import _load_enum_name_overrides  # noqa: E402
from drf_spectacular.renderers import OpenApiJsonRenderer  # noqa: E402
from rest_framework import serializers as s  # noqa: E402
from rest_framework.exceptions import _get_codes  # noqa: E402
from rest_framework.metadata import SimpleMetadata  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from values import (BOOLEANS, COLORS, DATES, DECIMALS, DURATIONS, EMAILS, INTEGERS, JSONS, MOMENTS, SLUGS, TIMES, URLS, WORDS, WRONG, Random)  # noqa: E402

urlpatterns = []
PATTERNS = [r"^#[0-9a-f]{6}$", r"^[a-z]+$", r"a\sb|x\Z", r"^\d{2}\w*$", r"[^a-c]"]
ADDRESSES = ["192.0.2.1", "192.0.2.01", "192.0.2.256", "1.2.3", "2001:DB8:0:0:0:0:0:1", "::", "::1", "::ffff:192.0.2.1", "::192.0.2.1", "1:2:3:4:5:6:7::", "1::2::3", "fe80::1%eth0", "12345::", "::g", "1.2.3.4:80", "64:ff9b::1.2.3.4"]
UUIDS = ["12345678-1234-5678-1234-567812345678", "{12345678123456781234567812345678}", "urn:uuid:" + "0" * 32, "12345678123456781234567812345678", "1234567812345678123456781234567G", "", 1, 2**128, 2**127, -1]
CHOICES = [[["a", "A"], ["b", "B"]], [[1, "One"], ["a", "A"]], [["", "None"], ["x", "X"]], [[1, "1"], [2, "2"], [3, "drei"]], [["Größe", "ß"]], [[True, "Yes"], [False, "No"]], [["1", "text"], ["2.5", "more"]], [["x", "X"], ["x y", "X Y"], ["a", ""]], []]
DATE_FORMATS = [["%d.%m.%Y"], ["%d %B %y", "iso-8601"], ["%m/%d/%Y", "%Y-%m-%d"], ["%j %Y"]]
MOMENT_FORMATS = [["%d/%m/%Y %H:%M"], ["%Y-%m-%d %H:%M:%S.%f", "iso-8601"], ["%Y%m%dT%H%M%S%z"]]
TIME_FORMATS = [["%H:%M"], ["%I:%M %p", "iso-8601"], ["%H.%M.%S"]]
OUTPUTS = {"date": ["%d.%m.%Y", None, "iso-8601", "%A %j"], "moment": ["%c", None, "iso-8601", "%d/%m/%Y %H:%M:%S.%f %z"], "time": ["%I:%M %p", None, "iso-8601", "%H %M %S.%f"]}
NAMES = ["a", "b", "kind", "user_name", "URL", "size_in_cm", "é", "status"]
CLASSES = {
    "Char": s.CharField, "Email": s.EmailField, "URL": s.URLField, "Slug": s.SlugField, "Regex": s.RegexField, "UUID": s.UUIDField, "IPAddress": s.IPAddressField, "Integer": s.IntegerField, "BigInteger": s.BigIntegerField, "Float": s.FloatField,
    "Decimal": s.DecimalField, "Date": s.DateField, "DateTime": s.DateTimeField, "Time": s.TimeField, "Duration": s.DurationField, "Boolean": s.BooleanField, "Choice": s.ChoiceField, "MultipleChoice": s.MultipleChoiceField, "List": s.ListField, "Dict": s.DictField,
    "HStore": s.HStoreField, "JSON": s.JSONField, "File": s.FileField, "Image": s.ImageField,
}


class Maker:
    def __init__(self, seed):
        self.random = Random(seed)

    # --- Declarations.

    def lengths(self, most):
        random, found = self.random, {}
        if random.chance(0.4):
            found["max_length"] = random.choice([0, 1, 3, 5, 10, 50, most])
        if random.chance(0.25):
            found["min_length"] = random.choice([0, 1, 2, 5])
        return found

    def bounds(self, values):
        found = {}
        if self.random.chance(0.35):
            found["max_value"] = self.random.choice(values)
        if self.random.chance(0.35):
            found["min_value"] = self.random.choice(values)
        return found

    def common(self, default=None):
        """Options of every field. `default` makes a default, for the kinds that have one here."""
        random, found = self.random, {}
        kind = random.choice(["", "", "", "", "required", "optional", "read_only", "write_only", "default", "default"])
        if kind == "required":
            found["required"] = True
        elif kind == "optional":
            found["required"] = False
        elif kind == "read_only":
            found["read_only"] = True
        elif kind == "write_only":
            found["write_only"] = True
        elif kind == "default" and default is not None:
            found["default"] = default()
        if random.chance(0.25):
            found["allow_null"] = True
        if random.chance(0.1):
            found["label"] = random.choice(["A label", "", "größe"])
        if random.chance(0.1):
            found["help_text"] = random.choice(["Helps.", "Two\nlines", "  spaces  "])
        return found

    def field(self, depth=0):
        random = self.random
        kinds = [*CLASSES, "Char", "Decimal", "DateTime", "Choice", "Integer"]
        if depth < 2:
            kinds += ["Serializer"] * 4
        else:
            kinds = [kind for kind in kinds if kind not in ("List", "Dict", "File", "Image")]
        kind = random.choice(kinds)
        made = {"kind": kind}
        if kind in ("Char", "Email", "URL", "Slug", "Regex", "IPAddress"):
            made.update(self.common(lambda: random.choice(["d", "", "default text"])))
            if random.chance(0.3):
                made["allow_blank"] = True
            if random.chance(0.2):
                made["trim_whitespace"] = random.chance(0.3)
            if kind == "Slug" and random.chance(0.4):
                made["allow_unicode"] = True
            if kind == "Regex":
                made["regex"] = random.choice(PATTERNS)
            if kind == "IPAddress":
                made.pop("trim_whitespace", None)
                made["protocol"] = random.choice(["both", "IPv4", "ipv6"])
            else:
                made.update(self.lengths(200))
        elif kind == "UUID":
            made.update(self.common())
            made["format"] = random.choice(["hex_verbose", "hex", "int", "urn"])
        elif kind in ("Integer", "BigInteger"):
            made.update(self.common(lambda: random.choice([0, 5, -1])))
            made.update(self.bounds([-5, 0, 1, 5, 100, 2**31, 2**40]))
            if kind == "BigInteger" and random.chance(0.4):
                made["coerce_to_string"] = random.chance(0.5)
        elif kind == "Float":
            made.update(self.common(lambda: random.choice([0.0, 1.5])))
            made.update(self.bounds([-1.5, 0, 0.5, 5, 1e6]))
        elif kind == "Decimal":
            made.update(self.common())
            made["max_digits"] = random.choice([None, 2, 4, 10, 18])
            places = random.choice([None, 0, 1, 2, 6])
            made["decimal_places"] = places if made["max_digits"] is None or places is None or places <= made["max_digits"] else 2
            made.update({name: str(value) for name, value in self.bounds(["-1.5", "0", "0.00", "5", "99.95", "1000"]).items()})
            if random.chance(0.3):
                made["coerce_to_string"] = random.chance(0.4)
            if random.chance(0.2):
                made["rounding"] = random.choice(["CEILING", "DOWN", "FLOOR", "HALF_DOWN", "HALF_EVEN", "HALF_UP", "UP", "05UP"])
            if random.chance(0.2):
                made["normalize_output"] = True
        elif kind in ("Date", "DateTime", "Time"):
            made.update(self.common())
            formats, outputs = {"Date": (DATE_FORMATS, "date"), "DateTime": (MOMENT_FORMATS, "moment"), "Time": (TIME_FORMATS, "time")}[kind]
            if random.chance(0.25):
                made["input_formats"] = random.choice(formats)
            if random.chance(0.25):
                made["format"] = random.choice(OUTPUTS[outputs])
        elif kind == "Duration":
            made.update(self.common())
            made.update(self.bounds([-90_000_000, 0, 5, 86_400_000_000, 3_600_000_000]))
            if random.chance(0.3):
                made["format"] = random.choice(["iso-8601", None])
        elif kind == "Boolean":
            made.update(self.common(lambda: random.chance(0.5)))
        elif kind in ("Choice", "MultipleChoice"):
            made["choices"] = random.choice(CHOICES)
            values = [value for value, _ in made["choices"]]
            made.update(self.common((lambda: random.choice(values)) if values and kind == "Choice" else None))
            if random.chance(0.25):
                made["allow_blank"] = True
            if kind == "MultipleChoice" and random.chance(0.3):
                made["allow_empty"] = False
        elif kind == "List":
            made.update(self.common(lambda: []))
            made["child"] = self.child(depth)
            made.update(self.lengths(3))
            if random.chance(0.3):
                made["allow_empty"] = random.chance(0.3)
        elif kind in ("Dict", "HStore"):
            made.update(self.common(lambda: {}))
            if kind == "Dict":
                made["child"] = self.child(depth)
            if random.chance(0.3):
                made["allow_empty"] = random.chance(0.3)
        elif kind == "JSON":
            made.update(self.common())
            if random.chance(0.3):
                made["binary"] = True
        elif kind in ("File", "Image"):
            made.update(self.common())
            if random.chance(0.3):
                made["max_length"] = random.choice([1, 10, 100])
            if random.chance(0.3):
                made["allow_empty_file"] = True
            if random.chance(0.3):
                made["use_url"] = False
        elif kind == "Serializer":
            made.update(self.common())
            made["fields"] = self.fields(depth + 1)
            if random.chance(0.4):
                made["many"] = True
                if random.chance(0.3):
                    made["allow_empty"] = random.chance(0.3)
                made.update({name: value for name, value in self.lengths(3).items() if random.chance(0.5)})
        return made

    def child(self, depth):
        """A field in a list or in a dictionary."""
        made = self.field(depth + 1)
        for name in ("required", "read_only", "write_only", "default"):
            made.pop(name, None)
        return made

    def fields(self, depth=0):
        names = self.random.sample(NAMES, self.random.choice([1, 1, 2, 3] if depth else [1, 2, 3, 4]))
        return {name: self.field(depth) for name in names}

    # --- Input.

    def value(self, field):
        random, kind = self.random, field["kind"]
        if random.chance(0.12):
            # The number of UUID(int=True) is True there.
            wrong = [value for value in WRONG if value == value and value not in (1e400, "\0") and (kind != "UUID" or not isinstance(value, bool))]
            return random.choice(wrong)
        if kind in ("Char", "Regex"):
            return random.choice([random.of(WORDS), random.of(COLORS), random.of(["ab", "12", "a b", "x", "abc"]), random.randint(-9, 999), random.uniform(-2, 2)])
        if kind in ("Email", "URL", "Slug", "IPAddress"):
            return random.of({"Email": EMAILS, "URL": URLS, "Slug": SLUGS, "IPAddress": ADDRESSES}[kind], 0.5)
        if kind == "UUID":
            return random.of(UUIDS, 0.3)
        if kind in ("Integer", "BigInteger", "Float", "Decimal"):
            pool = INTEGERS if "Integer" in kind else DECIMALS
            return random.choice([random.of(pool), random.number(), random.randint(-10, 10), random.uniform(-10, 10), str(random.uniform(-100, 100)), 10 ** random.uniform(-20, 30), random.randint(-(10**18), 10**18)])
        if kind in ("Date", "DateTime", "Time"):
            pool = {"Date": DATES, "DateTime": [*MOMENTS, *DATES], "Time": TIMES}[kind]
            return random.of([*pool, "03.02.2026", "3 February 26", "02/03/2026", "034 2026", "03/02/2026 10:00", "2026-02-03 10:00:00.5", "20260203T100000+0130", "10:00", "10:00 pm", "10.00.00"], 0.4)
        if kind == "Duration":
            return random.choice([random.of(DURATIONS, 0.5), random.number(), random.randint(-(10**6), 10**6), random.uniform(-100, 100)])
        if kind == "Boolean":
            return random.choice([True, False, 0, 1, random.of(BOOLEANS)])
        if kind in ("Choice", "MultipleChoice"):
            values = [value for value, _ in field["choices"]] + ["", "1", 1, "a", "True", 2.5, None]
            one = lambda: random.choice(values)  # noqa: E731
            return one() if kind == "Choice" else random.choice([[one() for _ in range(random.randint(0, 3))], one(), {"a": 1}])
        if kind == "List":
            return [self.value(field["child"]) for _ in range(random.choice([0, 1, 1, 2, 3, 4]))]
        if kind in ("Dict", "HStore"):
            child = field.get("child", {"kind": "Char"})
            return {random.choice(["a", "b", "é", ""]): self.value(child) for _ in range(random.choice([0, 1, 2]))}
        if kind == "JSON":
            return random.choice([random.choice(JSONS), "[1, 2", "{\"a\": 1}", "null", "1e2"])
        if kind == "Serializer":
            return [self.document(field["fields"]) for _ in range(random.choice([0, 1, 1, 2]))] if field.get("many") else self.document(field["fields"])
        return random.choice(["", "x", None, []])

    def document(self, fields):
        random = self.random
        if random.chance(0.05):
            return random.choice([None, [], "x", 5, {}, [{}], True, 1.5])
        return {name: self.value(field) for name, field in fields.items() if random.chance(0.85)}

    def pairs(self, name, value, field):
        """The pairs of a form for a value."""
        random = self.random
        if field and field["kind"] == "Serializer" and isinstance(value, dict):
            return [pair for inner, item in value.items() for pair in self.pairs(f"{name}.{inner}", item, field["fields"].get(inner))]
        if field and field["kind"] == "Serializer" and isinstance(value, list):
            found = []
            for index, item in enumerate(value):
                for inner, part in item.items() if isinstance(item, dict) else []:
                    found += self.pairs(f"{name}[{index}]{inner}", part, field["fields"].get(inner))
            return found
        if isinstance(value, list):
            if random.chance(0.6):
                return [(name, self.text(item)) for item in value]
            return [(f"{name}[{index}]", self.text(item)) for index, item in enumerate(value)]
        if isinstance(value, dict) and random.chance(0.8):
            return [(f"{name}.{key}", self.text(item)) for key, item in value.items()]
        return [(name, self.text(value))]

    @staticmethod
    def text(value):
        return value if isinstance(value, str) else json.dumps(value)


def build(made, name):
    """The field of a declaration."""
    options = {key: value for key, value in made.items() if key not in ("kind", "fields", "many", "child")}
    kind = made["kind"]
    if kind == "Serializer":
        return serializer_class(made["fields"], name)(many=made.get("many", False), **options)
    if "child" in made:
        options["child"] = build(made["child"], name + "Item")
    if kind == "Decimal":
        options.update({key: decimal.Decimal(options[key]) for key in ("max_value", "min_value") if key in options})
        if "rounding" in options:
            options["rounding"] = "ROUND_" + options["rounding"]
    if kind == "Duration":
        options.update({key: datetime.timedelta(microseconds=options[key]) for key in ("max_value", "min_value") if key in options})
    return CLASSES[kind](**options)


def serializer_class(fields, name):
    return type(f"{name}Serializer", (s.Serializer,), {key: build(made, f"{name}{key.title().replace('_', '')}") for key, made in fields.items()})


def plain(value):
    """The values of validated data, as this project has them."""
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


def validated(one, data, partial):
    """The result of a validation. None if the reference crashes, or if Rust's text can't hold it."""
    serializer = one(data=data, partial=partial)
    try:
        if not serializer.is_valid():
            result = {"errors": serializer.errors, "codes": _get_codes(serializer.errors)}
            return None if "\\ud" in json.dumps(result) else result
        result = {"data": plain(serializer.validated_data)}
        try:
            result["output"] = JSONRenderer().render(serializer.data).decode()
        except Exception:
            result["output"] = None
        text = json.dumps(result["data"], allow_nan=False)
        return None if "\\ud" in text.replace("\\ud83d\\ude00", "") else result
    except Exception:
        return None


def document(one):
    _load_enum_name_overrides.cache_clear()
    methods = {name: lambda self, request: ... for name in ("get", "post", "patch")}
    view = type("Random", (APIView,), {"serializer_class": one, **methods})
    schema = SchemaGenerator(patterns=[path("random/", view.as_view())]).get_schema(request=None, public=True)
    return json.loads(OpenApiJsonRenderer().render(schema, renderer_context={}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--cases", type=int, default=8, help="validations of each serializer")
    args = parser.parse_args()
    maker = Maker(f"{args.seed} serializers")
    for _ in range(args.count):
        fields = maker.fields()
        one = serializer_class(fields, "Random")
        line = {"fields": fields, "info": None, "cases": []}
        try:
            line["info"] = JSONRenderer().render(SimpleMetadata().get_serializer_info(one())).decode()
        except Exception:
            pass
        try:
            line["schema"] = document(one)
        except Exception:
            line["schema"] = None
        for number in range(args.cases):
            partial = maker.random.chance(0.2)
            found = maker.document(fields)
            if number % 3 == 2 and isinstance(found, dict):
                pairs = [pair for name, value in found.items() for pair in maker.pairs(name, value, fields.get(name))]
                try:
                    data = QueryDict(urlencode(pairs))
                except UnicodeEncodeError:
                    continue
                case = {"form": pairs}
            else:
                try:
                    # The parser refuses NaN.
                    text = json.dumps(found, allow_nan=False)
                except ValueError:
                    continue
                case, data = {"json": text}, json.loads(text)
            result = validated(one, data, partial)
            if result:
                line["cases"].append({**case, "partial": partial, **result})
        print(json.dumps(line, separators=(",", ":")))


if __name__ == "__main__":
    main()
