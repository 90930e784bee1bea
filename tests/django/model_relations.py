#!/usr/bin/env python3
"""Prints what Django REST framework's model serializers answer: fields of relations as text and as URLs, and bodies of forms.

    model_relations.py relations > apps/rest_framework/src/serializers/model/tests/relations.jsonl
    model_relations.py forms > apps/rest_framework/src/serializers/model/tests/forms.jsonl
    model_relations.py multipart > apps/rest_framework/src/serializers/model/tests/multipart.jsonl

`multipart` also checks that a multipart body without files is answered as the form with these fields.

Run it with the reference's Python. Models and rows are those of model_serializers.py.
"""
import json
import sys

from model_serializers import (ODD, SERIALIZERS, SHELF, Shelf, Tag, Thing, answer, reset_keys, s, seed, settings, SimpleMetadata)

from urllib.parse import parse_qsl  # noqa: E402

from django.http import QueryDict  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.parsers import MultiPartParser  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.test import APIRequestFactory  # noqa: E402

settings.ROOT_URLCONF = __name__
settings.ALLOWED_HOSTS = ["localhost"]


def view(request, **kwargs):
    """Only its URLs matter."""


urlpatterns = [
    path("tags/<int:pk>/", view, name="tag-detail"),
    path("slugs/<str:name>/", view, name="slug"),
    path("things/<pk>/", view, name="thing-detail"),
    path("shelves/<pk>/", view, name="shelf-detail"),
    path("codes/<slug:code>/", view, name="code"),
    path("unnamed/<int:pk>/", view),
]


class Strings(s.ModelSerializer):
    shelf = s.StringRelatedField()
    parent = s.StringRelatedField()
    # Without `read_only` Django REST framework requires input for a list that it cannot read.
    parts = s.StringRelatedField(many=True, read_only=True)
    tags = s.StringRelatedField(many=True, read_only=True)

    class Meta:
        model = Thing
        fields = ["shelf", "parent", "parts", "tags"]


class Links(s.ModelSerializer):
    shelf = s.HyperlinkedRelatedField(view_name="code", lookup_field="code", queryset=Shelf.objects.exclude(name="Low"))
    parent = s.HyperlinkedRelatedField(view_name="thing-detail", queryset=Thing.objects.all(), allow_null=True, required=False)
    tags = s.HyperlinkedRelatedField(view_name="slug", lookup_field="slug", lookup_url_kwarg="name", many=True,
                                     queryset=Tag.objects.all(), required=False)
    parts = s.HyperlinkedRelatedField(view_name="thing-detail", many=True, read_only=True)

    class Meta:
        model = Thing
        fields = ["url", "shelf", "parent", "name", "size", "tags", "parts"]


class Hyper(s.HyperlinkedModelSerializer):
    class Meta:
        model = Thing
        fields = ["url", "shelf", "parent", "name", "size", "tags"]
        extra_kwargs = {"parent": {"label": "Above"}}


class Made(s.ModelSerializer):
    """The many-to-many relation is not declared."""

    class Meta:
        model = Thing
        fields = ["shelf", "name", "size", "tags"]


class MadeOnly(s.ModelSerializer):
    class Meta:
        model = Thing
        fields = ["shelf", "name", "size", "tags"]
        extra_kwargs = {"tags": {"required": True, "allow_empty": False, "help_text": "Its tags."}}


class Parts(s.ModelSerializer):
    """Objects that refer to it by a key that may be null."""

    parts = s.PrimaryKeyRelatedField(many=True, queryset=Thing.objects.all())

    class Meta:
        model = Thing
        fields = ["shelf", "name", "size", "parts"]


class Holds(s.ModelSerializer):
    """Objects that refer to it by a key that may not."""

    things = s.SlugRelatedField(slug_field="size", many=True, queryset=Thing.objects.all())

    class Meta:
        model = Shelf
        fields = ["name", "things"]


class Plain(s.ModelSerializer):
    class Meta:
        model = Shelf
        fields = ["name", "code"]


