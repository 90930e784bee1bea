#!/usr/bin/env python3
"""Prints what Django REST framework's model serializers answer: validation errors, output, stored rows, OPTIONS.

    model_serializers.py > apps/rest_framework/src/serializers/model/tests/cases.jsonl
    model_serializers.py POSTGRES_URL | grep -vxFf apps/rest_framework/src/serializers/model/tests/cases.jsonl \
        > apps/rest_framework/src/serializers/model/tests/cases_postgres.jsonl

Run it with the reference's Python. Tables, rows and serializers are those of serializers/model/tests.rs. With a URL, the
database is PostgreSQL, which must be empty: cases_postgres.jsonl has the answers that differ there.
"""
import json
import sys
import types
import uuid

import django
from django.conf import settings

POSTGRES = next((argument for argument in sys.argv[1:] if "://" in argument), None)
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
if POSTGRES:
    from urllib.parse import urlsplit

    url = urlsplit(POSTGRES)
    DATABASE = {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "HOST": url.hostname, "PORT": url.port,
                "USER": url.username, "PASSWORD": url.password or ""}
# Relations need an installed app; its models are declared below.
sys.modules["desk"] = types.ModuleType("desk")
sys.modules["desk"].__path__ = []
sys.modules["desk"].__file__ = __file__
settings.configure(
    USE_TZ=True, TIME_ZONE="UTC", DATABASES={"default": DATABASE}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "desk"])
django.setup()

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from rest_framework import serializers as s  # noqa: E402
from rest_framework.metadata import SimpleMetadata  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.validators import UniqueTogetherValidator  # noqa: E402


class Shelf(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=20, unique=True)
    code = models.SlugField(null=True, blank=True, unique=True)

    class Meta:
        app_label = "desk"
        db_table = "desk_shelf"
        ordering = ["name"]

    def __str__(self):
        return f"shelf {self.name}"


class Tag(models.Model):
    slug = models.SlugField(max_length=30, unique=True, verbose_name="short name", help_text="Letters.")

    class Meta:
        app_label = "desk"
        db_table = "desk_tag"
        ordering = ["slug"]

    def __str__(self):
        return f"#{self.slug}"


class Thing(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="things")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="parts")
    name = models.CharField(max_length=20, validators=[RegexValidator("^[^!]*$")])
    kind = models.CharField(max_length=5, choices=[("a", "Apple"), ("b", "Pear")], default="a")
    size = models.PositiveIntegerField(default=1)
    note = models.TextField(blank=True, default="")
    big = models.BigIntegerField(null=True, blank=True, unique=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True, validators=[MaxValueValidator(5000)])
    made = models.DateField(null=True, blank=True)
    at = models.TimeField(null=True, blank=True)
    due = models.DateTimeField(null=True, blank=True)
    took = models.DurationField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    is_on = models.BooleanField(default=False)
    rank = models.SmallIntegerField(default=3, validators=[MinValueValidator(1), MaxValueValidator(5)])
    tags = models.ManyToManyField(Tag, blank=True, related_name="things", db_table="desk_thing_tags")

    class Meta:
        app_label = "desk"
        db_table = "desk_thing"
        ordering = ["id"]
        unique_together = [("shelf", "name"), ("kind", "size"), ("big", "rank")]

    def __str__(self):
        return f"{self.name} × {self.size}"


class Sheet(models.Model):
    email = models.EmailField(blank=True)
    site = models.URLField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True, verbose_name="IP address")
    ratio = models.FloatField(null=True, blank=True)
    extra = models.JSONField(null=True, blank=True)
    mark = models.UUIDField(null=True, blank=True)

    class Meta:
        app_label = "desk"
        db_table = "desk_sheet"
        ordering = ["id"]


SHEET = ["id", "email", "site", "ip", "ratio", "extra", "mark"]
ALL = ["id", "shelf", "parent", "name", "kind", "size", "note", "big", "price", "made", "at", "due", "took", "data", "is_on", "rank"]


class All(s.ModelSerializer):
    class Meta:
        model = Thing
        fields = ALL


class Sheets(s.ModelSerializer):
    class Meta:
        model = Sheet
        fields = SHEET


class Tags(s.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "slug"]


class Short(s.ModelSerializer):
    """Without the fields of two sets."""

    class Meta:
        model = Thing
        fields = ["name", "size", "price", "rank", "note"]
        read_only_fields = ["rank"]
        extra_kwargs = {"name": {"min_length": 2, "error_messages": {"required": "Name it."}}, "note": {"default": "none"},
                        "size": {"required": True}, "price": {"write_only": True}}


