#!/usr/bin/env python3
"""Prints what Django REST framework answers to partial validation, for every kind of field.

    partial.py > apps/rest_framework/src/serializers/fixtures/partial.jsonl

Run it with the reference's Python. The serializers have the names of those in serializers/tests.rs.
"""
import json
from urllib.parse import urlencode

import django
from django.conf import settings

settings.configure(USE_TZ=True, TIME_ZONE="UTC", INSTALLED_APPS=["rest_framework"])
django.setup()

from django.http import QueryDict  # noqa: E402
from rest_framework import serializers as s  # noqa: E402

LETTERS = [(1, "One"), ("a", "A"), ("b", "B")]
FIELDS = {
    "char": lambda: s.CharField(),
    "char_blank": lambda: s.CharField(allow_blank=True, max_length=5, min_length=2),
    "char_raw": lambda: s.CharField(trim_whitespace=False, max_length=3, allow_null=True),
    "char_default": lambda: s.CharField(default="d", allow_null=True),
    "email": lambda: s.EmailField(),
    "url": lambda: s.URLField(),
    "slug": lambda: s.SlugField(),
    "bool": lambda: s.BooleanField(),
    "bool_null": lambda: s.BooleanField(allow_null=True),
    "bool_default": lambda: s.BooleanField(default=True),
    "int": lambda: s.IntegerField(),
    "int_bounds": lambda: s.IntegerField(min_value=2, max_value=10),
    "float": lambda: s.FloatField(),
    "decimal": lambda: s.DecimalField(max_digits=5, decimal_places=2),
    "decimal_bounds": lambda: s.DecimalField(
        max_digits=6, decimal_places=3, min_value=-1, max_value=10, allow_null=True
    ),
    "datetime": lambda: s.DateTimeField(),
    "date": lambda: s.DateField(),
    "uuid": lambda: s.UUIDField(),
    "choice": lambda: s.ChoiceField(choices=LETTERS),
    "choice_blank": lambda: s.ChoiceField(choices=[("a", "A")], allow_blank=True, allow_null=True),
    "multiple": lambda: s.MultipleChoiceField(choices=LETTERS),
    "multiple_some": lambda: s.MultipleChoiceField(choices=[("a", "A")], allow_empty=False),
    "list": lambda: s.ListField(child=s.IntegerField(min_value=0)),
    "list_bounds": lambda: s.ListField(
        child=s.CharField(allow_null=True), allow_empty=False, min_length=2, max_length=3
    ),
    "list_any": lambda: s.ListField(),
    "dict": lambda: s.DictField(child=s.IntegerField()),
    "dict_any": lambda: s.DictField(allow_empty=False),
    "json": lambda: s.JSONField(),
    "json_null": lambda: s.JSONField(allow_null=True),
    "file_required": lambda: s.FileField(),
    "nested": lambda: Inner(),
    "nested_many": lambda: Inner(many=True, max_length=2, allow_empty=False),
    "nested_default": lambda: Inner(default={"name": "d"}),
    "read_only": lambda: s.CharField(read_only=True, default="d"),
}
VALUES = [
    "a", "", " ", 5, 1.5, -3, True, None, [], ["a"], ["1", 2], [None, None], {}, {"name": "a"}, {"name": None},
    {"size_in_cm": 4}, [{}], [{"name": "toolong"}, {}], "2020-01-02", "2020-01-02T03:04", "a@example.com",
    "http://example.com/", "12345678-1234-5678-1234-567812345678",
]
FORMS = [
    [], [("other", "1")], [("f", "")], [("f", "a")], [("f", "5")], [("f", "on")], [("f", "null")], [("f[0]", "1")],
    [("f[]", "1")], [("f.name", "a")], [("f.size_in_cm", "4")], [("f.name", "")], [("f[0]name", "a")],
    [("f[0]size_in_cm", "4")], [("f", "a"), ("f", "b")],
]


class Inner(s.Serializer):
    name = s.CharField(max_length=4)
    size_in_cm = s.IntegerField(required=False)
    color = s.CharField(default="red")


def result(serializer_class, data, **options):
    """What a partial validation of the data returns."""
    serializer = serializer_class(data=data, partial=True, **options)
    if serializer.is_valid():
        return {"data": plain(serializer.validated_data)}
    codes = get_codes(serializer.errors)
    return {"errors": serializer.errors, "codes": codes}


def get_codes(errors):
    from rest_framework.exceptions import _get_codes

    return _get_codes(errors)


def plain(value):
    """The values of the validated data, as this project has them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, set)):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def main():
    for name, field in FIELDS.items():
        serializer_class = type("One", (s.Serializer,), {"f": field()})
        documents = [{}, {"other": 1}, *({"f": value} for value in VALUES)]
        cases = [({"json": json.dumps(document)}, document, {}) for document in documents]
        cases += [({"form": form}, QueryDict(urlencode(form)), {}) for form in FORMS]
        cases.append(({"json": '[{}, {"f": null}]', "many": True}, [{}, {"f": None}], {"many": True}))
        for case, data, options in cases:
            case = {"serializer": name, "partial": True, "many": False, **case}
            try:
                print(json.dumps(case | result(serializer_class, data, **options), separators=(",", ":")))
            except (TypeError, ValueError, AttributeError) as error:
                raise SystemExit(f"{case}: {error}") from error


main()