class Boxed(s.ModelSerializer):
    """A nested object, of which the app makes a note."""

    shelf = Plain()

    class Meta:
        model = Thing
        fields = ["name", "size", "is_on", "shelf"]
        validators = []

    def create(self, validated_data):
        shelf = validated_data.pop("shelf")
        return super().create({**validated_data, "shelf_id": SHELF, "note": f"{shelf['name']} {shelf.get('code', '-')}"})

    def update(self, instance, validated_data):
        shelf = validated_data.pop("shelf", None)
        return super().update(instance, {**validated_data, **({"note": shelf.get("name", "-")} if shelf is not None else {})})


class Extras(s.ModelSerializer):
    """Fields that are not the model's, of which the app makes a note."""

    picks = s.MultipleChoiceField(choices=["a", "b", "c"], write_only=True, required=False)
    words = s.DictField(child=s.IntegerField(), write_only=True, required=False)
    pairs = s.HStoreField(write_only=True, required=False)
    tree = s.JSONField(write_only=True, required=False)
    items = s.ListField(child=s.IntegerField(), write_only=True, required=False)
    flag = s.BooleanField(write_only=True, required=False)
    maybe = s.BooleanField(write_only=True, required=False, allow_null=True)

    class Meta:
        model = Thing
        fields = ["shelf", "name", "size", "picks", "words", "pairs", "tree", "items", "flag", "maybe"]

    def create(self, validated_data):
        return super().create(self.noted(validated_data))

    def update(self, instance, validated_data):
        return super().update(instance, self.noted(validated_data))

    def noted(self, values):
        taken = {name: values.pop(name) for name in ["picks", "words", "pairs", "tree", "items", "flag", "maybe"] if name in values}
        if "picks" in taken:
            taken["picks"] = sorted(taken["picks"])
        return {**values, "note": json.dumps(taken, separators=(",", ":"))}


class Files(s.ModelSerializer):
    """Fields of files, of which the app makes a note."""

    file = s.FileField(write_only=True, required=False, max_length=12)
    empty = s.FileField(write_only=True, required=False, allow_empty_file=True, allow_null=True)
    items = s.ListField(child=s.FileField(), write_only=True, required=False, max_length=2)

    class Meta:
        model = Thing
        fields = ["shelf", "name", "size", "file", "empty", "items"]

    def create(self, validated_data):
        return super().create(self.noted(validated_data))

    def update(self, instance, validated_data):
        return super().update(instance, self.noted(validated_data))

    def noted(self, values):
        taken = {name: values.pop(name) for name in ["file", "empty", "items"] if name in values}
        shown = lambda file: file and [file.name, file.size]  # noqa: E731
        taken = {name: [shown(file) for file in value] if isinstance(value, list) else shown(value) for name, value in taken.items()}
        return {**values, "note": json.dumps(taken, separators=(",", ":"), ensure_ascii=False)}


OWN = {"strings": Strings, "links": Links, "hyper": Hyper, "made": Made, "made_only": MadeOnly, "parts": Parts, "holds": Holds,
       "boxed": Boxed, "extras": Extras, "files": Files}
SERIALIZERS.update(OWN)
CONTEXT = {"request": APIRequestFactory().get("/", HTTP_HOST="localhost")}

URLS = ["/tags/1/", "tags/1/", "http://localhost/tags/1/", "https://other:8000/tags/2/?a=b#c", "http:/tags/1/", "http://host", "HTTP://host/tags/1/",
        "/tags/1/?a=b", "/tags/%31/", "/tags/%2531/", "/tags/99/", "/tags/x/", "/tags/٣/", "/tags/1/2/", "/tags/1", "/tags/" + "9" * 30 + "/",
        "/slugs/wood/", "/slugs/w%6fod/", "/slugs/nope/", "/slugs/%C3%A9/", "/slugs/a%2Fb/", "http://x/slugs/iron/;a", "/things/1/", "/things/2/",
        "/things/x/", "/things/1.0/", "/things/ 1/", "/things/-1/", "/things/99/", f"/shelves/{SHELF}/", f"/shelves/{SHELF.hex}/", "/shelves/x/",
        "/codes/high/", "http://localhost/codes/high/", "/codes/low/", "/codes/nope/", "/unnamed/1/", "/nothing/", "/", "ftp://localhost/tags/1/",
        "//localhost/tags/1/", " /tags/1/", "/tags/1/ "]


