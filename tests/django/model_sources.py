#!/usr/bin/env python3
"""Prints what Django REST framework answers for fields with `source="*"` in serializers of models, and drf-spectacular's
components for them.

    model_sources.py > apps/rest_framework/src/serializers/model/tests/sources.jsonl

Run it with the reference's Python. Models are those of model_serializers.py; views and rows are those of
serializers/model/tests/sources.rs.
"""
import json
from decimal import Decimal

from model_serializers import Thing, reset_keys, s, seed, settings

from django.db.models import Count  # noqa: E402
from django.urls import path  # noqa: E402
from drf_spectacular.generators import SchemaGenerator  # noqa: E402
from drf_spectacular.openapi import AutoSchema  # noqa: E402
from drf_spectacular.renderers import OpenApiJsonRenderer  # noqa: E402
from rest_framework import generics  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

settings.ROOT_URLCONF = __name__
settings.ALLOWED_HOSTS = ["localhost", "testserver"]


class NamesSerializer(s.ModelSerializer):
    class Meta:
        model = Thing
        fields = ["name", "kind", "note", "big", "tags"]


class MeasuresSerializer(s.Serializer):
    width = s.IntegerField(source="size", min_value=1)
    grade = s.IntegerField(source="rank", required=False)
    parts = s.IntegerField(source="part_count", read_only=True)


class Terms(s.CharField):
    """`12.50|note`."""

    def to_representation(self, thing):
        return f"{thing.price}|{thing.is_on}"

    def to_internal_value(self, data):
        price, _, is_on = super().to_internal_value(data).partition("|")
        if not is_on:
            raise s.ValidationError("Write two values.")
        return {"price": Decimal(f"{price}.00") if price.isdigit() else None, "is_on": is_on == "True"}


class WholeSerializer(s.ModelSerializer):
    names = NamesSerializer(source="*")
    measures = MeasuresSerializer(source="*")
    terms = Terms(source="*", required=False)
    summary = NamesSerializer(source="*", read_only=True)

    class Meta:
        model = Thing
        fields = ["id", "shelf", "names", "measures", "terms", "summary"]

    def validate_terms(self, values):
        if values["price"] == 13:
            raise s.ValidationError("Not 13.")
        return values

    def validate(self, values):
        if values.get("name") == "Bad":
            raise s.ValidationError(", ".join(values))
        return values


class Wholes(generics.ListCreateAPIView):
    queryset = Thing.objects.annotate(part_count=Count("parts")).order_by("id")
    serializer_class = WholeSerializer
    schema = AutoSchema()
    authentication_classes = []


class OneWhole(generics.RetrieveUpdateAPIView):
    queryset = Thing.objects.annotate(part_count=Count("parts")).order_by("id")
    serializer_class = WholeSerializer
    schema = AutoSchema()
    authentication_classes = []


urlpatterns = [path("wholes/", Wholes.as_view()), path("wholes/<int:pk>/", OneWhole.as_view())]

SHELF = "00000000000000000000000000000002"


def body(names=None, measures=None, **more):
    return {"shelf": SHELF, "names": names or {"name": "New", "tags": [2]}, "measures": measures or {"width": 40}, **more}


def requests():
    yield "GET", "/wholes/", None
    yield "GET", "/wholes/2/", None
    yield "OPTIONS", "/wholes/", None
    # Nothing is stored by these.
    yield "POST", "/wholes/", {}
    yield "POST", "/wholes/", {"shelf": SHELF, "names": None, "measures": [], "terms": None}
    yield "POST", "/wholes/", {"shelf": SHELF, "names": {}, "measures": {"width": 0, "grade": "x"}, "terms": "x"}
    yield "POST", "/wholes/", {"shelf": "x", "names": {"name": "!", "kind": "z", "tags": [99]}, "measures": {"width": None}}
    yield "POST", "/wholes/", body(terms="13|True")
    yield "POST", "/wholes/", body(terms=7)
    yield "POST", "/wholes/", body({"name": "N", "big": 7, "tags": []})
    yield "POST", "/wholes/", body({"name": "Bad", "tags": [1]}, {"width": 41, "grade": 2}, terms="1|False", data=[1])
    # These are stored.
    yield "POST", "/wholes/", body()
    yield "POST", "/wholes/", body({"name": "Two", "kind": "b", "note": "n", "big": 9, "tags": [1, 3]}, {"width": 42, "grade": 1}, terms="5|True", data={"a": 1})
    yield "POST", "/wholes/", body({"name": "Tre", "note": "n", "tags": []}, {"width": 43, "parts": 7}, summary={"name": "no"}, id=7)
    yield "GET", "/wholes/", None
    yield "PUT", "/wholes/2/", body({"name": "Put", "tags": [1]}, {"width": 44}, terms="6|False")
    yield "PUT", "/wholes/1/", body({"name": "Put", "big": 7, "tags": [1]}, {"width": 45})
    yield "PUT", "/wholes/2/", body({"name": "Put"}, {"width": 44})
    yield "PATCH", "/wholes/2/", {"measures": {"grade": 4}}
    yield "PATCH", "/wholes/2/", {"names": {"note": "patched"}}
    yield "PATCH", "/wholes/2/", {"names": {"tags": []}, "terms": "x|True"}
    yield "PATCH", "/wholes/2/", {"names": {"kind": "z"}}
    yield "PATCH", "/wholes/2/", {"summary": {"name": "no"}}
    yield "PATCH", "/wholes/2/", {}
    yield "GET", "/wholes/2/", None
    form = f"shelf={SHELF}&names.name=Form&names.tags=2&measures.width=50&terms=3|True"
    yield "POST", "/wholes/", form
    yield "POST", "/wholes/", "names.name=&measures.width=x"
    yield "GET", "/wholes/", None


def main():
    seed()
    reset_keys()
    document = SchemaGenerator(patterns=urlpatterns).get_schema(request=None, public=True)
    document = json.loads(OpenApiJsonRenderer().render(document, renderer_context={}))
    print(json.dumps(document["components"]["schemas"]))
    client = APIClient(raise_request_exception=False)
    for method, target, data in requests():
        content_type = "application/x-www-form-urlencoded" if isinstance(data, str) else "application/json"
        text = data if isinstance(data, str) else json.dumps(data) if data is not None else ""
        response = client.generic(method, target, text, content_type=content_type, HTTP_ACCEPT="application/json")
        print(json.dumps([method, target, content_type, text, response.status_code, response.content.decode()], ensure_ascii=False))


if __name__ == "__main__":
    main()