class ReadOnlyKind(s.ModelSerializer):
    class Meta:
        model = Thing
        fields = ["kind", "size", "shelf", "name"]
        read_only_fields = ["kind"]


class Related(s.ModelSerializer):
    shelf = s.SlugRelatedField(slug_field="code", queryset=Shelf.objects.exclude(name="Low"))
    tags = s.SlugRelatedField(slug_field="slug", many=True, queryset=Tag.objects.all(), required=False)
    parent_name = s.ReadOnlyField(source="parent.name")
    shelf_name = s.CharField(source="shelf.name", read_only=True)
    kind_name = s.CharField(source="get_kind_display", read_only=True)
    upper = s.SerializerMethodField()

    class Meta:
        model = Thing
        fields = ["shelf", "parent", "parent_name", "name", "shelf_name", "tags", "kind_name", "upper", "size"]
        validators = [UniqueTogetherValidator(Thing.objects.all(), fields=["shelf", "name"], message="Taken.")]

    def get_upper(self, thing):
        return thing.name.upper()

    def validate_name(self, name):
        if name == "no":
            raise s.ValidationError("Not no.")
        return name + "+" if name == "plus" else name

    def validate(self, attrs):
        if attrs.get("size") == 13:
            raise s.ValidationError("Unlucky.")
        if attrs.get("size") == 14:
            raise s.ValidationError({"size": "Not 14."})
        return attrs


class Keys(s.ModelSerializer):
    tags = s.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all(), allow_empty=False)

    class Meta:
        model = Thing
        fields = ["shelf", "tags", "name", "kind", "size"]


class Part(s.ModelSerializer):
    parent = s.SlugRelatedField(slug_field="name", queryset=Thing.objects.all(), allow_null=True, required=False)

    class Meta:
        model = Thing
        fields = ["name", "kind", "size", "parent"]
        extra_kwargs = {"kind": {"required": False}}


class Shelves(s.ModelSerializer):
    things = Part(many=True, required=False)

    class Meta:
        model = Shelf
        fields = ["name", "code", "things"]

    def create(self, validated_data):
        things = validated_data.pop("things", [])
        shelf = super().create(validated_data)
        for thing in things:
            Thing.objects.create(shelf=shelf, **thing)
        return shelf

    def update(self, instance, validated_data):
        things = validated_data.pop("things", None)
        instance = super().update(instance, validated_data)
        if things is not None:
            instance.things.all().delete()
            for thing in things:
                Thing.objects.create(shelf=instance, **thing)
        return instance


class Tree(s.ModelSerializer):
    parent = Short(read_only=True)
    shelf = s.SerializerMethodField()
    parts = Short(many=True, read_only=True)
    tags = Tags(many=True, read_only=True)

    class Meta:
        model = Thing
        fields = ["name", "parent", "shelf", "parts", "tags"]

    def get_shelf(self, thing):
        return thing.shelf_id == SHELF


class Required(Shelves):
    """Nested objects that must be there."""

    things = Part(many=True, allow_empty=False)

    class Meta:
        model = Shelf
        fields = ["name", "things"]


SHELF, LOW = uuid.UUID(int=1), uuid.UUID(int=2)
SERIALIZERS = {"all": All, "tag": Tags, "short": Short, "kind": ReadOnlyKind, "related": Related, "keys": Keys, "shelf": Shelves,
               "tree": Tree, "required": Required, "sheet": Sheets}
MODELS = [Shelf, Tag, Thing, Sheet]


def seed():
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    high = Shelf.objects.create(id=SHELF, name="High", code="high")
    low = Shelf.objects.create(id=LOW, name="Low", code="low")
    for slug in ["wood", "iron", "art"]:
        Tag.objects.create(slug=slug)
    cup = Thing.objects.create(shelf=high, name="Cup", big=7, price="12.5", data={"b": 1, "a": [1.0, None]}, due="2026-01-02T03:04:05.678Z",
                               at="10:20", took=__import__("datetime").timedelta(days=1, seconds=2, microseconds=3), made="2026-05-06")
    Sheet.objects.create(mark=uuid.UUID(int=5), ip="2001:db8::1", site="https://a.example/", ratio=1e16, extra=[1.0])
    cup.tags.set(Tag.objects.filter(slug__in=["wood", "art"]))
    Thing.objects.create(shelf=high, name="Lid", kind="b", size=2, parent=cup)
    Thing.objects.create(shelf=low, name="Cup", kind="b", size=1)
    reset_keys()