def is_one(value):
    try:
        return int(value) == 1
    except (TypeError, ValueError):
        return False


def relations():
    shelf = str(SHELF)
    for instance, partial in [(None, False), (1, False), (1, True)]:
        odd = ODD if instance is None else [None, "", "x", []]
        base = {"name": "Cup"} if instance else {"name": "New"}
        # Odd values with a NUL are left out: the databases differ.
        odd = [value for value in odd if value != "\x00"]
        for name in ["shelf", "parent"]:
            for value in [*odd, *URLS]:
                yield ["links", instance, partial, {**base, "shelf": "/codes/high/", "size": 50, name: value}]
                yield ["hyper", instance, partial, {**base, "shelf": f"/shelves/{SHELF}/", "size": 50, name: value}]
        for value in [*odd, *([url] for url in URLS), ["/tags/1/", "/tags/2/"], ["/slugs/art/", "/slugs/iron/"], ["/slugs/iron/", "/slugs/nope/", 1],
                      [1], [None], [""], [True], {"/tags/1/": 1}, {"/slugs/iron/": 1}]:
            yield ["links", instance, partial, {**base, "shelf": "/codes/high/", "size": 50, "tags": value}]
            yield ["hyper", instance, partial, {**base, "shelf": f"/shelves/{SHELF}/", "size": 50, "tags": value}]
        for value in [*odd, [1, 2], [2, 1], [1, 99], ["1"], ["x"], [True], [None], [""], [1, 1], {"1": 0}, [2**70]]:
            for name in ["made", "made_only"]:
                yield [name, instance, partial, {**base, "shelf": shelf, "size": 50, "tags": value}]
        for value in [[], [2], [3], [2, 3], [99], ["x"], None]:
            yield ["parts", instance, partial, {**base, "shelf": shelf, "size": 50, "parts": value}]
        # Two things have the size 1: Django raises MultipleObjectsReturned.
        for value in [[], [2], [77], *(value for value in odd if value != [1]), *([value] for value in odd if not is_one(value))]:
            at = instance and shelf
            yield ["holds", at, partial, {"name": "Mid", "things": value}]
        for name in ["links", "hyper", "made", "made_only", "parts"]:
            yield [name, instance, partial, {}]
        for value in [None, "x", [], {}, {"name": "x"}, {"name": "Low"}, {"name": "x", "code": None}, {"name": "x", "code": "a b"}, {"code": "q"}]:
            yield ["boxed", instance, partial, {"name": "Box", "size": 50, "shelf": value}]


def forms():
    shelf = str(SHELF)
    values = ["", "null", "x", "1", " 1 ", "0", "on", "true", "false", "1.5", "é", shelf, "[1]", "{\"a\": 1}", "a&{name}=b"]
    bases = {"all": f"name=New&shelf={shelf}&size=50", "sheet": "ratio=1", "short": "name=New&size=50", "related": "name=New&shelf=high&size=50",
             "keys": f"name=New&shelf={shelf}&size=50", "made": f"name=New&shelf={shelf}&size=50", "links": "name=New&shelf=/codes/high/&size=50",
             "boxed": "name=New&size=50&shelf.name=x", "tag": "slug=new"}
    for instance, partial in [(None, False), (1, False), (1, True)]:
        for name, base in bases.items():
            yield [name, instance, partial, base]
            yield [name, instance, partial, ""]
            fields = SERIALIZERS[name].Meta.fields
            for field in fields:
                if field in ("id", "url"):
                    continue
                rest = "&".join(part for part in base.split("&") if not part.startswith(field))
                yield [name, instance, partial, rest]
                if instance and not partial:
                    continue
                for value in values:
                    # Django sends the null of JSON to the database, which refuses it. An object that becomes its own parent
                    # shows its old name.
                    if (field, value) == ("data", "null") or (name, field, value.strip()) == ("related", "parent", "1"):
                        continue
                    yield [name, instance, partial, f"{rest}&{field}={value.replace('{name}', field)}"]
        for name in ["related", "keys", "made", "links"]:
            by = {"related": ["wood", "iron"], "links": ["/slugs/wood/", "http://x/slugs/iron/"]}.get(name, ["1", "2"])
            for tags in ["tags={0}&tags={1}", "tags[0]={0}&tags[1]={1}", "tags[]={0}", "tags={0}&tags=", "tags={0},{1}", "tags.0={0}"]:
                yield [name, instance, partial, bases[name] + "&" + tags.format(*by)]
        for nested in ["shelf.name=", "shelf.name=Low", "shelf.name=x&shelf.code=", "shelf.name=x&shelf.code=a b", "shelf.code=q", "shelf=x", "shelf=",
                       "shelf[name]=x", "shelf.name=x&shelf.name=y", "shelf.name.x=1", "shelf.=1", "is_on=on&shelf.name=x", "is_on=&shelf.name=x"]:
            yield ["boxed", instance, partial, f"name=New&size=50&{nested}"]
        for extra in ["", "picks=a", "picks=a&picks=c", "picks=", "picks=x&picks=a", "picks[0]=a", "words=1", "words.a=1&words.b=2", "words.a=x", "words.a=",
                      "words.a=1&words.a=2", "words[a]=1", "words={}", "pairs.a=1&pairs.b=", "pairs.a=null", "pairs=x", "tree={\"a\": [1]}", "tree=", "tree=null",
                      "tree={", "tree=1", "tree=text", "tree.a=1", "tree=1&tree=2", "items=1&items=2", "items[0]=1&items[2]=3&items[1]=2", "items=", "items=x",
                      "items[0]=x", "items=1,2", "flag=", "flag=on", "flag=off", "flag=x", "flag=null", "maybe=", "maybe=null", "maybe=on", "maybe=x"]:
            yield ["extras", instance, partial, f"name={'Cup' if instance else 'New'}&shelf={shelf}&size=50&{extra}"]
        at = instance and shelf
        for name in ["shelf", "required"]:
            for things in ["things[0]name=T&things[0]size=30", "things[0]name=T&things[0]size=30&things[1]name=U&things[1]size=31",
                           "things[1]name=T&things[1]size=30&things[0]name=U&things[0]size=31", "things[0].name=T&things[0].size=30", "things[0]=x",
                           "things=", "things=x", "things[0]name=&things[0]size=x", "things[0]name=T", "things[0][name]=T", "", "things[5]name=T&things[5]size=30",
                           "things[0]name=T&things[0]size=30&things[0]parent=Lid", "things[0]name=T&things[0]size=30&things[0]parent=", "things[]name=T"]:
                yield [name, at, partial, f"name=Mid&{things}"]


def body(text):
    return QueryDict(text)