def reset_keys():
    """The next key is 101. A sequence of PostgreSQL does not roll back."""
    with connection.cursor() as cursor:
        for table in ["desk_tag", "desk_thing", "desk_thing_tags", "desk_sheet"]:
            if POSTGRES:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)")
            else:
                cursor.execute(f"UPDATE sqlite_sequence SET seq = 100 WHERE name = '{table}'")


ODD = [None, True, 0, 1, -1, 1.0, 1.5, 99, "", " ", "1", " 1 ", "x", "1.0", [], {}, [1], {"a": 1}, 2**63, -2**63 - 1, 10**30, "0" * 40, "\x00",
       "١", "1_0", str(SHELF), SHELF.hex, "{%s}" % SHELF, SHELF.hex.upper(), "high", "Lid", "wood"]


def cases():
    shelf = str(SHELF)
    new = {"shelf": shelf, "name": "New"}
    for instance, partial in [(None, False), (1, False), (1, True)]:
        where = [instance, partial]
        odd = [] if instance and not partial else ODD
        for value in [{}, [], None, "x", 1, new, {"name": "Cup", "shelf": shelf}, {"name": "Lid", "shelf": shelf}, {"name": "Lid"},
                      {"kind": "b", "size": 2}, {"size": 2}, {"kind": "b"}, {**new, "kind": "b", "size": 2}, {**new, "kind": "b"},
                      {**new, "big": 7}, {**new, "big": 7, "rank": 4}, {**new, "big": None}, {**new, "big": None, "rank": 3}]:
            yield ["all", *where, value]
        for name in ALL:
            for value in ODD if instance is None else []:
                yield ["all", *where, {**new, "size": 50, name: value}]
        for name in SHEET:
            for value in ODD if instance is None else []:
                yield ["sheet", *where, {name: value}]
        for name, values in {
            "price": ["1.005", 5000, 5000.01, "9999.99", "10000", 1e3, "1E+2", "0.1", ".5", "NaN", "12.50"],
            "ratio": [1e300, "1e5", 7, "nan", -0.0, 0.1, 1e16, 123456789012345680.0],
            "due": ["2026-01-01", "2026-01-01T10:00", "2026-01-01T10:00:00.123456+05:30", "2026-01-01T23:59:60Z", "x"],
            "made": ["2026-02-30", "2026-02-28", "2026-02-28T00:00:00", 20260228],
            "at": ["10:00", "10:00:00.5", "25:00", "10:00:00.123456", "10:00Z"],
            "took": ["1 00:00:00", "90", "-1 00:00:01", "P3DT1H", 5, 1.5, "00:00:01.5", "x"],
            "data": [{"z": 1, "a": {"c": 1, "b": 2}}, [3, 1.0, 1e2, None, True], "text", 0, False, {"é": "ü", "bb": 1, "a": 1}, "", 1e5],
            "extra": [None, {"z": 1, "aa": 2}, [], "", 0],
            "name": ["a" * 20, "a" * 21, "a!", " pad ", "é", "a\nb", True, 5, 1.5, ["x"]],
            "kind": ["A", "a ", 5], "email": ["x", "a@b.example", " a@b.example ", "A@B.C"], "site": ["x", "http://x", "https://b.example/?q=1"],
            "ip": ["1.2.3.4", "1.2.3", "::ffff:1.2.3.4", "2001:DB8:0::1", "x" * 50], "mark": [str(uuid.UUID(int=9)), 9, "x"],
            "size": [2147483647, *([2147483648, 4294967296] if POSTGRES else []), "007", "1.0", 3.0], "rank": [5, 6, 0, 32767, 32768], "big": [8, "8", 2**63 - 1, 2**63, 7],
            "is_on": ["true", "no", "on", 2, "null"], "note": ["", "  x  ", "a" * 3000],
        }.items():
            for value in values:
                yield ["sheet", *where, {name: value}] if name in SHEET else ["all", *where, {**new, "size": 50, name: value}]
        for value in [{}, {"slug": "wood"}, {"slug": "new"}, {"slug": "a b"}, {"slug": ""}, {"slug": None}, {"slug": "x" * 31}, {"slug": "é"},
                      {"slug": "iron", "id": 9}, {"slug": " wood "}, {"slug": True}]:
            yield ["tag", *where, value]
        for value in [{}, {"name": "x"}, {"name": "xy"}, {"name": "Lid", "size": 9, "price": "1.5", "rank": 1}, {"size": 9}]:
            if instance or "size" not in value:
                yield ["short", *where, value]
        for value in [{}, {"size": 1}, {"size": 2}, {"size": 3, "name": "Q", "shelf": shelf}, {"size": 1, "name": "Q", "shelf": shelf},
                      {"size": 1, "name": "Cup", "shelf": shelf}]:
            yield ["kind", *where, value]
        related = {"shelf": "high", "name": "New"}
        for value in [{}, related, {**related, "name": "Lid"}, {**related, "name": "no"}, {**related, "name": "plus"}, {"name": "Lid"},
                      {**related, "size": 13}, {**related, "size": 14}, {**related, "name": "Lid", "size": 13}, {**related, "shelf": "low"},
                      {"shelf": "low", "name": "no", "size": -1}]:
            yield ["related", *where, value]
        for name in ["shelf", "tags", "parent"]:
            for value in [*odd, ["wood"], ["wood", "iron"], ["iron", "wood"], ["wood", "x"], ["wood", "wood"], [None], [""], [True], ["x", "y"], {"wood": 1},
                          [["wood"]], [{"a": 1}], ["\x00"], [1.5]]:
                # A parent's name would be that before the change, if an object became its own parent.
                yield ["related", *where, {**({"name": "Cup"} if instance else related), "shelf": "high", "size": 50, name: value}]
        for value in [{}, *({**new, "size": 50, "tags": tags} for tags in [*odd, [1, 2], [2, 1], [1, 99], ["1"], ["x"], [True], [None], [""], [1.5], [1, 1],
                                                                         {"1": 0}, [[]], [2**70], ["x", 99]])]:
            yield ["keys", *where, value]
        at = str(SHELF) if instance else None
        for name in ["shelf", "required"]:
            for things in [*odd, [{}], [None], ["x"], [{"name": "T", "size": 30}], [{"name": "T", "size": 30}, {"name": "U", "size": 31, "kind": "b", "parent": None}],
                           [{"name": "T", "size": 30}, {"size": 31}], [{"name": "T", "size": 1}], [{"name": "T", "size": 30, "parent": "Lid"}],
                           [{"name": "T", "size": 30}, {"name": "U", "size": 31, "parent": "nope"}], [[]], [1], [{"name": "T", "size": 30}, None, 5],
                           [{"name": "T", "size": 2, "kind": "b"}], [{"size": 77}], [{"name": "T"}]]:
                yield [name, at, partial, {"name": "Mid", "things": things}]
            for value in [{}, {"name": "Low"}, {"name": "High"}, {"code": "low"}, {"code": "high"}, {"name": "Mid"}, {"name": "Mid", "code": ""},
                          {"name": "Mid", "code": None}]:
                yield [name, at, partial, value]