def multipart():
    """Lists of parts: the name, the content, and of a file its name."""
    shelf = str(SHELF)
    bases = {"all": f"name=New&shelf={shelf}&size=50", "sheet": "ratio=1", "related": "name=New&shelf=high&size=50", "keys": f"name=New&shelf={shelf}&size=50",
             "made": f"name=New&shelf={shelf}&size=50", "links": "name=New&shelf=/codes/high/&size=50", "boxed": "name=New&size=50&shelf.name=x",
             "extras": f"name=New&shelf={shelf}&size=50", "files": f"name=New&shelf={shelf}&size=50", "shelf": "name=Mid&things[0]name=T&things[0]size=30"}
    for instance, partial in [(None, False), (1, True)]:
        for name, base in bases.items():
            parts = [list(pair) for pair in parse_qsl(base)]
            at = instance and (shelf if name == "shelf" else instance)
            for field in SERIALIZERS[name].Meta.fields:
                if field in ("id", "url"):
                    continue
                rest = [part for part in parts if not part[0].startswith(field)]
                for files in [[[field, "1", "a.txt"]], [[field, "1", "a.txt"], [field, "2"]], [[field, "", "a.txt"]], [[field, "1", ""]], [[f"{field}.a", "1", "a.txt"]]]:
                    if (name, field, at, files[0][1:]) == ("related", "parent", 1, ["1", ""]):
                        # An object that becomes its own parent shows its old name.
                        continue
                    yield [name, at, partial, [*rest, *files]]
        parts = [list(pair) for pair in parse_qsl(bases["files"])]
        for files in [
                [], [["file", "x"]], [["file", ""]], [["empty", ""]], [["empty", "null"]], [["items", ""]], [["items", "x"]], [["file", "x", "twelve-1.txt"]],
                [["file", "x", "thirteen1.txt"]], [["file", "x", "ü" * 12]], [["file", "é\r\n\x00", "a.b"]], [["file", "1", "a"], ["file", "22", "b"]],
                [["empty", "", "e"]], [["items", "1", "a"], ["items", "22", "b"]], [["items", "1", "a"], ["items", "22", "b"], ["items", "333", "c"]],
                [["items[0]", "1", "a"], ["items[1]", "22", "b"]], [["items[1]", "1", "a"], ["items[0]", "22", "b"]], [["items", "1", "a"], ["items", "x"]],
                [["items", "", "a"]], [["file", "x", "/tmp/evil/name"]], [["file", "x", "..\\\\up"]], [["file", "x", "a;b"]], [["file", "x", "a b.txt"]]]:
            yield ["files", instance, partial, [*parts, *files]]


def multipart_data(parts):
    """What Django REST framework makes of the parts, sent as a body."""
    text = b""
    for name, content, *filename in parts:
        disposition = f'form-data; name="{name}"' + "".join(f'; filename="{file}"' for file in filename)
        kind = "Content-Type: text/plain\r\n" if filename else ""
        text += f"--part\r\nContent-Disposition: {disposition}\r\n{kind}\r\n{content}\r\n".encode()
    request = APIRequestFactory().generic("POST", "/", text + b"--part--\r\n", "multipart/form-data; boundary=part")
    return Request(request, parsers=[MultiPartParser()]).data


if __name__ == "__main__":
    seed()
    kind = sys.argv[1]
    if kind == "relations":
        print(json.dumps({"relations_info": {name: SimpleMetadata().get_serializer_info(OWN[name](context=CONTEXT)) for name in OWN}}))
        shown = lambda name, things: [JSONRenderer().render(OWN[name](thing, context=CONTEXT).data).decode() for thing in things]  # noqa: E731
        print(json.dumps({"relations_shown": {
            **{name: shown(name, Thing.objects.all()) for name in OWN if name != "holds"}, "holds": shown("holds", Shelf.objects.all())}}))
    seen = set()
    if kind == "multipart":
        for case in forms():
            reset_keys()
            of_form = answer(*case[:3], body(case[3]), CONTEXT)
            reset_keys()
            assert answer(*case[:3], multipart_data(parse_qsl(case[3], keep_blank_values=True)), CONTEXT) == of_form, case
    cases = {"relations": relations, "forms": forms, "multipart": multipart}[kind]
    bodies = {"relations": lambda data: data, "forms": body, "multipart": multipart_data}
    for case in cases():
        if repr(case) in seen:
            continue
        seen.add(repr(case))
        reset_keys()
        text = case[3] if kind == "forms" else json.dumps(case[3])
        print(json.dumps({"case": [*case[:3], text], **answer(*case[:3], bodies[kind](case[3]), CONTEXT)}))