def render(serializer):
    return JSONRenderer().render(serializer.data).decode()


class Rollback(Exception):
    pass


def answer(name, pk, partial, data, context=None):
    serializer_class = SERIALIZERS[name]
    model = serializer_class.Meta.model
    result = {}
    try:
        with transaction.atomic():
            instance = pk and model.objects.get(pk=pk)
            serializer = serializer_class(instance, data=data, partial=partial, context=context or {})
            serializer.is_valid(raise_exception=True)
            saved = serializer.save()
            result["data"] = render(serializer)
            if model is Thing:
                result["row"] = render(All(Thing.objects.get(pk=saved.pk)))
                result["tags"] = [tag.slug for tag in saved.tags.all()]
            if model is Sheet:
                result["row"] = render(Sheets(Sheet.objects.get(pk=saved.pk)))
            raise Rollback
    except Rollback:
        return result
    except s.ValidationError as error:
        return {"errors": JSONRenderer().render(error.detail).decode()}
    except Exception as error:
        return {"raises": type(error).__name__}


if __name__ == "__main__":
    seed()
    print(json.dumps({"info": {name: SimpleMetadata().get_serializer_info(serializer()) for name, serializer in SERIALIZERS.items()}}))
    print(json.dumps({"shown": {name: [render(SERIALIZERS[name](thing)) for thing in Thing.objects.all()] for name in ["all", "short", "related", "keys", "tree"]}}))
    seen = set()
    for case in cases():
        if repr(case) in seen:
            continue
        seen.add(repr(case))
        if POSTGRES:
            reset_keys()
            # Here NUL in a slug is an error of the database in Django, and its driver loses the sign of zero.
            if case[0] == "related" and "\\u0000" in json.dumps(case) or case[3] == {"ratio": -0.0} and str(case[3]["ratio"]) == "-0.0":
                continue
        # The body is text, since not every reader of JSON keeps its numbers.
        print(json.dumps({"case": [*case[:3], json.dumps(case[3])], **answer(*case)}))
